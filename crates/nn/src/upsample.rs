//! Other sizes of the same picture.

use ondol_autograd::{Scope, Tensor};

use crate::functional::{Interpolate, InterpolateMode, PerDim, interpolate};
use crate::module::repr::{python_float, shown};
use crate::pair::tuple;
use crate::{Forward, Module, Visitor};

fn text<T>(values: &PerDim<T>, one: impl Fn(&T) -> String) -> String {
    match values {
        PerDim::All(value) => one(value),
        PerDim::Each(values) => tuple(&values.iter().map(one).collect::<Vec<_>>()),
    }
}

macro_rules! upsamples {
    ($($(#[$doc:meta])* $layer:ident $mode:ident $align:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $layer {
            options: Interpolate,
        }

        impl $layer {
            /// To a size.
            pub fn size(size: impl Into<PerDim<usize>>) -> $layer {
                $layer::of(Interpolate::size(size))
            }

            /// By a factor.
            pub fn scale_factor(factor: impl Into<PerDim<f64>>) -> $layer {
                $layer::of(Interpolate::scale_factor(factor))
            }

            fn of(options: Interpolate) -> $layer {
                let mode = InterpolateMode::$mode;
                $layer {
                    options: options.mode(mode).align_corners($align),
                }
            }
        }

        impl Module for $layer {
            fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
                visitor.module(self);
            }

            fn extra_repr(&self) -> String {
                let o = &self.options;
                let size = o.size.as_ref().map(|size| format!("size={}", text(size, usize::to_string)));
                let factor = |factor| format!("scale_factor={}", text(factor, |f| python_float(*f)));
                let size = size.or_else(|| o.scale_factor.as_ref().map(factor));
                format!("{}, mode='{}'", size.unwrap_or_default(), o.mode.name())
            }
        }
        shown!($layer);

        impl Forward for $layer {
            #[track_caller]
            fn forward(&self, x: &Tensor) -> Tensor {
                let _scope = Scope::enter(stringify!($layer), &[]).of(self);
                interpolate(x, &self.options)
            }
        }
    )*};
}

upsamples! {
    /// `x [N, C, ..]` in another size, `torch.nn.Upsample`: the nearest elements unless said otherwise.
    ///
    /// ```
    /// use ondol_nn::{Forward, Upsample, functional::InterpolateMode, tensor};
    /// let layer = Upsample::scale_factor(2.0);
    /// assert_eq!(layer.forward(&tensor!([[[1.0, 2.0]]])).to_vec::<f32>(), [1.0, 1.0, 2.0, 2.0]);
    /// let layer = Upsample::size((2, 3)).mode(InterpolateMode::Bilinear);
    /// assert_eq!(layer.to_string(), "Upsample(size=(2, 3), mode='bilinear')");
    /// ```
    Upsample Nearest false;
    /// `x [N, C, H, W]` in another size, of the nearest elements, `torch.nn.UpsamplingNearest2d`.
    ///
    /// ```
    /// use ondol_nn::{Forward, UpsamplingNearest2d, Tensor};
    /// assert_eq!(UpsamplingNearest2d::scale_factor(2.0).forward(&Tensor::zeros([1, 1, 2, 3])).shape(), [1, 1, 4, 6]);
    /// ```
    UpsamplingNearest2d Nearest false;
    /// `x [N, C, H, W]` in another size, of straight lines between aligned corners,
    /// `torch.nn.UpsamplingBilinear2d`.
    ///
    /// ```
    /// use ondol_nn::{Forward, UpsamplingBilinear2d, Tensor};
    /// assert_eq!(UpsamplingBilinear2d::scale_factor(2.0).forward(&Tensor::zeros([1, 1, 2, 3])).shape(), [1, 1, 4, 6]);
    /// ```
    UpsamplingBilinear2d Bilinear true;
}

impl Upsample {
    /// How values in between are found.
    pub fn mode(mut self, mode: InterpolateMode) -> Upsample {
        self.options = self.options.mode(mode);
        self
    }

    /// Whether the corners' centres, and not their outer edges, stay in place.
    pub fn align_corners(mut self, align_corners: bool) -> Upsample {
        self.options = self.options.align_corners(align_corners);
        self
    }

    /// Whether the factor is worked out anew from the sizes.
    pub fn recompute_scale_factor(mut self, recompute: bool) -> Upsample {
        self.options = self.options.recompute_scale_factor(recompute);
        self
    }
}
