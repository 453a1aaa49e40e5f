//! A network for machines that have little.

use ondol_nn::init::{self, Fan, Nonlinearity};
use ondol_nn::{
    AdaptiveAvgPool2d, BatchNorm2d, Conv2d, Dropout, Forward, Linear, Module, ReLU6, Scope,
    Sequential, Tensor, sequential,
};

/// What each stage multiplies its channels by, its outputs, how many blocks it has, and its stride.
const STAGES: [[usize; 4]; 7] = [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
];

/// A convolution, a batch norm and ReLU6.
fn conv_norm(
    inputs: usize,
    outputs: usize,
    kernel: usize,
    stride: usize,
    groups: usize,
) -> Sequential {
    let conv = Conv2d::new(inputs, outputs, kernel).stride(stride);
    sequential![
        conv.padding((kernel - 1) / 2).groups(groups).bias(false),
        BatchNorm2d::new(outputs),
        ReLU6::new(),
    ]
}

/// More channels, each convolved by itself, and few again; added to what came in where the size stays.
#[derive(Module)]
struct InvertedResidual {
    conv: Sequential,
    adds: bool,
}

impl InvertedResidual {
    fn new(inputs: usize, outputs: usize, stride: usize, times: usize) -> InvertedResidual {
        let hidden = inputs * times;
        let mut conv = Sequential::new();
        if times != 1 {
            conv = conv.add(conv_norm(inputs, hidden, 1, 1, 1));
        }
        InvertedResidual {
            conv: conv
                .add(conv_norm(hidden, hidden, 3, stride, hidden))
                .add(Conv2d::new(hidden, outputs, 1).bias(false))
                .add(BatchNorm2d::new(outputs)),
            adds: stride == 1 && inputs == outputs,
        }
    }
}

impl Forward for InvertedResidual {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let _scope = Scope::enter("InvertedResidual", &[]).of(self);
        let y = self.conv.forward(x);
        if self.adds { y.add(x) } else { y }
    }
}

/// Blocks that are wide inside and narrow between, `torchvision.models.MobileNetV2`:
/// `x [N, 3, H, W]` → `[N, classes]`. Keys and shapes are torchvision's.
#[derive(Module)]
pub struct MobileNetV2 {
    features: Sequential,
    classifier: Sequential,
}

/// A [`MobileNetV2`] of 3.5 million parameters, `torchvision.models.mobilenet_v2`.
///
/// ```
/// use ondol_nn::Module;
/// use ondol_vision::models::mobilenet_v2;
/// assert_eq!(mobilenet_v2(1000).num_parameters(), 3_504_872);
/// ```
pub fn mobilenet_v2(num_classes: usize) -> MobileNetV2 {
    let mut features = sequential![conv_norm(3, 32, 3, 2, 1)];
    let mut channels = 32;
    for [times, outputs, count, stride] in STAGES {
        for i in 0..count {
            let stride = if i == 0 { stride } else { 1 };
            features = features.add(InvertedResidual::new(channels, outputs, stride, times));
            channels = outputs;
        }
    }
    let model = MobileNetV2 {
        features: features.add(conv_norm(channels, 1280, 1, 1, 1)),
        classifier: sequential![Dropout::new(0.2), Linear::new(1280, num_classes)],
    };
    for parameter in model.parameters() {
        match parameter.ndim() {
            4 => init::kaiming_normal_(&parameter, 0.0, Fan::Out, Nonlinearity::ReLU),
            2 => init::normal_(&parameter, 0.0, 0.01),
            _ => continue,
        };
    }
    for (name, parameter) in model.classifier.named_parameters() {
        if name.ends_with("bias") {
            init::zeros_(&parameter);
        }
    }
    model
}

impl Forward for MobileNetV2 {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let _scope = Scope::enter("MobileNetV2", &[]).of(self);
        let x = AdaptiveAvgPool2d::new(1).forward(&self.features.forward(x));
        self.classifier.forward(&x.flatten(1, -1))
    }
}
