//! Rows by position along a dimension, and single elements of the whole.

use ondol_tensor::{DType, Error, wrap_dim};

use crate::ops::wrapped;
use crate::{Operand, ScatterReduce, Tensor, ok, raise};

impl Tensor {
    /// A 1-D index along a dimension, stretched over the others.
    #[track_caller]
    fn along(&self, op: &'static str, dim: isize, index: &Tensor) -> Tensor {
        let shape = self.shape();
        let d = ok(wrap_dim(op, dim, shape.ndim()));
        let n = index.numel();
        let mut line = vec![1; shape.ndim()];
        line[d] = n;
        index.reshape(&line[..]).expand(shape.with(d, n))
    }

    /// A copy with the rows of `src` in the places of a 1-D index along `dim`, `torch.index_copy`.
    ///
    /// # Panics
    /// On an index out of range, or where `src` has not one row for each.
    #[track_caller]
    pub fn index_copy(&self, dim: isize, index: &Tensor, src: &Tensor) -> Tensor {
        if self.ndim() == 0 {
            let line = self.unsqueeze(0);
            return line.index_copy(dim, index, &src.reshape(-1)).reshape(());
        }
        self.check_rows("index_copy", dim, index, src);
        self.scatter(dim, &self.along("index_copy", dim, index), src)
    }

    /// A copy with one value, a number or a 0-dim tensor, in the rows at the places of a 1-D index
    /// along `dim`; negative places count from the back. `torch.index_fill`.
    ///
    /// # Panics
    /// On an index out of range, or a value with dimensions.
    #[track_caller]
    pub fn index_fill(&self, dim: isize, index: &Tensor, value: impl Into<Operand>) -> Tensor {
        let value = value.into().to_tensor(self).to_dtype(self.dtype());
        if value.ndim() != 0 {
            raise(Error::Input {
                op: "index_fill",
                shape: value.shape().to_vec(),
                rule: "only supports a 0-dimensional value tensor".into(),
            });
        }
        if self.ndim() == 0 {
            return self.unsqueeze(0).index_fill(dim, index, value).reshape(());
        }
        let size = ok(self.dim_size("index_fill", dim));
        let places = Tensor::from(ok(wrapped(&index.value(), size)));
        let places = self.along("index_fill", dim, &places);
        let src = value.expand(places.shape());
        self.scatter(dim, &places, &src)
    }

    /// [`Tensor::index_add`] of `alpha · src`, `torch.index_add(alpha)`.
    #[track_caller]
    pub fn index_add_alpha(
        &self,
        dim: isize,
        index: &Tensor,
        src: &Tensor,
        alpha: impl Into<ondol_tensor::Scalar>,
    ) -> Tensor {
        self.index_add(dim, index, &src.mul(alpha.into()))
    }

    /// [`Tensor::scatter_reduce`] of whole rows at the places of a 1-D index along `dim`,
    /// `torch.index_reduce`.
    #[track_caller]
    pub fn index_reduce(
        &self,
        dim: isize,
        index: &Tensor,
        src: &Tensor,
        reduce: ScatterReduce,
        include_self: bool,
    ) -> Tensor {
        if self.ndim() == 0 {
            return self.scatter_reduce(dim, index, src, reduce, include_self);
        }
        self.check_rows("index_reduce", dim, index, src);
        let places = self.along("index_reduce", dim, index);
        self.scatter_reduce(dim, &places, src, reduce, include_self)
    }

    /// Elements by their row-major position, in the index's shape; negative ones count from the
    /// back. `torch.take`.
    ///
    /// # Panics
    /// On a position out of range.
    #[track_caller]
    pub fn take(&self, index: &Tensor) -> Tensor {
        let places = self.whole_places("take", index);
        self.reshape(-1)
            .index_select(0, &places)
            .reshape(index.shape())
    }

    /// A copy with the elements of `source` at row-major positions, or added there where
    /// `accumulate`; negative ones count from the back. `torch.put`.
    ///
    /// # Panics
    /// On a position out of range, or where index and source differ in size.
    #[track_caller]
    pub fn put(&self, index: &Tensor, source: &Tensor, accumulate: bool) -> Tensor {
        if index.numel() != source.numel() {
            raise(Error::Shape {
                op: "put",
                lhs: index.shape().to_vec(),
                rhs: source.shape().to_vec(),
                rule: format!(
                    "expected source and index to have the same number of elements, but got source.numel() = {}, \
                     index.numel() = {}",
                    source.numel(),
                    index.numel()
                ),
            });
        }
        let places = self.whole_places("put", index);
        let (line, source) = (self.reshape(-1), source.reshape(-1));
        let new = if accumulate {
            line.scatter_add(0, &places, &source)
        } else {
            line.scatter(0, &places, &source)
        };
        new.reshape(self.shape())
    }

    /// An index into all elements, as a vector.
    #[track_caller]
    fn whole_places(&self, op: &'static str, index: &Tensor) -> Tensor {
        if index.dtype() != DType::I64 {
            raise(Error::DType {
                op,
                got: format!("an index of {}", index.dtype()),
                expected: "an index of i64".into(),
            });
        }
        Tensor::from(ok(wrapped(&index.value(), self.numel()))).reshape(-1)
    }

    /// [`Tensor::gather`] where sizes of 1 stretch and negative places count from the back; without
    /// a dimension, of all elements. `torch.take_along_dim`.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// let x = tensor!([[10, 30, 20], [60, 40, 50]]);
    /// let order = x.argsort(1, false);
    /// assert_eq!(x.take_along_dim(&order, 1).to_vec::<i64>(), [10, 20, 30, 40, 50, 60]);
    /// assert_eq!(x.take_along_dim(&x.argmax(1, true), 1).to_vec::<i64>(), [30, 60]);
    /// ```
    ///
    /// # Panics
    /// On a place out of range, or other numbers of dimensions.
    #[track_caller]
    pub fn take_along_dim(&self, indices: &Tensor, dim: impl Into<Option<isize>>) -> Tensor {
        const OP: &str = "take_along_dim";
        let Some(dim) = dim.into() else {
            return self.reshape(-1).take_along_dim(&indices.reshape(-1), 0);
        };
        let (x, at) = (self.shape(), indices.shape());
        if x.ndim() != at.ndim() {
            raise(Error::Shape {
                op: OP,
                lhs: x.to_vec(),
                rhs: at.to_vec(),
                rule: format!(
                    "input and indices should have the same number of dimensions, but got {} dimensions for input, \
                     and {} dimensions for indices",
                    x.ndim(),
                    at.ndim()
                ),
            });
        }
        let size = ok(self.dim_size(OP, dim));
        let places = Tensor::from(ok(wrapped(&indices.value(), size)));
        if x.is_empty() {
            return self.gather(0, &places);
        }
        let d = ok(wrap_dim(OP, dim, x.ndim()));
        let shared = ok(x.clone().with(d, 1).broadcast(&at.clone().with(d, 1), OP));
        self.expand(shared.clone().with(d, x[d]))
            .gather(d as isize, &places.expand(shared.with(d, at[d])))
    }
}
