//! The mean of each window.

use ondol_autograd::{AvgPoolOptions, Scope, Size, Tensor, functional};

use crate::module::repr::shown;
use crate::pair::{short, tuple};
use crate::{Forward, Module, Visitor};

macro_rules! avg_pool {
    ($($(#[$doc:meta])* $layer:ident $n:literal $f:ident $scope:literal;)*) => {$(
        $(#[$doc])*
        pub struct $layer {
            options: AvgPoolOptions<$n>,
        }

        impl $layer {
            /// A window of that size, and a stride of its size.
            pub fn new(kernel_size: impl Into<Size<$n>>) -> $layer {
                $layer {
                    options: AvgPoolOptions::new(kernel_size),
                }
            }

            /// Steps of the window.
            pub fn stride(mut self, stride: impl Into<Size<$n>>) -> $layer {
                self.options = self.options.stride(stride);
                self
            }

            /// A border of zeros; none unless said otherwise.
            pub fn padding(mut self, padding: impl Into<Size<$n>>) -> $layer {
                self.options = self.options.padding(padding);
                self
            }

            /// Whether a window may stand over the end; it may not unless said otherwise.
            pub fn ceil_mode(mut self, ceil_mode: bool) -> $layer {
                self.options = self.options.ceil_mode(ceil_mode);
                self
            }

            /// Whether the border counts as elements; it does unless said otherwise.
            pub fn count_include_pad(mut self, count_include_pad: bool) -> $layer {
                self.options = self.options.count_include_pad(count_include_pad);
                self
            }

            /// What sums are divided by, instead of the count of elements.
            pub fn divisor_override(mut self, divisor: impl Into<Option<usize>>) -> $layer {
                self.options = self.options.divisor_override(divisor);
                self
            }
        }

        impl Module for $layer {
            fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
                visitor.module(self);
            }

            fn extra_repr(&self) -> String {
                let o = &self.options;
                // PyTorch keeps a tuple over one dimension, and what it was given over more.
                let text = |each: [usize; $n]| if $n == 1 { tuple(&each) } else { short(each) };
                format!(
                    "kernel_size={}, stride={}, padding={}",
                    text(o.kernel),
                    text(o.stride),
                    text(o.padding)
                )
            }
        }
        shown!($layer);

        impl Forward for $layer {
            #[track_caller]
            fn forward(&self, x: &Tensor) -> Tensor {
                let _scope = Scope::enter($scope, &self.options.kernel).of(self);
                functional::$f(x, self.options)
            }
        }
    )*};
}

avg_pool! {
    /// The mean of each window, `torch.nn.AvgPool1d`: `x [N, C, L]` (or `[C, L]`) → `[N, C, OL]`.
    ///
    /// ```
    /// use ondol_nn::{AvgPool1d, Forward, tensor};
    /// let y = AvgPool1d::new(2).forward(&tensor!([[1.0, 3.0, 4.0, 2.0]]));
    /// assert_eq!(y.to_vec::<f32>(), [2.0, 3.0]);
    /// ```
    AvgPool1d 1 avg_pool1d "AvgPool1d({})";
    /// The mean of each window, `torch.nn.AvgPool2d`: `x [N, C, H, W]` (or `[C, H, W]`) → `[N, C, OH,
    /// OW]`. Windows stand side by side unless a stride is given.
    ///
    /// ```
    /// use ondol_nn::{AvgPool2d, Forward, Tensor};
    /// let layer = AvgPool2d::new(3).stride(2).padding(1);
    /// assert_eq!(layer.forward(&Tensor::zeros([8, 6, 28, 28])).shape(), [8, 6, 14, 14]);
    /// ```
    AvgPool2d 2 avg_pool2d "AvgPool2d({}×{})";
    /// The mean of each window, `torch.nn.AvgPool3d`: `x [N, C, D, H, W]` (or `[C, D, H, W]`) → `[N,
    /// C, OD, OH, OW]`.
    ///
    /// ```
    /// use ondol_nn::{AvgPool3d, Forward, Tensor};
    /// assert_eq!(AvgPool3d::new(2).forward(&Tensor::ones([1, 2, 2, 2, 2])).to_vec::<f32>(), [1.0; 2]);
    /// ```
    AvgPool3d 3 avg_pool3d "AvgPool3d({}×{}×{})";
}
