//! Teaches learning without labels: garments of 784 pixels pass through 16 numbers and come back; a grid shows how.
//!
//! `cargo run --release --example autoencoder`

use ondol::prelude::*;
use ondol::vision::datasets::SyntheticFashion;
use ondol::vision::utils::{Grid, save_image};

#[derive(Module)]
struct Autoencoder {
    encoder: nn::Sequential,
    decoder: nn::Sequential,
}

impl Autoencoder {
    fn new(code: usize) -> Self {
        Self {
            encoder: nn::sequential![
                nn::Flatten::new(),
                nn::Linear::new(784, 96),
                nn::ReLU,
                nn::Linear::new(96, code),
            ],
            decoder: nn::sequential![
                nn::Linear::new(code, 96),
                nn::ReLU,
                nn::Linear::new(96, 784),
                nn::Sigmoid,
                nn::Unflatten::new(1, [1, 28, 28]),
            ],
        }
    }
}

impl Forward for Autoencoder {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.decoder.forward(&self.encoder.forward(x))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    ondol::manual_seed(0);
    let model = Autoencoder::new(16);
    let criterion = nn::MSELoss::new();
    let mut optimizer = optim::Adam::new(model.parameters(), 0.003);
    let loader = DataLoader::new(SyntheticFashion::new(true, 1500, 0))
        .batch_size(50)
        .shuffle(true);
    for epoch in 1..=6 {
        let mut sum = 0.0;
        for batch in &loader {
            let (x, _) = batch?;
            optimizer.zero_grad();
            let loss = criterion.forward(&model.forward(&x), &x);
            loss.backward();
            optimizer.step();
            sum += loss.item();
        }
        println!("epoch {epoch}: loss {:.4}", sum / loader.len() as f64);
    }

    let test = SyntheticFashion::new(false, 100, 0);
    let (x, _) = test.get_batch(&(0..100).collect::<Vec<_>>())?;
    let back = no_grad(|| model.forward(&x));
    // What it costs to answer each picture with the mean of all.
    let mean = x.mean_dim(0, true).expand_as(&x);
    let guess = criterion.forward(&mean, &x).item();
    let error = criterion.forward(&back, &x).item();
    println!("new garments: error {error:.4}; the mean garment's {guess:.4}");

    std::fs::create_dir_all("runs")?;
    let pairs = Tensor::cat(&[x.i(0..8), back.i(0..8)], 0);
    save_image(&pairs, "runs/autoencoder.png", &Grid::new().nrow(8))?;
    println!("above what went in, below what came out: runs/autoencoder.png");
    Ok(())
}
