//! Teaches the least program with a hidden layer: XOR, which no straight line solves.
//!
//! `cargo run --example xor`

use ondol::prelude::*;

fn main() {
    ondol::manual_seed(0);
    let x = tensor!([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
    let y = tensor!([0.0, 1.0, 1.0, 0.0]);

    let model = nn::sequential![
        nn::Linear::new(2, 8),
        nn::Tanh::new(),
        nn::Linear::new(8, 1),
    ];
    // Takes the numbers before the sigmoid, which is exact for large ones.
    let criterion = nn::BCEWithLogitsLoss::new();
    let mut optimizer = optim::Adam::new(model.parameters(), 0.05);
    for step in 0..300 {
        optimizer.zero_grad();
        let loss = criterion.forward(&model.forward(&x).squeeze_dim(1), &y);
        loss.backward();
        optimizer.step();
        if step % 100 == 0 {
            println!("step {step}: loss {:.4}", loss.item());
        }
    }

    let probability = no_grad(|| model.forward(&x).squeeze_dim(1).sigmoid());
    let guess = probability.gt(0.5).float();
    let inputs = x.to_vec::<f32>();
    for (pair, p) in inputs.chunks(2).zip(probability.to_vec::<f32>()) {
        println!("{} xor {}: {p:.3}", pair[0], pair[1]);
    }
    println!("{} of 4 right", guess.eq(&y).sum().item());
}
