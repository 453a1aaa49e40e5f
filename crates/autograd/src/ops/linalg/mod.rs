//! Linear algebra, `torch.linalg`: of one matrix, or of a batch in leading dimensions.
//!
//! Decompositions are computed on the host in `f64`, whatever device and dtype (`f32` or `f64`) they
//! are given, and meant for small matrices. Their gradient rules are tensor code, so that second
//! gradients follow. Singular values, eigenvalues and the like are real; `eig` of a matrix that is
//! not symmetric needs complex numbers and is not here.
//!
//! ```
//! use ondol_autograd::{linalg, tensor};
//! let a = tensor!([[2.0, 1.0], [1.0, 3.0]]);
//! let x = linalg::solve(&a, &tensor!([3.0, 5.0]));
//! assert!(a.mv(&x).sub(tensor!([3.0, 5.0])).abs().max().item() < 1e-6);
//! let (w, v) = linalg::eigh(&a, "L");
//! assert!(a.mm(&v).sub(v.mul(&w)).abs().max().item() < 1e-6);
//! ```

mod chain;
mod determinant;
mod diagonal;
mod eigen;
mod factor;
mod norm;
mod singular;
mod solve;

pub use chain::{matrix_exp, matrix_power, multi_dot};
pub use determinant::{det, slogdet};
pub use diagonal::diagonal;
pub use eigen::{eigh, eigvalsh};
pub use factor::{cholesky, lu, lu_factor, lu_solve, qr};
pub use norm::{NormOrder, cond, matrix_norm, matrix_norm_dim, norm, norm_order, vecdot};
pub use singular::{Lstsq, lstsq, matrix_rank, matrix_rank_tol, pinv, pinv_tol, svd, svdvals};
pub use solve::{inv, solve, solve_triangular, tensorinv, tensorsolve};

pub(crate) use diagonal::diagonal_of;

use crate::{DType, Tensor};

/// The transposes of the matrices.
#[track_caller]
fn mt(x: &Tensor) -> Tensor {
    x.transpose(-2, -1)
}

/// `row - column` of every element of the last two dimensions.
#[track_caller]
fn below(x: &Tensor) -> Tensor {
    let of = |n: usize| Tensor::arange_with(0i64, n, 1i64, (DType::I64, &x.device()));
    of(x.size(-2)).unsqueeze(1).sub(of(x.size(-1)))
}

/// The lower triangle, up to `k` diagonals above the main one; 0 elsewhere.
#[track_caller]
fn tril(x: &Tensor, k: i64) -> Tensor {
    x.masked_fill(&below(x).lt(-k), 0.0)
}

/// The upper triangle, from `k` diagonals above the main one on.
#[track_caller]
fn triu(x: &Tensor, k: i64) -> Tensor {
    x.masked_fill(&below(x).gt(-k), 0.0)
}

/// Identity matrices of `n`, like `x` otherwise.
#[track_caller]
fn eye_like(x: &Tensor, n: usize) -> Tensor {
    Tensor::eye_with(n, (x.dtype(), &x.device()))
}

/// Matrices with `v` on the diagonal.
#[track_caller]
fn diag_embed(v: &Tensor) -> Tensor {
    let n = v.size(-1);
    let mut shape = v.shape();
    shape.push(n);
    let wide = v.unsqueeze(-1).expand(&shape);
    let off = below(&wide).ne(0i64);
    wide.masked_fill(&off, 0.0)
}
