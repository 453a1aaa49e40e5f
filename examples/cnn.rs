//! Teaches convolutions on pictures: transforms, a loader with workers, a scheduler, accuracy on pictures never seen.
//!
//! `cargo run --release --example cnn` (the garments are drawn; `fashion_mnist` has the real ones)

use ondol::prelude::*;
use ondol::train::Accuracy;
use ondol::vision::datasets::{CLASSES, SyntheticFashion};

/// `[N, 1, 28, 28]` to scores of ten classes.
fn model() -> nn::Sequential {
    nn::sequential![
        nn::Conv2d::new(1, 8, 3).stride(2).padding(1),
        nn::BatchNorm2d::new(8),
        nn::ReLU,
        nn::Conv2d::new(8, 16, 3).padding(1),
        nn::ReLU,
        nn::MaxPool2d::new(2),
        nn::Flatten::new(),
        nn::Linear::new(16 * 7 * 7, 10),
    ]
}

fn main() -> ondol::Result<()> {
    ondol::manual_seed(0);
    let transform = data::transforms::Compose::new()
        .then(data::transforms::ToTensor)
        .then(data::transforms::Normalize::new([0.5], [0.5]));
    let train = SyntheticFashion::new(true, 1500, 0).transform(transform.clone());
    let test = SyntheticFashion::new(false, 500, 0).transform(transform);
    let loader = DataLoader::new(train)
        .batch_size(50)
        .shuffle(true)
        .num_workers(2);

    let model = model();
    println!("{}\n{} parameters", model.repr(), model.num_parameters());
    let criterion = nn::CrossEntropyLoss::new();
    let mut optimizer = optim::AdamW::new(model.parameters(), 0.01);
    let mut scheduler = optim::CosineAnnealingLR::new(3 * loader.len()).on(&mut optimizer);
    for epoch in 1..=3 {
        model.train();
        let mut accuracy = Accuracy::new();
        for batch in &loader {
            let (x, y) = batch?;
            optimizer.zero_grad();
            let logits = model.forward(&x);
            criterion.forward(&logits, &y).backward();
            optimizer.step();
            scheduler.step(&mut optimizer);
            accuracy.update(&logits, &y);
        }
        println!("epoch {epoch}: accuracy {:.3}", accuracy.compute());
    }

    model.eval();
    let mut accuracy = Accuracy::new();
    for batch in &DataLoader::new(test).batch_size(100) {
        let (x, y) = batch?;
        let logits = no_grad(|| model.forward(&x));
        accuracy.update(&logits, &y);
        if accuracy.total() == 100 {
            let guess = logits.i(0).argmax(0, false).item_as::<i64>();
            println!("the first one looks like: {}", CLASSES[guess as usize]);
        }
    }
    println!("test accuracy {:.3}", accuracy.compute());
    Ok(())
}
