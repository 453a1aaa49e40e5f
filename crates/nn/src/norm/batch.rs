//! Batch normalisation.

use ondol_autograd::{DType, Device, Error, Scope, Tensor, no_grad, ok, raise};

use super::statistics::statistics;
use crate::functional::{RunningStats, batch_norm, check_batch};
use crate::module::repr::{python_bool, python_float, shown};
use crate::{Across, Buffer, Forward, Module, Parameter, Training, Visitor};

macro_rules! batch_norms {
    ($($(#[$doc:meta])* $layer:ident $ndims:expr, $expected:literal, $scope:literal;)*) => {$(
        statistics! {
            $(#[$doc])*
            $layer affine true track true
        }

        impl $layer {
            /// The running statistics with the share that this batch gets, counted as one more where
            /// it is a training batch.
            fn running(&self, training: bool) -> Option<RunningStats<'_>> {
                let (mean, var) = (self.running_mean.as_ref()?, self.running_var.as_ref()?);
                let mut momentum = self.momentum.unwrap_or(0.0);
                if let Some(count) = self.num_batches_tracked.as_ref().filter(|_| training) {
                    let next = no_grad(|| count.add(1i64));
                    count.set_data(next.value());
                    if self.momentum.is_none() {
                        momentum = 1.0 / next.item();
                    }
                }
                Some(RunningStats { mean, var, momentum })
            }
        }

        impl Forward for $layer {
            #[track_caller]
            fn forward(&self, x: &Tensor) -> Tensor {
                let _scope = Scope::enter($scope, &[self.features]).of(self);
                let shape = x.shape();
                let rule = match shape.ndim() {
                    ndim if !$ndims.contains(&ndim) => {
                        Some(format!("expected {} input (got {ndim}D input)", $expected))
                    }
                    _ if shape[1] == self.features => None,
                    _ => Some(format!("{} channels where the layer has {}", shape[1], self.features)),
                };
                if let Some(rule) = rule {
                    raise(Error::Input {
                        op: stringify!($layer),
                        shape: shape.to_vec(),
                        rule,
                    });
                }
                let training = self.training.get();
                let across = self.across.get().filter(|_| training);
                // What is wrong with a training batch is said before it is counted.
                if training && across.is_none() {
                    check_batch(&shape);
                }
                let running = self.running(training);
                if let Some(across) = across {
                    let (weight, bias) = (self.weight.as_deref(), self.bias.as_deref());
                    return across.batch_norm(x, running, weight, bias, self.eps);
                }
                let own = training || running.is_none();
                batch_norm(
                    x,
                    running,
                    self.weight.as_deref(),
                    self.bias.as_deref(),
                    own,
                    self.eps,
                )
            }
        }
    )*};
}

batch_norms! {
    /// Batch normalisation, `torch.nn.BatchNorm1d`: `x [N, C]` or `[N, C, L]` → the same shape.
    ///
    /// ```
    /// use ondol_nn::{BatchNorm1d, Forward, Tensor};
    /// let y = BatchNorm1d::new(3).forward(&Tensor::randn([16, 3]));
    /// assert!(y.mean_dim(0, false).abs().max().item() < 1e-5);
    /// ```
    BatchNorm1d [2, 3], "2D or 3D", "BatchNorm1d({})";
    /// Batch normalisation of images, `torch.nn.BatchNorm2d`: `x [N, C, H, W]` → the same shape.
    ///
    /// `y = (x − mean) / √(var + eps) · weight + bias`, each channel by itself. In training, mean and
    /// biased variance are the batch's, and the running statistics take a step of `momentum` towards
    /// them (the variance unbiased); in evaluation the running ones are used.
    ///
    /// ```
    /// use ondol_nn::{BatchNorm2d, Forward, Module, Tensor};
    /// let layer = BatchNorm2d::new(3);
    /// let y = layer.forward(&Tensor::randn([4, 3, 8, 8]));
    /// assert!(y.mean().item().abs() < 1e-5);
    /// let keys: Vec<String> = layer.state_dict().keys().map(String::from).collect();
    /// assert_eq!(keys, ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]);
    /// ```
    BatchNorm2d [4], "4D", "BatchNorm2d({})";
    /// Batch normalisation of volumes, `torch.nn.BatchNorm3d`: `x [N, C, D, H, W]` → the same shape.
    ///
    /// ```
    /// use ondol_nn::{BatchNorm3d, Forward, Tensor};
    /// let y = BatchNorm3d::new(2).forward(&Tensor::randn([2, 2, 3, 4, 4]));
    /// assert!(y.mean().item().abs() < 1e-5);
    /// ```
    BatchNorm3d [5], "5D", "BatchNorm3d({})";
}

impl BatchNorm2d {
    /// What is added to the variance.
    pub(crate) fn epsilon(&self) -> f64 {
        self.eps
    }
}
