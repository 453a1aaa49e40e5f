//! Losses: what training makes small.

mod binary;
mod class;
mod difference;

pub use self::binary::{BCELoss, BCEWithLogitsLoss};
pub use self::class::{CrossEntropyLoss, NLLLoss};
pub use self::difference::{L1Loss, MSELoss};

use ondol_autograd::Tensor;

use crate::Module;

/// A loss of any type, for code that takes one as an argument.
///
/// Every loss has `forward` as a method of its own, so that using one does not need this trait.
pub trait Loss: Module {
    /// The loss of `input` beside `target`.
    fn loss(&self, input: &Tensor, target: &Tensor) -> Tensor;
}

/// The part that is the same for every loss: its reduction, its place in the trait, its text.
macro_rules! loss {
    ($($loss:ty),*) => {$(
        impl $loss {
            /// How the losses become one number; their mean unless said otherwise.
            pub fn reduction(mut self, reduction: $crate::Reduction) -> Self {
                self.reduction = reduction;
                self
            }
        }

        impl $crate::Loss for $loss {
            #[track_caller]
            fn loss(&self, input: &ondol_autograd::Tensor, target: &ondol_autograd::Tensor) -> ondol_autograd::Tensor {
                self.forward(input, target)
            }
        }
        $crate::module::repr::shown!($loss);
    )*};
}
use loss;
