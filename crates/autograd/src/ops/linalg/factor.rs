//! Cholesky, QR and LU.

use ondol_tensor::Error;

use super::solve::triangular;
use super::{diagonal, eye_like, mt, tril, triu};
use crate::{Op, Tensor, no_grad_guard, ok, raise};

/// The lower triangular `L` with `L Lᵀ = A`, or the upper `U` with `Uᵀ U = A`,
/// `torch.linalg.cholesky`. Only that triangle of `A` is read.
///
/// # Panics
/// On a matrix that is not positive-definite or not square, and dtypes other than `f32` and `f64`.
#[track_caller]
pub fn cholesky(a: &Tensor, upper: bool) -> Tensor {
    if upper {
        return mt(&lower_factor(&mt(a)));
    }
    lower_factor(a)
}

#[track_caller]
fn lower_factor(a: &Tensor) -> Tensor {
    let value = ok(a.value().cholesky());
    Op::new("cholesky", [a])
        .rule_y(0, |g, l| {
            // L⁻ᵀ Φ(Lᵀ g) L⁻¹, made symmetric; Φ is the lower triangle with half of the diagonal.
            let half = tril(&mt(l).matmul(g), 0);
            let phi = half.sub(half.mul(eye_like(&half, half.size(-1))).mul(0.5));
            let left = triangular(&mt(l), &phi, true, false);
            let whole = mt(&triangular(&mt(l), &mt(&left), true, false));
            whole.add(mt(&whole)).mul(0.5)
        })
        .output(value)
}

/// The reduced factors `Q [.., m, k]`, with orthonormal columns, and upper triangular `R [.., k, n]`,
/// `k = min(m, n)`: `torch.linalg.qr` with `mode="reduced"`. Signs are LAPACK's.
///
/// The gradient needs the first `k` columns to be independent.
#[track_caller]
pub fn qr(a: &Tensor) -> (Tensor, Tensor) {
    if a.ndim() >= 2 && a.size(-2) < a.size(-1) {
        // The columns to the right of a square follow from its own factors.
        let m = a.size(-2);
        let (q, square) = tall_qr(&a.narrow(-1, 0, m));
        let rest = mt(&q).matmul(&a.narrow(-1, m, a.size(-1) - m));
        let r = Tensor::cat(&[square, rest], -1);
        return (q, r);
    }
    tall_qr(a)
}

#[track_caller]
fn tall_qr(a: &Tensor) -> (Tensor, Tensor) {
    let (q, r) = ok(a.value().qr());
    let [q, r] = Op::new("qr", [a])
        .joint(|grads, outputs, _| {
            let (q, r) = (&outputs[0], &outputs[1]);
            // [gQ + Q copyltu(R gRᵀ - gQᵀ Q)] R⁻ᵀ, copyltu making the lower triangle symmetric.
            let mut m = None;
            if let Some(gr) = &grads[1] {
                m = Some(r.matmul(&mt(gr)));
            }
            if let Some(gq) = &grads[0] {
                let part = mt(gq).matmul(q).neg();
                m = Some(match m {
                    Some(m) => m.add(&part),
                    None => part,
                });
            }
            let Some(m) = m else { return vec![None] };
            let symmetric = tril(&m, 0).add(mt(&tril(&m, -1)));
            let mut top = q.matmul(&symmetric);
            if let Some(gq) = &grads[0] {
                top = top.add(gq);
            }
            // X R⁻ᵀ = (R⁻¹ Xᵀ)ᵀ
            vec![Some(mt(&triangular(r, &mt(&top), true, false)))]
        })
        .outputs([q, r]);
    (q, r)
}

/// The permutation matrix, the unit lower and the upper triangular factor: `P L U = A`,
/// `torch.linalg.lu`. `P [.., m, m]` carries no gradient.
///
/// The gradient needs the first `min(m, n)` rows and columns of `L U` to be independent.
#[track_caller]
pub fn lu(a: &Tensor) -> (Tensor, Tensor, Tensor) {
    let (packed, pivots) = ok(a.value().lu_factor());
    let p = permutation(&Tensor::from(pivots), a);
    let (m, n) = (a.size(-2), a.size(-1));
    let k = m.min(n);
    let packed = Tensor::from(packed);
    if !(crate::is_grad_enabled() && a.requires_grad()) {
        let left = packed.narrow(-1, 0, k);
        let l = tril(&left, -1).add(unit_diagonal(&left));
        return (p, l, triu(&packed.narrow(-2, 0, k), 0));
    }
    // Of the permuted matrix, the square corner is factored, and the rest follows from it.
    let permuted = mt(&p).matmul(a);
    let corner = permuted.narrow(-2, 0, k).narrow(-1, 0, k);
    let (l, u) = corner_lu(&corner, &packed.narrow(-2, 0, k).narrow(-1, 0, k));
    if m > k {
        let rest = permuted.narrow(-2, k, m - k);
        let below = mt(&triangular(&mt(&u), &mt(&rest), false, false));
        return (p, Tensor::cat(&[l, below], -2), u);
    }
    if n > k {
        let beside = triangular(&l, &permuted.narrow(-1, k, n - k), false, true);
        return (p, l, Tensor::cat(&[u, beside], -1));
    }
    (p, l, u)
}

/// Ones on the diagonal of matrices of `x`'s size.
#[track_caller]
fn unit_diagonal(x: &Tensor) -> Tensor {
    x.ones_like().masked_fill(&super::below(x).ne(0i64), 0.0)
}

/// The factors of square matrices that need no exchange, given both in one.
#[track_caller]
fn corner_lu(a: &Tensor, packed: &Tensor) -> (Tensor, Tensor) {
    let (l, u) = {
        let _guard = no_grad_guard();
        (tril(packed, -1).add(unit_diagonal(packed)), triu(packed, 0))
    };
    let [l, u] = Op::new("lu", [a])
        .joint(|grads, outputs, _| {
            let (l, u) = (&outputs[0], &outputs[1]);
            // L⁻ᵀ [tril(Lᵀ gL, -1) + triu(gU Uᵀ)] U⁻ᵀ
            let left = grads[0].as_ref().map(|g| tril(&mt(l).matmul(g), -1));
            let right = grads[1].as_ref().map(|g| triu(&g.matmul(&mt(u)), 0));
            let inner = match (left, right) {
                (Some(a), Some(b)) => a.add(&b),
                (Some(a), None) | (None, Some(a)) => a,
                (None, None) => return vec![None],
            };
            let half = mt(&triangular(u, &mt(&inner), true, false));
            vec![Some(triangular(&mt(l), &half, true, true))]
        })
        .outputs([l.value(), u.value()]);
    (l, u)
}

/// The permutation matrices that row exchanges make, of `like`'s rows and dtype.
#[track_caller]
fn permutation(pivots: &Tensor, like: &Tensor) -> Tensor {
    let _guard = no_grad_guard();
    let (m, k) = (like.size(-2), pivots.size(-1));
    let exchanges = pivots.cpu().to_vec::<i32>();
    let count = like.shape()[..like.ndim() - 2].iter().product::<usize>();
    let mut place = Vec::with_capacity(count * m);
    for batch in 0..count {
        let mut rows: Vec<i64> = (0..m as i64).collect();
        for (i, &p) in exchanges[batch * k..(batch + 1) * k].iter().enumerate() {
            let p = (p as usize).wrapping_sub(1);
            if p >= m {
                raise(Error::value(
                    "linalg.lu",
                    format!("pivot {} is not one of {m} rows", p.wrapping_add(1)),
                ));
            }
            rows.swap(i, p);
        }
        place.extend(rows);
    }
    // Row i of the product is row place[i] of the matrix: P has a 1 there in column i.
    let mut shape = like.shape();
    let last = shape.ndim() - 1;
    shape[last] = m;
    let rows = shape[..last].to_vec();
    let place = Tensor::from_vec(place, rows)
        .to(like.device())
        .unsqueeze(-2);
    let index = Tensor::arange_with(0i64, m, 1i64, (crate::DType::I64, &like.device()));
    index
        .unsqueeze(1)
        .eq(place)
        .to_dtype(like.dtype())
        .expand(&shape)
}

/// Both triangular factors in one matrix, and the row exchanges counted from 1 (`i32`),
/// `torch.linalg.lu_factor`, `torch.lu`: what [`lu_solve`] takes.
///
/// # Panics
/// On a singular square matrix, which could not be solved with.
#[track_caller]
pub fn lu_factor(a: &Tensor) -> (Tensor, Tensor) {
    const OP: &str = "linalg.lu_factor";
    let (packed, pivots) = ok(a.value().lu_factor());
    let pivots = Tensor::from(pivots);
    let zeros = {
        let _guard = no_grad_guard();
        let d = diagonal(&Tensor::from(packed.clone()), 0, -2, -1);
        d.eq(0.0).cpu().to_vec::<bool>()
    };
    let k = a.size(-2).min(a.size(-1));
    if let Some(i) = zeros.iter().position(|&z| z) {
        let (batch, at) = (i / k, i % k + 1);
        let which = if a.ndim() > 2 {
            format!("(Batch element {batch}): ")
        } else {
            String::new()
        };
        raise(Error::value(
            OP,
            format!(
                "{which}U[{at},{at}] is zero and using it on lu_solve would result in a division by zero; linalg::lu factors such matrices too"
            ),
        ));
    }
    if !(crate::is_grad_enabled() && a.requires_grad()) {
        return (Tensor::from(packed), pivots);
    }
    let (_, l, u) = lu(a);
    let (m, n) = (a.size(-2), a.size(-1));
    let pad = |x: Tensor, rows: usize, columns: usize| {
        x.pad(
            &{
                let mut amounts = vec![(0, 0); a.ndim()];
                let last = amounts.len() - 1;
                (amounts[last - 1], amounts[last]) = ((0, rows), (0, columns));
                amounts
            },
            0.0,
        )
    };
    let lower = pad(tril(&l, -1), 0, n - k);
    (lower.add(pad(u, m - k, 0)), pivots)
}

/// `X` with `A X = B`, `A` given by [`lu_factor`], `torch.linalg.lu_solve`, `torch.lu_solve`.
///
/// # Panics
/// On shapes that do not go together, and pivots that are not row numbers.
#[track_caller]
pub fn lu_solve(factors: &Tensor, pivots: &Tensor, b: &Tensor) -> Tensor {
    const OP: &str = "linalg.lu_solve";
    ok(factors.value().check_square(OP));
    let rows = &factors.shape()[..factors.ndim() - 1];
    if pivots.shape()[..] != *rows || b.ndim() < 2 || b.size(-2) != factors.size(-1) {
        raise(Error::Shape {
            op: OP,
            lhs: factors.shape().to_vec(),
            rhs: b.shape().to_vec(),
            rule: format!(
                "B must be a matrix with as many rows as A has, and pivots, of shape {}, one for each row",
                pivots.shape()
            ),
        });
    }
    let p = permutation(&pivots.to_dtype(crate::DType::I32), factors);
    let lower = triangular(factors, &mt(&p).matmul(b), false, true);
    triangular(factors, &lower, true, false)
}

impl Tensor {
    /// The Cholesky factor, `torch.cholesky`; see [`crate::linalg::cholesky`].
    #[track_caller]
    pub fn cholesky(&self, upper: bool) -> Tensor {
        cholesky(self, upper)
    }

    /// The reduced QR factors, `torch.qr`; see [`crate::linalg::qr`].
    #[track_caller]
    pub fn qr(&self) -> (Tensor, Tensor) {
        qr(self)
    }
}
