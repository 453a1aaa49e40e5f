//! Products over chosen dimensions: `tensordot`, `kron`, `cross`.

use ondol_tensor::{Error, Shape, wrap_dim};

use crate::{Tensor, ok, raise};

/// What `tensordot` sums over: so many dimensions, the last of one and the first of the other, or a
/// list of dimensions for each.
#[derive(Clone, Debug)]
pub enum ContractDims {
    /// How many.
    Count(usize),
    /// Which of the left and which of the right, in pairs.
    Lists(Vec<isize>, Vec<isize>),
}

impl From<usize> for ContractDims {
    fn from(n: usize) -> Self {
        ContractDims::Count(n)
    }
}
impl<const N: usize, const M: usize> From<([isize; N], [isize; M])> for ContractDims {
    fn from((left, right): ([isize; N], [isize; M])) -> Self {
        ContractDims::Lists(left.to_vec(), right.to_vec())
    }
}
impl From<(&[isize], &[isize])> for ContractDims {
    fn from((left, right): (&[isize], &[isize])) -> Self {
        ContractDims::Lists(left.to_vec(), right.to_vec())
    }
}

/// Dimensions counted from the front, none twice.
#[track_caller]
fn wrapped(dims: &[isize], ndim: usize) -> Vec<usize> {
    let mut out = Vec::with_capacity(dims.len());
    for &dim in dims {
        let d = ok(wrap_dim("tensordot", dim, ndim));
        if out.contains(&d) {
            raise(Error::value(
                "tensordot",
                format!("dim {d} appears multiple times in the list of dims"),
            ));
        }
        out.push(d);
    }
    out
}

impl Tensor {
    /// Sums of products over several dimensions of both, `torch.tensordot`: what is left of the
    /// one, then what is left of the other.
    ///
    /// ```
    /// use ondol_autograd::Tensor;
    /// let (a, b) = (Tensor::ones([2, 3, 4]), Tensor::ones([4, 3, 5]));
    /// assert_eq!(a.tensordot(&b, ([1, 2], [1, 0])).shape(), [2, 5]);
    /// assert_eq!(a.tensordot(&b, 1).shape(), [2, 3, 3, 5]);
    /// ```
    ///
    /// # Panics
    /// Where the sizes of a pair differ (a size of 1 broadcasts) or a dimension is named twice.
    #[track_caller]
    pub fn tensordot(&self, other: &Tensor, dims: impl Into<ContractDims>) -> Tensor {
        const OP: &str = "tensordot";
        let (left, right) = match dims.into() {
            ContractDims::Count(n) if n > self.ndim() || n > other.ndim() => raise(Error::value(
                OP,
                format!("tensordot expects dims < ndim_a or ndim_b, but got dims={n}"),
            )),
            ContractDims::Count(n) => {
                let first = self.ndim() - n;
                ((first..self.ndim()).collect(), (0..n).collect())
            }
            ContractDims::Lists(left, right) if left.len() != right.len() => raise(Error::value(
                OP,
                "both dimension lists should have same length",
            )),
            ContractDims::Lists(left, right) => {
                (wrapped(&left, self.ndim()), wrapped(&right, other.ndim()))
            }
        };
        let (mut a, mut b) = (self.clone(), other.clone());
        for (&l, &r) in left.iter().zip(&right) {
            match (a.shape()[l], b.shape()[r]) {
                (n, m) if n == m => {}
                (1, _) => b = b.sum_dim(r as isize, true),
                (_, 1) => a = a.sum_dim(l as isize, true),
                (n, m) => raise(Error::Shape {
                    op: OP,
                    lhs: self.shape().to_vec(),
                    rhs: other.shape().to_vec(),
                    rule: format!(
                        "contracted dimensions need to match, but first has size {n} in dim {l} and second has size {m} in dim {r}"
                    ),
                }),
            }
        }
        let (from_a, from_b) = (a.shape(), b.shape());
        let rest = |ndim: usize, dims: &[usize]| {
            (0..ndim).filter(|d| !dims.contains(d)).collect::<Vec<_>>()
        };
        let (rest_a, rest_b) = (rest(a.ndim(), &left), rest(b.ndim(), &right));
        let size =
            |shape: &Shape, dims: &[usize]| dims.iter().map(|&d| shape[d]).product::<usize>();
        let order = |first: &[usize], then: &[usize]| -> Vec<isize> {
            first.iter().chain(then).map(|&d| d as isize).collect()
        };
        let k = size(&from_a, &left);
        let rows = a
            .permute(&order(&rest_a, &left)[..])
            .reshape([size(&from_a, &rest_a), k]);
        let columns = b
            .permute(&order(&right, &rest_b)[..])
            .reshape([k, size(&from_b, &rest_b)]);
        let of = |shape: &Shape, dims: &[usize]| dims.iter().map(|&d| shape[d]).collect::<Vec<_>>();
        let out = [of(&from_a, &rest_a), of(&from_b, &rest_b)].concat();
        rows.product(&columns).reshape(out)
    }

    /// The Kronecker product, `torch.kron`: every element of `self` times all of `other`, block by
    /// block, in any number of dimensions.
    #[track_caller]
    pub fn kron(&self, other: &Tensor) -> Tensor {
        let n = self.ndim().max(other.ndim());
        let padded = |t: &Tensor| -> Vec<usize> {
            let shape = t.shape();
            std::iter::repeat_n(1, n - shape.ndim())
                .chain(shape.iter().copied())
                .collect()
        };
        let (a, b) = (padded(self), padded(other));
        let (mut spread_a, mut spread_b, mut out) = (vec![], vec![], vec![]);
        for d in 0..n {
            spread_a.extend([a[d], 1]);
            spread_b.extend([1, b[d]]);
            out.push(a[d] * b[d]);
        }
        self.reshape(spread_a)
            .mul(other.reshape(spread_b))
            .reshape(out)
    }

    /// The cross product of vectors of three along a dimension, `torch.cross`,
    /// `torch.linalg.cross`; without a dimension, along the first of size 3. Others broadcast.
    ///
    /// # Panics
    /// Where the size is not 3 or the numbers of dimensions differ.
    #[track_caller]
    pub fn cross(&self, other: &Tensor, dim: impl Into<Option<isize>>) -> Tensor {
        const OP: &str = "linalg.cross";
        let (a, b) = (self.shape(), other.shape());
        let fail = |rule: String| Error::Shape {
            op: OP,
            lhs: a.to_vec(),
            rhs: b.to_vec(),
            rule,
        };
        if a.ndim() != b.ndim() {
            raise(fail(
                "inputs must have the same number of dimensions.".into(),
            ));
        }
        let dim = match dim.into() {
            Some(dim) => ok(wrap_dim(OP, dim, a.ndim())),
            None => match a.iter().position(|&s| s == 3) {
                Some(dim) => dim,
                None => raise(fail("no dimension of size 3 in input".into())),
            },
        };
        if a.get(dim) != Some(&3) || b.get(dim) != Some(&3) {
            raise(fail(format!("inputs dimension {dim} must have length 3")));
        }
        let dim = dim as isize;
        let part = |i: isize| {
            let (j, k) = ((i + 1) % 3, (i + 2) % 3);
            let first = self.select(dim, j).mul(other.select(dim, k));
            first.sub(self.select(dim, k).mul(other.select(dim, j)))
        };
        Tensor::stack(&[part(0), part(1), part(2)], dim)
    }

    /// The product of a chain of matrices, `torch.chain_matmul`: [`crate::linalg::multi_dot`]
    /// under its older name, of one matrix too.
    #[track_caller]
    pub fn chain_matmul<T: std::borrow::Borrow<Tensor>>(matrices: &[T]) -> Tensor {
        match matrices {
            [one] => one.borrow().clone(),
            _ => crate::linalg::multi_dot(matrices),
        }
    }
}
