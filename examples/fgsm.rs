//! Teaches gradients by the input: a change too small to matter to an eye turns most of a network's answers (FGSM).
//!
//! `cargo run --release --example fgsm`

use ondol::prelude::*;
use ondol::train::accuracy;
use ondol::vision::datasets::SyntheticFashion;
use ondol::vision::utils::{Grid, save_image};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    ondol::manual_seed(0);
    let model = nn::sequential![
        nn::Flatten::new(),
        nn::Linear::new(784, 64),
        nn::ReLU,
        nn::Linear::new(64, 10),
    ];
    let criterion = nn::CrossEntropyLoss::new();
    let mut optimizer = optim::Adam::new(model.parameters(), 0.003);
    let loader = DataLoader::new(SyntheticFashion::new(true, 2000, 0))
        .batch_size(50)
        .shuffle(true);
    for _ in 0..5 {
        for batch in &loader {
            let (x, y) = batch?;
            optimizer.zero_grad();
            criterion.forward(&model.forward(&x), &y).backward();
            optimizer.step();
        }
    }

    let test = SyntheticFashion::new(false, 300, 0);
    let (x, y) = test.get_batch(&(0..300).collect::<Vec<_>>())?;
    // The weights stand still now; the picture is what the loss is differentiated by.
    model.requires_grad_(false);
    let x = x.requires_grad_(true);
    criterion.forward(&model.forward(&x), &y).backward();
    let direction = x.grad().expect("x requires a gradient").sign();

    println!("change of each pixel | accuracy");
    for epsilon in [0.0, 0.02, 0.05, 0.1] {
        let attacked = (x.detach() + &direction * epsilon).clamp(0.0, 1.0);
        let logits = model.forward(&attacked);
        println!("{epsilon:20.2} | {:.3}", accuracy(&logits, &y));
        if epsilon == 0.1 {
            std::fs::create_dir_all("runs")?;
            let pairs = Tensor::cat(&[x.detach().i(0..8), attacked.i(0..8)], 0);
            save_image(&pairs, "runs/fgsm.png", &Grid::new().nrow(8))?;
        }
    }
    println!("as they were, and below with 0.10: runs/fgsm.png");
    Ok(())
}
