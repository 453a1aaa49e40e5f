//! Teaches the training loop: a line is fitted to points, first by hand, then with a layer and an optimizer.
//!
//! `cargo run --example linear_regression`

use ondol::prelude::*;

fn main() {
    ondol::manual_seed(0);
    // y = 3x − 1 with some noise.
    let x = Tensor::linspace(-1.0, 1.0, 100).unsqueeze(1);
    let y = &x * 3.0 - 1.0 + Tensor::randn([100, 1]) * 0.1;

    // By hand: the loss, its gradients, a step against them.
    let w = Tensor::zeros([1, 1]).requires_grad_(true);
    let b = Tensor::zeros([1]).requires_grad_(true);
    for _ in 0..200 {
        let loss = (x.mm(&w) + &b - &y).square().mean();
        loss.backward();
        for parameter in [&w, &b] {
            let step = parameter.grad().expect("backward gave one") * 0.3;
            // A step is no part of the graph.
            no_grad(|| parameter.sub_(step));
            parameter.zero_grad();
        }
    }
    println!("by hand: y = {:.2} x + {:.2}", w.item(), b.item());

    // The same with a layer, a loss and an optimizer.
    let model = nn::Linear::new(1, 1);
    let criterion = nn::MSELoss::new();
    let mut optimizer = optim::SGD::new(model.parameters(), 0.3);
    for epoch in 0..200 {
        optimizer.zero_grad();
        let loss = criterion.forward(&model.forward(&x), &y);
        loss.backward();
        optimizer.step();
        if epoch % 50 == 0 {
            println!("epoch {epoch}: loss {:.4}", loss.item());
        }
    }
    let (w, b) = (model.weight.item(), model.named_parameters()[1].1.item());
    println!("with nn and optim: y = {w:.2} x + {b:.2}");
}
