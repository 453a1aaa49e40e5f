//! Losses: what training makes small.

mod binary;
mod class;
mod ctc;
mod metric;
mod two;

pub use self::binary::{BCELoss, BCEWithLogitsLoss, MultiLabelSoftMarginLoss};
pub use self::class::{CrossEntropyLoss, MultiMarginLoss, NLLLoss};
pub use self::ctc::CTCLoss;
pub use self::metric::{
    CosineEmbeddingLoss, GaussianNLLLoss, MarginRankingLoss, TripletMarginLoss,
    TripletMarginWithDistanceLoss,
};
pub use self::two::{
    HingeEmbeddingLoss, HuberLoss, KLDivLoss, L1Loss, MSELoss, MultiLabelMarginLoss,
    PoissonNLLLoss, SmoothL1Loss, SoftMarginLoss,
};

use ondol_autograd::Tensor;

use crate::Module;

/// A loss of any type, for code that takes one as an argument.
///
/// Every loss has `forward` as a method of its own, so that using one does not need this trait.
pub trait Loss: Module {
    /// The loss of `input` beside `target`.
    fn loss(&self, input: &Tensor, target: &Tensor) -> Tensor;
}

/// The part that is the same for every loss: its reduction and its text.
macro_rules! reduced {
    ($($loss:ty),*) => {$(
        impl $loss {
            /// How the losses become one number; their mean unless said otherwise.
            pub fn reduction(mut self, reduction: $crate::Reduction) -> Self {
                self.reduction = reduction;
                self
            }
        }
        $crate::module::repr::shown!($loss);
    )*};
}
use reduced;

/// As [`reduced`], for a loss of an input and a target.
macro_rules! loss {
    ($($loss:ty),*) => {$(
        $crate::loss::reduced!($loss);

        impl $crate::Loss for $loss {
            #[track_caller]
            fn loss(&self, input: &ondol_autograd::Tensor, target: &ondol_autograd::Tensor) -> ondol_autograd::Tensor {
                self.forward(input, target)
            }
        }
    )*};
}
use loss;

/// A loss with plain settings, each with its builder, of as many tensors as are named.
macro_rules! settings {
    ($(
        $(#[$doc:meta])*
        $loss:ident { $($(#[$of:meta])* $field:ident: $t:ty = $value:expr),* }
        $this:ident, $($input:ident),* => $y:expr;
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $loss {
            $($field: $t,)*
            reduction: Reduction,
        }

        impl $loss {
            /// PyTorch's settings, and the mean.
            pub fn new() -> $loss {
                $loss {
                    $($field: $value,)*
                    reduction: Reduction::Mean,
                }
            }

            $(
                $(#[$of])*
                pub fn $field(mut self, $field: $t) -> $loss {
                    self.$field = $field;
                    self
                }
            )*

            /// The loss.
            ///
            /// # Panics
            /// Where sizes do not go together.
            #[track_caller]
            pub fn forward(&self, $($input: &Tensor),*) -> Tensor {
                let _scope = Scope::enter(stringify!($loss), &[]);
                let $this = self;
                $y
            }
        }

        impl Default for $loss {
            fn default() -> $loss {
                $loss::new()
            }
        }

        impl Module for $loss {
            fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
                visitor.module(self);
            }
        }
    )*};
}
use settings;
