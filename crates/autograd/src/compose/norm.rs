//! Lengths of vectors.

use ondol_tensor::{Error, Shape};

use crate::{Axes, Op, Tensor, no_grad_guard, ok, raise};

impl Tensor {
    /// The Euclidean norm of all elements, `torch.norm`; its gradient at 0 is 0.
    #[track_caller]
    pub fn norm(&self) -> Tensor {
        self.vector_norm(2.0, .., false)
    }

    /// `(Σ |x|ᵖ)^(1/p)` along dimensions (`..` for all), `torch.linalg.vector_norm`,
    /// `torch.norm(p, dim)`: for `p` of 0 the number of elements that are not 0, of ±∞ the greatest or
    /// least size. Where the norm is 0 so is its gradient; equal extremes share it.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// let x = tensor!([[3.0, -4.0], [0.0, 1.0]]);
    /// assert_eq!(x.vector_norm(2.0, 1, false).to_vec::<f32>(), [5.0, 1.0]);
    /// assert_eq!(x.vector_norm(f64::INFINITY, .., false).item(), 4.0);
    /// ```
    ///
    /// # Panics
    /// On integers, and for a negative or infinite `p` of nothing.
    #[track_caller]
    pub fn vector_norm(&self, p: f64, dims: impl Into<Axes>, keepdim: bool) -> Tensor {
        const OP: &str = "linalg.vector_norm";
        self.floating(OP);
        let dims = dims.into();
        let axes = ok(self.value().reduce_dims(OP, &dims.0));
        let mut kept = self.shape();
        axes.iter().for_each(|&d| kept[d] = 1);
        if (p < 0.0 || p.is_infinite()) && self.numel() == 0 && kept.numel() > 0 {
            raise(Error::Input {
                op: OP,
                shape: self.shape().to_vec(),
                rule: format!("there is no norm of order {p} of nothing"),
            });
        }
        let value = {
            let _guard = no_grad_guard();
            let size = self.wide().abs();
            let length = if p == 0.0 {
                let counted = size.ne(0.0).to_dtype(size.dtype());
                counted.sum_dim(dims, keepdim)
            } else if p == 1.0 {
                size.sum_dim(dims, keepdim)
            } else if p == 2.0 {
                size.square().sum_dim(dims, keepdim).sqrt()
            } else if p == f64::INFINITY {
                size.amax(dims, keepdim)
            } else if p == f64::NEG_INFINITY {
                size.amin(dims, keepdim)
            } else {
                size.pow(p).sum_dim(dims, keepdim).pow(1.0 / p)
            };
            length.to_dtype(self.dtype())
        };
        let op = Op::new("norm", [self]);
        if !op.needs(0) {
            return value;
        }
        let x = self.snapshot();
        op.rule_y(0, move |g, y| {
            slope(&x.wide(), &g.wide(), &y.wide(), p, &kept)
        })
        .output(value.value())
    }

    /// The parts along `dim` that are longer than `maxnorm` made as short as that, `torch.renorm`.
    ///
    /// # Panics
    /// On fewer than two dimensions.
    #[track_caller]
    pub fn renorm(&self, p: f64, dim: isize, maxnorm: f64) -> Tensor {
        self.floating("renorm");
        let dim = ok(ondol_tensor::wrap_dim("renorm", dim, self.ndim()));
        if self.ndim() < 2 {
            raise(Error::Input {
                op: "renorm",
                shape: self.shape().to_vec(),
                rule: "input needs at least 2 dimensions".into(),
            });
        }
        let others: Vec<isize> = (0..self.ndim() as isize)
            .filter(|&d| d != dim as isize)
            .collect();
        let x = self.wide();
        let length = x.vector_norm(p, &others[..], true);
        // PyTorch's margin against a division by nothing.
        let factor = length.add(1e-7).reciprocal().mul(maxnorm);
        let factor = Tensor::where_(&length.gt(maxnorm), factor, 1.0);
        x.mul(factor).to_dtype(self.dtype())
    }
}

/// The gradient of a norm `y`; `kept` is its shape with every dimension.
fn slope(x: &Tensor, g: &Tensor, y: &Tensor, p: f64, kept: &Shape) -> Tensor {
    let (g, y) = (g.reshape(kept), y.reshape(kept));
    if p == 0.0 {
        return x.zeros_like();
    }
    if p == 1.0 {
        return g.mul(x.sign());
    }
    if p.is_infinite() {
        let size = x.abs();
        let met = size
            .eq(&y)
            .logical_or(size.isnan().logical_and(y.isnan()))
            .to_dtype(x.dtype());
        let dims: Vec<isize> = (0..x.ndim())
            .filter(|&d| kept[d] != x.shape()[d])
            .map(|d| d as isize)
            .collect();
        let share = if dims.is_empty() {
            met
        } else {
            met.div(met.sum_dim(&dims[..], true))
        };
        return g.mul(x.sign()).mul(share);
    }
    let nothing = y.eq(0.0);
    let y = Tensor::where_(&nothing, 1.0, &y);
    let part = if p == 2.0 {
        x.div(&y)
    } else {
        // |x|ᵖ⁻¹ is infinite at 0 for p below 1.
        let zero = x.eq(0.0);
        let size = Tensor::where_(&zero, 1.0, x.abs());
        let power = Tensor::where_(&zero, 0.0, size.pow(p - 1.0));
        x.sign().mul(power).div(y.pow(p - 1.0))
    };
    g.mul(Tensor::where_(&nothing, 0.0, part))
}
