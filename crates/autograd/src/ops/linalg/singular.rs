//! Singular values and what they give: pseudo-inverse, rank, least squares.

use ondol_tensor::{DType, Error};

use super::eigen::want_matrix;
use super::{diag_embed, eye_like, mt};
use crate::{Op, Tensor, no_grad_guard, ok, raise};

/// The reduced factors `U [.., m, k]`, `S [.., k]`, descending, and `Vᵀ [.., k, n]` with
/// `U diag(S) Vᵀ = A`, `k = min(m, n)`: `torch.linalg.svd(full_matrices=False)`, `torch.svd` (whose
/// third result is `V`).
///
/// The greatest number of each column of `U` is positive (PyTorch leaves signs open). The gradient
/// of the vectors needs distinct singular values, that of `U` and `Vᵀ` positive ones too.
///
/// # Panics
/// On numbers that are not finite, and dtypes other than `f32` and `f64`.
#[track_caller]
pub fn svd(a: &Tensor) -> (Tensor, Tensor, Tensor) {
    let (u, s, v) = ok(a.value().svd());
    let (m, n) = match a.shape()[..] {
        [.., m, n] => (m, n),
        _ => (0, 0),
    };
    let [u, s, v] = Op::new("svd", [a])
        .joint(move |grads, outputs, _| {
            vec![back(grads, [&outputs[0], &outputs[1], &outputs[2]], m, n)]
        })
        .outputs([u, s, v]);
    (u, s, v)
}

/// The gradient of an SVD's input.
fn back(grads: &[Option<Tensor>], [u, s, vh]: [&Tensor; 3], m: usize, n: usize) -> Option<Tensor> {
    let k = m.min(n);
    let mut inner = grads[1].as_ref().map(diag_embed);
    let mut add = |part: Tensor| {
        inner = Some(match inner.take() {
            Some(inner) => inner.add(&part),
            None => part,
        });
    };
    let one = eye_like(s, k);
    let (row, column) = (s.unsqueeze(-2), s.unsqueeze(-1));
    // sⱼ² - sᵢ², with ones on the diagonal, where nothing is divided.
    let gaps = row.sub(&column).mul(row.add(&column)).add(&one);
    let skew = |x: Tensor| x.sub(mt(&x)).div(&gaps);
    if let Some(gu) = &grads[0] {
        add(skew(mt(u).matmul(gu)).mul(&row));
    }
    if let Some(gv) = &grads[2] {
        add(skew(vh.matmul(&mt(gv))).mul(&column));
    }
    let mut whole = u.matmul(&inner?).matmul(vh);
    // What leaves the spaces that U and V span.
    if let (Some(gu), true) = (&grads[0], m > k) {
        let outside = gu.sub(u.matmul(&mt(u).matmul(gu)));
        whole = whole.add(outside.div(&row).matmul(vh));
    }
    if let (Some(gv), true) = (&grads[2], n > k) {
        let outside = gv.sub(gv.matmul(&mt(vh)).matmul(vh));
        whole = whole.add(u.matmul(&outside.div(&column)));
    }
    Some(whole)
}

/// Singular values, descending, `torch.linalg.svdvals`.
#[track_caller]
pub fn svdvals(a: &Tensor) -> Tensor {
    svd(a).1
}

/// What PyTorch takes for rounding: `max(m, n) · ε`, as a part of the greatest singular value.
fn default_rtol(a: &Tensor) -> f64 {
    let eps = match a.dtype() {
        DType::F64 => f64::EPSILON,
        _ => f64::from(f32::EPSILON),
    };
    a.size(-2).max(a.size(-1)) as f64 * eps
}

/// Which singular values count.
#[track_caller]
fn counted(s: &Tensor, atol: f64, rtol: f64) -> Tensor {
    if s.size(-1) == 0 {
        return s.gt(0.0);
    }
    s.gt(s.narrow(-1, 0, 1).mul(rtol).clamp_min(atol))
}

/// The pseudo-inverse of Moore and Penrose, `torch.linalg.pinv`, `torch.pinverse`: `[.., m, n]` →
/// `[.., n, m]`. Singular values below `max(m, n) · ε` of the greatest count as 0.
///
/// The gradient needs the rank not to change nearby.
#[track_caller]
pub fn pinv(a: &Tensor) -> Tensor {
    want_matrix("linalg.pinv", a);
    pinv_tol(a, 0.0, default_rtol(a))
}

/// [`pinv`], taking singular values at or below `max(atol, rtol · greatest)` for 0,
/// `torch.linalg.pinv(atol, rtol)`.
#[track_caller]
pub fn pinv_tol(a: &Tensor, atol: f64, rtol: f64) -> Tensor {
    want_matrix("linalg.pinv", a);
    let value = {
        let _guard = no_grad_guard();
        let (u, s, vh) = svd(a);
        let none = counted(&s, atol, rtol).logical_not();
        let inverse = s.reciprocal().masked_fill(&none, 0.0);
        mt(&vh).mul(inverse.unsqueeze(-2)).matmul(&mt(&u))
    };
    let op = Op::new("pinv", [a]);
    if !op.needs(0) {
        return value;
    }
    let a = a.snapshot();
    op.rule_y(0, move |g, p| {
        let (gt, pt) = (mt(g), mt(p));
        let first = pt.matmul(g).matmul(&pt);
        let rest = |x: &Tensor, y: &Tensor| {
            // (1 - x y) z as z - x (y z)
            let (x, y) = (x.clone(), y.clone());
            move |z: Tensor| z.sub(x.matmul(&y.matmul(&z)))
        };
        let second = rest(&a, p)(gt.matmul(p).matmul(&pt));
        let third = mt(&rest(p, &a)(mt(&pt.matmul(p).matmul(&gt))));
        second.add(&third).sub(&first)
    })
    .output(value.value())
}

/// How many singular values are above `max(m, n) · ε` of the greatest (`i64`),
/// `torch.linalg.matrix_rank`.
#[track_caller]
pub fn matrix_rank(a: &Tensor) -> Tensor {
    want_matrix("linalg.matrix_rank", a);
    matrix_rank_tol(a, 0.0, default_rtol(a))
}

/// [`matrix_rank`] above `max(atol, rtol · greatest)`, `torch.linalg.matrix_rank(atol, rtol)`.
#[track_caller]
pub fn matrix_rank_tol(a: &Tensor, atol: f64, rtol: f64) -> Tensor {
    want_matrix("linalg.matrix_rank", a);
    let _guard = no_grad_guard();
    counted(&svdvals(a), atol, rtol).sum_dim(-1, false)
}

/// What [`lstsq`] gives.
#[derive(Clone, Debug)]
pub struct Lstsq {
    /// `X [.., n, k]`; of all that do as well, the shortest.
    pub solution: Tensor,
    /// The squared distances `[.., k]`, where there are more equations than unknowns and the rank is
    /// full; else of size 0.
    pub residuals: Tensor,
    /// The rank of `A` (`i64`).
    pub rank: Tensor,
    /// The singular values of `A`.
    pub singular_values: Tensor,
}

/// `X` that makes `‖A X - B‖` least, `torch.linalg.lstsq`: `A [.., m, n]`, `B [.., m, k]` or, with
/// one dimension less than `A`, vectors `[.., m]`.
///
/// Found by singular values, as PyTorch's driver `gelsd` does.
///
/// # Panics
/// Where `A` and `B` have another number of rows, or two dtypes.
#[track_caller]
pub fn lstsq(a: &Tensor, b: &Tensor) -> Lstsq {
    const OP: &str = "linalg.lstsq";
    want_matrix(OP, a);
    let vector = b.ndim() + 1 == a.ndim();
    let columns = if vector { b.unsqueeze(-1) } else { b.clone() };
    let rule = if columns.ndim() < 2 || columns.size(-2) != a.size(-2) {
        Some("input.size(-2) should match other.size(-2)".to_owned())
    } else if a.dtype() != b.dtype() {
        Some(format!(
            "A is {} and B {}: one dtype is needed",
            a.dtype(),
            b.dtype()
        ))
    } else {
        None
    };
    if let Some(rule) = rule {
        raise(Error::Shape {
            op: OP,
            lhs: a.shape().to_vec(),
            rhs: b.shape().to_vec(),
            rule,
        });
    }
    let x = pinv(a).matmul(&columns);
    let (rank, singular_values) = {
        let _guard = no_grad_guard();
        (matrix_rank(a), svdvals(a))
    };
    let (m, n) = (a.size(-2), a.size(-1));
    let full = m > n && rank.numel() > 0 && rank.min().item_as::<i64>() == n as i64;
    let residuals = if full {
        a.matmul(&x).sub(&columns).square().sum_dim(-2, false)
    } else {
        Tensor::zeros_with(0, (a.dtype(), &a.device()))
    };
    let solution = if vector { x.squeeze_dim(-1) } else { x };
    Lstsq {
        solution,
        residuals,
        rank,
        singular_values,
    }
}

impl Tensor {
    /// The reduced singular value decomposition `U, S, Vᵀ`; see [`crate::linalg::svd`].
    #[track_caller]
    pub fn svd(&self) -> (Tensor, Tensor, Tensor) {
        svd(self)
    }

    /// The pseudo-inverse, `torch.Tensor.pinverse`; see [`crate::linalg::pinv`].
    #[track_caller]
    pub fn pinverse(&self) -> Tensor {
        pinv(self)
    }
}
