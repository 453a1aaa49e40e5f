//! Spread and size of tensors.

use crate::{Axes, Tensor};

impl Tensor {
    /// Variance along dimensions with `n - correction` in the denominator, `torch.var`.
    #[track_caller]
    pub fn var(&self, dims: impl Into<Axes>, correction: f64, keepdim: bool) -> Tensor {
        let dims = dims.into();
        let mean = self.mean_dim(dims.clone(), true);
        let n = self.numel() as f64 / mean.numel().max(1) as f64;
        let squares = self.sub(&mean).square().sum_dim(dims, keepdim);
        squares.div((n - correction).max(0.0))
    }

    /// Standard deviation along dimensions, `torch.std`.
    #[track_caller]
    pub fn std(&self, dims: impl Into<Axes>, correction: f64, keepdim: bool) -> Tensor {
        self.var(dims, correction, keepdim).sqrt()
    }

    /// The Euclidean norm of all elements, `torch.linalg.vector_norm`; its gradient at 0 is 0.
    #[track_caller]
    pub fn norm(&self) -> Tensor {
        let length = {
            let _guard = crate::no_grad_guard();
            self.square().sum().sqrt()
        };
        let x = self.snapshot();
        crate::Op::new("norm", [self])
            .rule_y(0, move |g, y| {
                let unit = x.div(y);
                g.mul(Tensor::where_(
                    &y.eq(0.0).expand(x.shape()),
                    &x.zeros_like(),
                    &unit,
                ))
            })
            .output(length.value())
    }
}
