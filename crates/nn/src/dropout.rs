//! Dropout layers.

use ondol_autograd::{Scope, Tensor};

use crate::functional::{check_probability, dropout};
use crate::module::repr::{python_float, shown};
use crate::{Forward, Module, Training, Visitor};

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
pub struct Dropout {
    p: f64,
    training: Training,
}

impl Dropout {
    /// # Panics
    /// Where `p` is not on `[0, 1]`.
    #[track_caller]
    pub fn new(p: f64) -> Dropout {
        check_probability(p);
        Dropout {
            p,
            training: Training::new(),
        }
    }
}

impl Default for Dropout {
    /// PyTorch's: a half.
    fn default() -> Dropout {
        Dropout::new(0.5)
    }
}

impl Module for Dropout {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        visitor.training(&self.training);
    }

    fn extra_repr(&self) -> String {
        format!("p={}, inplace=False", python_float(self.p))
    }
}
shown!(Dropout);

impl Forward for Dropout {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let _scope = Scope::enter("Dropout", &[]);
        dropout(x, self.p, self.training.get())
    }
}
