//! Many elements to one place: sums, products, means and extremes by index.

use ondol_tensor::{DType, Error, Scalar, Scatter, wrap_dim};

use crate::{Op, Tensor, ok, raise};

/// What becomes of several elements on one place, `torch.scatter_reduce`'s `reduce`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScatterReduce {
    /// Their sum.
    Sum,
    /// Their product.
    Prod,
    /// Their mean; of integers, rounded down.
    Mean,
    /// The greatest; NaN if any is.
    Amax,
    /// The least; NaN if any is.
    Amin,
}

impl ScatterReduce {
    /// What changes nothing.
    fn identity(self, dtype: DType) -> Scalar {
        let extreme = |float: f64, int: i64, narrow: i64, byte: i64| match dtype {
            DType::I64 => Scalar::Int(int),
            DType::I32 => Scalar::Int(narrow),
            DType::U8 | DType::Bool => Scalar::Int(byte),
            _ => Scalar::Float(float),
        };
        match self {
            ScatterReduce::Sum | ScatterReduce::Mean => Scalar::Int(0),
            ScatterReduce::Prod => Scalar::Int(1),
            ScatterReduce::Amax => extreme(f64::NEG_INFINITY, i64::MIN, i32::MIN.into(), 0),
            ScatterReduce::Amin => {
                let byte = if dtype == DType::Bool { 1 } else { 255 };
                extreme(f64::INFINITY, i64::MAX, i32::MAX.into(), byte)
            }
        }
    }
}

impl Tensor {
    /// A copy in which each place of `index` along `dim` holds the reduction of the elements of
    /// `src` that go there, and of what was there before where `include_self`;
    /// `torch.scatter_reduce`. Places that nothing goes to stay as they are.
    ///
    /// Equal extremes share the gradient. A second derivative of a product misses what two zeros on
    /// one place hide.
    ///
    /// ```
    /// use ondol_autograd::{ScatterReduce, tensor};
    /// let (x, index) = (tensor!([1.0, 2.0, 3.0]), tensor!([0, 0, 1]));
    /// let y = x.scatter_reduce(0, &index, &tensor!([4.0, 6.0, 8.0]), ScatterReduce::Mean, false);
    /// assert_eq!(y.to_vec::<f32>(), [5.0, 8.0, 3.0]);
    /// ```
    ///
    /// # Panics
    /// On an index out of range, or shapes or dtypes that do not go together.
    #[track_caller]
    pub fn scatter_reduce(
        &self,
        dim: isize,
        index: &Tensor,
        src: &Tensor,
        reduce: ScatterReduce,
        include_self: bool,
    ) -> Tensor {
        if self.ndim() == 0 {
            let (index, src) = (index.reshape(-1), src.reshape(-1));
            let line = self.unsqueeze(0);
            return line
                .scatter_reduce(dim, &index, &src, reduce, include_self)
                .reshape(());
        }
        let d = ok(wrap_dim("scatter_reduce", dim, self.ndim())) as isize;
        let src = &cut(src, index);
        let base = if include_self {
            self.clone()
        } else {
            self.scatter(d, index, reduce.identity(self.dtype()))
        };
        match reduce {
            ScatterReduce::Sum => base.scatter_add(d, index, src),
            ScatterReduce::Mean => {
                let sum = base.scatter_add(d, index, src);
                let own = if include_self { 1i64 } else { 0 };
                let count = self.detach().full_like(own);
                let count = count.scatter_add(d, index, &src.ones_like());
                let count = count.clamp_min(1.0).to_dtype(sum.dtype());
                if sum.dtype().is_floating_point() {
                    sum.div(&count)
                } else {
                    sum.floor_divide(&count)
                }
            }
            ScatterReduce::Prod => base.scatter_product(d, index, src),
            ScatterReduce::Amax => base.scatter_extreme(Scatter::Max, d, index, src),
            ScatterReduce::Amin => base.scatter_extreme(Scatter::Min, d, index, src),
        }
    }

    #[track_caller]
    fn scatter_product(&self, dim: isize, index: &Tensor, src: &Tensor) -> Tensor {
        let value = ok(self
            .value()
            .scatter(Scatter::Mul, dim, &index.value(), &src.value()));
        let op = Op::new("scatter_reduce", [self, src]);
        if !op.needs(0) && !op.needs(1) {
            return Tensor::from(value);
        }
        let kept = || (self.snapshot(), src.snapshot(), index.snapshot());
        let (left, right) = (kept(), kept());
        op.rule(0, move |g| {
            let (x, src, index) = &left;
            let (zeros, product) = without_zeros(x, dim, index, src);
            g.mul(of_others(x, &zeros, &product))
        })
        .rule(1, move |g| {
            let (x, src, index) = &right;
            let (zeros, product) = without_zeros(x, dim, index, src);
            let there = |t: &Tensor| t.gather(dim, index);
            there(g).mul(of_others(src, &there(&zeros), &there(&product)))
        })
        .output(value)
    }

    #[track_caller]
    fn scatter_extreme(&self, op: Scatter, dim: isize, index: &Tensor, src: &Tensor) -> Tensor {
        let value = ok(self.value().scatter(op, dim, &index.value(), &src.value()));
        let record = Op::new("scatter_reduce", [self, src]);
        if !record.needs(0) && !record.needs(1) {
            return Tensor::from(value);
        }
        let kept = || (self.snapshot(), src.snapshot(), index.snapshot());
        let (left, right) = (kept(), kept());
        // Which of the elements are the extreme, and among how many the gradient is shared.
        let shares = move |x: &Tensor, src: &Tensor, index: &Tensor, y: &Tensor| {
            let here = x.eq(y).to_dtype(y.dtype());
            let there = src.eq(y.gather(dim, index)).to_dtype(y.dtype());
            let count = here.scatter_add(dim, index, &there).clamp_min(1.0);
            (here, there, count)
        };
        record
            .rule_y(0, move |g, y| {
                let (x, src, index) = &left;
                let (here, _, count) = shares(x, src, index, &y.detach());
                g.mul(here.div(count))
            })
            .rule_y(1, move |g, y| {
                let (x, src, index) = &right;
                let (_, there, count) = shares(x, src, index, &y.detach());
                g.gather(dim, index)
                    .mul(there.div(count.gather(dim, index)))
            })
            .output(value)
    }
}

/// How many zeros each place gets, and the product of the rest.
fn without_zeros(x: &Tensor, dim: isize, index: &Tensor, src: &Tensor) -> (Tensor, Tensor) {
    let (here, there) = (x.detach().eq(0.0), src.detach().eq(0.0));
    let count = here.to_dtype(x.dtype());
    let count = count.scatter_add(dim, index, &there.to_dtype(x.dtype()));
    let product =
        x.masked_fill(&here, 1.0)
            .scatter_product(dim, index, &src.masked_fill(&there, 1.0));
    (count, product)
}

/// The product of all but each element itself.
fn of_others(x: &Tensor, zeros: &Tensor, product: &Tensor) -> Tensor {
    let zero = x.detach().eq(0.0);
    let rest = product.div(x.masked_fill(&zero, 1.0));
    let nothing = product.zeros_like();
    let of_zero = Tensor::where_(&zeros.eq(1.0), product, &nothing);
    let of_other = Tensor::where_(&zeros.eq(0.0), &rest, &nothing);
    Tensor::where_(&zero, &of_zero, &of_other)
}

/// A source cut to the sizes of its index.
#[track_caller]
fn cut(src: &Tensor, index: &Tensor) -> Tensor {
    let (from, to) = (src.shape(), index.shape());
    if from.ndim() != to.ndim() || (0..to.ndim()).any(|d| to[d] > from[d]) {
        raise(Error::Shape {
            op: "scatter_reduce",
            lhs: to.to_vec(),
            rhs: from.to_vec(),
            rule: "the source must be at least as large as the index in every dimension".into(),
        });
    }
    let dims = (0..to.ndim()).filter(|&d| to[d] != from[d]);
    dims.fold(src.clone(), |src, d| src.narrow(d as isize, 0, to[d]))
}
