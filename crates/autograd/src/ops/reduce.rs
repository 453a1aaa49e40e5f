//! Many elements to one.

use ondol_tensor::{ArgReduce, DType, Error, Reduce, Scan, Shape, wrap_dim};

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
        self.sum_dim(dims, keepdim).div(n as f64)
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
            g.reshape(&kept).mul(products_of_others(&x, &axes))
        })
        .output(value)
    }

    /// The greatest of all elements, `torch.max()`; equal ones share the gradient.
    #[track_caller]
    pub fn max(&self) -> Tensor {
        self.amax(.., false)
    }

    /// The least of all elements, `torch.min()`; equal ones share the gradient.
    #[track_caller]
    pub fn min(&self) -> Tensor {
        self.amin(.., false)
    }

    /// The greatest along dimensions, `torch.amax`; equal ones share the gradient. NaN if any is.
    #[track_caller]
    pub fn amax(&self, dims: impl Into<Axes>, keepdim: bool) -> Tensor {
        self.extreme(Reduce::Max, dims.into(), keepdim)
    }

    /// The least along dimensions, `torch.amin`; equal ones share the gradient. NaN if any is.
    #[track_caller]
    pub fn amin(&self, dims: impl Into<Axes>, keepdim: bool) -> Tensor {
        self.extreme(Reduce::Min, dims.into(), keepdim)
    }

    #[track_caller]
    fn extreme(&self, op: Reduce, dims: Axes, keepdim: bool) -> Tensor {
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
                let mask = x.eq(y.reshape(&kept)).to_dtype(x.dtype());
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

    /// Where the greatest along a dimension is, `i64`, `torch.argmax`; the first of equals.
    #[track_caller]
    pub fn argmax(&self, dim: isize, keepdim: bool) -> Tensor {
        self.arg_reduce(ArgReduce::Max, dim, keepdim)
    }

    /// Where the least along a dimension is, `i64`, `torch.argmin`; the first of equals.
    #[track_caller]
    pub fn argmin(&self, dim: isize, keepdim: bool) -> Tensor {
        self.arg_reduce(ArgReduce::Min, dim, keepdim)
    }

    #[track_caller]
    fn arg_reduce(&self, op: ArgReduce, dim: isize, keepdim: bool) -> Tensor {
        let value = ok(self.value().arg_reduce(op, dim, keepdim));
        Op::new(op.name(), [self])
            .not_differentiable()
            .output(value)
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

    /// Running sum along a dimension, `torch.cumsum`.
    #[track_caller]
    pub fn cumsum(&self, dim: isize) -> Tensor {
        let value = ok(self.value().scan(Scan::Sum, dim));
        // Element i counts in every later sum.
        Op::new("cumsum", [self])
            .rule(0, move |g| {
                if g.ndim() == 0 {
                    g.clone()
                } else {
                    g.flip([dim]).cumsum(dim).flip([dim])
                }
            })
            .output(value)
    }
}

/// For each element the product of all others it is multiplied with.
fn products_of_others(x: &Tensor, axes: &[usize]) -> Tensor {
    let dims: Vec<isize> = axes.iter().map(|&d| d as isize).collect();
    if dims.is_empty() {
        return x.ones_like();
    }
    if !x.eq(0.0).any().item_as::<bool>() {
        return x.prod_dim(&dims[..], true).div(x);
    }
    // Division would lose what a zero hides: multiply a copy per element with that element as 1.
    let n: usize = axes.iter().map(|&d| x.shape()[d]).product();
    let rest: Vec<isize> = (0..x.ndim())
        .filter(|d| !axes.contains(d))
        .map(|d| d as isize)
        .collect();
    let order: Vec<isize> = rest.iter().chain(&dims).copied().collect();
    let lined = x.permute(&order[..]);
    let flat = lined.reshape((-1i64, n as i64));
    let eye = Tensor::eye_with(n, (DType::F32, &x.device())).bool();
    let others = flat
        .unsqueeze(1)
        .expand([flat.size(0), n, n])
        .masked_fill(&eye, 1.0)
        .prod_dim(-1, false);
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
