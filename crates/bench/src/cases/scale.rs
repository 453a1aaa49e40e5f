//! Whether cost stays in proportion: with the batch, the depth, the length of the graph and the
//! number of steps; and whole epochs, in time and memory.

use std::path::PathBuf;

use ondol_autograd::Tensor;
use ondol_data::{DataLoader, transforms::ToTensor};
use ondol_nn::{self as nn, Forward, Module, sequential};
use ondol_optim::{Optimizer, SGD};
use ondol_vision::datasets::FashionMNIST;

use super::layers::{cnn, mlp, step, tiny};
use super::{Case, Unit, case};

pub(super) fn scale(list: &mut Vec<Case>) {
    // A batch 8 and 32 times the usual one should cost 8 and 32 times as much.
    for batch in [512usize, 2048] {
        list.push(case(format!("D/mlp_train/{batch}"), 0.0, 0.0, move || {
            let (y, criterion) = (Tensor::randint(0, 10, batch), nn::CrossEntropyLoss::new());
            let loss = move |out: &Tensor| criterion.forward(out, &y);
            step(mlp(), 0.0, loss, Tensor::randn([batch, 784]))
        }));
    }
    for layers in [10usize, 100] {
        list.push(case(format!("E/deep_mlp/{layers}"), 0.0, 0.0, move || {
            let mut model = nn::Sequential::new();
            for _ in 0..layers {
                model = model.add(nn::Linear::new(64, 64)).add(nn::ReLU::new());
            }
            step(model, 0.0, Tensor::sum, Tensor::randn([32, 64]))
        }));
    }
    for nodes in [10usize, 10_000] {
        list.push(case(format!("E/chain/{nodes}"), 0.0, 0.0, move || {
            let x = Tensor::randn([16]).requires_grad_(true);
            Box::new(move || {
                x.zero_grad();
                let mut y = x.clone();
                for _ in 0..nodes - 1 {
                    y = y.add(&x);
                }
                y.sum().backward();
            })
        }));
    }
    for steps in [100u32, 10_000] {
        let name = format!("E/steps_peak/{steps}");
        list.push(case(name, 0.0, 0.0, move || repeated(steps)).unit(Unit::PeakBytes));
    }
    list.push(case("E/first_step/20", 0.0, 0.0, || tiny(20)).unit(Unit::Process));
}

/// So many tiny steps as one run.
fn repeated(steps: u32) -> Box<dyn FnMut()> {
    let mut one = tiny(20);
    Box::new(move || (0..steps).for_each(|_| one()))
}

pub(super) fn epochs(list: &mut Vec<Case>) {
    let slices = || {
        let (x, y) = (Tensor::randn([60_000, 784]), Tensor::randint(0, 10, 60_000));
        let (model, criterion) = (mlp(), nn::CrossEntropyLoss::new());
        let mut optimizer = SGD::new(model.parameters(), 0.01);
        let work: Box<dyn FnMut()> = Box::new(move || {
            for start in (0..60_000).step_by(64) {
                let count = 64.min(60_000 - start);
                let (x, y) = (x.narrow(0, start, count), y.narrow(0, start, count));
                let loss = criterion.forward(&model.forward(&x), &y);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
        });
        work
    };
    list.push(case("E/epoch_mlp_slices/64", 0.0, 0.0, slices).unit(Unit::Once));
    let flat = || loaded(sequential![nn::Flatten::new(), mlp()], 0.0);
    list.push(case("E/epoch_mlp_loader/64", 0.0, 0.0, flat).unit(Unit::Once));
    list.push(case("E/epoch_mlp_peak/64", 0.0, 0.0, flat).unit(Unit::PeakBytes));
    let convolutions = || loaded(cnn(), 0.9);
    list.push(case("E/epoch_cnn_loader/64", 0.0, 0.0, convolutions).unit(Unit::Once));
}

/// An epoch as users write it, on the images in the folder that `ONDOL_DATA` names.
fn loaded(model: nn::Sequential, momentum: f64) -> Box<dyn FnMut()> {
    let folder = std::env::var_os("ONDOL_DATA").map(PathBuf::from);
    let folder = folder.expect("ONDOL_DATA names a folder with Fashion-MNIST");
    let images = FashionMNIST::new(folder).transform(ToTensor).open();
    let images = images.expect("the folder holds Fashion-MNIST");
    let loader = DataLoader::new(images).batch_size(64).shuffle(true);
    let criterion = nn::CrossEntropyLoss::new();
    let mut optimizer = SGD::new(model.parameters(), 0.01).momentum(momentum);
    Box::new(move || {
        for batch in loader.iter() {
            let (x, y) = batch.expect("the images were read");
            let loss = criterion.forward(&model.forward(&x), &y);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    })
}
