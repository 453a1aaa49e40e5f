//! Diagonals.

use ondol_tensor::{Error, wrap_dim};

use crate::{DType, Tensor, ok, raise};

/// The diagonal of two dimensions as the last one, `torch.linalg.diagonal`: the one `offset` above
/// the main one, below where negative. PyTorch's defaults are 0, -2 and -1.
///
/// ```
/// use ondol_autograd::{linalg, tensor};
/// let a = tensor!([[1, 2, 3], [4, 5, 6]]);
/// assert_eq!(linalg::diagonal(&a, 1, -2, -1).to_vec::<i64>(), [2, 6]);
/// ```
#[track_caller]
pub fn diagonal(a: &Tensor, offset: isize, dim1: isize, dim2: isize) -> Tensor {
    const OP: &str = "linalg.diagonal";
    let first = ok(wrap_dim(OP, dim1, a.ndim()));
    let second = ok(wrap_dim(OP, dim2, a.ndim()));
    if first == second || a.ndim() < 2 {
        raise(Error::value(
            OP,
            format!("diagonal dimensions cannot be identical {dim1}, {dim2}"),
        ));
    }
    diagonal_of(a, offset, first, second)
}

/// As [`diagonal`], with dimensions counted from the front.
#[track_caller]
pub(crate) fn diagonal_of(a: &Tensor, offset: isize, first: usize, second: usize) -> Tensor {
    let others = (0..a.ndim()).filter(|&d| d != first && d != second);
    let order: Vec<isize> = others.chain([first, second]).map(|d| d as isize).collect();
    let a = a.permute(&order[..]);
    let (down, right) = ((-offset).max(0) as usize, offset.max(0) as usize);
    let (m, n) = (a.size(-2), a.size(-1));
    let length = m.saturating_sub(down).min(n.saturating_sub(right));
    if length == 0 {
        return a.narrow(-2, 0, 0).narrow(-1, 0, n.min(1)).flatten(-2, -1);
    }
    let square = a.narrow(-2, down, length).narrow(-1, right, length);
    let mut shape = square.shape();
    let last = shape.ndim() - 1;
    shape[last] = 1;
    let index = Tensor::arange_with(0i64, length, 1i64, (DType::I64, &a.device()));
    square
        .gather(-1, &index.unsqueeze(1).expand(&shape))
        .squeeze_dim(-1)
}
