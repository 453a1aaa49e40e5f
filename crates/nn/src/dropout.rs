//! Dropout layers.

use ondol_autograd::{Scope, Tensor};

use crate::functional::{
    alpha_dropout, check_probability, dropout, dropout1d, dropout2d, dropout3d,
    feature_alpha_dropout,
};
use crate::module::repr::{python_float, shown};
use crate::{Forward, Module, Training, Visitor};

macro_rules! dropouts {
    ($($(#[$doc:meta])* $layer:ident $f:ident;)*) => {$(
        $(#[$doc])*
        pub struct $layer {
            p: f64,
            training: Training,
        }

        impl $layer {
            /// The probability of 0.
            ///
            /// # Panics
            /// Where `p` is not on `[0, 1]`.
            #[track_caller]
            pub fn new(p: f64) -> $layer {
                check_probability(p);
                $layer {
                    p,
                    training: Training::new(),
                }
            }
        }

        impl Default for $layer {
            /// PyTorch's: a half.
            fn default() -> $layer {
                $layer::new(0.5)
            }
        }

        impl Module for $layer {
            fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
                visitor.module(self);
                visitor.training(&self.training);
            }

            fn extra_repr(&self) -> String {
                format!("p={}, inplace=False", python_float(self.p))
            }
        }
        shown!($layer);

        impl Forward for $layer {
            #[track_caller]
            fn forward(&self, x: &Tensor) -> Tensor {
                let _scope = Scope::enter(stringify!($layer), &[]).of(self);
                $f(x, self.p, self.training.get())
            }
        }
    )*};
}

dropouts! {
    /// Sets elements to 0 at random while training, `torch.nn.Dropout`: each with probability `p`; the
    /// others are multiplied by `1/(1−p)`, so that the mean stays. In evaluation nothing changes.
    ///
    /// ```
    /// use ondol_nn::{Dropout, Forward, Module, Tensor};
    /// let layer = Dropout::new(0.5);
    /// let y = layer.forward(&Tensor::ones([1000]));
    /// assert!(y.to_vec::<f32>().iter().all(|&y| y == 0.0 || y == 2.0));
    /// layer.eval();
    /// assert_eq!(layer.forward(&Tensor::ones([1000])).sum().item(), 1000.0);
    /// ```
    Dropout dropout;
    /// [`Dropout`] of whole channels of `x [N, C, L]` (or `[C, L]`), `torch.nn.Dropout1d`.
    ///
    /// ```
    /// use ondol_nn::{Dropout1d, Forward, Tensor};
    /// let y = Dropout1d::new(0.5).forward(&Tensor::ones([1, 1, 4])).to_vec::<f32>();
    /// assert!(y == [0.0; 4] || y == [2.0; 4]);
    /// ```
    Dropout1d dropout1d;
    /// [`Dropout`] of whole channels of `x [N, C, H, W]`, `torch.nn.Dropout2d`.
    ///
    /// ```
    /// use ondol_nn::{Dropout2d, Forward, Tensor};
    /// let y = Dropout2d::default().forward(&Tensor::ones([1, 1, 2, 2])).to_vec::<f32>();
    /// assert!(y == [0.0; 4] || y == [2.0; 4]);
    /// ```
    Dropout2d dropout2d;
    /// [`Dropout`] of whole channels of `x [N, C, D, H, W]` (or `[C, D, H, W]`), `torch.nn.Dropout3d`.
    ///
    /// ```
    /// use ondol_nn::{Dropout3d, Forward, Module, Tensor};
    /// let layer = Dropout3d::new(0.5);
    /// layer.eval();
    /// let x = Tensor::ones([1, 2, 2, 2, 2]);
    /// assert_eq!(layer.forward(&x).to_vec::<f32>(), x.to_vec::<f32>());
    /// ```
    Dropout3d dropout3d;
    /// [`Dropout`] that keeps mean and variance of what a [`crate::SELU`] gives,
    /// `torch.nn.AlphaDropout`.
    ///
    /// ```
    /// use ondol_nn::{AlphaDropout, Forward, Tensor};
    /// let y = AlphaDropout::new(0.2).forward(&Tensor::randn([10_000]));
    /// assert!(y.mean().item().abs() < 0.1);
    /// ```
    AlphaDropout alpha_dropout;
    /// [`AlphaDropout`] of whole channels of `x [N, C, ..]`, `torch.nn.FeatureAlphaDropout`.
    ///
    /// ```
    /// use ondol_nn::{FeatureAlphaDropout, Forward, Module, Tensor};
    /// let layer = FeatureAlphaDropout::new(0.5);
    /// layer.eval();
    /// let x = Tensor::ones([1, 2, 3]);
    /// assert_eq!(layer.forward(&x).to_vec::<f32>(), x.to_vec::<f32>());
    /// ```
    FeatureAlphaDropout feature_alpha_dropout;
}
