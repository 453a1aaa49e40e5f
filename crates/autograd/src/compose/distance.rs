//! Lengths, distances and angles.

use ondol_tensor::Error;

use crate::{Op, Tensor, no_grad_guard, raise};

/// `x / max(‖x‖ₚ, eps)` along a dimension, `torch.nn.functional.normalize`; PyTorch's defaults are
/// `p = 2`, `dim = 1`, `eps = 1e-12`.
///
/// ```
/// use ondol_autograd::{functional::normalize, tensor};
/// assert_eq!(normalize(&tensor!([3.0, 4.0]), 2.0, 0, 1e-12).to_vec::<f32>(), [0.6, 0.8]);
/// ```
#[track_caller]
pub fn normalize(x: &Tensor, p: f64, dim: isize, eps: f64) -> Tensor {
    x.div(x.vector_norm(p, dim, true).clamp_min(eps))
}

/// The cosine of the angle between vectors along a dimension, `torch.nn.functional.cosine_similarity`,
/// `torch.cosine_similarity`: `x₁·x₂ / (max(‖x₁‖, eps) · max(‖x₂‖, eps))`; both broadcast. PyTorch's
/// defaults are `dim = 1`, `eps = 1e-8`.
///
/// # Panics
/// On integers.
#[track_caller]
pub fn cosine_similarity(x1: &Tensor, x2: &Tensor, dim: isize, eps: f64) -> Tensor {
    const OP: &str = "cosine_similarity";
    let dtype = x1.dtype().promote(x2.dtype());
    if !dtype.is_floating_point() {
        raise(Error::DType {
            op: OP,
            got: dtype.to_string(),
            expected: "a floating-point dtype".into(),
        });
    }
    let shape = match x1.shape().broadcast(&x2.shape(), OP) {
        Ok(shape) => shape,
        Err(error) => raise(error),
    };
    let unit = |x: &Tensor| {
        let x = x.to_dtype(dtype).expand(&shape);
        let norm = x.vector_norm(2.0, dim, true);
        // The bound counts as a number, not as a function: a short vector keeps its slope.
        let missing = norm.detach().mul(-1.0).add(eps).clamp_min(0.0);
        x.div(norm.add(missing))
    };
    unit(x1).mul(unit(x2)).sum_dim(dim, false)
}

/// `‖x₁ - x₂ + eps‖ₚ` along the last dimension, `torch.nn.functional.pairwise_distance`; PyTorch's
/// defaults are `p = 2`, `eps = 1e-6`.
#[track_caller]
pub fn pairwise_distance(x1: &Tensor, x2: &Tensor, p: f64, eps: f64, keepdim: bool) -> Tensor {
    let difference = x1.sub(x2).add(eps);
    let last = if difference.ndim() == 0 { 0 } else { -1 };
    difference.vector_norm(p, last, keepdim)
}

impl Tensor {
    /// The distances of the rows `[n, k]` from each other, each pair once, `torch.pdist`,
    /// `torch.nn.functional.pdist`: row 0 from 1, 2, …, then row 1 from 2, 3, …: `[n (n - 1) / 2]`.
    ///
    /// # Panics
    /// On another rank than 2, a negative `p`, or integers.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// let x = tensor!([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]]);
    /// assert_eq!(x.pdist(1.0).to_vec::<f32>(), [7.0, 1.0, 6.0]);
    /// ```
    #[track_caller]
    pub fn pdist(&self, p: f64) -> Tensor {
        const OP: &str = "pdist";
        if self.ndim() != 2 {
            raise(Error::Input {
                op: OP,
                shape: self.shape().to_vec(),
                rule: "pdist only supports 2D tensors".into(),
            });
        }
        if !self.dtype().is_floating_point() {
            raise(Error::DType {
                op: OP,
                got: self.dtype().to_string(),
                expected: "a floating-point dtype".into(),
            });
        }
        if p.is_nan() || p < 0.0 {
            raise(Error::value(
                OP,
                "pdist only supports non-negative p values",
            ));
        }
        let n = self.size(0);
        let pairs = Tensor::triu_indices(n, n, 1).to(self.device());
        let (first, second) = (pairs.select(0, 0), pairs.select(0, 1));
        // Each row against its partner alone: a row's distance from itself has no slope.
        let difference = self.index_select(0, &first) - self.index_select(0, &second);
        match self.size(1) {
            0 => difference.sum_dim(1, false),
            _ => difference.vector_norm(p, 1, false),
        }
    }

    /// The distance of each row of `self` from each row of `other`, `torch.cdist`:
    /// `[.., n, k], [.., m, k] → [.., n, m]`; leading dimensions broadcast. Memory is that of all
    /// the differences.
    ///
    /// # Panics
    /// On another number of columns, a negative `p`, or integers.
    #[track_caller]
    pub fn cdist(&self, other: &Tensor, p: f64) -> Tensor {
        const OP: &str = "cdist";
        let (a, b) = (self.shape(), other.shape());
        for t in [self, other] {
            if !t.dtype().is_floating_point() {
                raise(Error::DType {
                    op: OP,
                    got: t.dtype().to_string(),
                    expected: "a floating-point dtype".into(),
                });
            }
        }
        let rule = match (&a[..], &b[..]) {
            ([.., _, k], [.., _, k2]) if k == k2 => None,
            ([.., _, k], [.., _, k2]) => Some(format!(
                "X1 and X2 must have the same number of columns. X1: {k} X2: {k2}"
            )),
            _ => Some("cdist only supports at least 2D tensors".to_owned()),
        };
        if let Some(rule) = rule {
            raise(Error::Shape {
                op: OP,
                lhs: a.to_vec(),
                rhs: b.to_vec(),
                rule,
            });
        }
        if p.is_nan() || p < 0.0 {
            raise(Error::value(
                OP,
                "cdist only supports non-negative p values",
            ));
        }
        let difference = self.unsqueeze(-2).sub(other.unsqueeze(-3));
        if a.last() == Some(&0) {
            return difference.sum_dim(-1, false);
        }
        if p == f64::INFINITY {
            return farthest(&difference);
        }
        difference.vector_norm(p, -1, false)
    }
}

/// The greatest magnitude along the last dimension; where several are, each gets all of the
/// gradient, as in PyTorch's `cdist`.
#[track_caller]
fn farthest(x: &Tensor) -> Tensor {
    let value = {
        let _guard = no_grad_guard();
        x.abs().amax(-1, false)
    };
    let from = x.snapshot();
    Op::new("cdist", [x])
        .rule_y(0, move |g, y| {
            let reached = from.abs().eq(y.unsqueeze(-1));
            g.unsqueeze(-1).mul(from.sign()).mul(reached)
        })
        .output(value.value())
}
