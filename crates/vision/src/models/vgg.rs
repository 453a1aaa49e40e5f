//! Networks of small convolutions one after another.

use ondol_nn::init::{self, Fan, Nonlinearity};
use ondol_nn::{
    AdaptiveAvgPool2d, BatchNorm2d, Conv2d, Dropout, Forward, Linear, MaxPool2d, Module, ReLU,
    Scope, Sequential, Tensor, sequential,
};

/// Convolutions of 3 × 3 and maxima, then three linear layers, `torchvision.models.VGG`:
/// `x [N, 3, H, W]` → `[N, classes]`. Keys and shapes are torchvision's.
#[derive(Module)]
pub struct VGG {
    features: Sequential,
    avgpool: AdaptiveAvgPool2d,
    classifier: Sequential,
}

impl VGG {
    /// So many convolutions of 64, 128, 256, 512 and 512 channels, each with a batch norm or without;
    /// a maximum ends each stage.
    pub fn new(layers: [usize; 5], batch_norm: bool, num_classes: usize) -> VGG {
        let mut features = Sequential::new();
        let mut channels = 3;
        for (count, outputs) in layers.into_iter().zip([64, 128, 256, 512, 512]) {
            for _ in 0..count {
                let conv = Conv2d::new(channels, outputs, 3).padding(1);
                for (name, parameter) in conv.named_parameters() {
                    match name.as_str() {
                        "bias" => init::zeros_(&parameter),
                        _ => init::kaiming_normal_(&parameter, 0.0, Fan::Out, Nonlinearity::ReLU),
                    };
                }
                features = features.add(conv);
                if batch_norm {
                    features = features.add(BatchNorm2d::new(outputs));
                }
                features = features.add(ReLU);
                channels = outputs;
            }
            features = features.add(MaxPool2d::new(2));
        }
        let linear = |from, to| {
            let linear = Linear::new(from, to);
            for (name, parameter) in linear.named_parameters() {
                match name.as_str() {
                    "bias" => init::zeros_(&parameter),
                    _ => init::normal_(&parameter, 0.0, 0.01),
                };
            }
            linear
        };
        VGG {
            features,
            avgpool: AdaptiveAvgPool2d::new(7),
            classifier: sequential![
                linear(512 * 7 * 7, 4096),
                ReLU,
                Dropout::new(0.5),
                linear(4096, 4096),
                ReLU,
                Dropout::new(0.5),
                linear(4096, num_classes),
            ],
        }
    }
}

impl Forward for VGG {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let _scope = Scope::enter("VGG", &[]).of(self);
        let x = self.avgpool.forward(&self.features.forward(x));
        self.classifier.forward(&x.flatten(1, -1))
    }
}

/// The network of 11 layers, `torchvision.models.vgg11`.
///
/// It has 133 million parameters: half a gigabyte.
pub fn vgg11(num_classes: usize) -> VGG {
    VGG::new([1, 1, 2, 2, 2], false, num_classes)
}

/// The network of 11 layers with batch norms, `torchvision.models.vgg11_bn`.
pub fn vgg11_bn(num_classes: usize) -> VGG {
    VGG::new([1, 1, 2, 2, 2], true, num_classes)
}

/// The network of 16 layers, `torchvision.models.vgg16`.
pub fn vgg16(num_classes: usize) -> VGG {
    VGG::new([2, 2, 3, 3, 3], false, num_classes)
}

/// The network of 16 layers with batch norms, `torchvision.models.vgg16_bn`.
pub fn vgg16_bn(num_classes: usize) -> VGG {
    VGG::new([2, 2, 3, 3, 3], true, num_classes)
}
