//! Teaches two networks against each other: one draws trousers of 28 × 28 from noise, the other tells them from the given ones.
//!
//! `cargo run --release --example gan`

use ondol::prelude::*;
use ondol::vision::datasets::SyntheticFashion;
use ondol::vision::utils::{Grid, save_image};

const NOISE: usize = 16;

fn generator() -> nn::Sequential {
    nn::sequential![
        nn::Linear::new(NOISE, 64),
        nn::LeakyReLU::new().negative_slope(0.2),
        nn::Linear::new(64, 784),
        nn::Tanh,
    ]
}

/// The logit of "this one was given".
fn discriminator() -> nn::Sequential {
    nn::sequential![
        nn::Linear::new(784, 64),
        nn::LeakyReLU::new().negative_slope(0.2),
        nn::Dropout::new(0.3),
        nn::Linear::new(64, 1),
    ]
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    ondol::manual_seed(0);
    // Class 1 alone, from −1 to 1.
    let drawn = SyntheticFashion::new(true, 4000, 0);
    let (x, y) = drawn.get_batch(&(0..drawn.len()).collect::<Vec<_>>())?;
    let real = x.i(y.eq(1)).flatten(1, -1) * 2.0 - 1.0;
    println!("{} pairs of trousers", real.size(0));

    let (g, d) = (generator(), discriminator());
    let criterion = nn::BCEWithLogitsLoss::new();
    let mut optimizer_g = optim::Adam::new(g.parameters(), 0.002).betas(0.5, 0.999);
    let mut optimizer_d = optim::Adam::new(d.parameters(), 0.001).betas(0.5, 0.999);
    // How far the mean of what is drawn lies from the mean of what was given.
    let noise = Tensor::randn([200, NOISE]);
    let distance = || {
        let mean = no_grad(|| g.forward(&noise)).mean_dim(0, false);
        (mean - real.mean_dim(0, false)).abs().mean().item()
    };
    println!("step 0: distance of the means {:.3}", distance());

    let (ones, zeros) = (Tensor::ones([32, 1]), Tensor::zeros([32, 1]));
    for step in 1..=500 {
        let given = real.i(Tensor::randint(0, real.size(0) as i64, [32]));
        let made = g.forward(&Tensor::randn([32, NOISE]));

        // The judge learns; `detach` keeps its gradients out of the generator.
        optimizer_d.zero_grad();
        let loss_d = criterion.forward(&d.forward(&given), &ones)
            + criterion.forward(&d.forward(&made.detach()), &zeros);
        loss_d.backward();
        optimizer_d.step();

        // The generator learns what the judge takes for given.
        optimizer_g.zero_grad();
        let loss_g = criterion.forward(&d.forward(&made), &ones);
        loss_g.backward();
        optimizer_g.step();
        if step % 100 == 0 {
            println!(
                "step {step}: judge {:.3}, generator {:.3}",
                loss_d.item(),
                loss_g.item()
            );
        }
    }
    println!("at the end: distance of the means {:.3}", distance());

    std::fs::create_dir_all("runs")?;
    let images = no_grad(|| g.forward(&noise.i(0..16))).view([16, 1, 28, 28]);
    save_image(&images, "runs/gan.png", &Grid::new().normalize(true))?;
    println!("sixteen of them: runs/gan.png");
    Ok(())
}
