//! Picking and placing by index tensors.

use ondol_tensor::{Array, Error, Result, Scalar, Scatter, wrap_dim};

use crate::{Op, Operand, Tensor, ok, raise};

impl Tensor {
    /// `out[…, i, …] = self[…, index[…, i, …], …]` along `dim`, `torch.gather`.
    ///
    /// # Panics
    /// On an index out of range, one that is not `i64` or `i32`, or shapes that do not go together.
    #[track_caller]
    pub fn gather(&self, dim: isize, index: &Tensor) -> Tensor {
        let value = ok(self.value().gather(dim, &index.value()));
        let (shape, index) = (self.shape(), index.snapshot());
        Op::new("gather", [self])
            .rule(0, move |g| {
                Tensor::zeros_with(&shape, (g.dtype(), &g.device())).scatter_add(dim, &index, g)
            })
            .output(value)
    }

    /// A copy with `src` added at the places of `index` along `dim`, `torch.scatter_add`.
    #[track_caller]
    pub fn scatter_add(&self, dim: isize, index: &Tensor, src: &Tensor) -> Tensor {
        let value = ok(self
            .value()
            .scatter(Scatter::Add, dim, &index.value(), &src.value()));
        let (shape, index) = (src.shape(), index.snapshot());
        Op::new("scatter_add", [self, src])
            .rule(0, Tensor::clone)
            .rule(1, move |g| gathered(g, dim, &index, &shape))
            .output(value)
    }

    /// A copy with `src`, a tensor or a number, in the places of `index` along `dim`,
    /// `torch.scatter`. Where several land on one place the last stays.
    ///
    /// ```
    /// use ondol_autograd::{Tensor, tensor};
    /// let x = Tensor::zeros([2, 3]).scatter(1, &tensor!([[2], [0]]), 1.0);
    /// assert_eq!(x.to_vec::<f32>(), [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
    /// ```
    #[track_caller]
    pub fn scatter(&self, dim: isize, index: &Tensor, src: impl Into<Operand>) -> Tensor {
        let src = match src.into() {
            Operand::Tensor(t) => t,
            Operand::Scalar(s) => spread_number(self, s, index),
        };
        let value = ok(self
            .value()
            .scatter(Scatter::Set, dim, &index.value(), &src.value()));
        let (shape, left, right) = (src.shape(), index.snapshot(), index.snapshot());
        Op::new("scatter", [self, &src])
            .rule(0, move |g| {
                let zeros = Tensor::zeros_with(left.shape(), (g.dtype(), &g.device()));
                g.scatter(dim, &left, &zeros)
            })
            .rule(1, move |g| gathered(g, dim, &right, &shape))
            .output(value)
    }

    /// The rows of `dim` at the places of a 1-D `i64` index, `torch.index_select`.
    #[track_caller]
    pub fn index_select(&self, dim: isize, index: &Tensor) -> Tensor {
        let value = self.value().index_select(dim, &index.value());
        let value = ok(named("index_select", value));
        let (shape, index) = (self.shape(), index.snapshot());
        Op::new("index_select", [self])
            .rule(0, move |g| {
                Tensor::zeros_with(&shape, (g.dtype(), &g.device())).index_add(dim, &index, g)
            })
            .output(value)
    }

    /// A copy with the rows of `src` added at the places of a 1-D index along `dim`, `torch.index_add`.
    ///
    /// # Panics
    /// On an index out of range, or where `src` has not one row for each.
    #[track_caller]
    pub fn index_add(&self, dim: isize, index: &Tensor, src: &Tensor) -> Tensor {
        if self.ndim() == 0 {
            return self
                .unsqueeze(0)
                .index_add(0, index, &src.reshape(-1))
                .reshape(());
        }
        self.check_rows("index_add", dim, index, src);
        let value = ok(self.value().index_add(dim, &index.value(), &src.value()));
        let index = index.snapshot();
        Op::new("index_add", [self, src])
            .rule(0, Tensor::clone)
            .rule(1, move |g| g.index_select(dim, &index))
            .output(value)
    }
}

impl Tensor {
    /// Refuses a source that has not one row of this tensor's sizes for each place of a 1-D index.
    #[track_caller]
    pub(crate) fn check_rows(&self, op: &'static str, dim: isize, index: &Tensor, src: &Tensor) {
        let (to, from) = (self.shape(), src.shape());
        let d = ok(wrap_dim(op, dim, to.ndim()));
        let wrong = |rule: String| Error::Shape {
            op,
            lhs: to.to_vec(),
            rhs: from.to_vec(),
            rule,
        };
        if index.ndim() > 1 {
            raise(wrong(format!(
                "Index is supposed to be a vector, but has shape {}",
                index.shape()
            )));
        }
        if from.ndim() != to.ndim() || (0..to.ndim()).any(|i| i != d && from[i] != to[i]) {
            raise(wrong(format!(
                "Source/destination tensor must have same slice shapes, except at dimension {d}"
            )));
        }
        if index.numel() != from[d] {
            raise(wrong(format!(
                "Number of indices ({}) should be equal to source.size(dim): ({}), for dim: {d}",
                index.numel(),
                from[d]
            )));
        }
    }
}

/// A number for each place of an index.
#[track_caller]
pub(super) fn spread_number(like: &Tensor, number: Scalar, index: &Tensor) -> Tensor {
    Tensor::full_with((), number, (like.dtype(), &like.device())).expand(index.shape())
}

/// An error of a position under the name of what the user called.
pub(crate) fn named(name: &'static str, result: Result<Array>) -> Result<Array> {
    result.map_err(|error| match error {
        Error::Index {
            index, dim, size, ..
        } => Error::Index {
            op: name,
            index,
            dim,
            size,
        },
        Error::DType { got, expected, .. } => Error::DType {
            op: name,
            got,
            expected,
        },
        other => other,
    })
}

/// The gradient of what was placed: picked at the same places, 0 for what was not used.
#[track_caller]
fn gathered(g: &Tensor, dim: isize, index: &Tensor, shape: &ondol_tensor::Shape) -> Tensor {
    let picked = g.gather(dim, index);
    if &picked.shape() == shape {
        return picked;
    }
    let amounts: Vec<(usize, usize)> = (0..shape.ndim())
        .rev()
        .map(|d| (0, shape[d] - picked.shape()[d]))
        .collect();
    ok(wrap_dim("scatter", dim, shape.ndim()));
    picked.pad(&amounts, 0.0)
}
