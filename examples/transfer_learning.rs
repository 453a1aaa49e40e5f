//! Teaches transfer learning: the layers of a saved network are loaded and frozen, and a new head learns from few pictures.
//!
//! `cargo run --release --example transfer_learning`

use ondol::nn::LoadOptions;
use ondol::prelude::*;
use ondol::train::accuracy;
use ondol::vision::datasets::SyntheticFashion;

#[derive(Module)]
struct Net {
    features: nn::Sequential,
    head: nn::Linear,
}

impl Net {
    fn new(classes: usize) -> Self {
        Self {
            features: nn::sequential![
                nn::Flatten::new(),
                nn::Linear::new(784, 128),
                nn::ReLU,
                nn::Linear::new(128, 32),
                nn::ReLU,
            ],
            head: nn::Linear::new(32, classes),
        }
    }
}

impl Forward for Net {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.head.forward(&self.features.forward(x))
    }
}

fn fit(model: &Net, (x, y): &(Tensor, Tensor), epochs: usize) -> ondol::Result<()> {
    let pairs = data::TensorDataset::new((x.clone(), y.clone()));
    let loader = DataLoader::new(pairs).batch_size(30).shuffle(true);
    let criterion = nn::CrossEntropyLoss::new();
    // Frozen parameters require no gradient and are left out.
    let trained = model.parameters().into_iter().filter(Tensor::requires_grad);
    let mut optimizer = optim::Adam::new(trained.collect::<Vec<_>>(), 0.003);
    for _ in 0..epochs {
        for batch in &loader {
            let (x, y) = batch?;
            optimizer.zero_grad();
            criterion.forward(&model.forward(&x), &y).backward();
            optimizer.step();
        }
    }
    Ok(())
}

/// `n` drawn garments and their ten classes.
fn garments(train: bool, n: usize) -> ondol::Result<(Tensor, Tensor)> {
    SyntheticFashion::new(train, n, 0).get_batch(&(0..n).collect::<Vec<_>>())
}

/// Those of the four classes that are hard to tell apart: T-shirts, pullovers, coats and shirts become 0 to 3.
fn tops(train: bool, n: usize) -> ondol::Result<(Tensor, Tensor)> {
    let (x, y) = garments(train, n)?;
    let classes = tensor!([0, -1, 1, -1, 2, -1, 3, -1, -1, -1]).i(&y);
    let top = classes.ge(0);
    Ok((x.i(&top), classes.i(&top)))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    ondol::manual_seed(0);
    // Somebody's network, trained on ten classes, comes as a file.
    let pretrained = Net::new(10);
    fit(&pretrained, &garments(true, 2000)?, 5)?;
    std::fs::create_dir_all("runs")?;
    ondol::save(&pretrained.state_dict(), "runs/pretrained.pt")?;

    // Everything but its head goes into a network for four classes.
    let model = Net::new(4);
    let mut state = nn::StateDict::try_from(&ondol::load("runs/pretrained.pt")?)?;
    state.remove("head.weight");
    state.remove("head.bias");
    let report = model.load_state_dict_with(&state, LoadOptions::new().strict(false))?;
    println!("not in the file: {:?}", report.missing);
    model.features.requires_grad_(false);

    let (few, test) = (tops(true, 100)?, tops(false, 1000)?);
    println!("{} pictures to learn from", few.0.size(0));
    let fresh = Net::new(4);
    for (name, net) in [("with loaded layers", &model), ("from nothing", &fresh)] {
        fit(net, &few, 30)?;
        let logits = no_grad(|| net.forward(&test.0));
        println!("{name}: accuracy {:.3}", accuracy(&logits, &test.1));
    }
    Ok(())
}
