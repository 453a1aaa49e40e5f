//! Instance normalisation.

use ondol_autograd::{DType, Device, Error, Scope, Tensor, ok, raise};

use super::statistics::statistics;
use crate::functional::{RunningStats, instance_norm};
use crate::module::repr::{python_bool, python_float, shown};
use crate::{Across, Buffer, Forward, Module, Parameter, Training, Visitor};

macro_rules! instance_norms {
    ($($(#[$doc:meta])* $layer:ident $ndim:literal, $scope:literal;)*) => {$(
        statistics! {
            $(#[$doc])*
            $layer affine false track false
        }

        impl Forward for $layer {
            #[track_caller]
            fn forward(&self, x: &Tensor) -> Tensor {
                let _scope = Scope::enter($scope, &[self.features]).of(self);
                let shape = x.shape();
                let batched = shape.ndim() == $ndim;
                if !batched && shape.ndim() != $ndim - 1 {
                    raise(Error::Input {
                        op: stringify!($layer),
                        shape: shape.to_vec(),
                        rule: format!(
                            "expected {}D or {}D input (got {}D input)",
                            $ndim - 1,
                            $ndim,
                            shape.ndim()
                        ),
                    });
                }
                let channels = shape[shape.ndim() + 1 - $ndim];
                let used = self.weight.is_some() || self.running_mean.is_some();
                if used && channels != self.features {
                    raise(Error::Input {
                        op: stringify!($layer),
                        shape: shape.to_vec(),
                        rule: format!(
                            "expected input's size at its channels to match num_features ({}), but got: {channels}",
                            self.features
                        ),
                    });
                }
                let running = match (&self.running_mean, &self.running_var) {
                    (Some(mean), Some(var)) => Some(RunningStats {
                        mean,
                        var,
                        momentum: self.momentum.unwrap_or(0.0),
                    }),
                    _ => None,
                };
                let own = self.training.get() || running.is_none();
                let x = if batched { x.clone() } else { x.unsqueeze(0) };
                let (weight, bias) = (self.weight.as_deref(), self.bias.as_deref());
                let y = instance_norm(&x, running, weight, bias, own, self.eps);
                if batched { y } else { y.squeeze_dim(0) }
            }
        }
    )*};
}

instance_norms! {
    /// Normalisation of each channel of each sample, `torch.nn.InstanceNorm1d`: `x [N, C, L]` (or
    /// `[C, L]`) → the same shape. Without `affine` and running statistics unless said otherwise.
    ///
    /// ```
    /// use ondol_nn::{Forward, InstanceNorm1d, Tensor};
    /// let y = InstanceNorm1d::new(3).forward(&Tensor::randn([2, 3, 9]));
    /// assert!(y.i((1, 2)).mean().item().abs() < 1e-5);
    /// ```
    InstanceNorm1d 3, "InstanceNorm1d({})";
    /// Normalisation of each channel of each sample, `torch.nn.InstanceNorm2d`: `x [N, C, H, W]` (or
    /// `[C, H, W]`) → the same shape. Without `affine` and running statistics unless said otherwise.
    ///
    /// ```
    /// use ondol_nn::{Forward, InstanceNorm2d, Tensor};
    /// let layer = InstanceNorm2d::new(3).affine(true);
    /// let y = layer.forward(&Tensor::randn([2, 3, 8, 8]));
    /// assert!(y.i((1, 2)).mean().item().abs() < 1e-5);
    /// ```
    InstanceNorm2d 4, "InstanceNorm2d({})";
    /// Normalisation of each channel of each sample, `torch.nn.InstanceNorm3d`: `x [N, C, D, H, W]`
    /// (or `[C, D, H, W]`) → the same shape.
    ///
    /// ```
    /// use ondol_nn::{Forward, InstanceNorm3d, Tensor};
    /// let y = InstanceNorm3d::new(2).forward(&Tensor::randn([2, 2, 3, 4, 4]));
    /// assert!(y.i((0, 1)).mean().item().abs() < 1e-5);
    /// ```
    InstanceNorm3d 5, "InstanceNorm3d({})";
}
