//! Normalisation by the channels beside each.

use ondol_autograd::{Scope, Tensor};

use crate::functional::local_response_norm;
use crate::module::repr::{python_float, shown};
use crate::{Forward, Module, Visitor};

/// `x / (k + alpha·m)^beta` with the mean `m` of the squares of `size` channels around each,
/// `torch.nn.LocalResponseNorm`: `x [N, C, ..]` → the same shape.
///
/// ```
/// use ondol_nn::{Forward, LocalResponseNorm, Tensor};
/// let y = LocalResponseNorm::new(3).forward(&Tensor::zeros([2, 6, 8, 8]));
/// assert_eq!(y.shape(), [2, 6, 8, 8]);
/// ```
#[derive(Clone, Copy)]
pub struct LocalResponseNorm {
    size: usize,
    alpha: f64,
    beta: f64,
    k: f64,
}

impl LocalResponseNorm {
    /// So many channels around each; `alpha` 1e-4, `beta` 0.75, `k` 1.
    pub fn new(size: usize) -> LocalResponseNorm {
        LocalResponseNorm {
            size,
            alpha: 1e-4,
            beta: 0.75,
            k: 1.0,
        }
    }

    /// The factor of the mean square.
    pub fn alpha(mut self, alpha: f64) -> LocalResponseNorm {
        self.alpha = alpha;
        self
    }

    /// The power.
    pub fn beta(mut self, beta: f64) -> LocalResponseNorm {
        self.beta = beta;
        self
    }

    /// What is added to the mean square.
    pub fn k(mut self, k: f64) -> LocalResponseNorm {
        self.k = k;
        self
    }
}

impl Module for LocalResponseNorm {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
    }

    fn extra_repr(&self) -> String {
        let [alpha, beta, k] = [self.alpha, self.beta, self.k].map(python_float);
        format!("{}, alpha={alpha}, beta={beta}, k={k}", self.size)
    }
}
shown!(LocalResponseNorm);

impl Forward for LocalResponseNorm {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let _scope = Scope::enter("LocalResponseNorm({})", &[self.size]).of(self);
        local_response_norm(x, self.size, self.alpha, self.beta, self.k)
    }
}
