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
        BasicBlock {
            conv1: three(inputs, stride),
            bn1: BatchNorm2d::new(outputs),
            relu: ReLU,
            conv2: three(outputs, 1),
            bn2: BatchNorm2d::new(outputs),
            downsample: (stride != 1 || inputs != outputs)
                .then(|| shortcut(inputs, outputs, stride)),
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

/// Three convolutions beside a shortcut, `torchvision.models.resnet.Bottleneck`: to fewer channels, across
/// them, and to four times as many, with the stride in the middle.
#[derive(Module)]
pub struct Bottleneck {
    conv1: Conv2d,
    bn1: BatchNorm2d,
    conv2: Conv2d,
    bn2: BatchNorm2d,
    conv3: Conv2d,
    bn3: BatchNorm2d,
    relu: ReLU,
    downsample: Option<Sequential>,
}

impl Bottleneck {
    /// From `inputs` to `4·planes` channels; between them are `planes·base_width/64·groups`, in groups
    /// that do not see each other. Where channels or size change, the shortcut is a convolution too.
    pub fn new(
        inputs: usize,
        planes: usize,
        stride: usize,
        groups: usize,
        base_width: usize,
    ) -> Bottleneck {
        let outputs = planes * 4;
        let width = planes * base_width / 64 * groups;
        let across = Conv2d::new(width, width, 3).stride(stride).padding(1);
        Bottleneck {
            conv1: Conv2d::new(inputs, width, 1).bias(false),
            bn1: BatchNorm2d::new(width),
            conv2: across.groups(groups).bias(false),
            bn2: BatchNorm2d::new(width),
            conv3: Conv2d::new(width, outputs, 1).bias(false),
            bn3: BatchNorm2d::new(outputs),
            relu: ReLU,
            downsample: (stride != 1 || inputs != outputs)
                .then(|| shortcut(inputs, outputs, stride)),
        }
    }
}

impl Forward for Bottleneck {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let _scope = Scope::enter("Bottleneck", &[]).of(self);
        let y = self.relu.forward(&self.bn1.forward(&self.conv1.forward(x)));
        let y = self
            .relu
            .forward(&self.bn2.forward(&self.conv2.forward(&y)));
        let y = self.bn3.forward(&self.conv3.forward(&y));
        let shortcut = match &self.downsample {
            Some(downsample) => downsample.forward(x),
            None => x.clone(),
        };
        self.relu.forward(&y.add(shortcut))
    }
}

fn shortcut(inputs: usize, outputs: usize, stride: usize) -> Sequential {
    sequential![
        Conv2d::new(inputs, outputs, 1).stride(stride).bias(false),
        BatchNorm2d::new(outputs),
    ]
}

/// What a [`ResNet`] is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Block {
    /// [`BasicBlock`]: 512 channels at the end.
    Basic,
    /// [`Bottleneck`]: 2048 channels at the end.
    Bottleneck {
        /// Groups of channels; 1 but for ResNeXt.
        groups: usize,
        /// Channels of a group in the first stage; 64 but for ResNeXt and wide networks.
        width: usize,
    },
}

impl Block {
    /// A bottleneck of one group, as ResNet-50 has them.
    pub const BOTTLENECK: Block = Block::Bottleneck {
        groups: 1,
        width: 64,
    };
}

/// A residual network of [`BasicBlock`]s or [`Bottleneck`]s, `torchvision.models.resnet.ResNet`:
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
    /// So many blocks in each of four stages. Convolutions begin Kaiming-normal for ReLU by their
    /// outputs.
    pub fn new(block: Block, layers: [usize; 4], num_classes: usize) -> ResNet {
        let mut channels = 64;
        let mut stage = |planes: usize, count: usize, stride: usize| {
            (0..count).fold(Sequential::new(), |stage, i| {
                let stride = if i == 0 { stride } else { 1 };
                let inputs = channels;
                match block {
                    Block::Basic => {
                        channels = planes;
                        stage.add(BasicBlock::new(inputs, planes, stride))
                    }
                    Block::Bottleneck { groups, width } => {
                        channels = planes * 4;
                        stage.add(Bottleneck::new(inputs, planes, stride, groups, width))
                    }
                }
            })
        };
        let features = match block {
            Block::Basic => 512,
            Block::Bottleneck { .. } => 2048,
        };
        let model = ResNet {
            conv1: Conv2d::new(3, 64, 7).stride(2).padding(3).bias(false),
            bn1: BatchNorm2d::new(64),
            relu: ReLU,
            maxpool: MaxPool2d::new(3).stride(2).padding(1),
            layer1: stage(64, layers[0], 1),
            layer2: stage(128, layers[1], 2),
            layer3: stage(256, layers[2], 2),
            layer4: stage(512, layers[3], 2),
            avgpool: AdaptiveAvgPool2d::new(1),
            fc: Linear::new(features, num_classes),
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
    ResNet::new(Block::Basic, [2, 2, 2, 2], num_classes)
}

/// The residual network of 34 layers, `torchvision.models.resnet34`.
pub fn resnet34(num_classes: usize) -> ResNet {
    ResNet::new(Block::Basic, [3, 4, 6, 3], num_classes)
}

/// The residual network of 50 layers, `torchvision.models.resnet50`.
pub fn resnet50(num_classes: usize) -> ResNet {
    ResNet::new(Block::BOTTLENECK, [3, 4, 6, 3], num_classes)
}

/// The residual network of 101 layers, `torchvision.models.resnet101`.
pub fn resnet101(num_classes: usize) -> ResNet {
    ResNet::new(Block::BOTTLENECK, [3, 4, 23, 3], num_classes)
}

/// The residual network of 152 layers, `torchvision.models.resnet152`.
pub fn resnet152(num_classes: usize) -> ResNet {
    ResNet::new(Block::BOTTLENECK, [3, 8, 36, 3], num_classes)
}

/// The network of 50 layers in 32 groups of channels, `torchvision.models.resnext50_32x4d`.
pub fn resnext50_32x4d(num_classes: usize) -> ResNet {
    let block = Block::Bottleneck {
        groups: 32,
        width: 4,
    };
    ResNet::new(block, [3, 4, 6, 3], num_classes)
}

/// The network of 50 layers with twice the channels inside of its blocks,
/// `torchvision.models.wide_resnet50_2`.
pub fn wide_resnet50_2(num_classes: usize) -> ResNet {
    let block = Block::Bottleneck {
        groups: 1,
        width: 128,
    };
    ResNet::new(block, [3, 4, 6, 3], num_classes)
}
