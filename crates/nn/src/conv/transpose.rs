//! Transposed convolutions.

use ondol_autograd::{
    ConvTransposeOptions, DType, Device, Error, Scope, Size, Tensor, functional, ok, raise,
};

use super::{common, setting};
use crate::module::repr::shown;
use crate::pair::tuple;
use crate::{Forward, Module, Parameter, Visitor, init};

macro_rules! transposed {
    ($($(#[$doc:meta])* $layer:ident $n:literal $f:ident $scope:literal;)*) => {$(
        $(#[$doc])*
        pub struct $layer {
            /// `[in_channels, out_channels / groups, ..kernel_size]`.
            pub weight: Parameter,
            /// `[out_channels]`, if there is one.
            pub bias: Option<Parameter>,
            in_channels: usize,
            out_channels: usize,
            kernel: [usize; $n],
            options: ConvTransposeOptions<$n>,
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
                    options: ConvTransposeOptions::default(),
                };
                layer.weight = Parameter::new(Tensor::zeros(layer.weight_shape()));
                layer.reset_parameters();
                layer
            }

            fn weight_shape(&self) -> Vec<usize> {
                let mut shape = vec![self.in_channels, self.out_channels / self.options.groups];
                shape.extend(self.kernel);
                shape
            }

            /// What is cut from each side of the result; nothing unless said otherwise.
            pub fn padding(mut self, padding: impl Into<Size<$n>>) -> $layer {
                self.options.padding = padding.into().0;
                self
            }

            /// What is added to the end of each dimension; nothing unless said otherwise.
            pub fn output_padding(mut self, output_padding: impl Into<Size<$n>>) -> $layer {
                self.options.output_padding = output_padding.into().0;
                self
            }

            /// Stride, padding, dilation and groups.
            pub fn options(&self) -> ConvTransposeOptions<$n> {
                self.options
            }

            /// As `forward`, to a result of that size: `output_size` of PyTorch's `forward`. A stride
            /// above 1 leaves several sizes to choose from.
            ///
            /// # Panics
            /// On a size that no output padding leads to.
            #[track_caller]
            pub fn forward_to(&self, x: &Tensor, output_size: impl Into<Size<$n>>) -> Tensor {
                let _scope = Scope::enter($scope, &[self.in_channels, self.out_channels, self.kernel[0], self.kernel[$n - 1]]).of(self);
                let (size, mut options) = (output_size.into().0, self.options);
                let space = x.ndim().saturating_sub($n);
                for d in 0..$n {
                    let input = x.shape().get(space + d).copied().unwrap_or(0).max(1);
                    let least = ((input - 1) * options.stride[d]
                        + options.dilation[d] * (self.kernel[d] - 1)
                        + 1)
                        .saturating_sub(2 * options.padding[d]);
                    let most = least + options.stride[d] - 1;
                    if !(least..=most).contains(&size[d]) {
                        raise(Error::value(
                            stringify!($layer),
                            format!(
                                "requested an output size of {}, but valid sizes range from {least} to {most} along spatial dimension {d}",
                                tuple(&size)
                            ),
                        ));
                    }
                    options.output_padding[d] = size[d] - least;
                }
                functional::$f(x, &self.weight, self.bias.as_deref(), options)
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
                setting(&mut text, "padding", o.padding, 0);
                setting(&mut text, "dilation", o.dilation, 1);
                setting(&mut text, "output_padding", o.output_padding, 0);
                if o.groups != 1 {
                    text.push_str(&format!(", groups={}", o.groups));
                }
                if self.bias.is_none() {
                    text.push_str(", bias=False");
                }
                text
            }
        }
        shown!($layer);

        impl Forward for $layer {
            #[track_caller]
            fn forward(&self, x: &Tensor) -> Tensor {
                let _scope = Scope::enter($scope, &[self.in_channels, self.out_channels, self.kernel[0], self.kernel[$n - 1]]).of(self);
                functional::$f(x, &self.weight, self.bias.as_deref(), self.options)
            }
        }
    )*};
}

transposed! {
    /// The transpose of a one-dimensional convolution, `torch.nn.ConvTranspose1d`: `x [N, C, L]` (or
    /// `[C, L]`) → `[N, O, OL]`.
    ///
    /// ```
    /// use ondol_nn::{ConvTranspose1d, Forward, Tensor};
    /// let layer = ConvTranspose1d::new(4, 6, 3).stride(2);
    /// assert_eq!(layer.forward(&Tensor::zeros([8, 4, 9])).shape(), [8, 6, 19]);
    /// ```
    ConvTranspose1d 1 conv_transpose1d "ConvTranspose1d({} → {}, {})";
    /// The transpose of a two-dimensional convolution, `torch.nn.ConvTranspose2d`: `x [N, C, H, W]`
    /// (or `[C, H, W]`) → `[N, O, OH, OW]` with `OH = (H − 1)·stride − 2·padding + dilation·(KH − 1)
    /// + output_padding + 1`.
    ///
    /// `weight [C, O/groups, KH, KW]` and `bias [O]` begin uniform on `±1/√(O/groups·KH·KW)`, as
    /// PyTorch's do.
    ///
    /// ```
    /// use ondol_nn::{ConvTranspose2d, Forward, Tensor};
    /// let layer = ConvTranspose2d::new(16, 8, 4).stride(2).padding(1);
    /// assert_eq!(layer.forward(&Tensor::zeros([8, 16, 7, 7])).shape(), [8, 8, 14, 14]);
    /// let layer = ConvTranspose2d::new(16, 8, 3).stride(2).padding(1);
    /// assert_eq!(layer.forward_to(&Tensor::zeros([1, 16, 7, 7]), 14).shape(), [1, 8, 14, 14]);
    /// ```
    ConvTranspose2d 2 conv_transpose2d "ConvTranspose2d({} → {}, {}×{})";
    /// The transpose of a three-dimensional convolution, `torch.nn.ConvTranspose3d`: `x [N, C, D, H,
    /// W]` (or `[C, D, H, W]`) → `[N, O, OD, OH, OW]`.
    ///
    /// ```
    /// use ondol_nn::{ConvTranspose3d, Forward, Tensor};
    /// let layer = ConvTranspose3d::new(2, 3, 2).stride(2);
    /// assert_eq!(layer.forward(&Tensor::zeros([1, 2, 3, 3, 3])).shape(), [1, 3, 6, 6, 6]);
    /// ```
    ConvTranspose3d 3 conv_transpose3d "ConvTranspose3d({} → {})";
}
