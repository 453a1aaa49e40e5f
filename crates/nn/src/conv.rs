//! Convolutional layers.

use ondol_autograd::{Conv2dOptions, DType, Device, Error, Scope, Tensor, functional, ok, raise};

use crate::module::repr::shown;
use crate::pair::{Pair, tuple};
use crate::{Forward, Module, Parameter, Visitor, init};

/// Two-dimensional convolution, `torch.nn.Conv2d`: `x [N, C, H, W]` (or `[C, H, W]`) →
/// `[N, O, OH, OW]`.
///
/// `weight [O, C/groups, KH, KW]` and `bias [O]` begin uniform on `±1/√fan_in` with
/// `fan_in = C/groups·KH·KW`, as PyTorch's do.
///
/// ```
/// use ondol_nn::{Conv2d, Forward, Tensor};
/// let layer = Conv2d::new(1, 6, 5).padding(2);
/// assert_eq!(layer.forward(&Tensor::zeros([8, 1, 28, 28])).shape(), [8, 6, 28, 28]);
/// assert_eq!(layer.to_string(), "Conv2d(1, 6, kernel_size=(5, 5), stride=(1, 1), padding=(2, 2))");
/// ```
pub struct Conv2d {
    /// `[out_channels, in_channels / groups, KH, KW]`.
    pub weight: Parameter,
    /// `[out_channels]`, if there is one.
    pub bias: Option<Parameter>,
    in_channels: usize,
    out_channels: usize,
    kernel: [usize; 2],
    options: Conv2dOptions,
}

impl Conv2d {
    /// A layer of `f32` on the CPU: stride 1, no padding, one group, with a bias. Sizes are one
    /// number for height and width, or a pair.
    pub fn new(in_channels: usize, out_channels: usize, kernel: impl Into<Pair>) -> Conv2d {
        let kernel = kernel.into().0;
        let layer = Conv2d {
            weight: Parameter::new(Tensor::zeros([
                out_channels,
                in_channels,
                kernel[0],
                kernel[1],
            ])),
            bias: Some(Parameter::new(Tensor::zeros([out_channels]))),
            in_channels,
            out_channels,
            kernel,
            options: Conv2dOptions::default(),
        };
        layer.reset_parameters();
        layer
    }

    /// Steps of the window; 1 unless said otherwise.
    pub fn stride(mut self, stride: impl Into<Pair>) -> Conv2d {
        self.options.stride = stride.into().0;
        self
    }

    /// Zeros around the input; none unless said otherwise.
    pub fn padding(mut self, padding: impl Into<Pair>) -> Conv2d {
        self.options.padding = padding.into().0;
        self
    }

    /// Distance of the kernel's taps; 1 unless said otherwise.
    pub fn dilation(mut self, dilation: impl Into<Pair>) -> Conv2d {
        self.options.dilation = dilation.into().0;
        self
    }

    /// Groups of channels that do not mix; 1 unless said otherwise. The weight is drawn anew, as
    /// its shape changes.
    ///
    /// # Panics
    /// Where `groups` does not divide the channels.
    #[track_caller]
    pub fn groups(mut self, groups: usize) -> Conv2d {
        for (name, channels) in [
            ("in_channels", self.in_channels),
            ("out_channels", self.out_channels),
        ] {
            if groups == 0 || channels % groups != 0 {
                raise(Error::value(
                    "Conv2d",
                    format!("{name} must be divisible by groups: {channels} by {groups}"),
                ));
            }
        }
        self.options.groups = groups;
        let [height, width] = self.kernel;
        let shape = [self.out_channels, self.in_channels / groups, height, width];
        let like = (self.weight.dtype(), &self.weight.device());
        self.weight = Parameter::new(Tensor::zeros_with(shape, like));
        self.reset_parameters();
        self
    }

    /// Whether there is a bias; there is unless said otherwise.
    pub fn bias(mut self, bias: bool) -> Conv2d {
        let made = || {
            let like = (self.weight.dtype(), &self.weight.device());
            let zeros = Parameter::new(Tensor::zeros_with([self.out_channels], like));
            init::bias_(&zeros, &self.weight);
            zeros
        };
        self.bias = bias.then(|| self.bias.take().unwrap_or_else(made));
        self
    }

    /// The layer in another floating-point dtype.
    ///
    /// # Panics
    /// On a dtype that is not floating point.
    #[track_caller]
    pub fn dtype(self, dtype: DType) -> Conv2d {
        ok(self.to_dtype(dtype));
        self
    }

    /// The layer on a device.
    #[track_caller]
    pub fn device(self, device: &Device) -> Conv2d {
        ok(self.to(device));
        self
    }

    /// Draws weight and bias anew.
    pub fn reset_parameters(&self) {
        init::weight_(&self.weight);
        if let Some(bias) = &self.bias {
            init::bias_(bias, &self.weight);
        }
    }

    /// Stride, padding, dilation and groups.
    pub fn options(&self) -> Conv2dOptions {
        self.options
    }
}

impl Module for Conv2d {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        visitor.field("weight", &self.weight);
        visitor.field("bias", &self.bias);
    }

    fn extra_repr(&self) -> String {
        let o = &self.options;
        let (kernel, stride) = (tuple(&self.kernel), tuple(&o.stride));
        let mut text = format!(
            "{}, {}, kernel_size={kernel}, stride={stride}",
            self.in_channels, self.out_channels
        );
        // PyTorch leaves out what is at its default.
        if o.padding != [0, 0] {
            text.push_str(&format!(", padding={}", tuple(&o.padding)));
        }
        if o.dilation != [1, 1] {
            text.push_str(&format!(", dilation={}", tuple(&o.dilation)));
        }
        if o.groups != 1 {
            text.push_str(&format!(", groups={}", o.groups));
        }
        if self.bias.is_none() {
            text.push_str(", bias=False");
        }
        text
    }
}
shown!(Conv2d);

impl Forward for Conv2d {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let [height, width] = self.kernel;
        let _scope = Scope::enter(
            "Conv2d({} → {}, {}×{})",
            &[self.in_channels, self.out_channels, height, width],
        );
        functional::conv2d(x, &self.weight, self.bias.as_deref(), self.options)
    }
}
