//! Pooling to an output of a given size.

use ondol_autograd::{OutputSize, Scope, Tensor, functional};

use crate::module::repr::shown;
use crate::pair::tuple;
use crate::{Forward, Module, Visitor};

/// As PyTorch prints it: `5`, `(5, None)`.
fn text<const N: usize>(size: OutputSize<N>) -> String {
    let one = |size: Option<usize>| size.map_or("None".to_owned(), |size| size.to_string());
    if size.0.iter().all(|other| *other == size.0[0]) {
        one(size.0[0])
    } else {
        tuple(&size.0.map(one))
    }
}

macro_rules! adaptive {
    ($($(#[$doc:meta])* $layer:ident $n:literal $f:ident $($with_indices:ident)?;)*) => {$(
        $(#[$doc])*
        pub struct $layer {
            output_size: OutputSize<$n>,
        }

        impl $layer {
            /// One size for all dimensions, one for each, or `None` where the input's is kept.
            pub fn new(output_size: impl Into<OutputSize<$n>>) -> $layer {
                $layer {
                    output_size: output_size.into(),
                }
            }

            $(
                /// The maxima and where each was: what PyTorch's layer gives with
                /// `return_indices=True`.
                #[track_caller]
                pub fn forward_with_indices(&self, x: &Tensor) -> (Tensor, Tensor) {
                    let _scope = Scope::enter(stringify!($layer), &[]).of(self);
                    functional::$with_indices(x, self.output_size)
                }
            )?
        }

        impl Module for $layer {
            fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
                visitor.module(self);
            }

            fn extra_repr(&self) -> String {
                format!("output_size={}", text(self.output_size))
            }
        }
        shown!($layer);

        impl Forward for $layer {
            #[track_caller]
            fn forward(&self, x: &Tensor) -> Tensor {
                let _scope = Scope::enter(stringify!($layer), &[]).of(self);
                functional::$f(x, self.output_size)
            }
        }
    )*};
}

adaptive! {
    /// Means in as many cells as the output has, `torch.nn.AdaptiveAvgPool1d`: `x [N, C, L]` (or `[C,
    /// L]`) → `[N, C, OL]`.
    ///
    /// ```
    /// use ondol_nn::{AdaptiveAvgPool1d, Forward, tensor};
    /// let y = AdaptiveAvgPool1d::new(2).forward(&tensor!([[1.0, 2.0, 3.0]]));
    /// assert_eq!(y.to_vec::<f32>(), [1.5, 2.5]);
    /// ```
    AdaptiveAvgPool1d 1 adaptive_avg_pool1d;
    /// Means in as many cells as the output has, `torch.nn.AdaptiveAvgPool2d`: `x [N, C, H, W]` (or
    /// `[C, H, W]`) → `[N, C, OH, OW]`.
    ///
    /// ```
    /// use ondol_nn::{AdaptiveAvgPool2d, Forward, Tensor};
    /// let x = Tensor::zeros([8, 6, 10, 9]);
    /// assert_eq!(AdaptiveAvgPool2d::new(1).forward(&x).shape(), [8, 6, 1, 1]);
    /// assert_eq!(AdaptiveAvgPool2d::new([Some(7), None]).forward(&x).shape(), [8, 6, 7, 9]);
    /// ```
    AdaptiveAvgPool2d 2 adaptive_avg_pool2d;
    /// Means in as many cells as the output has, `torch.nn.AdaptiveAvgPool3d`: `x [N, C, D, H, W]`
    /// (or `[C, D, H, W]`) → `[N, C, OD, OH, OW]`.
    ///
    /// ```
    /// use ondol_nn::{AdaptiveAvgPool3d, Forward, Tensor};
    /// let y = AdaptiveAvgPool3d::new((1, 2, 3)).forward(&Tensor::zeros([1, 2, 4, 5, 6]));
    /// assert_eq!(y.shape(), [1, 2, 1, 2, 3]);
    /// ```
    AdaptiveAvgPool3d 3 adaptive_avg_pool3d;
    /// Maxima in as many cells as the output has, `torch.nn.AdaptiveMaxPool1d`: `x [N, C, L]` (or
    /// `[C, L]`) → `[N, C, OL]`.
    ///
    /// ```
    /// use ondol_nn::{AdaptiveMaxPool1d, Forward, tensor};
    /// let y = AdaptiveMaxPool1d::new(2).forward(&tensor!([[1.0, 2.0, 3.0]]));
    /// assert_eq!(y.to_vec::<f32>(), [2.0, 3.0]);
    /// ```
    AdaptiveMaxPool1d 1 adaptive_max_pool1d adaptive_max_pool1d_with_indices;
    /// Maxima in as many cells as the output has, `torch.nn.AdaptiveMaxPool2d`: `x [N, C, H, W]` (or
    /// `[C, H, W]`) → `[N, C, OH, OW]`.
    ///
    /// ```
    /// use ondol_nn::{AdaptiveMaxPool2d, Forward, Tensor};
    /// let y = AdaptiveMaxPool2d::new((3, 2)).forward(&Tensor::zeros([8, 6, 10, 9]));
    /// assert_eq!(y.shape(), [8, 6, 3, 2]);
    /// ```
    AdaptiveMaxPool2d 2 adaptive_max_pool2d adaptive_max_pool2d_with_indices;
    /// Maxima in as many cells as the output has, `torch.nn.AdaptiveMaxPool3d`: `x [N, C, D, H, W]`
    /// (or `[C, D, H, W]`) → `[N, C, OD, OH, OW]`.
    ///
    /// ```
    /// use ondol_nn::{AdaptiveMaxPool3d, Forward, Tensor};
    /// let y = AdaptiveMaxPool3d::new(2).forward(&Tensor::zeros([1, 2, 4, 5, 6]));
    /// assert_eq!(y.shape(), [1, 2, 2, 2, 2]);
    /// ```
    AdaptiveMaxPool3d 3 adaptive_max_pool3d adaptive_max_pool3d_with_indices;
}
