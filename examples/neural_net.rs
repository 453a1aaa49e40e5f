//! Teaches a network of one's own: a struct of layers learns to tell two pairs of blobs apart, is saved and loaded.
//!
//! `cargo run --release --example neural_net`

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
        let hidden = self.linear_1.forward(x).relu();
        self.linear_2.forward(&hidden).sigmoid()
    }
}

/// Blobs 0 and 1 are class 0, blobs 2 and 3 class 1: no straight line separates them.
fn blobs(n: usize) -> (Tensor, Tensor) {
    let centers = [[-1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [1.0, -1.0]];
    let (x, blob) = data::make_blobs(n, &centers, 0.3);
    (x, blob.ge(2).float())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    ondol::manual_seed(3);
    let (x_train, y_train) = blobs(80);
    let (x_test, y_test) = blobs(20);
    println!(
        "Size: {:?}  Shape: {}  rank: {}",
        x_train.shape(),
        x_train.shape(),
        x_train.ndimension()
    );

    let model = NeuralNet::new(2, 5);
    let learning_rate = 0.03;
    let criterion = nn::BCELoss::new();
    let mut optimizer = optim::SGD::new(model.parameters(), learning_rate);

    model.eval();
    let test_loss_before =
        no_grad(|| criterion.forward(&model.forward(&x_test).squeeze(), &y_test));
    println!(
        "Before training, test loss is {:.4}",
        test_loss_before.item()
    );

    for epoch in 0..2000 {
        model.train();
        optimizer.zero_grad();
        let train_output = model.forward(&x_train);
        let train_loss = criterion.forward(&train_output.squeeze(), &y_train);
        if epoch % 200 == 0 {
            println!("Train loss at {epoch} is {:.4}", train_loss.item());
        }
        train_loss.backward();
        optimizer.step();
    }

    model.eval();
    let test_loss = no_grad(|| criterion.forward(&model.forward(&x_test).squeeze(), &y_test));
    println!("After training, test loss is {:.4}", test_loss.item());

    // `torch.load("runs/neural_net.pt")` opens it too, and `examples/serve.rs` answers with it.
    std::fs::create_dir_all("runs")?;
    let path = "runs/neural_net.pt";
    ondol::save(&model.state_dict(), path)?;
    println!("state_dict saved to {path}");

    let new_model = NeuralNet::new(2, 5);
    new_model.load_state_dict(&ondol::load(path)?)?;
    new_model.eval();
    let probability = no_grad(|| new_model.forward(&tensor!([-1.0, 1.0])).item());
    println!("The chance that [-1, 1] has label 1 is {probability:.4}");
    Ok(())
}
