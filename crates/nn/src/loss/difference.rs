//! Losses of differences.

use ondol_autograd::{Scope, Tensor};

use super::loss;
use crate::functional::{Reduction, l1_loss, mse_loss};
use crate::{Module, Visitor};

macro_rules! difference {
    ($($(#[$doc:meta])* $loss:ident $f:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Default)]
        pub struct $loss {
            reduction: Reduction,
        }

        impl $loss {
            /// The mean of all elements.
            pub fn new() -> $loss {
                $loss::default()
            }

            /// The loss of `input` beside `target`.
            ///
            /// # Panics
            /// Where their sizes differ.
            #[track_caller]
            pub fn forward(&self, input: &Tensor, target: &Tensor) -> Tensor {
                let _scope = Scope::enter(stringify!($loss), &[]);
                $f(input, target, self.reduction)
            }
        }

        impl Module for $loss {
            fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
                visitor.module(self);
            }
        }
        loss!($loss);
    )*};
}

difference! {
    /// `(input − target)²`, `torch.nn.MSELoss`.
    ///
    /// ```
    /// use ondol_nn::{MSELoss, tensor};
    /// let loss = MSELoss::new().forward(&tensor!([1.0, 2.0]), &tensor!([1.0, 4.0]));
    /// assert_eq!(loss.item(), 2.0);
    /// ```
    MSELoss mse_loss;
    /// `|input − target|`, `torch.nn.L1Loss`.
    L1Loss l1_loss;
}
