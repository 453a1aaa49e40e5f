//! Convolutions.

use ondol_autograd::{
    ConvOptions, DType, Device, Error, Padding, Scope, Size, Tensor, functional, ok, raise,
};

use super::{PaddingMode, common, setting};
use crate::module::repr::shown;
use crate::pair::tuple;
use crate::{Forward, Module, Parameter, Visitor, init};

macro_rules! convolution {
    ($($(#[$doc:meta])* $layer:ident $n:literal $f:ident $scope:literal;)*) => {$(
        $(#[$doc])*
        pub struct $layer {
            /// `[out_channels, in_channels / groups, ..kernel_size]`.
            pub weight: Parameter,
            /// `[out_channels]`, if there is one.
            pub bias: Option<Parameter>,
            in_channels: usize,
            out_channels: usize,
            kernel: [usize; $n],
            options: ConvOptions<$n>,
            padding_mode: PaddingMode,
        }

        impl $layer {
            /// A layer of `f32` on the CPU: stride 1, no padding, one group, with a bias. Sizes are
            /// one number for all dimensions of space, or one for each.
            pub fn new(in_channels: usize, out_channels: usize, kernel_size: impl Into<Size<$n>>) -> $layer {
                let mut layer = $layer {
                    weight: Parameter::new(Tensor::zeros([0])),
                    bias: Some(Parameter::new(Tensor::zeros([out_channels]))),
                    in_channels,
                    out_channels,
                    kernel: kernel_size.into().0,
                    options: ConvOptions::default(),
                    padding_mode: PaddingMode::Zeros,
                };
                layer.weight = Parameter::new(Tensor::zeros(layer.weight_shape()));
                layer.reset_parameters();
                layer
            }

            fn weight_shape(&self) -> Vec<usize> {
                let mut shape = vec![self.out_channels, self.in_channels / self.options.groups];
                shape.extend(self.kernel);
                shape
            }

            /// A border around the input, or [`Padding::Same`]; none unless said otherwise.
            pub fn padding(mut self, padding: impl Into<Padding<$n>>) -> $layer {
                self.options.padding = padding.into();
                self
            }

            /// What the border is made of; zeros unless said otherwise.
            pub fn padding_mode(mut self, padding_mode: PaddingMode) -> $layer {
                self.padding_mode = padding_mode;
                self
            }

            /// Stride, padding, dilation and groups.
            pub fn options(&self) -> ConvOptions<$n> {
                self.options
            }

            common!($layer $n);
        }

        impl Module for $layer {
            fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
                visitor.module(self);
                visitor.field("weight", &self.weight);
                visitor.field("bias", &self.bias);
            }

            fn extra_repr(&self) -> String {
                let o = &self.options;
                let mut text = format!(
                    "{}, {}, kernel_size={}, stride={}",
                    self.in_channels,
                    self.out_channels,
                    tuple(&self.kernel),
                    tuple(&o.stride)
                );
                // PyTorch leaves out what is at its default.
                match o.padding {
                    Padding::By(padding) => setting(&mut text, "padding", padding, 0),
                    Padding::Valid => text.push_str(", padding=valid"),
                    Padding::Same => text.push_str(", padding=same"),
                }
                setting(&mut text, "dilation", o.dilation, 1);
                if o.groups != 1 {
                    text.push_str(&format!(", groups={}", o.groups));
                }
                if self.bias.is_none() {
                    text.push_str(", bias=False");
                }
                if self.padding_mode != PaddingMode::Zeros {
                    text.push_str(&format!(", padding_mode={}", self.padding_mode.name()));
                }
                text
            }
        }
        shown!($layer);

        impl Forward for $layer {
            #[track_caller]
            fn forward(&self, x: &Tensor) -> Tensor {
                let kernel = self.kernel;
                let _scope = Scope::enter(
                    $scope,
                    &[self.in_channels, self.out_channels, kernel[0], kernel[$n - 1]],
                ).of(self);
                let bias = self.bias.as_deref();
                if self.padding_mode == PaddingMode::Zeros {
                    return functional::$f(x, &self.weight, bias, self.options);
                }
                let amounts = self.options.amounts(kernel);
                let x = self.padding_mode.pad(x, &amounts);
                functional::$f(&x, &self.weight, bias, self.options.padding(0))
            }
        }
    )*};
}

convolution! {
    /// One-dimensional convolution, `torch.nn.Conv1d`: `x [N, C, L]` (or `[C, L]`) → `[N, O, OL]`.
    ///
    /// `weight [O, C/groups, K]` and `bias [O]` begin uniform on `±1/√fan_in` with `fan_in =
    /// C/groups·K`, as PyTorch's do.
    ///
    /// ```
    /// use ondol_nn::{Conv1d, Forward, Tensor};
    /// let layer = Conv1d::new(4, 6, 3).stride(2);
    /// assert_eq!(layer.forward(&Tensor::zeros([8, 4, 9])).shape(), [8, 6, 4]);
    /// assert_eq!(layer.to_string(), "Conv1d(4, 6, kernel_size=(3,), stride=(2,))");
    /// ```
    Conv1d 1 conv1d "Conv1d({} → {}, {})";
    /// Two-dimensional convolution, `torch.nn.Conv2d`: `x [N, C, H, W]` (or `[C, H, W]`) →
    /// `[N, O, OH, OW]`.
    ///
    /// `weight [O, C/groups, KH, KW]` and `bias [O]` begin uniform on `±1/√fan_in` with
    /// `fan_in = C/groups·KH·KW`, as PyTorch's do.
    ///
    /// ```
    /// use ondol_nn::{Conv2d, Forward, Padding, Tensor};
    /// let layer = Conv2d::new(1, 6, 5).padding(2);
    /// assert_eq!(layer.forward(&Tensor::zeros([8, 1, 28, 28])).shape(), [8, 6, 28, 28]);
    /// assert_eq!(layer.to_string(), "Conv2d(1, 6, kernel_size=(5, 5), stride=(1, 1), padding=(2, 2))");
    /// let layer = Conv2d::new(1, 6, (5, 3)).padding(Padding::Same);
    /// assert_eq!(layer.forward(&Tensor::zeros([8, 1, 28, 28])).shape(), [8, 6, 28, 28]);
    /// ```
    Conv2d 2 conv2d "Conv2d({} → {}, {}×{})";
    /// Three-dimensional convolution, `torch.nn.Conv3d`: `x [N, C, D, H, W]` (or `[C, D, H, W]`) →
    /// `[N, O, OD, OH, OW]`.
    ///
    /// ```
    /// use ondol_nn::{Conv3d, Forward, Tensor};
    /// let layer = Conv3d::new(2, 3, (1, 3, 3));
    /// assert_eq!(layer.forward(&Tensor::zeros([1, 2, 4, 5, 5])).shape(), [1, 3, 4, 3, 3]);
    /// ```
    Conv3d 3 conv3d "Conv3d({} → {})";
}
