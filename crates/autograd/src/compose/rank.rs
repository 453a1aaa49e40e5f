//! Elements by their rank along a dimension: the k-th, the median, the most frequent.

use ondol_tensor::{DType, Error, wrap_dim};

use crate::{Op, Tensor, ok, raise};

impl Tensor {
    /// Refuses to look for an element along a dimension that has none.
    #[track_caller]
    fn some_along(&self, op: &'static str, dim: isize) -> usize {
        let size = ok(self.dim_size(op, dim));
        if size == 0 {
            let d = ok(wrap_dim(op, dim, self.ndim()));
            raise(Error::Input {
                op,
                shape: self.shape().to_vec(),
                rule: format!("Expected reduction dim {d} to have non-zero size."),
            });
        }
        size
    }

    /// The elements at `ranks` (size 1 along `dim`) of the ascending order, and where they are.
    #[track_caller]
    fn at_ranks(&self, dim: isize, ranks: &Tensor, keepdim: bool) -> (Tensor, Tensor) {
        let order = self.detach().argsort(dim, false);
        let indices = order.gather(dim, ranks);
        let values = self.gather(dim, &indices);
        if keepdim || self.ndim() == 0 {
            return (values, indices);
        }
        (values.squeeze_dim(dim), indices.squeeze_dim(dim))
    }

    /// One rank for every line along a dimension.
    #[track_caller]
    fn one_rank(&self, dim: isize, rank: usize) -> Tensor {
        let mut shape = self.shape();
        if !shape.is_empty() {
            let d = ok(wrap_dim("kthvalue", dim, shape.ndim()));
            shape[d] = 1;
        }
        Tensor::full_with(shape, rank as i64, (DType::I64, &self.device()))
    }

    /// The `k`-th least along a dimension, counted from 1, and where it is, `torch.kthvalue`; NaN
    /// counts as greatest.
    ///
    /// # Panics
    /// Where the dimension has fewer than `k`, or none.
    #[track_caller]
    pub fn kthvalue(&self, k: usize, dim: isize, keepdim: bool) -> (Tensor, Tensor) {
        let size = self.some_along("kthvalue", dim);
        if k == 0 || k > size {
            raise(Error::value(
                "kthvalue",
                format!(
                    "selected number k out of range for dimension {dim}: k is {k}, the size {size}"
                ),
            ));
        }
        self.at_ranks(dim, &self.one_rank(dim, k - 1), keepdim)
    }

    /// The middle one of all elements, of two middle ones the lower; NaN if any is, and of nothing.
    /// Elements equal to it share the gradient. `torch.median`.
    #[track_caller]
    pub fn median(&self) -> Tensor {
        self.middle(false)
    }

    /// [`Tensor::median`] of the elements that are not NaN, `torch.nanmedian`.
    #[track_caller]
    pub fn nanmedian(&self) -> Tensor {
        self.middle(true)
    }

    #[track_caller]
    fn middle(&self, skip_nan: bool) -> Tensor {
        if self.numel() == 0 {
            return Tensor::full_with((), f64::NAN, (self.dtype(), &self.device()));
        }
        let x = self.detach();
        let value = x.reshape(-1).median_along(0, false, skip_nan).0;
        let equal = Tensor::where_(&value.isnan(), x.isnan(), x.eq(&value));
        let op = Op::new("median", [self]);
        if !op.needs(0) {
            return value;
        }
        let equal = equal.to_dtype(self.dtype());
        let share = equal.div(equal.sum());
        op.rule(0, move |g| g.mul(&share)).output(value.value())
    }

    /// The middle element along a dimension, of two the lower, and where it is,
    /// `torch.median(dim, keepdim)`; NaN if any is.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// let (value, at) = tensor!([[3.0, 1.0, 4.0, 2.0]]).median_dim(1, false);
    /// assert_eq!((value.item(), at.item()), (2.0, 3.0));
    /// ```
    ///
    /// # Panics
    /// Where the dimension has no elements.
    #[track_caller]
    pub fn median_dim(&self, dim: isize, keepdim: bool) -> (Tensor, Tensor) {
        self.some_along("median", dim);
        self.median_along(dim, keepdim, false)
    }

    /// [`Tensor::median_dim`] of the elements that are not NaN, `torch.nanmedian(dim, keepdim)`.
    #[track_caller]
    pub fn nanmedian_dim(&self, dim: isize, keepdim: bool) -> (Tensor, Tensor) {
        self.some_along("nanmedian", dim);
        self.median_along(dim, keepdim, true)
    }

    #[track_caller]
    fn median_along(&self, dim: isize, keepdim: bool, skip_nan: bool) -> (Tensor, Tensor) {
        let n = ok(self.dim_size("median", dim));
        let middle = self.one_rank(dim, (n - 1) / 2);
        if !self.dtype().is_floating_point() {
            return self.at_ranks(dim, &middle, keepdim);
        }
        // NaN lies behind all numbers.
        let missing = self.detach().isnan().long().sum_dim(dim, true);
        let numbers = missing.neg().add(n);
        let ranks = if skip_nan {
            numbers.sub(1).clamp_min(0.0).floor_divide(2)
        } else {
            Tensor::where_(&missing.gt(0), &numbers, &middle)
        };
        self.at_ranks(dim, &ranks, keepdim)
    }

    /// The most frequent element along a dimension, of equally frequent ones the least, and where
    /// its last one is, `torch.mode`.
    ///
    /// # Panics
    /// Where the dimension has no elements.
    #[track_caller]
    pub fn mode(&self, dim: isize, keepdim: bool) -> (Tensor, Tensor) {
        self.some_along("mode", dim);
        if self.ndim() == 0 {
            return self.at_ranks(0, &self.one_rank(0, 0), keepdim);
        }
        let sorted = self.detach().sort(dim, false).0;
        // Runs of equals, numbered from 0.
        let run = new_runs(&sorted, dim).cumsum(dim).sub(1);
        let none = run.zeros_like();
        let lengths = none.scatter_add(dim, &run, &run.ones_like());
        let longest = lengths.argmax(dim, true);
        let last = lengths.cumsum(dim).gather(dim, &longest).sub(1);
        self.at_ranks(dim, &last, keepdim)
    }
}

/// 1 where an element differs from the one before it along a dimension, and at the first, `i64`.
#[track_caller]
pub(super) fn new_runs(x: &Tensor, dim: isize) -> Tensor {
    let n = ok(x.dim_size("unique", dim));
    if n == 0 {
        return x.long();
    }
    let first = x.narrow(dim, 0, 1).ones_like().long();
    let differs = x.narrow(dim, 1, n - 1).ne(x.narrow(dim, 0, n - 1)).long();
    Tensor::cat(&[&first, &differs], dim)
}
