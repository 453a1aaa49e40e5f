//! Training on other devices gives what it gives on the CPU, to rounding.
//!
//! `ONDOL_TEST_DEVICES=cuda:0` names the devices; without it the emulated one is compared.

use ondol::prelude::*;
use ondol_cuda_emu::{Order, in_order, inside};

/// The devices to compare with the CPU.
fn devices() -> Vec<Device> {
    let emulated = if inside() { "cuda:0" } else { "" };
    let names = std::env::var("ONDOL_TEST_DEVICES").unwrap_or(emulated.to_owned());
    let names = names.split(',').map(str::trim).filter(|n| !n.is_empty());
    names
        .map(|n| n.parse().unwrap_or_else(|e| panic!("{e}")))
        .collect()
}

fn mlp() -> nn::Sequential {
    nn::sequential![
        nn::Flatten::new(),
        nn::Linear::new(196, 48),
        nn::ReLU::new(),
        nn::Linear::new(48, 10),
    ]
}

fn cnn() -> nn::Sequential {
    nn::sequential![
        // A bias before a normalization has a gradient of rounding errors alone, which Adam would
        // blow up to steps of full size.
        nn::Conv2d::new(1, 6, 3).padding(1).bias(false),
        nn::BatchNorm2d::new(6),
        nn::ReLU::new(),
        nn::MaxPool2d::new(2),
        nn::Conv2d::new(6, 8, 3).stride(2),
        nn::GELU::new(),
        nn::Flatten::new(),
        nn::Dropout::new(0.2),
        nn::Linear::new(8 * 3 * 3, 10),
    ]
}

/// Losses of the steps, and the weights after them.
fn train(
    build: fn() -> nn::Sequential,
    optimizer: fn(Vec<Tensor>) -> Box<dyn optim::Optimizer>,
    device: &Device,
) -> (Vec<f64>, Vec<Vec<f32>>) {
    let _own = ondol::fork_rng_guard();
    ondol::manual_seed(11);
    let model = build();
    model.to(device).expect("parameters fit the device");
    model.train();
    let mut optimizer = optimizer(model.parameters());
    let criterion = nn::CrossEntropyLoss::new();
    let mut losses = vec![];
    for _ in 0..4 {
        let x = Tensor::rand([12, 1, 14, 14]).to(device);
        let y = Tensor::randint(0, 10, 12).to(device);
        optimizer.zero_grad();
        let loss = criterion.forward(&model.forward(&x), &y);
        loss.backward();
        optimizer.step();
        losses.push(loss.item());
    }
    let host = |p: &Tensor| p.detach().to(Device::cpu()).to_vec::<f32>();
    let weights = model.parameters().iter().map(host).collect();
    (losses, weights)
}

fn close(what: &str, a: f64, b: f64) {
    assert!(
        (a - b).abs() <= 2e-4 * b.abs().max(1.0),
        "{what}: {a}, on the CPU {b}"
    );
}

fn same_as_on_the_cpu(
    build: fn() -> nn::Sequential,
    optimizer: fn(Vec<Tensor>) -> Box<dyn optim::Optimizer>,
) {
    for device in devices() {
        let (losses, weights) = train(build, optimizer, &device);
        let (expected, on_cpu) = train(build, optimizer, &Device::cpu());
        for (step, (a, b)) in losses.iter().zip(&expected).enumerate() {
            close(&format!("loss of step {step} on {device}"), *a, *b);
        }
        for (i, (a, b)) in weights.iter().zip(&on_cpu).enumerate() {
            assert_eq!(a.len(), b.len());
            for (&a, &b) in a.iter().zip(b) {
                close(&format!("parameter {i} on {device}"), a.into(), b.into());
            }
        }
        // The same call gives the same bits.
        assert_eq!(train(build, optimizer, &device), (losses, weights));
    }
}

/// On the devices that are named, or else on the emulated one.
fn on_devices(name: &str, order: Order, body: impl FnOnce()) {
    if devices().is_empty() {
        in_order(name, order, body);
    } else {
        body();
    }
}

#[test]
fn an_mlp_takes_the_same_steps() {
    on_devices("an_mlp_takes_the_same_steps", Order::Greedy, || {
        same_as_on_the_cpu(mlp, |p| Box::new(optim::SGD::new(p, 0.05).momentum(0.9)));
    });
}

#[test]
fn a_cnn_takes_the_same_steps() {
    on_devices("a_cnn_takes_the_same_steps", Order::Random(3), || {
        same_as_on_the_cpu(cnn, |p| Box::new(optim::AdamW::new(p, 1e-3)));
    });
}
