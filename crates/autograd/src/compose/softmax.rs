//! Softmax and its relatives, stable for any input. Halves are computed in `f32` and rounded once.

use ondol_tensor::{Array, DType, Fused, wrap_dim};

use crate::{Axes, Op, Tensor, is_grad_enabled, no_grad_guard, ok};

impl Tensor {
    /// `eˣ / Σ eˣ` along a dimension, `torch.softmax`, `torch.special.softmax`,
    /// `torch.nn.functional.softmax`.
    #[track_caller]
    pub fn softmax(&self, dim: isize) -> Tensor {
        let d = ok(wrap_dim("softmax", dim, self.ndim()));
        // A block, as a closure would hide the caller's line from errors.
        let value = if let Some(value) = softmax(self, d, false) {
            value
        } else {
            let _guard = no_grad_guard();
            let e = self.shifted(dim).exp();
            let total = e.sum_dim(dim, true);
            e.div(&total).to_dtype(self.dtype().to_float()).value()
        };
        Op::new("softmax", [self])
            .rule_y(0, move |g, y| {
                if let Some(gradient) = softmax_grad(g, y, d, false) {
                    return gradient;
                }
                let (g, y) = (g.wide(), y.wide());
                y.mul(g.sub(g.mul(&y).sum_dim(dim, true)))
            })
            .output(value)
    }

    /// [`Tensor::softmax`] of the elements cast to `dtype`, `torch.softmax(dtype)`.
    #[track_caller]
    pub fn softmax_with(&self, dim: isize, dtype: DType) -> Tensor {
        self.to_dtype(dtype).softmax(dim)
    }

    /// `x - ln Σ eˣ` along a dimension, `torch.log_softmax`, `torch.special.log_softmax`,
    /// `torch.nn.functional.log_softmax`.
    #[track_caller]
    pub fn log_softmax(&self, dim: isize) -> Tensor {
        let d = ok(wrap_dim("log_softmax", dim, self.ndim()));
        let value = if let Some(value) = softmax(self, d, true) {
            value
        } else {
            let _guard = no_grad_guard();
            let x = self.shifted(dim);
            let total = x.exp().sum_dim(dim, true).log();
            x.sub(&total).to_dtype(self.dtype().to_float()).value()
        };
        Op::new("log_softmax", [self])
            .rule_y(0, move |g, y| {
                if let Some(gradient) = softmax_grad(g, y, d, true) {
                    return gradient;
                }
                let (g, y) = (g.wide(), y.wide());
                g.sub(y.exp().mul(g.sum_dim(dim, true)))
            })
            .output(value)
    }

    /// [`Tensor::log_softmax`] of the elements cast to `dtype`, `torch.log_softmax(dtype)`.
    #[track_caller]
    pub fn log_softmax_with(&self, dim: isize, dtype: DType) -> Tensor {
        self.to_dtype(dtype).log_softmax(dim)
    }

    /// [`Tensor::softmax`] of the negative: small elements get the large shares,
    /// `torch.nn.functional.softmin`.
    #[track_caller]
    pub fn softmin(&self, dim: isize) -> Tensor {
        self.neg().softmax(dim)
    }

    /// `ln Σ eˣ` along dimensions, without overflow, `torch.logsumexp`, `torch.special.logsumexp`.
    #[track_caller]
    pub fn logsumexp(&self, dims: impl Into<Axes>, keepdim: bool) -> Tensor {
        let dims = dims.into();
        let axes = ok(self.value().reduce_dims("logsumexp", &dims.0));
        let x = if self.dtype().is_floating_point() {
            self.wide()
        } else {
            self.to_dtype(self.dtype().to_float())
        };
        let greatest = {
            let _guard = no_grad_guard();
            // Nothing has no maximum, but a sum: `ln 0`.
            let m = if x.numel() == 0 {
                x.sum_dim(dims.clone(), true)
            } else {
                x.amax(dims.clone(), true)
            };
            // An infinite maximum would give ∞ - ∞ = NaN.
            Tensor::where_(&m.isfinite(), &m, 0.0)
        };
        let sum = x.sub(&greatest).exp().sum_dim(dims, true);
        let sum = sum.log().add(&greatest).to_dtype(self.dtype().to_float());
        if keepdim || axes.is_empty() {
            return sum;
        }
        let axes: Vec<isize> = axes.into_iter().map(|d| d as isize).collect();
        sum.squeeze_dim(&axes[..])
    }

    /// `x - max x` along a dimension, so that the exponential does not overflow.
    #[track_caller]
    fn shifted(&self, dim: isize) -> Tensor {
        let x = if self.dtype().is_floating_point() {
            self.detach().wide()
        } else {
            self.detach().to_dtype(self.dtype().to_float())
        };
        if x.numel() == 0 {
            x
        } else {
            x.sub(x.amax(dim, true))
        }
    }
}

/// [`Tensor::softmax`] or its logarithm in one operation, where the backend has it.
#[track_caller]
fn softmax(x: &Tensor, dim: usize, log: bool) -> Option<Array> {
    if x.ndim() == 0 {
        return None;
    }
    let made = Array::fused(&Fused::Softmax { dim, log }, &[&x.value()])?;
    Some(ok(made).remove(0))
}

/// Its gradient, where nothing is recorded.
fn softmax_grad(g: &Tensor, y: &Tensor, dim: usize, log: bool) -> Option<Tensor> {
    if is_grad_enabled() || y.ndim() == 0 {
        return None;
    }
    let op = Fused::SoftmaxGrad { dim, log };
    let made = Array::fused(&op, &[&g.value(), &y.value()])?;
    Some(Tensor::from(ok(made).remove(0)))
}
