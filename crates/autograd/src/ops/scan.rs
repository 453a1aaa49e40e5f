//! Running sums, products and extremes.

use ondol_tensor::{DType, Scan, finfo, wrap_dim};

use crate::{Op, Tensor, no_grad_guard, ok};

impl Tensor {
    /// Running sum along a dimension, `torch.cumsum`. Integers sum to `i64`.
    #[track_caller]
    pub fn cumsum(&self, dim: isize) -> Tensor {
        let value = ok(self.value().scan(Scan::Sum, dim));
        // Element i counts in every later sum.
        Op::new("cumsum", [self])
            .rule(0, move |g| g.turned(dim, |g| g.cumsum(dim)))
            .output(value)
    }

    /// [`Tensor::cumsum`] in another dtype, `torch.cumsum(dtype)`.
    #[track_caller]
    pub fn cumsum_with(&self, dim: isize, dtype: DType) -> Tensor {
        self.to_dtype(dtype).cumsum(dim).to_dtype(dtype)
    }

    /// Running product along a dimension, `torch.cumprod`; zeros have their right gradient. Integers
    /// multiply to `i64`.
    #[track_caller]
    pub fn cumprod(&self, dim: isize) -> Tensor {
        let value = ok(self.value().scan(Scan::Prod, dim));
        let op = Op::new("cumprod", [self]);
        if !op.needs(0) {
            return Tensor::from(value);
        }
        let x = self.snapshot();
        op.rule(0, move |g| slope_of_products(&x.wide(), &g.wide(), dim))
            .output(value)
    }

    /// [`Tensor::cumprod`] in another dtype, `torch.cumprod(dtype)`.
    #[track_caller]
    pub fn cumprod_with(&self, dim: isize, dtype: DType) -> Tensor {
        self.to_dtype(dtype).cumprod(dim).to_dtype(dtype)
    }

    /// The greatest so far along a dimension and where it is, `torch.cummax`: the last of equals,
    /// which alone gets the gradient. NaN from the first NaN on.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// let (values, at) = tensor!([1.0, 3.0, 3.0, 2.0]).cummax(0);
    /// assert_eq!(values.to_vec::<f32>(), [1.0, 3.0, 3.0, 3.0]);
    /// assert_eq!(at.to_vec::<i64>(), [0, 1, 2, 2]);
    /// ```
    #[track_caller]
    pub fn cummax(&self, dim: isize) -> (Tensor, Tensor) {
        self.running_extreme(Scan::Max, dim)
    }

    /// The least so far along a dimension and where it is, `torch.cummin`; see [`Tensor::cummax`].
    #[track_caller]
    pub fn cummin(&self, dim: isize) -> (Tensor, Tensor) {
        self.running_extreme(Scan::Min, dim)
    }

    #[track_caller]
    fn running_extreme(&self, op: Scan, dim: isize) -> (Tensor, Tensor) {
        let value = ok(self.value().scan(op, dim));
        let d = ok(wrap_dim(op.name(), dim, self.ndim()));
        let places = {
            let _guard = no_grad_guard();
            let x = self.detach();
            let met = x.eq(Tensor::from(value.clone())).logical_or(x.isnan());
            let mut along = vec![1usize; self.ndim()];
            let places = match along.get_mut(d) {
                Some(size) => {
                    *size = self.size(dim);
                    Tensor::range(*size).to(self.device()).reshape(along)
                }
                None => Tensor::zeros_with((), (DType::I64, &self.device())),
            };
            // The last place where the extreme was met again.
            let places = Tensor::where_(&met, places, 0i64);
            Tensor::from(ok(places.value().scan(Scan::Max, dim)))
        };
        let (shape, index) = (self.shape(), places.clone());
        let values = Op::new(op.name(), [self])
            .rule(0, move |g| {
                Tensor::zeros_with(&shape, (g.dtype(), &g.device())).scatter_add(dim, &index, g)
            })
            .output(value);
        (values, places)
    }

    /// `ln Σ eˣ` so far along a dimension, without overflow, `torch.logcumsumexp`. For floats.
    #[track_caller]
    pub fn logcumsumexp(&self, dim: isize) -> Tensor {
        let value = ok(self.value().scan(Scan::LogSumExp, dim));
        let op = Op::new("logcumsumexp", [self]);
        if !op.needs(0) {
            return Tensor::from(value);
        }
        let x = self.snapshot();
        op.rule_y(0, move |g, y| {
            // Σ g eˣ⁻ʸ over the later y, in logarithms, for both signs of g.
            let (x, y, g) = (x.wide(), y.wide(), g.wide());
            let least = ok(finfo(g.dtype())).min;
            let size = g.abs().log();
            let part = |sign: &Tensor| {
                let log = Tensor::where_(sign, &size, least).sub(&y);
                log.turned(dim, |t| t.logcumsumexp(dim)).add(&x).exp()
            };
            part(&g.gt(0.0)).sub(part(&g.lt(0.0)))
        })
        .output(value)
    }

    /// `f` of the tensor turned round along a dimension, turned back.
    #[track_caller]
    fn turned(&self, dim: isize, f: impl FnOnce(&Tensor) -> Tensor) -> Tensor {
        if self.ndim() == 0 {
            return f(self);
        }
        f(&self.flip([dim])).flip([dim])
    }

    /// The elements `by` places further along a dimension; `fill` where there are none.
    #[track_caller]
    fn ahead(&self, dim: isize, by: usize, fill: f64) -> Tensor {
        let n = self.size(dim);
        let rest = self.narrow(dim, by, n - by);
        let end = self.narrow(dim, 0, by).full_like(fill);
        Tensor::cat(&[rest, end], dim)
    }

    /// For each element the product of those before it along a dimension.
    #[track_caller]
    pub(super) fn product_before(&self, dim: isize) -> Tensor {
        let n = self.size(dim);
        if n == 0 {
            return self.clone();
        }
        let first = self.narrow(dim, 0, 1).ones_like();
        let rest = self.narrow(dim, 0, n - 1);
        Tensor::cat(&[first, rest], dim).cumprod(dim)
    }

    /// For each element the product of all others along a dimension. Without a division, which would
    /// lose what a zero hides.
    #[track_caller]
    pub(super) fn product_of_others(&self, dim: isize) -> Tensor {
        let after = self.turned(dim, |t| t.product_before(dim));
        self.product_before(dim).mul(after)
    }
}

/// The gradient of running products: element i is a factor of every later one, so
/// `Π before i · Sᵢ` with `Sᵢ = gᵢ + xᵢ₊₁ Sᵢ₊₁`, which is found for all i by doubling.
fn slope_of_products(x: &Tensor, g: &Tensor, dim: isize) -> Tensor {
    if x.ndim() == 0 || x.numel() == 0 {
        return g.clone();
    }
    let n = x.size(dim);
    let (mut sum, mut factor) = (g.clone(), x.ahead(dim, 1, 0.0));
    let mut step = 1;
    while step < n {
        sum = sum.add(factor.mul(sum.ahead(dim, step, 0.0)));
        factor = factor.mul(factor.ahead(dim, step, 0.0));
        step *= 2;
    }
    x.product_before(dim).mul(sum)
}
