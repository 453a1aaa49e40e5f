//! One tensor in pieces, and pieces as one.

use std::borrow::Borrow;

use ondol_tensor::Error;

use crate::{Scope, Tensor, ok, raise};

/// Where a dimension is cut: into so many parts, or before these positions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sections {
    /// So many parts.
    Count(usize),
    /// Before each of these positions; negative ones count from the back.
    At(Vec<isize>),
}

impl From<usize> for Sections {
    fn from(n: usize) -> Self {
        Sections::Count(n)
    }
}
impl From<i32> for Sections {
    fn from(n: i32) -> Self {
        Sections::Count(n.max(0) as usize)
    }
}
macro_rules! sections_from {
    ($($t:ty),*) => {$(
        impl From<&[$t]> for Sections {
            fn from(at: &[$t]) -> Self { Sections::At(at.iter().map(|&i| i as isize).collect()) }
        }
        impl<const N: usize> From<[$t; N]> for Sections {
            fn from(at: [$t; N]) -> Self { Sections::from(&at[..]) }
        }
        impl From<Vec<$t>> for Sections {
            fn from(at: Vec<$t>) -> Self { Sections::from(&at[..]) }
        }
    )*};
}
sections_from!(i32, i64, isize, usize);

/// Pieces that may have too few dimensions, each made so by `to`.
#[track_caller]
fn raised<T: Borrow<Tensor>>(
    op: &'static str,
    tensors: &[T],
    to: fn(&Tensor) -> Tensor,
) -> Vec<Tensor> {
    if tensors.is_empty() {
        raise(Error::value(op, "expects a non-empty TensorList"));
    }
    let _here = Scope::here();
    tensors.iter().map(|t| to(t.borrow())).collect()
}

impl Tensor {
    /// Pieces of these sizes along a dimension, `torch.split_with_sizes`.
    ///
    /// # Panics
    /// Where the sizes do not sum to the dimension's.
    #[track_caller]
    pub fn split_with_sizes(&self, sizes: &[usize], dim: isize) -> Vec<Tensor> {
        const OP: &str = "split_with_sizes";
        let n = ok(self.dim_size(OP, dim));
        if sizes.iter().sum::<usize>() != n {
            raise(Error::Input {
                op: OP,
                shape: self.shape().to_vec(),
                rule: format!(
                    "expects split_sizes to sum exactly to {n} (input tensor's size at dimension {dim}), but got \
                     split_sizes={sizes:?}"
                ),
            });
        }
        let mut pieces = Vec::with_capacity(sizes.len());
        let mut start = 0;
        for &size in sizes {
            pieces.push(self.narrow(dim, start, size));
            start += size;
        }
        pieces
    }

    /// Pieces along a dimension, as equal as they can be, or cut before given positions;
    /// `torch.tensor_split`.
    ///
    /// ```
    /// use ondol_autograd::Tensor;
    /// let x = Tensor::arange(0, 7, 1);
    /// let sizes = |pieces: Vec<Tensor>| pieces.iter().map(Tensor::numel).collect::<Vec<_>>();
    /// assert_eq!(sizes(x.tensor_split(3, 0)), [3, 2, 2]);
    /// assert_eq!(sizes(x.tensor_split([1, 5], 0)), [1, 4, 2]);
    /// ```
    ///
    /// # Panics
    /// On no parts, or a 0-dim tensor.
    #[track_caller]
    pub fn tensor_split(&self, sections: impl Into<Sections>, dim: isize) -> Vec<Tensor> {
        const OP: &str = "tensor_split";
        self.dimensions(OP, 1);
        let n = ok(self.dim_size(OP, dim));
        let cuts: Vec<usize> = match sections.into() {
            Sections::Count(0) => raise(Error::value(
                OP,
                "number of sections must be larger than 0, got 0",
            )),
            Sections::Count(k) => (1..k).map(|i| i * (n / k) + i.min(n % k)).collect(),
            Sections::At(at) => {
                let inside =
                    |&i: &isize| (if i < 0 { i + n as isize } else { i }).clamp(0, n as isize);
                at.iter().map(|i| inside(i) as usize).collect()
            }
        };
        let mut pieces = Vec::with_capacity(cuts.len() + 1);
        let mut start = 0;
        for end in cuts.into_iter().chain([n]) {
            pieces.push(self.narrow(dim, start.min(n), end.saturating_sub(start)));
            start = end;
        }
        pieces
    }

    #[track_caller]
    fn dimensions(&self, op: &'static str, least: usize) {
        if self.ndim() < least {
            raise(Error::Input {
                op,
                shape: self.shape().to_vec(),
                rule: format!(
                    "requires a tensor with at least {least} dimension, but got a tensor with {} dimensions!",
                    self.ndim()
                ),
            });
        }
    }

    #[track_caller]
    fn even_split(&self, op: &'static str, sections: Sections, dim: usize) -> Vec<Tensor> {
        let size = self.shape()[dim];
        if let Sections::Count(k) = sections
            && (k == 0 || !size.is_multiple_of(k))
        {
            raise(Error::Input {
                op,
                shape: self.shape().to_vec(),
                rule: format!(
                    "attempted to split along dimension {dim}, but the size of the dimension {size} is not divisible \
                     by the split_size {k}!"
                ),
            });
        }
        self.tensor_split(sections, dim as isize)
    }

    /// Equal pieces from left to right, or cut before given columns, `torch.hsplit`; of a vector
    /// along its only dimension.
    ///
    /// # Panics
    /// Where the parts would not be equal, or on a 0-dim tensor.
    #[track_caller]
    pub fn hsplit(&self, sections: impl Into<Sections>) -> Vec<Tensor> {
        self.dimensions("hsplit", 1);
        let dim = usize::from(self.ndim() > 1);
        self.even_split("hsplit", sections.into(), dim)
    }

    /// Equal pieces from top to bottom, or cut before given rows, `torch.vsplit`.
    ///
    /// # Panics
    /// Where the parts would not be equal, or with fewer than two dimensions.
    #[track_caller]
    pub fn vsplit(&self, sections: impl Into<Sections>) -> Vec<Tensor> {
        self.dimensions("vsplit", 2);
        self.even_split("vsplit", sections.into(), 0)
    }

    /// Equal pieces along the third dimension, or cut before given positions, `torch.dsplit`.
    ///
    /// # Panics
    /// Where the parts would not be equal, or with fewer than three dimensions.
    #[track_caller]
    pub fn dsplit(&self, sections: impl Into<Sections>) -> Vec<Tensor> {
        self.dimensions("dsplit", 3);
        self.even_split("dsplit", sections.into(), 2)
    }

    /// Every position of a dimension as a tensor without it, `torch.unbind`: views.
    ///
    /// # Panics
    /// On a 0-dim tensor.
    #[track_caller]
    pub fn unbind(&self, dim: isize) -> Vec<Tensor> {
        self.dimensions("unbind", 1);
        let n = ok(self.dim_size("unbind", dim));
        let _here = Scope::here();
        (0..n).map(|i| self.select(dim, i as isize)).collect()
    }

    /// [`Tensor::cat`], `torch.concat`, `torch.concatenate`.
    #[track_caller]
    pub fn concat<T: Borrow<Tensor>>(tensors: &[T], dim: isize) -> Tensor {
        Tensor::cat(tensors, dim)
    }

    /// Side by side: vectors one after another, others along their columns, `torch.hstack`.
    ///
    /// # Panics
    /// On nothing, or sizes that do not match.
    #[track_caller]
    pub fn hstack<T: Borrow<Tensor>>(tensors: &[T]) -> Tensor {
        let parts = raised("hstack", tensors, Tensor::atleast_1d);
        let dim = isize::from(parts[0].ndim() > 1);
        Tensor::cat(&parts, dim)
    }

    /// On top of each other; a vector is a row. `torch.vstack`, `torch.row_stack`.
    ///
    /// # Panics
    /// On nothing, or sizes that do not match.
    #[track_caller]
    pub fn vstack<T: Borrow<Tensor>>(tensors: &[T]) -> Tensor {
        Tensor::cat(&raised("vstack", tensors, Tensor::atleast_2d), 0)
    }

    /// [`Tensor::vstack`], `torch.row_stack`.
    #[track_caller]
    pub fn row_stack<T: Borrow<Tensor>>(tensors: &[T]) -> Tensor {
        Tensor::vstack(tensors)
    }

    /// Behind each other, along a third dimension, `torch.dstack`.
    ///
    /// # Panics
    /// On nothing, or sizes that do not match.
    #[track_caller]
    pub fn dstack<T: Borrow<Tensor>>(tensors: &[T]) -> Tensor {
        Tensor::cat(&raised("dstack", tensors, Tensor::atleast_3d), 2)
    }

    /// Side by side; a vector is a column. `torch.column_stack`.
    ///
    /// # Panics
    /// On nothing, or sizes that do not match.
    #[track_caller]
    pub fn column_stack<T: Borrow<Tensor>>(tensors: &[T]) -> Tensor {
        let column = |t: &Tensor| match t.ndim() {
            0 | 1 => t.reshape((-1, 1)),
            _ => t.clone(),
        };
        Tensor::cat(&raised("column_stack", tensors, column), 1)
    }

    /// Matrices along the diagonal of one, zeros beside them; a vector is a row.
    /// `torch.block_diag`.
    ///
    /// # Panics
    /// On more than two dimensions.
    #[track_caller]
    pub fn block_diag<T: Borrow<Tensor>>(tensors: &[T]) -> Tensor {
        if let Some(i) = tensors.iter().position(|t| t.borrow().ndim() > 2) {
            raise(Error::Input {
                op: "block_diag",
                shape: tensors[i].borrow().shape().to_vec(),
                rule: format!("Input tensors must have 2 or fewer dimensions. Input {i} has more"),
            });
        }
        if tensors.is_empty() {
            return Tensor::zeros([1, 0]);
        }
        let blocks = raised("block_diag", tensors, Tensor::atleast_2d);
        let width: usize = blocks.iter().map(|b| b.size(1)).sum();
        let mut rows = Vec::with_capacity(blocks.len());
        let mut before = 0;
        for block in &blocks {
            let own = block.size(1);
            rows.push(block.pad(&[(before, width - before - own)], 0.0));
            before += own;
        }
        Tensor::cat(&rows, 0)
    }

    /// The powers of a vector's elements as columns, `n` of them (as many as elements, without a
    /// number), from the highest to 1 or, where `increasing`, from 1 up; `torch.vander`.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// assert_eq!(tensor!([2, 3]).vander(3, false).to_vec::<i64>(), [4, 2, 1, 9, 3, 1]);
    /// ```
    ///
    /// # Panics
    /// On what is not a vector.
    #[track_caller]
    pub fn vander(&self, n: impl Into<Option<usize>>, increasing: bool) -> Tensor {
        if self.ndim() != 1 {
            raise(Error::Input {
                op: "vander",
                shape: self.shape().to_vec(),
                rule: "x must be a one-dimensional tensor.".into(),
            });
        }
        let n = n.into().unwrap_or(self.numel());
        let x = if self.dtype().is_floating_point() {
            self.clone()
        } else {
            self.long()
        };
        let mut powers = vec![x.ones_like()];
        for i in 1..n {
            powers.push(powers[i - 1].mul(&x));
        }
        powers.truncate(n);
        if n == 0 {
            return x.unsqueeze(1).narrow(1, 0, 0);
        }
        if !increasing {
            powers.reverse();
        }
        Tensor::stack(&powers, 1)
    }
}
