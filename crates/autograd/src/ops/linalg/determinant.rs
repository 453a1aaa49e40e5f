//! Determinants.

use ondol_tensor::Array;

use super::{inv, mt};
use crate::{Op, Tensor, ok};

/// The determinant, `torch.linalg.det`, `torch.det`; of no rows, 1.
///
/// Its gradient exists at singular matrices too; its second gradient does not.
///
/// # Panics
/// On matrices that are not square, and dtypes other than `f32` and `f64`.
#[track_caller]
pub fn det(a: &Tensor) -> Tensor {
    let value = ok(a.value().determinant());
    let op = Op::new("det", [a]);
    if !op.needs(0) {
        return Tensor::from(value);
    }
    let a = a.snapshot();
    op.rule(0, move |g| g.unsqueeze(-1).unsqueeze(-1).mul(cofactors(&a)))
        .output(value)
}

/// `det(A) A⁻ᵀ`, which singular matrices have too.
#[track_caller]
fn cofactors(a: &Tensor) -> Tensor {
    let value = ok(a.value().cofactors());
    let op = Op::new("cofactors", [a]);
    if !op.needs(0) {
        return Tensor::from(value);
    }
    let a = a.snapshot();
    op.rule(0, move |g| {
        let x = mt(&inv(&a));
        let d = det(&a).unsqueeze(-1).unsqueeze(-1);
        let along = g.mul(&x).sum_dim([-2, -1], true);
        d.mul(x.mul(along).sub(x.matmul(&mt(g)).matmul(&x)))
    })
    .output(value)
}

/// The sign of the determinant and the logarithm of its magnitude, `torch.linalg.slogdet`,
/// `torch.slogdet`: what does not overflow. A singular matrix has 0 and `-inf`.
#[track_caller]
pub fn slogdet(a: &Tensor) -> (Tensor, Tensor) {
    let (sign, log): (Array, Array) = ok(a.value().log_determinant());
    let op = Op::new("slogdet", [a]);
    let sign = Tensor::from(sign);
    if !op.needs(0) {
        return (sign, Tensor::from(log));
    }
    let a = a.snapshot();
    let log = op
        .rule(0, move |g| g.unsqueeze(-1).unsqueeze(-1).mul(mt(&inv(&a))))
        .output(log);
    (sign, log)
}

impl Tensor {
    /// The determinant, `torch.Tensor.det`; see [`crate::linalg::det`].
    #[track_caller]
    pub fn det(&self) -> Tensor {
        det(self)
    }

    /// Sign and logarithm of the determinant, `torch.Tensor.slogdet`; see
    /// [`crate::linalg::slogdet`].
    #[track_caller]
    pub fn slogdet(&self) -> (Tensor, Tensor) {
        slogdet(self)
    }

    /// The logarithm of the determinant, `torch.logdet`: NaN where that is negative, `-inf` where it
    /// is 0.
    #[track_caller]
    pub fn logdet(&self) -> Tensor {
        let (sign, log) = slogdet(self);
        log.masked_fill(&sign.lt(0.0), f64::NAN)
    }
}
