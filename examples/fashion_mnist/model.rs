//! The networks.

use ondol::prelude::*;

use crate::args::Model;

/// The network of that name, with PyTorch's default initialisation.
pub(crate) fn build(model: Model) -> nn::Sequential {
    match model {
        Model::Mlp => vision::models::mlp(&[784, 512, 512, 10]),
        Model::Cnn => vision::models::cnn(10),
    }
}
