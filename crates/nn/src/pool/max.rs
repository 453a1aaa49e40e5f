//! The greatest of each window, and back.

use ondol_autograd::{PoolOptions, Scope, Size, Tensor, functional};

use crate::module::repr::{python_bool, shown};
use crate::pair::{short, tuple};
use crate::{Forward, Module, Visitor};

macro_rules! max_pool {
    ($($(#[$doc:meta])* $layer:ident $n:literal $f:ident $with_indices:ident $scope:literal;)*) => {$(
        $(#[$doc])*
        pub struct $layer {
            options: PoolOptions<$n>,
        }

        impl $layer {
            /// A window of that size, and a stride of its size.
            pub fn new(kernel_size: impl Into<Size<$n>>) -> $layer {
                $layer {
                    options: PoolOptions::new(kernel_size),
                }
            }

            /// Steps of the window.
            pub fn stride(mut self, stride: impl Into<Size<$n>>) -> $layer {
                self.options = self.options.stride(stride);
                self
            }

            /// A border that never wins; none unless said otherwise.
            pub fn padding(mut self, padding: impl Into<Size<$n>>) -> $layer {
                self.options = self.options.padding(padding);
                self
            }

            /// Distance of the window's taps; 1 unless said otherwise.
            pub fn dilation(mut self, dilation: impl Into<Size<$n>>) -> $layer {
                self.options = self.options.dilation(dilation);
                self
            }

            /// Whether a window may stand over the end; it may not unless said otherwise.
            pub fn ceil_mode(mut self, ceil_mode: bool) -> $layer {
                self.options = self.options.ceil_mode(ceil_mode);
                self
            }

            /// The maxima and where each was, for the layer that takes them back: what PyTorch's
            /// layer gives with `return_indices=True`.
            #[track_caller]
            pub fn forward_with_indices(&self, x: &Tensor) -> (Tensor, Tensor) {
                let _scope = Scope::enter($scope, &self.options.kernel).of(self);
                functional::$with_indices(x, self.options)
            }
        }

        impl Module for $layer {
            fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
                visitor.module(self);
            }

            fn extra_repr(&self) -> String {
                let o = &self.options;
                format!(
                    "kernel_size={}, stride={}, padding={}, dilation={}, ceil_mode={}",
                    short(o.kernel),
                    short(o.stride),
                    short(o.padding),
                    short(o.dilation),
                    python_bool(o.ceil_mode)
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

max_pool! {
    /// The greatest of each window, `torch.nn.MaxPool1d`: `x [N, C, L]` (or `[C, L]`) → `[N, C, OL]`.
    ///
    /// ```
    /// use ondol_nn::{Forward, MaxPool1d, Tensor};
    /// assert_eq!(MaxPool1d::new(3).stride(2).forward(&Tensor::zeros([8, 6, 9])).shape(), [8, 6, 4]);
    /// ```
    MaxPool1d 1 max_pool1d max_pool1d_with_indices "MaxPool1d({})";
    /// The greatest of each window, `torch.nn.MaxPool2d`: `x [N, C, H, W]` (or `[C, H, W]`) →
    /// `[N, C, OH, OW]`. Windows stand side by side unless a stride is given.
    ///
    /// ```
    /// use ondol_nn::{Forward, MaxPool2d, Tensor};
    /// let layer = MaxPool2d::new(2);
    /// assert_eq!(layer.forward(&Tensor::zeros([8, 6, 28, 28])).shape(), [8, 6, 14, 14]);
    /// assert_eq!(layer.to_string(), "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)");
    /// ```
    MaxPool2d 2 max_pool2d max_pool2d_with_indices "MaxPool2d({}×{})";
    /// The greatest of each window, `torch.nn.MaxPool3d`: `x [N, C, D, H, W]` (or `[C, D, H, W]`) →
    /// `[N, C, OD, OH, OW]`.
    ///
    /// ```
    /// use ondol_nn::{Forward, MaxPool3d, Tensor};
    /// assert_eq!(MaxPool3d::new(2).forward(&Tensor::zeros([1, 2, 4, 4, 4])).shape(), [1, 2, 2, 2, 2]);
    /// ```
    MaxPool3d 3 max_pool3d max_pool3d_with_indices "MaxPool3d({}×{}×{})";
}

macro_rules! max_unpool {
    ($($(#[$doc:meta])* $layer:ident $n:literal $f:ident $scope:literal;)*) => {$(
        $(#[$doc])*
        pub struct $layer {
            options: PoolOptions<$n>,
        }

        impl $layer {
            /// A window of that size, and a stride of its size.
            pub fn new(kernel_size: impl Into<Size<$n>>) -> $layer {
                $layer {
                    options: PoolOptions::new(kernel_size),
                }
            }

            /// Steps of the window.
            pub fn stride(mut self, stride: impl Into<Size<$n>>) -> $layer {
                self.options = self.options.stride(stride);
                self
            }

            /// The border that the pooling had; none unless said otherwise.
            pub fn padding(mut self, padding: impl Into<Size<$n>>) -> $layer {
                self.options = self.options.padding(padding);
                self
            }

            /// The maxima where they were, among zeros.
            ///
            /// # Panics
            /// Where an index is outside of the output.
            #[track_caller]
            pub fn forward(&self, x: &Tensor, indices: &Tensor) -> Tensor {
                let _scope = Scope::enter($scope, &self.options.kernel).of(self);
                functional::$f(x, indices, self.options, None)
            }

            /// As `forward`, to a result of that size: `output_size` of PyTorch's `forward`.
            ///
            /// # Panics
            /// Where an index is outside of the output.
            #[track_caller]
            pub fn forward_to(&self, x: &Tensor, indices: &Tensor, output_size: impl Into<Size<$n>>) -> Tensor {
                let _scope = Scope::enter($scope, &self.options.kernel).of(self);
                functional::$f(x, indices, self.options, Some(output_size.into().0))
            }
        }

        impl Module for $layer {
            fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
                visitor.module(self);
            }

            fn extra_repr(&self) -> String {
                let o = &self.options;
                format!(
                    "kernel_size={}, stride={}, padding={}",
                    tuple(&o.kernel),
                    tuple(&o.stride),
                    tuple(&o.padding)
                )
            }
        }
        shown!($layer);
    )*};
}

max_unpool! {
    /// Puts what [`MaxPool1d`] found back to where it was, `torch.nn.MaxUnpool1d`.
    ///
    /// ```
    /// use ondol_nn::{MaxPool1d, MaxUnpool1d, tensor};
    /// let (y, at) = MaxPool1d::new(2).forward_with_indices(&tensor!([[1.0, 3.0, 4.0, 2.0]]));
    /// assert_eq!(MaxUnpool1d::new(2).forward(&y, &at).to_vec::<f32>(), [0.0, 3.0, 4.0, 0.0]);
    /// ```
    MaxUnpool1d 1 max_unpool1d "MaxUnpool1d({})";
    /// Puts what [`MaxPool2d`] found back to where it was, `torch.nn.MaxUnpool2d`.
    ///
    /// ```
    /// use ondol_nn::{MaxPool2d, MaxUnpool2d, Tensor};
    /// let (y, at) = MaxPool2d::new(2).forward_with_indices(&Tensor::randn([1, 3, 5, 5]));
    /// assert_eq!(MaxUnpool2d::new(2).forward_to(&y, &at, (5, 5)).shape(), [1, 3, 5, 5]);
    /// ```
    MaxUnpool2d 2 max_unpool2d "MaxUnpool2d({}×{})";
    /// Puts what [`MaxPool3d`] found back to where it was, `torch.nn.MaxUnpool3d`.
    ///
    /// ```
    /// use ondol_nn::{MaxPool3d, MaxUnpool3d, Tensor};
    /// let (y, at) = MaxPool3d::new(2).forward_with_indices(&Tensor::randn([1, 3, 4, 4, 4]));
    /// assert_eq!(MaxUnpool3d::new(2).forward(&y, &at).shape(), [1, 3, 4, 4, 4]);
    /// ```
    MaxUnpool3d 3 max_unpool3d "MaxUnpool3d({}×{}×{})";
}
