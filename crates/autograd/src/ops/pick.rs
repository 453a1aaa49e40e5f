//! Picking and placing by index tensors, sorting.

use ondol_tensor::{Array, Error, Result, Scatter, wrap_dim};

use crate::{Op, Tensor, ok, raise};

impl Tensor {
    /// `out[…, i, …] = self[…, index[…, i, …], …]` along `dim`, `torch.gather`.
    ///
    /// # Panics
    /// On an index out of range, one that is not `i64`, or shapes that do not go together.
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

    /// A copy with `src` in the places of `index` along `dim`, `torch.scatter`. Where several land on
    /// one place the last stays.
    #[track_caller]
    pub fn scatter(&self, dim: isize, index: &Tensor, src: &Tensor) -> Tensor {
        let value = ok(self
            .value()
            .scatter(Scatter::Set, dim, &index.value(), &src.value()));
        let (shape, left, right) = (src.shape(), index.snapshot(), index.snapshot());
        Op::new("scatter", [self, src])
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
    #[track_caller]
    pub fn index_add(&self, dim: isize, index: &Tensor, src: &Tensor) -> Tensor {
        if self.ndim() == 0 {
            return self
                .unsqueeze(0)
                .index_add(0, index, &src.reshape(-1))
                .reshape(());
        }
        let value = ok(self.value().index_add(dim, &index.value(), &src.value()));
        let index = index.snapshot();
        Op::new("index_add", [self, src])
            .rule(0, Tensor::clone)
            .rule(1, move |g| g.index_select(dim, &index))
            .output(value)
    }

    /// Values in order along a dimension and where each was, `torch.sort`; stable, NaN last.
    #[track_caller]
    pub fn sort(&self, dim: isize, descending: bool) -> (Tensor, Tensor) {
        let (values, indices) = ok(self.value().sort(dim, descending));
        let indices = Tensor::from(indices);
        let (shape, index) = (self.shape(), indices.snapshot());
        let values = Op::new("sort", [self])
            .rule(0, move |g| {
                Tensor::zeros_with(&shape, (g.dtype(), &g.device())).scatter_add(dim, &index, g)
            })
            .output(values);
        (values, indices)
    }

    /// Where each element of the sorted tensor was, `torch.argsort`.
    #[track_caller]
    pub fn argsort(&self, dim: isize, descending: bool) -> Tensor {
        self.sort(dim, descending).1
    }

    /// The `k` greatest (or least) along a dimension, in order, and where they were, `torch.topk`.
    #[track_caller]
    pub fn topk(&self, k: usize, dim: isize, largest: bool) -> (Tensor, Tensor) {
        let size = ok(self.dim_size("topk", dim));
        if k > size {
            raise(Error::value(
                "topk",
                format!("selected index k out of range: k is {k}, dimension {dim} has size {size}"),
            ));
        }
        let (values, indices) = self.sort(dim, largest);
        if self.ndim() == 0 {
            return (values, indices);
        }
        (values.narrow(dim, 0, k), indices.narrow(dim, 0, k))
    }

    /// For each class index a row of `classes` zeros with a 1 at it, `i64`,
    /// `torch.nn.functional.one_hot`.
    #[track_caller]
    pub fn one_hot(&self, classes: usize) -> Tensor {
        let mut shape = self.shape();
        shape.push(classes);
        let zeros = Tensor::zeros_with(&shape, (self.dtype(), &self.device())).value();
        let places = self.unsqueeze(-1);
        let ones = places.ones_like().value();
        let value = zeros.scatter(Scatter::Set, -1, &places.value(), &ones);
        Tensor::from(ok(named("one_hot", value)))
    }
}

/// An error of a position under the name of what the user called.
fn named(name: &'static str, result: Result<Array>) -> Result<Array> {
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
