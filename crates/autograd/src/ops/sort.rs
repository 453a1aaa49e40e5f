//! Order along a dimension.

use ondol_tensor::Error;

use crate::{Op, Tensor, ok, raise};

impl Tensor {
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

    /// In order along the first dimension, `torch.msort`.
    #[track_caller]
    pub fn msort(&self) -> Tensor {
        self.sort(0, false).0
    }

    /// Where each element of the sorted tensor was, `torch.argsort`; stable.
    #[track_caller]
    pub fn argsort(&self, dim: isize, descending: bool) -> Tensor {
        self.sort(dim, descending).1
    }

    /// The `k` greatest (or least) along a dimension, in order, and where they were, `torch.topk`
    /// with `sorted=True`; NaN counts as greatest.
    ///
    /// # Panics
    /// Where the dimension has fewer than `k`.
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
}
