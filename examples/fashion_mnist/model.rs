//! The networks.

use ondol::nn::sequential;
use ondol::prelude::*;

use crate::args::Model;

/// The network of that name, with PyTorch's default initialisation.
pub(crate) fn build(model: Model) -> nn::Sequential {
    match model {
        Model::Mlp => sequential![
            nn::Flatten::new(),
            nn::Linear::new(784, 512),
            nn::ReLU::new(),
            nn::Linear::new(512, 512),
            nn::ReLU::new(),
            nn::Linear::new(512, 10),
        ],
        Model::Cnn => sequential![
            nn::Conv2d::new(1, 32, 3).padding(1),
            nn::ReLU::new(),
            nn::MaxPool2d::new(2),
            nn::Conv2d::new(32, 64, 3).padding(1),
            nn::ReLU::new(),
            nn::MaxPool2d::new(2),
            nn::Flatten::new(),
            nn::Linear::new(3136, 128),
            nn::ReLU::new(),
            nn::Linear::new(128, 10),
        ],
    }
}
