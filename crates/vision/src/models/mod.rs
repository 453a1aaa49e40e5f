//! Networks for pictures, the counterpart of `torchvision.models`.

mod lenet;
mod mlp;
mod resnet;

pub use self::lenet::{LeNet, lenet};
pub use self::mlp::mlp;
pub use self::resnet::{BasicBlock, ResNet, resnet18, resnet34};
