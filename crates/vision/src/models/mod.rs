//! Networks for pictures, the counterpart of `torchvision.models`.
//!
//! Keys and shapes are torchvision's, so that a state dict which PyTorch saved loads:
//! `model.load_state_dict(&load("resnet18.pth")?)?`. What they compute was compared with torchvision's
//! numbers.

mod cnn;
mod lenet;
mod mlp;
mod mobilenet;
mod resnet;
mod vgg;

pub use self::cnn::cnn;
pub use self::lenet::{LeNet, lenet};
pub use self::mlp::mlp;
pub use self::mobilenet::{MobileNetV2, mobilenet_v2};
pub use self::resnet::{
    BasicBlock, Block, Bottleneck, ResNet, resnet18, resnet34, resnet50, resnet101, resnet152,
    resnext50_32x4d, wide_resnet50_2,
};
pub use self::vgg::{VGG, vgg11, vgg11_bn, vgg16, vgg16_bn};
