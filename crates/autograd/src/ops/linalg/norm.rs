//! Norms of matrices and condition numbers.

use ondol_tensor::{Error, wrap_dim};

use super::eigen::want_matrix;
use super::{inv, svdvals};
use crate::{Tensor, no_grad_guard, ok, raise};

/// Which norm: `"fro"`, `"nuc"`, or a number; infinities count as numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NormOrder {
    /// Frobenius: the root of the sum of squares.
    Fro,
    /// Nuclear: the sum of the singular values.
    Nuc,
    /// Of a matrix: ±1 the greatest or least sum of a column, ±∞ of a row, ±2 the greatest or
    /// least singular value. Of a vector, any.
    P(f64),
}

impl From<f64> for NormOrder {
    fn from(p: f64) -> Self {
        NormOrder::P(p)
    }
}
impl From<i32> for NormOrder {
    fn from(p: i32) -> Self {
        NormOrder::P(p.into())
    }
}
impl From<&str> for NormOrder {
    /// # Panics
    /// On a name that is neither `fro` nor `nuc`.
    #[track_caller]
    fn from(name: &str) -> Self {
        match name {
            "fro" => NormOrder::Fro,
            "nuc" => NormOrder::Nuc,
            other => raise(Error::value(
                "linalg.matrix_norm",
                format!("Order {other} not supported; there are \"fro\", \"nuc\" and numbers."),
            )),
        }
    }
}

/// The norm of the matrices in the last two dimensions, `torch.linalg.matrix_norm(ord)`.
///
/// ```
/// use ondol_autograd::{linalg, tensor};
/// let a = tensor!([[3.0, 0.0], [0.0, -4.0]]);
/// assert_eq!(linalg::matrix_norm(&a, "fro").item(), 5.0);
/// assert_eq!(linalg::matrix_norm(&a, "nuc").item(), 7.0);
/// assert_eq!(linalg::matrix_norm(&a, 2).item(), 4.0);
/// ```
///
/// # Panics
/// On another order; on integers.
#[track_caller]
pub fn matrix_norm(a: &Tensor, order: impl Into<NormOrder>) -> Tensor {
    matrix_norm_dim(a, order, [-2, -1], false)
}

/// [`matrix_norm`] of the matrices in two dimensions, `torch.linalg.matrix_norm(ord, dim, keepdim)`.
#[track_caller]
pub fn matrix_norm_dim(
    a: &Tensor,
    order: impl Into<NormOrder>,
    dim: [isize; 2],
    keepdim: bool,
) -> Tensor {
    const OP: &str = "linalg.matrix_norm";
    let order = order.into();
    want_matrix(OP, a);
    if !a.dtype().is_floating_point() {
        raise(Error::DType {
            op: OP,
            got: a.dtype().to_string(),
            expected: "a floating-point dtype".into(),
        });
    }
    let (r, c) = (
        ok(wrap_dim(OP, dim[0], a.ndim())) as isize,
        ok(wrap_dim(OP, dim[1], a.ndim())) as isize,
    );
    if r == c {
        raise(Error::value(
            OP,
            format!("dims must be different. Got ({}, {})", dim[0], dim[1]),
        ));
    }
    let result = match order {
        NormOrder::Fro => a.vector_norm(2.0, [r, c], true),
        NormOrder::Nuc => {
            let s = singular_values(a, r, c);
            kept(s.sum_dim(-1, false), r, c)
        }
        NormOrder::P(p) if p.abs() == 2.0 => {
            let s = singular_values(a, r, c);
            kept(extreme(&s, -1, p > 0.0, false), r, c)
        }
        NormOrder::P(p) if p.abs() == 1.0 => extreme(&a.abs().sum_dim(r, true), c, p > 0.0, true),
        NormOrder::P(p) if p.is_infinite() => extreme(&a.abs().sum_dim(c, true), r, p > 0.0, true),
        NormOrder::P(p) => raise(Error::value(OP, format!("Order {p} not supported."))),
    };
    if keepdim {
        return result;
    }
    let (first, second) = (r.min(c), r.max(c));
    result.squeeze_dim(second).squeeze_dim(first)
}

/// Singular values of the matrices in two dimensions.
#[track_caller]
fn singular_values(a: &Tensor, r: isize, c: isize) -> Tensor {
    let others = (0..a.ndim() as isize).filter(|d| *d != r && *d != c);
    let order: Vec<isize> = others.chain([r, c]).collect();
    svdvals(&a.permute(&order[..]))
}

/// With dimensions of size 1 where the matrix was.
#[track_caller]
fn kept(x: Tensor, r: isize, c: isize) -> Tensor {
    x.unsqueeze(r.min(c)).unsqueeze(r.max(c))
}

/// The greatest or the least along a dimension; the greatest of nothing is 0.
#[track_caller]
fn extreme(x: &Tensor, dim: isize, greatest: bool, keepdim: bool) -> Tensor {
    match greatest {
        true if x.size(dim) == 0 => x.sum_dim(dim, keepdim),
        true => x.amax(dim, keepdim),
        false => x.amin(dim, keepdim),
    }
}

/// The Euclidean length of all elements, `torch.linalg.norm`.
#[track_caller]
pub fn norm(a: &Tensor) -> Tensor {
    a.norm()
}

/// The norm of a vector or a matrix, `torch.linalg.norm(ord)`.
///
/// # Panics
/// On more dimensions, and orders that vectors or matrices do not have.
#[track_caller]
pub fn norm_order(a: &Tensor, order: impl Into<NormOrder>) -> Tensor {
    match (a.ndim(), order.into()) {
        (1, NormOrder::P(p)) => {
            if !a.dtype().is_floating_point() {
                raise(Error::DType {
                    op: "linalg.norm",
                    got: a.dtype().to_string(),
                    expected: "a floating-point dtype".into(),
                });
            }
            a.vector_norm(p, 0, false)
        }
        (1 | 2, order) => matrix_norm(a, order),
        (n, _) => raise(Error::Input {
            op: "linalg.norm",
            shape: a.shape().to_vec(),
            rule: format!(
                "If dim is not specified but ord is, the input must be 1D or 2D. Got {n}D."
            ),
        }),
    }
}

/// How much a matrix can enlarge relative errors, `torch.linalg.cond`: by `2` or `-2` (PyTorch's
/// default is 2) the greatest singular value over the least or the reverse; by other norms
/// `‖A‖ ‖A⁻¹‖`, which is infinite for a singular matrix.
///
/// # Panics
/// On matrices that are not square where the inverse is needed.
#[track_caller]
pub fn cond(a: &Tensor, order: impl Into<NormOrder>) -> Tensor {
    const OP: &str = "linalg.cond";
    let order = order.into();
    want_matrix(OP, a);
    if let NormOrder::P(p) = order
        && p.abs() == 2.0
    {
        let s = svdvals(a);
        let n = s.size(-1);
        if n == 0 {
            return s.sum_dim(-1, false);
        }
        let (greatest, least) = (s.select(-1, 0), s.select(-1, n as isize - 1));
        return match p > 0.0 {
            true => greatest.div(&least),
            false => least.div(&greatest),
        };
    }
    ok(a.value().check_square(OP));
    if a.numel() == 0 {
        return a.sum_dim([-2, -1], false);
    }
    let singular = {
        let _guard = no_grad_guard();
        super::det(a).eq(0.0)
    };
    // A singular matrix is replaced, so that the others of its batch keep theirs.
    let hidden = singular.unsqueeze(-1).unsqueeze(-1);
    let whole = Tensor::where_(
        &hidden.expand(a.shape()),
        super::eye_like(a, a.size(-1)).expand(a.shape()),
        a,
    );
    let product = matrix_norm(&whole, order).mul(matrix_norm(&inv(&whole), order));
    product.masked_fill(&singular, f64::INFINITY)
}

/// The dot products of vectors along a dimension, `torch.linalg.vecdot`; others broadcast. PyTorch's
/// default dimension is -1.
///
/// # Panics
/// On two dtypes.
#[track_caller]
pub fn vecdot(x: &Tensor, y: &Tensor, dim: isize) -> Tensor {
    if x.dtype() != y.dtype() {
        raise(Error::DType {
            op: "linalg.vecdot",
            got: format!("{} and {}", x.dtype(), y.dtype()),
            expected: "x and y to have the same dtype".into(),
        });
    }
    x.mul(y).sum_dim(dim, false).to_dtype(x.dtype())
}
