//! How near two vectors are.

use ondol_autograd::{Error, Tensor, raise};

use super::norm::wide;

/// `a·b / (max(|a|, eps)·max(|b|, eps))` along a dimension (PyTorch: 1 and 1e-8),
/// `torch.nn.functional.cosine_similarity`, `torch.cosine_similarity`.
///
/// ```
/// use ondol_nn::{functional, tensor};
/// let cosine = functional::cosine_similarity(&tensor!([3.0, 4.0]), &tensor!([6.0, 8.0]), 0, 1e-8);
/// assert!((cosine.item() - 1.0).abs() < 1e-6);
/// ```
#[track_caller]
pub fn cosine_similarity(x1: &Tensor, x2: &Tensor, dim: isize, eps: f64) -> Tensor {
    let unit = |x: &Tensor| {
        let x = wide(x);
        let length = length(&x, 2.0, dim, true).clamp_min(eps);
        x.div(length)
    };
    let similarity = unit(x1).mul(unit(x2)).sum_dim(dim, false);
    if x1.dtype() == x2.dtype() {
        similarity.to_dtype(x1.dtype())
    } else {
        similarity
    }
}

/// `|x1 − x2 + eps|` in the `p`-norm along the last dimension (PyTorch: 2 and 1e-6),
/// `torch.nn.functional.pairwise_distance`, `torch.pairwise_distance`.
///
/// ```
/// use ondol_nn::{functional, tensor};
/// let d = functional::pairwise_distance(&tensor!([[3.0, 4.0]]), &tensor!([[0.0, 0.0]]), 2.0, 0.0, false);
/// assert_eq!(d.to_vec::<f32>(), [5.0]);
/// ```
#[track_caller]
pub fn pairwise_distance(x1: &Tensor, x2: &Tensor, p: f64, eps: f64, keepdim: bool) -> Tensor {
    let difference = x1.sub(x2);
    if difference.ndim() == 0 {
        raise(Error::Input {
            op: "pairwise_distance",
            shape: vec![],
            rule: "expected at least one dimension".into(),
        });
    }
    let dtype = difference.dtype();
    length(&wide(&difference).add(eps), p, -1, keepdim).to_dtype(dtype)
}

/// The `p`-norm along a dimension; where it is 0, so is its gradient.
#[track_caller]
pub(crate) fn length(x: &Tensor, p: f64, dim: isize, keepdim: bool) -> Tensor {
    if p == f64::INFINITY {
        return x.abs().amax(dim, keepdim);
    }
    if p == 1.0 {
        return x.abs().sum_dim(dim, keepdim);
    }
    if p == 0.0 {
        return x.ne(0.0).to_dtype(x.dtype()).sum_dim(dim, keepdim);
    }
    let sum = if p == 2.0 {
        x.square().sum_dim(dim, keepdim)
    } else {
        x.abs().pow(p).sum_dim(dim, keepdim)
    };
    let none = sum.detach().eq(0.0);
    let sum = sum.masked_fill(&none, 1.0);
    let root = if p == 2.0 {
        sum.sqrt()
    } else {
        sum.pow(1.0 / p)
    };
    root.masked_fill(&none, 0.0)
}
