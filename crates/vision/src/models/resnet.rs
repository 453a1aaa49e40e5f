//! Residual networks.

use ondol_nn::init::{self, Fan, Nonlinearity};
use ondol_nn::{
    AdaptiveAvgPool2d, BatchNorm2d, Conv2d, Forward, Linear, MaxPool2d, Module, ReLU, Scope,
    Sequential, Tensor, sequential,
};

/// Two convolutions beside a shortcut, `torchvision.models.resnet.BasicBlock`:
/// `relu(bn2(conv2(relu(bn1(conv1(x))))) + downsample(x))`.
#[derive(Module)]
pub struct BasicBlock {
    conv1: Conv2d,
    bn1: BatchNorm2d,
    relu: ReLU,
    conv2: Conv2d,
    bn2: BatchNorm2d,
    downsample: Option<Sequential>,
}

impl BasicBlock {
    /// From `inputs` to `outputs` channels; where they or the size change, the shortcut is a
    /// convolution too.
    pub fn new(inputs: usize, outputs: usize, stride: usize) -> BasicBlock {
        let three = |from, stride| {
            let conv = Conv2d::new(from, outputs, 3).stride(stride).padding(1);
            conv.bias(false)
        };
        let shortcut = || {
            sequential![
                Conv2d::new(inputs, outputs, 1).stride(stride).bias(false),
                BatchNorm2d::new(outputs),
            ]
        };
        BasicBlock {
            conv1: three(inputs, stride),
            bn1: BatchNorm2d::new(outputs),
            relu: ReLU,
            conv2: three(outputs, 1),
            bn2: BatchNorm2d::new(outputs),
            downsample: (stride != 1 || inputs != outputs).then(shortcut),
        }
    }
}

impl Forward for BasicBlock {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let _scope = Scope::enter("BasicBlock", &[]).of(self);
        let y = self.relu.forward(&self.bn1.forward(&self.conv1.forward(x)));
        let y = self.bn2.forward(&self.conv2.forward(&y));
        let shortcut = match &self.downsample {
            Some(downsample) => downsample.forward(x),
            None => x.clone(),
        };
        self.relu.forward(&y.add(shortcut))
    }
}

/// A residual network of [`BasicBlock`]s, `torchvision.models.resnet.ResNet`:
/// `x [N, 3, H, W]` → `[N, classes]`. Keys and shapes are torchvision's.
#[derive(Module)]
pub struct ResNet {
    conv1: Conv2d,
    bn1: BatchNorm2d,
    relu: ReLU,
    maxpool: MaxPool2d,
    layer1: Sequential,
    layer2: Sequential,
    layer3: Sequential,
    layer4: Sequential,
    avgpool: AdaptiveAvgPool2d,
    fc: Linear,
}

impl ResNet {
    /// So many blocks of 64, 128, 256 and 512 channels. Convolutions begin Kaiming-normal for ReLU by
    /// their outputs.
    pub fn new(blocks: [usize; 4], num_classes: usize) -> ResNet {
        let stage = |inputs: usize, outputs: usize, count: usize, stride: usize| {
            (0..count).fold(Sequential::new(), |stage, i| {
                stage.add(match i {
                    0 => BasicBlock::new(inputs, outputs, stride),
                    _ => BasicBlock::new(outputs, outputs, 1),
                })
            })
        };
        let model = ResNet {
            conv1: Conv2d::new(3, 64, 7).stride(2).padding(3).bias(false),
            bn1: BatchNorm2d::new(64),
            relu: ReLU,
            maxpool: MaxPool2d::new(3).stride(2).padding(1),
            layer1: stage(64, 64, blocks[0], 1),
            layer2: stage(64, 128, blocks[1], 2),
            layer3: stage(128, 256, blocks[2], 2),
            layer4: stage(256, 512, blocks[3], 2),
            avgpool: AdaptiveAvgPool2d::new(1),
            fc: Linear::new(512, num_classes),
        };
        for parameter in model.parameters() {
            if parameter.ndim() == 4 {
                init::kaiming_normal_(&parameter, 0.0, Fan::Out, Nonlinearity::ReLU);
            }
        }
        model
    }
}

impl Forward for ResNet {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let _scope = Scope::enter("ResNet", &[]).of(self);
        let x = self.relu.forward(&self.bn1.forward(&self.conv1.forward(x)));
        let x = self.layer1.forward(&self.maxpool.forward(&x));
        let x = self.layer3.forward(&self.layer2.forward(&x));
        let x = self.avgpool.forward(&self.layer4.forward(&x));
        self.fc.forward(&x.flatten(1, -1))
    }
}

/// The residual network of 18 layers, `torchvision.models.resnet18`, with numbers of its own: trained
/// ones come from a file that PyTorch saved, by `load_state_dict`.
///
/// A test trains it: eight steps of plain gradient descent on four pictures of noise bring the loss of two
/// classes from 0.75 to below 0.1 (0.0014 when it was written).
///
/// ```
/// use ondol_nn::{Forward, Module, Tensor};
/// use ondol_vision::models::resnet18;
/// let model = resnet18(1000);
/// assert_eq!(model.num_parameters(), 11_689_512);
/// model.eval();
/// assert_eq!(model.forward(&Tensor::zeros([1, 3, 64, 64])).shape(), [1, 1000]);
/// ```
pub fn resnet18(num_classes: usize) -> ResNet {
    ResNet::new([2, 2, 2, 2], num_classes)
}

/// The residual network of 34 layers, `torchvision.models.resnet34`.
pub fn resnet34(num_classes: usize) -> ResNet {
    ResNet::new([3, 4, 6, 3], num_classes)
}
