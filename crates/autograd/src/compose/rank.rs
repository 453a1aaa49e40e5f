//! Elements by their rank along a dimension: the k-th, the median, quantiles, the most frequent.

use ondol_tensor::{DType, Error, wrap_dim};

use crate::{Op, Operand, Tensor, ok, raise};

/// What a quantile between two elements is, `torch.quantile`'s `interpolation`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Interpolation {
    /// On the line between them.
    #[default]
    Linear,
    /// The lower one.
    Lower,
    /// The higher one.
    Higher,
    /// The middle of both.
    Midpoint,
    /// The nearer one; of two equally near ones that of even rank.
    Nearest,
}

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
        let equal = Tensor::where_(&value.isnan(), &x.isnan(), &x.eq(&value));
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

    /// The elements below which the fractions `q` (a number or a vector) lie, along a dimension or
    /// of all, `torch.quantile`; NaN if any is. A vector `q` gives a first dimension.
    ///
    /// ```
    /// use ondol_autograd::{Interpolation, tensor};
    /// let x = tensor!([3.0, 1.0, 4.0, 1.0]);
    /// assert_eq!(x.quantile(0.5, None, false, Interpolation::Linear).item(), 2.0);
    /// let ends = x.quantile(tensor!([0.0, 1.0]), 0, false, Interpolation::Linear);
    /// assert_eq!(ends.to_vec::<f32>(), [1.0, 4.0]);
    /// ```
    ///
    /// # Panics
    /// On dtypes other than `f32` and `f64`, no elements, or a `q` outside of `[0, 1]`.
    #[track_caller]
    pub fn quantile(
        &self,
        q: impl Into<Operand>,
        dim: impl Into<Option<isize>>,
        keepdim: bool,
        interpolation: Interpolation,
    ) -> Tensor {
        self.quantiles(q.into(), dim.into(), keepdim, interpolation, false)
    }

    /// [`Tensor::quantile`] of the elements that are not NaN, `torch.nanquantile`.
    #[track_caller]
    pub fn nanquantile(
        &self,
        q: impl Into<Operand>,
        dim: impl Into<Option<isize>>,
        keepdim: bool,
        interpolation: Interpolation,
    ) -> Tensor {
        self.quantiles(q.into(), dim.into(), keepdim, interpolation, true)
    }

    #[track_caller]
    fn quantiles(
        &self,
        q: Operand,
        dim: Option<isize>,
        keepdim: bool,
        interpolation: Interpolation,
        skip_nan: bool,
    ) -> Tensor {
        const OP: &str = "quantile";
        let q = self.fractions(q);
        // The dimension last, and a 1 where it was.
        let line = match dim {
            Some(dim) if self.ndim() > 0 => {
                let d = ok(wrap_dim(OP, dim, self.ndim())) as isize;
                self.unsqueeze(-1).transpose(d, -1)
            }
            _ => self.reshape(-1),
        };
        let sorted = line.sort(-1, false).0;
        let n = sorted.size(-1);
        let missing = sorted.detach().isnan().long().sum_dim(-1, true);
        let flat = q.reshape(-1);
        let ranks = if skip_nan {
            let last = missing.neg().add(n as i64 - 1).clamp_min(0.0);
            last.to_dtype(self.dtype()).mul(&flat)
        } else {
            // NaN is last in order, and taken where there is one.
            let whole = flat.mul(n as f64 - 1.0).add(missing.zeros_like());
            let last = whole.full_like(n as f64 - 1.0);
            Tensor::where_(&missing.gt(0), &last, &whole)
        };
        let below = sorted.gather(-1, &whole_ranks(&ranks, interpolation));
        let picked = match interpolation {
            Interpolation::Linear | Interpolation::Midpoint => {
                let floor = ranks.floor();
                let weight = match interpolation {
                    Interpolation::Midpoint => ranks.full_like(0.5),
                    _ => ranks.sub(floor),
                };
                let above = sorted.gather(-1, &ranks.ceil().long());
                between(&below, &above, &weight)
            }
            _ => below,
        };
        self.quantile_shape(picked, &q, dim, keepdim)
    }

    /// From `[…, number of fractions]` to the result's shape.
    #[track_caller]
    fn quantile_shape(
        &self,
        picked: Tensor,
        q: &Tensor,
        dim: Option<isize>,
        keepdim: bool,
    ) -> Tensor {
        // Fractions first; then the shape with a 1 where the dimension was.
        let n = picked.ndim() as isize;
        let order: Vec<isize> = std::iter::once(n - 1).chain(0..n - 1).collect();
        let picked = picked.permute(&order[..]);
        let picked = match dim {
            Some(dim) if self.ndim() > 0 && !keepdim => {
                let d = ok(wrap_dim("quantile", dim, self.ndim())) as isize;
                picked.squeeze_dim(d + 1)
            }
            None if keepdim => {
                let mut shape = vec![1; self.ndim() + 1];
                shape[0] = picked.size(0);
                picked.reshape(&shape[..])
            }
            _ => picked,
        };
        if q.ndim() == 0 {
            picked.squeeze_dim(0)
        } else {
            picked
        }
    }

    /// Checked fractions, of this tensor's dtype.
    #[track_caller]
    fn fractions(&self, q: Operand) -> Tensor {
        const OP: &str = "quantile";
        if !matches!(self.dtype(), DType::F32 | DType::F64) {
            raise(Error::DType {
                op: OP,
                got: self.dtype().to_string(),
                expected: "quantile() input tensor must be either float or double dtype".into(),
            });
        }
        if self.numel() == 0 {
            raise(Error::Input {
                op: OP,
                shape: self.shape().to_vec(),
                rule: "quantile() input tensor must be non-empty".into(),
            });
        }
        match q {
            Operand::Scalar(s) => {
                let f = s.to_f64();
                if !(0.0..=1.0).contains(&f) {
                    raise(Error::value(
                        OP,
                        format!("quantile() q must be in the range [0, 1] but got {f}"),
                    ));
                }
                Tensor::full_with((), f, (self.dtype(), &self.device()))
            }
            Operand::Tensor(q) => {
                if q.ndim() > 1 || q.dtype() != self.dtype() {
                    raise(Error::Input {
                        op: OP,
                        shape: q.shape().to_vec(),
                        rule: format!(
                            "q must be a scalar or 1D tensor of the input's dtype {}, not of {}",
                            self.dtype(),
                            q.dtype()
                        ),
                    });
                }
                let q = q.detach();
                // On other devices PyTorch does not wait for the answer either.
                let outside = || q.lt(0.0).logical_or(q.gt(1.0)).any().item_as::<bool>();
                if q.device().is_cpu() && outside() {
                    raise(Error::value(
                        OP,
                        "quantile() q values must be in the range [0, 1]",
                    ));
                }
                q
            }
        }
    }
}

/// The ranks to take, rounded as the interpolation asks.
#[track_caller]
fn whole_ranks(ranks: &Tensor, interpolation: Interpolation) -> Tensor {
    match interpolation {
        Interpolation::Higher => ranks.ceil(),
        Interpolation::Nearest => ranks.round(),
        _ => ranks.floor(),
    }
    .long()
}

/// `a + weight · (b - a)`, from the nearer end.
#[track_caller]
fn between(a: &Tensor, b: &Tensor, weight: &Tensor) -> Tensor {
    let span = b.sub(a);
    let from_a = a.add(span.mul(weight));
    let from_b = b.sub(span.mul(weight.neg().add(1.0)));
    Tensor::where_(&weight.lt(0.5), &from_a, &from_b)
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
