//! Teaches files: `.pt` from PyTorch and for it, `.safetensors`, and what is said of files that do not fit.
//!
//! `cargo run --example save_load_pytorch`

use ondol::prelude::*;

#[derive(Module)]
struct NeuralNet {
    linear_1: nn::Linear,
    linear_2: nn::Linear,
}

impl NeuralNet {
    fn new(input_size: usize, hidden_size: usize) -> Self {
        Self {
            linear_1: nn::Linear::new(input_size, hidden_size),
            linear_2: nn::Linear::new(hidden_size, 1),
        }
    }
}

impl Forward for NeuralNet {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.linear_2
            .forward(&self.linear_1.forward(x).relu())
            .sigmoid()
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // `torch.save(model.state_dict(), "neural_net.pt")`, by the script beside that file. No Python is needed
    // to read it, and nothing in it is run.
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/examples/pytorch/neural_net.pt"
    );
    let model = NeuralNet::new(2, 5);
    let state = ondol::load(path)?;
    model.load_state_dict(&state)?;
    for (name, parameter) in model.named_parameters() {
        println!("{name:16} {}", parameter.shape());
    }
    let middles = tensor!([[-1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [1.0, -1.0]]);
    let answer = no_grad(|| model.forward(&middles).squeeze());
    // What PyTorch printed for these.
    let recorded = tensor!([0.0, 0.0001, 1.0, 1.0]);
    println!(
        "the answers are PyTorch's: {}",
        answer.allclose(&recorded, 0.0, 1e-4, false)
    );

    // Both kinds of file open in Python: `torch.load("runs/model.pt")`, `safetensors.torch.load_file(…)`.
    std::fs::create_dir_all("runs")?;
    for name in ["runs/model.pt", "runs/model.safetensors"] {
        ondol::save(&model.state_dict(), name)?;
        let other = NeuralNet::new(2, 5);
        other.load_state_dict(&ondol::load(name)?)?;
        let same = no_grad(|| other.forward(&middles).squeeze()).equal(&answer);
        println!("{name}: the same bits {same}");
    }

    // Everything is checked before anything is changed.
    let error = NeuralNet::new(3, 5).load_state_dict(&state).unwrap_err();
    println!("another size: {error}");
    let error = ondol::load("runs/no_such_file.pt").unwrap_err();
    println!("no file: {error}");
    std::fs::write("runs/broken.pt", b"PK\x03\x04 and then nothing")?;
    let error = ondol::load("runs/broken.pt").unwrap_err();
    println!("a broken one: {error}");
    Ok(())
}
