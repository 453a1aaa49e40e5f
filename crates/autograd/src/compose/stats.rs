//! Spread of tensors, and means that leave NaN out. Halves are computed in `f32`, rounded once.

use ondol_tensor::{DType, Error};

use crate::{Axes, Op, Tensor, raise};

impl Tensor {
    /// Variance along dimensions (`..` for all) with `n - correction` in the denominator, `torch.var`.
    ///
    /// # Panics
    /// On integers.
    #[track_caller]
    pub fn var(&self, dims: impl Into<Axes>, correction: f64, keepdim: bool) -> Tensor {
        self.floating("var");
        let spread = self.spread(dims.into(), correction, keepdim);
        spread.to_dtype(self.dtype())
    }

    /// The variance, at least in single precision.
    #[track_caller]
    fn spread(&self, dims: Axes, correction: f64, keepdim: bool) -> Tensor {
        let x = self.wide();
        let mean = x.mean_dim(dims.clone(), true);
        let n = x.numel() as f64 / mean.numel().max(1) as f64;
        let squares = x.sub(&mean).square().sum_dim(dims, keepdim);
        squares.div((n - correction).max(0.0))
    }

    /// Standard deviation along dimensions, `torch.std`; of equal elements its gradient is 0.
    ///
    /// # Panics
    /// On integers.
    #[track_caller]
    pub fn std(&self, dims: impl Into<Axes>, correction: f64, keepdim: bool) -> Tensor {
        self.floating("std");
        let spread = self.spread(dims.into(), correction, keepdim);
        let value = {
            let _guard = crate::no_grad_guard();
            spread.sqrt()
        };
        let root = Op::new("std", [&spread])
            .rule_y(0, |g, y| {
                let zero = y.eq(0.0);
                let y = Tensor::where_(&zero, 1.0, y);
                Tensor::where_(&zero, 0.0, g.div(y.mul(2.0)))
            })
            .output(value.value());
        root.to_dtype(self.dtype())
    }

    /// Variance and mean, `torch.var_mean`.
    #[track_caller]
    pub fn var_mean(
        &self,
        dims: impl Into<Axes>,
        correction: f64,
        keepdim: bool,
    ) -> (Tensor, Tensor) {
        let dims = dims.into();
        let var = self.var(dims.clone(), correction, keepdim);
        (var, self.mean_dim(dims, keepdim))
    }

    /// Standard deviation and mean, `torch.std_mean`.
    #[track_caller]
    pub fn std_mean(
        &self,
        dims: impl Into<Axes>,
        correction: f64,
        keepdim: bool,
    ) -> (Tensor, Tensor) {
        let dims = dims.into();
        let std = self.std(dims.clone(), correction, keepdim);
        (std, self.mean_dim(dims, keepdim))
    }

    /// The sum along dimensions of what is not NaN, `torch.nansum`.
    #[track_caller]
    pub fn nansum(&self, dims: impl Into<Axes>, keepdim: bool) -> Tensor {
        if !self.dtype().is_floating_point() {
            return self.sum_dim(dims, keepdim);
        }
        Tensor::where_(&self.isnan(), 0.0, self).sum_dim(dims, keepdim)
    }

    /// The mean along dimensions of what is not NaN, `torch.nanmean`; of nothing, NaN.
    ///
    /// # Panics
    /// On integers.
    #[track_caller]
    pub fn nanmean(&self, dims: impl Into<Axes>, keepdim: bool) -> Tensor {
        self.floating("nanmean");
        let (dims, x) = (dims.into(), self.wide());
        let known = x.isnan().logical_not().sum_dim(dims.clone(), keepdim);
        let mean = x.nansum(dims, keepdim).div(known);
        mean.to_dtype(self.dtype())
    }

    /// The covariances of the rows, whose columns are observations, with `n - correction` in the
    /// denominator, `torch.cov`: `[v, n]` to `[v, v]`, `[n]` to a scalar.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// let x = tensor!([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]);
    /// assert_eq!(x.cov(1.0).to_vec::<f32>(), [1.0, -1.0, -1.0, 1.0]);
    /// ```
    ///
    /// # Panics
    /// On more than two dimensions, and on `bool`.
    #[track_caller]
    pub fn cov(&self, correction: f64) -> Tensor {
        if self.ndim() > 2 || self.dtype() == DType::Bool {
            raise(Error::Input {
                op: "cov",
                shape: self.shape().to_vec(),
                rule: "expected numbers of two or fewer dimensions".into(),
            });
        }
        let dtype = self.dtype().to_float();
        let x = self.to_dtype(dtype).wide();
        let rows = if self.ndim() == 2 {
            x
        } else {
            x.reshape([1, self.numel()])
        };
        let n = rows.size(1) as f64;
        let centred = rows.sub(rows.mean_dim(1, true));
        let products = centred.matmul(&centred.transpose(0, 1));
        let cov = products.div((n - correction).max(0.0)).to_dtype(dtype);
        if self.ndim() == 2 {
            cov
        } else {
            cov.reshape(())
        }
    }

    /// The correlation coefficients of the rows, whose columns are observations, `torch.corrcoef`.
    ///
    /// # Panics
    /// On more than two dimensions.
    #[track_caller]
    pub fn corrcoef(&self) -> Tensor {
        let cov = self.cov(1.0);
        if cov.ndim() == 0 {
            return cov.div(&cov);
        }
        let same = Tensor::eye_with(cov.size(0), (DType::Bool, &cov.device()));
        let std = Tensor::where_(&same, &cov, 0.0).sum_dim(1, false).sqrt();
        let scaled = cov.div(std.unsqueeze(1)).div(std.unsqueeze(0));
        scaled.clamp(-1.0, 1.0)
    }
}
