//! Normalisation layers.

use ondol_autograd::{DType, Device, Error, Scope, Tensor, no_grad, ok, raise};

use crate::functional::{RunningStats, batch_norm};
use crate::module::repr::{python_bool, python_float, shown};
use crate::{Buffer, Forward, Module, Parameter, Training, Visitor};

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
pub struct BatchNorm2d {
    /// `[C]`, begins as ones; none without `affine`.
    pub weight: Option<Parameter>,
    /// `[C]`, begins as zeros; none without `affine`.
    pub bias: Option<Parameter>,
    /// `[C]`, begins as zeros; none without `track_running_stats`.
    pub running_mean: Option<Buffer>,
    /// `[C]`, begins as ones.
    pub running_var: Option<Buffer>,
    /// How many batches the running statistics have seen, `i64`.
    pub num_batches_tracked: Option<Buffer>,
    features: usize,
    eps: f64,
    momentum: Option<f64>,
    training: Training,
}

impl BatchNorm2d {
    /// A layer for `features` channels: `eps` 1e-5, `momentum` 0.1, affine, with running statistics.
    pub fn new(features: usize) -> BatchNorm2d {
        let layer = BatchNorm2d {
            weight: None,
            bias: None,
            running_mean: None,
            running_var: None,
            num_batches_tracked: None,
            features,
            eps: 1e-5,
            momentum: Some(0.1),
            training: Training::new(),
        };
        layer.affine(true).track_running_stats(true)
    }

    /// What is added to the variance.
    pub fn eps(mut self, eps: f64) -> BatchNorm2d {
        self.eps = eps;
        self
    }

    /// The share of the batch in the running statistics; `None` averages all batches evenly.
    pub fn momentum(mut self, momentum: impl Into<Option<f64>>) -> BatchNorm2d {
        self.momentum = momentum.into();
        self
    }

    /// Whether a learned weight and bias follow.
    pub fn affine(mut self, affine: bool) -> BatchNorm2d {
        self.weight = affine.then(|| Parameter::new(Tensor::ones([self.features])));
        self.bias = affine.then(|| Parameter::new(Tensor::zeros([self.features])));
        self
    }

    /// Whether running statistics are kept; without, evaluation uses the batch's own.
    pub fn track_running_stats(mut self, track: bool) -> BatchNorm2d {
        self.running_mean = track.then(|| Buffer::new(Tensor::zeros([self.features])));
        self.running_var = track.then(|| Buffer::new(Tensor::ones([self.features])));
        // PyTorch before 0.4.1 did not save it.
        self.num_batches_tracked = track.then(|| Buffer::new(0i64).required(false));
        self
    }

    /// The layer in another floating-point dtype.
    ///
    /// # Panics
    /// On a dtype that is not floating point.
    #[track_caller]
    pub fn dtype(self, dtype: DType) -> BatchNorm2d {
        ok(self.to_dtype(dtype));
        self
    }

    /// The layer on a device.
    #[track_caller]
    pub fn device(self, device: &Device) -> BatchNorm2d {
        ok(self.to(device));
        self
    }

    /// The running statistics with the share that this batch gets, counted as one more where it is
    /// a training batch.
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
        Some(RunningStats {
            mean,
            var,
            momentum,
        })
    }
}

impl Module for BatchNorm2d {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        visitor.field("weight", &self.weight);
        visitor.field("bias", &self.bias);
        visitor.field("running_mean", &self.running_mean);
        visitor.field("running_var", &self.running_var);
        visitor.field("num_batches_tracked", &self.num_batches_tracked);
        visitor.training(&self.training);
    }

    fn extra_repr(&self) -> String {
        format!(
            "{}, eps={}, momentum={}, affine={}, track_running_stats={}",
            self.features,
            python_float(self.eps),
            self.momentum.map_or("None".to_owned(), python_float),
            python_bool(self.weight.is_some()),
            python_bool(self.running_mean.is_some()),
        )
    }
}
shown!(BatchNorm2d);

impl Forward for BatchNorm2d {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let _scope = Scope::enter("BatchNorm2d({})", &[self.features]);
        let shape = x.shape();
        let rule = match shape.ndim() {
            4 if shape[1] == self.features => None,
            4 => Some(format!(
                "{} channels where the layer has {}",
                shape[1], self.features
            )),
            ndim => Some(format!("expected 4D input (got {ndim}D input)")),
        };
        if let Some(rule) = rule {
            raise(Error::Input {
                op: "BatchNorm2d",
                shape: shape.to_vec(),
                rule,
            });
        }
        let training = self.training.get();
        // What is wrong with a training batch is said before it is counted.
        if training {
            crate::functional::check_batch(&shape);
        }
        let running = self.running(training);
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
