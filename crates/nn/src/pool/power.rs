//! The norm of each window.

use ondol_autograd::{PoolOptions, Scope, Size, Tensor, functional};

use crate::module::repr::{python_bool, python_number, shown};
use crate::pair::short;
use crate::{Forward, Module, Visitor};

macro_rules! power {
    ($($(#[$doc:meta])* $layer:ident $n:literal $f:ident $scope:literal;)*) => {$(
        $(#[$doc])*
        pub struct $layer {
            norm_type: f64,
            kernel_size: [usize; $n],
            stride: Option<[usize; $n]>,
            ceil_mode: bool,
        }

        impl $layer {
            /// The power, and a window with a stride of its size.
            pub fn new(norm_type: f64, kernel_size: impl Into<Size<$n>>) -> $layer {
                $layer {
                    norm_type,
                    kernel_size: kernel_size.into().0,
                    stride: None,
                    ceil_mode: false,
                }
            }

            /// Steps of the window.
            pub fn stride(mut self, stride: impl Into<Size<$n>>) -> $layer {
                self.stride = Some(stride.into().0);
                self
            }

            /// Whether a window may stand over the end; it may not unless said otherwise.
            pub fn ceil_mode(mut self, ceil_mode: bool) -> $layer {
                self.ceil_mode = ceil_mode;
                self
            }
        }

        impl Module for $layer {
            fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
                visitor.module(self);
            }

            fn extra_repr(&self) -> String {
                format!(
                    "norm_type={}, kernel_size={}, stride={}, ceil_mode={}",
                    python_number(self.norm_type),
                    short(self.kernel_size),
                    self.stride.map_or("None".to_owned(), short),
                    python_bool(self.ceil_mode)
                )
            }
        }
        shown!($layer);

        impl Forward for $layer {
            #[track_caller]
            fn forward(&self, x: &Tensor) -> Tensor {
                let _scope = Scope::enter($scope, &self.kernel_size).of(self);
                let stride = self.stride.unwrap_or(self.kernel_size);
                let options = PoolOptions::new(self.kernel_size).stride(stride);
                functional::$f(x, self.norm_type, options.ceil_mode(self.ceil_mode))
            }
        }
    )*};
}

power! {
    /// `(Σ xᵖ)^(1/p)` of each window, `torch.nn.LPPool1d`: `x [N, C, L]` (or `[C, L]`) → `[N, C, OL]`.
    ///
    /// ```
    /// use ondol_nn::{Forward, LPPool1d, tensor};
    /// assert_eq!(LPPool1d::new(2.0, 2).forward(&tensor!([[3.0, 4.0]])).item(), 5.0);
    /// ```
    LPPool1d 1 lp_pool1d "LPPool1d({})";
    /// `(Σ xᵖ)^(1/p)` of each window, `torch.nn.LPPool2d`: `x [N, C, H, W]` (or `[C, H, W]`) → `[N, C,
    /// OH, OW]`.
    ///
    /// ```
    /// use ondol_nn::{Forward, LPPool2d, Tensor};
    /// assert_eq!(LPPool2d::new(1.0, 2).forward(&Tensor::ones([1, 2, 2])).item(), 4.0);
    /// ```
    LPPool2d 2 lp_pool2d "LPPool2d({}×{})";
    /// `(Σ xᵖ)^(1/p)` of each window, `torch.nn.LPPool3d`: `x [N, C, D, H, W]` (or `[C, D, H, W]`) →
    /// `[N, C, OD, OH, OW]`.
    ///
    /// ```
    /// use ondol_nn::{Forward, LPPool3d, Tensor};
    /// assert_eq!(LPPool3d::new(1.0, 2).forward(&Tensor::ones([1, 2, 2, 2])).item(), 8.0);
    /// ```
    LPPool3d 3 lp_pool3d "LPPool3d({}×{}×{})";
}
