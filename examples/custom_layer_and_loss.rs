//! Teaches a layer with parameters of its own and a loss of one's own: the 10 % and 90 % lines around noisy points.
//!
//! `cargo run --example custom_layer_and_loss`

use ondol::nn::Parameter;
use ondol::prelude::*;

/// A sum of bells `exp(−(x − c)² / 2s²)` whose centres and widths are learned: `[N, 1]` → `[N, bells]`.
#[derive(Module)]
struct Bells {
    centers: Parameter,
    log_widths: Parameter,
}

impl Bells {
    fn new(bells: usize) -> Self {
        Self {
            centers: Parameter::new(Tensor::linspace(-1.0, 1.0, bells)),
            log_widths: Parameter::new(Tensor::full([bells], -1.5)),
        }
    }
}

impl Forward for Bells {
    fn forward(&self, x: &Tensor) -> Tensor {
        let distance = (x - &*self.centers) / self.log_widths.exp();
        (distance.square() * -0.5).exp()
    }
}

/// The loss of quantiles: a point above the `q`-line costs `q` for each unit, one below `1 − q`.
/// At its least, a share `q` of the points lies below.
#[derive(Module)]
struct QuantileLoss {
    quantiles: Vec<f32>,
}

impl QuantileLoss {
    /// Lines `[N, Q]` and points `[N, 1]`.
    fn forward(&self, lines: &Tensor, y: &Tensor) -> Tensor {
        let q = Tensor::from_vec(self.quantiles.clone(), [self.quantiles.len()]);
        let above = y - lines;
        (&above * &q).maximum(&above * (q - 1.0)).mean()
    }
}

fn main() {
    ondol::manual_seed(0);
    // The noise grows to the right.
    let points = |n: usize| {
        let x = Tensor::rand([n, 1]) * 2.0 - 1.0;
        let noise = Tensor::randn([n, 1]) * (&x * 0.2 + 0.3);
        let y = (&x * 3.0).sin() + noise;
        (x, y)
    };
    let (x, y) = points(1000);
    let model = nn::sequential![Bells::new(8), nn::Linear::new(8, 2)];
    println!("{}", model.repr());
    let criterion = QuantileLoss {
        quantiles: vec![0.1, 0.9],
    };
    let mut optimizer = optim::Adam::new(model.parameters(), 0.03);
    for step in 0..400 {
        optimizer.zero_grad();
        let loss = criterion.forward(&model.forward(&x), &y);
        loss.backward();
        optimizer.step();
        if step % 100 == 0 {
            println!("step {step}: loss {:.4}", loss.item());
        }
    }
    let (x, y) = points(2000);
    let below = no_grad(|| model.forward(&x)).gt(&y).float();
    let share = below.mean_dim(0, false).to_vec::<f32>();
    println!(
        "new points below the lines: {:.2} {:.2}",
        share[0], share[1]
    );
}
