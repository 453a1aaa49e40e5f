//! Products of many matrices, powers, the exponential.

use std::borrow::Borrow;

use ondol_tensor::Error;

use super::{eye_like, inv, mt};
use crate::{Op, Tensor, ok, raise};

/// The product of matrices in the order that costs least, `torch.linalg.multi_dot`; the first and
/// the last may be vectors.
///
/// ```
/// use ondol_autograd::{Tensor, linalg};
/// let (a, b, c) = (Tensor::ones([2, 100]), Tensor::ones([100, 3]), Tensor::ones(3));
/// assert_eq!(linalg::multi_dot(&[&a, &b, &c]).to_vec::<f32>(), [300.0, 300.0]);
/// ```
///
/// # Panics
/// On fewer than two, on another rank, and where neighbours do not go together.
#[track_caller]
pub fn multi_dot<T: Borrow<Tensor>>(matrices: &[T]) -> Tensor {
    const OP: &str = "multi_dot";
    let n = matrices.len();
    if n < 2 {
        raise(Error::value(
            OP,
            format!("multi_dot(): expected at least 2 tensors but got {n}"),
        ));
    }
    let mut all: Vec<Tensor> = matrices.iter().map(|t| t.borrow().clone()).collect();
    for (i, t) in all.iter().enumerate() {
        let end = i == 0 || i == n - 1;
        if !(t.ndim() == 2 || (end && t.ndim() == 1)) {
            raise(Error::Input {
                op: OP,
                shape: t.shape().to_vec(),
                rule: format!(
                    "tensor {i} must be {} but got {}D",
                    if end { "1D or 2D" } else { "2D" },
                    t.ndim()
                ),
            });
        }
    }
    let (row, column) = (all[0].ndim() == 1, all[n - 1].ndim() == 1);
    if row {
        all[0] = all[0].unsqueeze(0);
    }
    if column {
        all[n - 1] = all[n - 1].unsqueeze(1);
    }
    for (i, pair) in all.windows(2).enumerate() {
        if pair[0].size(1) != pair[1].size(0) {
            raise(Error::Shape {
                op: OP,
                lhs: matrices[i].borrow().shape().to_vec(),
                rhs: matrices[i + 1].borrow().shape().to_vec(),
                rule: format!("tensors {i} and {} cannot be multiplied", i + 1),
            });
        }
    }
    let mut sizes: Vec<usize> = all.iter().map(|t| t.size(0)).collect();
    sizes.push(all[n - 1].size(1));
    let cuts = cheapest(&sizes);
    let product = multiply(&all, &cuts, 0, n - 1);
    match (row, column) {
        (true, true) => product.reshape(()),
        (true, false) => product.squeeze_dim(0),
        (false, true) => product.squeeze_dim(1),
        (false, false) => product,
    }
}

/// Where to cut the chain from `i` to `j`: matrix `i` is `sizes[i]` by `sizes[i + 1]`.
fn cheapest(sizes: &[usize]) -> Vec<Vec<usize>> {
    let n = sizes.len() - 1;
    let mut cost = vec![vec![0.0f64; n]; n];
    let mut cut = vec![vec![0; n]; n];
    for length in 1..n {
        for i in 0..n - length {
            let j = i + length;
            cost[i][j] = f64::INFINITY;
            for k in i..j {
                let own = sizes[i] as f64 * sizes[k + 1] as f64 * sizes[j + 1] as f64;
                let total = cost[i][k] + cost[k + 1][j] + own;
                if total < cost[i][j] {
                    (cost[i][j], cut[i][j]) = (total, k);
                }
            }
        }
    }
    cut
}

#[track_caller]
fn multiply(all: &[Tensor], cuts: &[Vec<usize>], i: usize, j: usize) -> Tensor {
    if i == j {
        return all[i].clone();
    }
    let k = cuts[i][j];
    multiply(all, cuts, i, k).mm(&multiply(all, cuts, k + 1, j))
}

/// `Aⁿ` by repeated squaring, `torch.linalg.matrix_power`; a negative `n` is a power of the inverse.
///
/// # Panics
/// On matrices that are not square, or singular where `n` is negative.
#[track_caller]
pub fn matrix_power(a: &Tensor, n: i64) -> Tensor {
    ok(a.value().check_square("linalg.matrix_power"));
    if n == 0 {
        return eye_like(a, a.size(-1)).expand(a.shape()).clone_data();
    }
    let mut base = if n < 0 { inv(a) } else { a.clone() };
    let mut left = n.unsigned_abs();
    let mut product: Option<Tensor> = None;
    loop {
        if left & 1 == 1 {
            product = Some(match product {
                Some(product) => product.matmul(&base),
                None => base.clone(),
            });
        }
        left >>= 1;
        match product {
            Some(product) if left == 0 => return product,
            _ => base = base.matmul(&base),
        }
    }
}

/// The exponential of matrices, `torch.linalg.matrix_exp`, `torch.matrix_exp`: `Σ Aᵏ / k!`.
///
/// # Panics
/// On matrices that are not square, and on integers.
#[track_caller]
pub fn matrix_exp(a: &Tensor) -> Tensor {
    let value = ok(a.value().matrix_exp());
    let op = Op::new("matrix_exp", [a]);
    if !op.needs(0) {
        return Tensor::from(value);
    }
    let a = a.snapshot();
    op.rule(0, move |g| {
        // The upper right block of the exponential of [[Aᵀ, g], [0, Aᵀ]].
        let (at, n) = (mt(&a), a.size(-1));
        let upper = Tensor::cat(&[at.clone(), g.clone()], -1);
        let lower = Tensor::cat(&[g.zeros_like(), at], -1);
        let whole = matrix_exp(&Tensor::cat(&[upper, lower], -2));
        whole.narrow(-2, 0, n).narrow(-1, n, n)
    })
    .output(value)
}

impl Tensor {
    /// A power of the matrices, `torch.matrix_power`; see [`crate::linalg::matrix_power`].
    #[track_caller]
    pub fn matrix_power(&self, n: i64) -> Tensor {
        matrix_power(self, n)
    }

    /// The exponential of the matrices, `torch.Tensor.matrix_exp`; see
    /// [`crate::linalg::matrix_exp`].
    #[track_caller]
    pub fn matrix_exp(&self) -> Tensor {
        matrix_exp(self)
    }
}
