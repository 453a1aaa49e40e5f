//! Softmax and its relatives, stable for any input.

use ondol_tensor::wrap_dim;

use crate::{Op, Tensor, no_grad_guard, ok};

impl Tensor {
    /// `eˣ / Σ eˣ` along a dimension, `torch.softmax`.
    #[track_caller]
    pub fn softmax(&self, dim: isize) -> Tensor {
        ok(wrap_dim("softmax", dim, self.ndim()));
        // A block, as a closure would hide the caller's line from errors.
        let value = {
            let _guard = no_grad_guard();
            let e = self.shifted(dim).exp();
            let total = e.sum_dim(dim, true);
            e.div(&total)
        };
        Op::new("softmax", [self])
            .rule_y(0, move |g, y| y.mul(g.sub(g.mul(y).sum_dim(dim, true))))
            .output(value.value())
    }

    /// `x - ln Σ eˣ` along a dimension, `torch.log_softmax`.
    #[track_caller]
    pub fn log_softmax(&self, dim: isize) -> Tensor {
        ok(wrap_dim("log_softmax", dim, self.ndim()));
        let value = {
            let _guard = no_grad_guard();
            let x = self.shifted(dim);
            let total = x.exp().sum_dim(dim, true).log();
            x.sub(&total)
        };
        Op::new("log_softmax", [self])
            .rule_y(0, move |g, y| g.sub(y.exp().mul(g.sum_dim(dim, true))))
            .output(value.value())
    }

    /// `ln Σ eˣ` along a dimension, `torch.logsumexp`.
    #[track_caller]
    pub fn logsumexp(&self, dim: isize, keepdim: bool) -> Tensor {
        ok(wrap_dim("logsumexp", dim, self.ndim()));
        let greatest = {
            let _guard = no_grad_guard();
            // Nothing has no maximum, but a sum: `ln 0`.
            let m = if self.numel() == 0 {
                self.sum_dim(dim, true)
            } else {
                self.amax(dim, true)
            };
            // An infinite maximum would give ∞ - ∞ = NaN.
            Tensor::where_(&m.isfinite(), &m, &m.zeros_like())
        };
        let sum = self
            .sub(&greatest)
            .exp()
            .sum_dim(dim, true)
            .log()
            .add(&greatest);
        if keepdim || self.ndim() == 0 {
            sum
        } else {
            sum.squeeze_dim(dim)
        }
    }

    /// `x - max x` along a dimension, so that the exponential does not overflow.
    #[track_caller]
    fn shifted(&self, dim: isize) -> Tensor {
        let x = if self.dtype().is_floating_point() {
            self.detach()
        } else {
            self.detach().float()
        };
        if x.numel() == 0 {
            x
        } else {
            x.sub(x.amax(dim, true))
        }
    }
}
