//! Many elements to one.

use ondol_tensor::{ArgReduce, DType, Error, Reduce, Shape, wrap_dim};

use crate::{Axes, Op, Tensor, ok, raise};

/// The shape a reduction of `dims` would have with `keepdim`.
fn kept(shape: &Shape, dims: &[usize]) -> Shape {
    shape
        .iter()
        .enumerate()
        .map(|(d, &s)| if dims.contains(&d) { 1 } else { s })
        .collect()
}

impl Tensor {
    #[track_caller]
    fn axes(&self, op: &'static str, dims: Axes) -> Vec<usize> {
        ok(self.value().reduce_dims(op, &dims.0))
    }

    /// The sum of all elements, `torch.sum`. Integers sum to `i64`.
    #[track_caller]
    pub fn sum(&self) -> Tensor {
        self.sum_dim(.., false)
    }

    /// The sum along dimensions, `torch.sum(dim, keepdim)`.
    #[track_caller]
    pub fn sum_dim(&self, dims: impl Into<Axes>, keepdim: bool) -> Tensor {
        let dims = dims.into();
        let value = ok(self.value().reduce(Reduce::Sum, &dims.0, keepdim));
        let shape = self.shape();
        let kept = kept(&shape, &self.axes("sum", dims));
        Op::new("sum", [self])
            .rule(0, move |g| g.reshape(&kept).expand(&shape))
            .output(value)
    }

    /// The mean of all elements, `torch.mean`.
    #[track_caller]
    pub fn mean(&self) -> Tensor {
        self.mean_dim(.., false)
    }

    /// The mean along dimensions, `torch.mean(dim, keepdim)`; of nothing, NaN.
    ///
    /// # Panics
    /// On integers, as PyTorch: convert with `.float()` first.
    #[track_caller]
    pub fn mean_dim(&self, dims: impl Into<Axes>, keepdim: bool) -> Tensor {
        if !self.dtype().is_floating_point() {
            raise(Error::DType {
                op: "mean",
                got: self.dtype().to_string(),
                expected: "a floating-point dtype; use .float() first".into(),
            });
        }
        let dims = dims.into();
        let shape = self.shape();
        let n: usize = self
            .axes("mean", dims.clone())
            .iter()
            .map(|&d| shape[d])
            .product();
        // Halves are divided before they are rounded: their sum may be beyond them.
        let mean = self.wide().sum_dim(dims, keepdim).div(n as f64);
        mean.to_dtype(self.dtype())
    }

    /// [`Tensor::sum_dim`] in another dtype, `torch.sum(dtype)`: the elements are cast first.
    ///
    /// ```
    /// use ondol_autograd::{DType, tensor};
    /// assert_eq!(tensor!([1.5, 2.5]).sum_with(.., false, DType::I64).item(), 3.0);
    /// ```
    #[track_caller]
    pub fn sum_with(&self, dims: impl Into<Axes>, keepdim: bool, dtype: DType) -> Tensor {
        let sum = self.to_dtype(dtype).sum_dim(dims, keepdim);
        sum.to_dtype(dtype)
    }

    /// [`Tensor::mean_dim`] in another dtype, `torch.mean(dtype)`: the elements are cast first.
    #[track_caller]
    pub fn mean_with(&self, dims: impl Into<Axes>, keepdim: bool, dtype: DType) -> Tensor {
        self.to_dtype(dtype).mean_dim(dims, keepdim)
    }

    /// [`Tensor::prod_dim`] in another dtype, `torch.prod(dtype)`: the elements are cast first.
    #[track_caller]
    pub fn prod_with(&self, dims: impl Into<Axes>, keepdim: bool, dtype: DType) -> Tensor {
        let product = self.to_dtype(dtype).prod_dim(dims, keepdim);
        product.to_dtype(dtype)
    }

    /// The product of all elements, `torch.prod`.
    #[track_caller]
    pub fn prod(&self) -> Tensor {
        self.prod_dim(.., false)
    }

    /// The product along dimensions, `torch.prod(dim, keepdim)`.
    #[track_caller]
    pub fn prod_dim(&self, dims: impl Into<Axes>, keepdim: bool) -> Tensor {
        let dims = dims.into();
        let value = ok(self.value().reduce(Reduce::Prod, &dims.0, keepdim));
        let axes = self.axes("prod", dims);
        let op = Op::new("prod", [self]);
        if !op.needs(0) {
            return Tensor::from(value);
        }
        let x = self.snapshot();
        let kept = kept(&self.shape(), &axes);
        op.rule(0, move |g| {
            g.wide()
                .reshape(&kept)
                .mul(products_of_others(&x.wide(), &axes))
        })
        .output(value)
    }

    /// The greatest of all elements, `torch.max()`; equal ones share the gradient, and so do NaN.
    #[track_caller]
    pub fn max(&self) -> Tensor {
        self.extreme(Reduce::Max, (..).into(), false, true)
    }

    /// The least of all elements, `torch.min()`; equal ones share the gradient, and so do NaN.
    #[track_caller]
    pub fn min(&self) -> Tensor {
        self.extreme(Reduce::Min, (..).into(), false, true)
    }

    /// The greatest along dimensions, `torch.amax`; equal ones share the gradient. NaN if any is.
    #[track_caller]
    pub fn amax(&self, dims: impl Into<Axes>, keepdim: bool) -> Tensor {
        self.extreme(Reduce::Max, dims.into(), keepdim, false)
    }

    /// The least along dimensions, `torch.amin`; equal ones share the gradient. NaN if any is.
    #[track_caller]
    pub fn amin(&self, dims: impl Into<Axes>, keepdim: bool) -> Tensor {
        self.extreme(Reduce::Min, dims.into(), keepdim, false)
    }

    #[track_caller]
    fn extreme(&self, op: Reduce, dims: Axes, keepdim: bool, nan_shares: bool) -> Tensor {
        let value = ok(self.value().reduce(op, &dims.0, keepdim));
        let axes = self.axes(op.name(), dims);
        let record = Op::new(op.name(), [self]);
        if !record.needs(0) {
            return Tensor::from(value);
        }
        let x = self.snapshot();
        let kept = kept(&self.shape(), &axes);
        let dims: Vec<isize> = axes.iter().map(|&d| d as isize).collect();
        record
            .rule_y(0, move |g, y| {
                let mut met = x.eq(y.reshape(&kept));
                if nan_shares {
                    met = met.logical_or(x.isnan());
                }
                // How many share is counted in a dtype that can.
                let (g, mask) = (g.wide(), met.to_dtype(x.wide().dtype()));
                // Without dimensions there is nothing to share among.
                let share = if dims.is_empty() {
                    mask.clone()
                } else {
                    mask.sum_dim(&dims[..], true)
                };
                g.reshape(&kept).mul(mask).div(share)
            })
            .output(value)
    }

    /// The least and the greatest along dimensions, `torch.aminmax`; equal ones share the gradient.
    #[track_caller]
    pub fn aminmax(&self, dims: impl Into<Axes>, keepdim: bool) -> (Tensor, Tensor) {
        let dims = dims.into();
        (self.amin(dims.clone(), keepdim), self.amax(dims, keepdim))
    }

    /// The greatest along a dimension and where it is, `torch.max(dim)`: the first of equals, which
    /// alone gets the gradient.
    #[track_caller]
    pub fn max_dim(&self, dim: isize, keepdim: bool) -> (Tensor, Tensor) {
        ok(self.dim_size("max", dim));
        let indices = self.argmax(dim, true);
        self.take_along(dim, indices, keepdim)
    }

    /// The least along a dimension and where it is, `torch.min(dim)`.
    #[track_caller]
    pub fn min_dim(&self, dim: isize, keepdim: bool) -> (Tensor, Tensor) {
        ok(self.dim_size("min", dim));
        let indices = self.argmin(dim, true);
        self.take_along(dim, indices, keepdim)
    }

    #[track_caller]
    fn take_along(&self, dim: isize, indices: Tensor, keepdim: bool) -> (Tensor, Tensor) {
        let values = self.gather(dim, &indices);
        if keepdim || self.ndim() == 0 {
            return (values, indices);
        }
        (values.squeeze_dim(dim), indices.squeeze_dim(dim))
    }

    /// Where the greatest along a dimension is, `i64`, `torch.argmax`; the first of equals. With `..`
    /// the position among all elements in row-major order.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// let x = tensor!([[1.0, 5.0], [9.0, 2.0]]);
    /// assert_eq!(x.argmax(1, false).to_vec::<i64>(), [1, 0]);
    /// assert_eq!(x.argmax(.., false).item(), 2.0);
    /// ```
    #[track_caller]
    pub fn argmax(&self, dim: impl Into<Axes>, keepdim: bool) -> Tensor {
        self.arg_reduce(ArgReduce::Max, dim.into(), keepdim)
    }

    /// Where the least along a dimension is, `i64`, `torch.argmin`; the first of equals. With `..` the
    /// position among all elements.
    #[track_caller]
    pub fn argmin(&self, dim: impl Into<Axes>, keepdim: bool) -> Tensor {
        self.arg_reduce(ArgReduce::Min, dim.into(), keepdim)
    }

    #[track_caller]
    fn arg_reduce(&self, op: ArgReduce, dim: Axes, keepdim: bool) -> Tensor {
        let array = self.value();
        let value = match dim.0[..] {
            [dim] => ok(array.arg_reduce(op, dim, keepdim)),
            [] if self.ndim() == 0 => ok(array.arg_reduce(op, 0, keepdim)),
            [] => {
                let flat = ok(array.reshape([self.numel()]));
                let place = ok(flat.arg_reduce(op, 0, false));
                let ones = if keepdim { self.ndim() } else { 0 };
                ok(place.reshape(vec![1; ones]))
            }
            _ => raise(Error::value(
                op.name(),
                "takes one dimension, or all with `..`",
            )),
        };
        Op::new(op.name(), [self])
            .not_differentiable()
            .output(value)
    }

    /// How many elements are not 0 along dimensions, `i64`, `torch.count_nonzero`; NaN is not 0.
    #[track_caller]
    pub fn count_nonzero(&self, dims: impl Into<Axes>) -> Tensor {
        self.ne(0.0).sum_dim(dims, false)
    }

    /// Whether any element is true (not 0), `torch.any`.
    #[track_caller]
    pub fn any(&self) -> Tensor {
        self.any_dim(.., false)
    }

    /// Whether any is true along dimensions, `torch.any(dim, keepdim)`.
    #[track_caller]
    pub fn any_dim(&self, dims: impl Into<Axes>, keepdim: bool) -> Tensor {
        let value = ok(self.value().reduce(Reduce::Any, &dims.into().0, keepdim));
        Op::new("any", [self]).not_differentiable().output(value)
    }

    /// Whether all elements are true (not 0), `torch.all`.
    #[track_caller]
    pub fn all(&self) -> Tensor {
        self.all_dim(.., false)
    }

    /// Whether all are true along dimensions, `torch.all(dim, keepdim)`.
    #[track_caller]
    pub fn all_dim(&self, dims: impl Into<Axes>, keepdim: bool) -> Tensor {
        let value = ok(self.value().reduce(Reduce::All, &dims.into().0, keepdim));
        Op::new("all", [self]).not_differentiable().output(value)
    }
}

/// For each element the product of all others it is multiplied with.
fn products_of_others(x: &Tensor, axes: &[usize]) -> Tensor {
    let dims: Vec<isize> = axes.iter().map(|&d| d as isize).collect();
    match dims[..] {
        [] => return x.ones_like(),
        [dim] => return x.product_of_others(dim),
        _ => {}
    }
    // The reduced dimensions last, as one.
    let n: usize = axes.iter().map(|&d| x.shape()[d]).product();
    let rest: Vec<isize> = (0..x.ndim())
        .filter(|d| !axes.contains(d))
        .map(|d| d as isize)
        .collect();
    let order: Vec<isize> = rest.iter().chain(&dims).copied().collect();
    let lined = x.permute(&order[..]);
    let lead: usize = rest.iter().map(|&d| x.size(d)).product();
    let others = lined.reshape([lead, n]).product_of_others(1);
    let mut inverse = vec![0isize; order.len()];
    for (i, &d) in order.iter().enumerate() {
        inverse[d as usize] = i as isize;
    }
    others.reshape(lined.shape()).permute(&inverse[..])
}

impl Tensor {
    /// The size of one dimension, for compositions that have checked it.
    pub(crate) fn dim_size(&self, op: &'static str, dim: isize) -> ondol_tensor::Result<usize> {
        let shape = self.shape();
        let d = wrap_dim(op, dim, shape.ndim())?;
        Ok(shape.get(d).copied().unwrap_or(1))
    }
}
