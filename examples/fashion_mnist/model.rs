//! The networks.

use std::path::Path;

use ondol::nn::{BatchNorm2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU, Sequential};
use ondol::prelude::*;
use ondol::tensor::Value;

use crate::args::Model;

/// The network of that name, with PyTorch's default initialisation.
pub(crate) fn build(model: Model) -> Sequential {
    match model {
        Model::Mlp => vision::models::mlp(&[784, 512, 512, 10]),
        Model::Cnn => vision::models::cnn(10),
        Model::CnnBn => cnn_bn(),
    }
}

/// Five convolutions of 3 × 3, each normalised: `[N, 1, 28, 28]` → `[N, 10]`.
fn cnn_bn() -> Sequential {
    nn::sequential![
        conv(1, 32),
        MaxPool2d::new(2),
        BatchNorm2d::new(32),
        ReLU,
        conv(32, 64),
        BatchNorm2d::new(64),
        ReLU,
        conv(64, 64),
        MaxPool2d::new(2),
        BatchNorm2d::new(64),
        ReLU,
        conv(64, 128),
        BatchNorm2d::new(128),
        ReLU,
        conv(128, 128),
        MaxPool2d::new(2),
        BatchNorm2d::new(128),
        ReLU,
        Flatten::new(),
        Dropout::new(0.25),
        Linear::new(128 * 3 * 3, 10),
    ]
}

/// Without a bias: the normalisation has one.
fn conv(inputs: usize, outputs: usize) -> Conv2d {
    Conv2d::new(inputs, outputs, 3).padding(1).bias(false)
}

/// The weights of a state dict, or of a checkpoint, which keeps them as `model`.
pub(crate) fn weights(path: &Path) -> ondol::Result<Value> {
    let state = ondol::load(path)?;
    Ok(state.get("model").cloned().unwrap_or(state))
}
