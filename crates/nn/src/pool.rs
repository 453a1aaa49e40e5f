//! Pooling layers.

use ondol_autograd::{Pool2dOptions, Scope, Tensor, functional};

use crate::module::repr::shown;
use crate::pair::{Pair, short};
use crate::{Forward, Module, Visitor};

/// The greatest of each window, `torch.nn.MaxPool2d`: `x [N, C, H, W]` (or `[C, H, W]`) →
/// `[N, C, OH, OW]`. Windows stand side by side unless a stride is given.
///
/// ```
/// use ondol_nn::{Forward, MaxPool2d, Tensor};
/// let layer = MaxPool2d::new(2);
/// assert_eq!(layer.forward(&Tensor::zeros([8, 6, 28, 28])).shape(), [8, 6, 14, 14]);
/// assert_eq!(layer.to_string(), "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)");
/// ```
pub struct MaxPool2d {
    options: Pool2dOptions,
}

impl MaxPool2d {
    /// A window of that size, and a stride of its size.
    pub fn new(kernel: impl Into<Pair>) -> MaxPool2d {
        let kernel = kernel.into().0;
        MaxPool2d {
            options: Pool2dOptions {
                kernel,
                stride: kernel,
                padding: [0; 2],
                dilation: [1; 2],
            },
        }
    }

    /// Steps of the window.
    pub fn stride(mut self, stride: impl Into<Pair>) -> MaxPool2d {
        self.options.stride = stride.into().0;
        self
    }

    /// A border that never wins; none unless said otherwise.
    pub fn padding(mut self, padding: impl Into<Pair>) -> MaxPool2d {
        self.options.padding = padding.into().0;
        self
    }

    /// Distance of the window's taps; 1 unless said otherwise.
    pub fn dilation(mut self, dilation: impl Into<Pair>) -> MaxPool2d {
        self.options.dilation = dilation.into().0;
        self
    }
}

impl Module for MaxPool2d {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
    }

    fn extra_repr(&self) -> String {
        let o = &self.options;
        format!(
            "kernel_size={}, stride={}, padding={}, dilation={}, ceil_mode=False",
            short(o.kernel),
            short(o.stride),
            short(o.padding),
            short(o.dilation)
        )
    }
}
shown!(MaxPool2d);

impl Forward for MaxPool2d {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let [height, width] = self.options.kernel;
        let _scope = Scope::enter("MaxPool2d({}×{})", &[height, width]);
        functional::max_pool2d(x, self.options)
    }
}
