//! Teaches classification: blobs, a held-out part, accuracy, a picture of where the model draws the line.
//!
//! `cargo run --example logistic_regression`

use ondol::prelude::*;
use ondol::train::{accuracy, plot};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    ondol::manual_seed(1);
    let (x, y) = data::make_blobs(300, &[[-1.5, -1.0], [1.5, -1.0], [0.0, 1.5]], 0.6);
    let ((x_train, y_train), (x_test, y_test)) = data::train_test_split((x, y), 0.25)?;

    // One linear layer and a softmax: logistic regression.
    let model = nn::Linear::new(2, 3);
    let criterion = nn::CrossEntropyLoss::new();
    let mut optimizer = optim::SGD::new(model.parameters(), 0.5);
    for epoch in 0..100 {
        optimizer.zero_grad();
        let loss = criterion.forward(&model.forward(&x_train), &y_train);
        loss.backward();
        optimizer.step();
        if epoch % 25 == 0 {
            println!("epoch {epoch}: loss {:.4}", loss.item());
        }
    }

    let logits = no_grad(|| model.forward(&x_test));
    println!("test accuracy {:.3}", accuracy(&logits, &y_test));

    std::fs::create_dir_all("runs")?;
    let figure = plot::decision_boundary(|x| model.forward(x), &x_test, &y_test)?;
    figure.save("runs/logistic_regression.png")?;
    println!("the boundary is drawn in runs/logistic_regression.png");
    Ok(())
}
