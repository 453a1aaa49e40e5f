//! Systems of equations and inverses.

use ondol_tensor::{Error, Shape};

use super::{mt, tril, triu};
use crate::{Op, Tensor, ok, raise};

/// The inverse, `torch.linalg.inv`, `torch.inverse`.
///
/// To solve equations, [`solve`] is faster and more accurate.
///
/// # Panics
/// On a matrix that is singular or not square, and dtypes other than `f32` and `f64`.
#[track_caller]
pub fn inv(a: &Tensor) -> Tensor {
    let value = ok(a.value().inverse("linalg.inv"));
    Op::new("inv", [a])
        .rule_y(0, |g, y| mt(y).matmul(g).matmul(&mt(y)).neg())
        .output(value)
}

#[track_caller]
fn check_pair(op: &'static str, a: &Tensor, b: &Tensor, equation: &str, fits: bool) {
    let (sa, sb) = (a.shape(), b.shape());
    if a.dtype() != b.dtype() {
        raise(Error::DType {
            op,
            got: format!("{} and {}", a.dtype(), b.dtype()),
            expected: "A and B to have the same dtype".into(),
        });
    }
    if !fits {
        let size = |s: &Shape| {
            s[s.ndim() - 2..]
                .iter()
                .map(usize::to_string)
                .collect::<Vec<_>>()
                .join("x")
        };
        raise(Error::Shape {
            op,
            lhs: sa.to_vec(),
            rhs: sb.to_vec(),
            rule: format!(
                "Incompatible shapes of A and B for the equation {equation} ({} and {})",
                size(&sa),
                size(&sb)
            ),
        });
    }
}

/// `X` with `A X = B`, `torch.linalg.solve`: `A [.., n, n]`, `B [.., n, k]` or vectors `[.., n]`;
/// leading dimensions broadcast.
///
/// `B` counts as vectors where it has one dimension, or the shape of `A` without the last one.
///
/// # Panics
/// On a matrix that is singular or not square, shapes that do not go together, two dtypes, and
/// dtypes other than `f32` and `f64`.
#[track_caller]
pub fn solve(a: &Tensor, b: &Tensor) -> Tensor {
    const OP: &str = "linalg.solve";
    ok(a.value().check_square(OP));
    let (sa, sb) = (a.shape(), b.shape());
    let vector = sb.ndim() == 1 || sb[..] == sa[..sa.ndim() - 1];
    let columns = if vector { b.unsqueeze(-1) } else { b.clone() };
    let fits = columns.ndim() >= 2 && columns.size(-2) == a.size(-1);
    check_pair(OP, a, &columns, "AX = B", fits);
    let x = solved(a, &columns);
    if vector { x.squeeze_dim(-1) } else { x }
}

#[track_caller]
fn solved(a: &Tensor, b: &Tensor) -> Tensor {
    let value = ok(a.value().solve(&b.value()));
    let op = Op::new("solve", [a, b]);
    let (left, right) = (op.needs(0), op.needs(1));
    if !left && !right {
        return Tensor::from(value);
    }
    let (a1, a2) = (a.snapshot(), a.snapshot());
    op.rule_y(0, move |g, x| solved(&mt(&a1), g).matmul(&mt(x)).neg())
        .rule(1, move |g| solved(&mt(&a2), g))
        .output(value)
}

/// `X` with `A X = B`, or `X A = B` where not `left`, for triangular `A`,
/// `torch.linalg.solve_triangular`. The other triangle is not read, nor the diagonal where
/// `unitriangular`; a 0 on the diagonal gives `inf` or NaN.
///
/// PyTorch's defaults are `left = true`, `unitriangular = false`.
///
/// # Panics
/// On shapes that do not go together, two dtypes, and dtypes other than `f32` and `f64`.
#[track_caller]
pub fn solve_triangular(
    a: &Tensor,
    b: &Tensor,
    upper: bool,
    left: bool,
    unitriangular: bool,
) -> Tensor {
    const OP: &str = "linalg.solve_triangular";
    ok(a.value().check_square(OP));
    if b.ndim() < 2 {
        raise(Error::Input {
            op: OP,
            shape: b.shape().to_vec(),
            rule: "The input tensor B must have at least 2 dimensions.".into(),
        });
    }
    let (equation, size) = if left {
        ("AX = B", b.size(-2))
    } else {
        ("XA = B", b.size(-1))
    };
    check_pair(OP, a, b, equation, size == a.size(-1));
    if left {
        triangular(a, b, upper, unitriangular)
    } else {
        mt(&triangular(&mt(a), &mt(b), !upper, unitriangular))
    }
}

/// `X` with `A X = B`, `A` triangular.
#[track_caller]
pub(super) fn triangular(a: &Tensor, b: &Tensor, upper: bool, unit: bool) -> Tensor {
    let value = ok(a.value().solve_triangular(&b.value(), upper, unit));
    let op = Op::new("solve_triangular", [a, b]);
    let (left, right) = (op.needs(0), op.needs(1));
    if !left && !right {
        return Tensor::from(value);
    }
    let (a1, a2) = (a.snapshot(), a.snapshot());
    op.rule_y(0, move |g, x| {
        let whole = triangular(&mt(&a1), g, !upper, unit).matmul(&mt(x)).neg();
        let off = i64::from(unit);
        if upper {
            triu(&whole, off)
        } else {
            tril(&whole, -off)
        }
    })
    .rule(1, move |g| triangular(&mt(&a2), g, !upper, unit))
    .output(value)
}

/// The inverse of a tensor as a map from its last dimensions to its first `ind`,
/// `torch.linalg.tensorinv`; PyTorch's default is 2.
///
/// # Panics
/// Where the product of the first `ind` sizes is not that of the others; where `ind` is 0.
#[track_caller]
pub fn tensorinv(a: &Tensor, ind: usize) -> Tensor {
    const OP: &str = "linalg.tensorinv";
    if ind == 0 {
        raise(Error::value(
            OP,
            "Expected a strictly positive integer for 'ind'",
        ));
    }
    let shape = a.shape();
    let (first, last) = shape.split_at(ind.min(shape.ndim()));
    let (rows, columns): (usize, usize) = (first.iter().product(), last.iter().product());
    if rows != columns {
        raise(Error::Input {
            op: OP,
            shape: shape.to_vec(),
            rule: format!(
                "the sizes before dimension {ind} must make as many elements as those after it, but they make {rows} and {columns}"
            ),
        });
    }
    let to = [last, first].concat();
    inv(&a.reshape([rows, columns])).reshape(to)
}

/// `X` with `tensordot(A, X, X.ndim()) = B`, `torch.linalg.tensorsolve` with `dims=None`.
///
/// # Panics
/// Where the sizes of `A` behind those of `B` do not make as many elements as `B` has.
#[track_caller]
pub fn tensorsolve(a: &Tensor, b: &Tensor) -> Tensor {
    const OP: &str = "linalg.tensorsolve";
    let (sa, sb) = (a.shape(), b.shape());
    let last = sa[sb.ndim().min(sa.ndim())..].to_vec();
    let n = sb.numel();
    if last.iter().product::<usize>() != n || sa.numel() != n * n {
        raise(Error::Shape {
            op: OP,
            lhs: sa.to_vec(),
            rhs: sb.to_vec(),
            rule: "the sizes of A behind those of B must make as many elements as B has".into(),
        });
    }
    solve(&a.reshape([n, n]), &b.reshape(n)).reshape(last)
}

impl Tensor {
    /// The inverse, `torch.Tensor.inverse`; see [`crate::linalg::inv`].
    #[track_caller]
    pub fn inverse(&self) -> Tensor {
        inv(self)
    }

    /// `X` with `A X = self`, `A` given by its Cholesky factor, `torch.cholesky_solve`.
    ///
    /// # Panics
    /// On shapes that do not go together.
    #[track_caller]
    pub fn cholesky_solve(&self, factor: &Tensor, upper: bool) -> Tensor {
        const OP: &str = "cholesky_solve";
        ok(factor.value().check_square(OP));
        let fits = self.ndim() >= 2 && self.size(-2) == factor.size(-1);
        if !fits {
            raise(Error::Shape {
                op: OP,
                lhs: factor.shape().to_vec(),
                rhs: self.shape().to_vec(),
                rule: "b must be a matrix with as many rows as A has".into(),
            });
        }
        let half = |b: &Tensor, lower: bool| {
            let as_is = lower != upper;
            let factor = if as_is { factor.clone() } else { mt(factor) };
            triangular(&factor, b, !lower, false)
        };
        half(&half(self, true), false)
    }

    /// The inverse of the matrix whose Cholesky factor this is, `torch.cholesky_inverse`.
    ///
    /// # Panics
    /// Where a number on the diagonal is 0.
    #[track_caller]
    pub fn cholesky_inverse(&self, upper: bool) -> Tensor {
        let lower = if upper { mt(self) } else { self.clone() };
        let factor = tril(&lower, 0);
        // The error names the diagonal element, as PyTorch's does.
        let inverse = {
            let value = ok(factor.value().inverse("cholesky_inverse"));
            Op::new("inv", [&factor])
                .rule_y(0, |g, y| mt(y).matmul(g).matmul(&mt(y)).neg())
                .output(value)
        };
        mt(&inverse).matmul(&inverse)
    }
}
