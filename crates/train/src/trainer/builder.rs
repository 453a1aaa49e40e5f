//! How a trainer is set up.

use ondol_autograd::raise;
use ondol_nn::Module;
use ondol_optim::{GradScaler, LRScheduler, Optimizer};
use ondol_tensor::{DType, Device, Error};

use super::{Clip, Pair, Trainer};
use crate::callbacks::Callback;
use crate::metrics::Metric;

/// When a scheduler makes its step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interval {
    /// After each step of the optimizer.
    Step,
    /// At the end of each epoch.
    Epoch,
}

impl<M: Module, O: Optimizer, S> Trainer<M, O, S> {
    /// How many epochs there are in all, those before a resume too; 1 if nothing is said.
    pub fn epochs(mut self, epochs: usize) -> Self {
        self.epochs = epochs;
        self
    }

    /// Makes a step only after so many batches, whose gradients add up; each loss is divided by their
    /// number, as in Lightning. What is left at the end of an epoch makes a step too.
    ///
    /// # Panics
    /// Where it is 0.
    #[track_caller]
    pub fn accumulate_grad_batches(mut self, batches: usize) -> Self {
        if batches == 0 {
            raise(Error::value(
                "Trainer",
                "accumulate_grad_batches(0); expected at least 1",
            ));
        }
        self.accumulate = batches;
        self
    }

    /// Scales gradients down before each step so that their norm is at most this,
    /// as [`ondol_optim::clip_grad_norm_`].
    pub fn clip_grad_norm(mut self, max_norm: f64) -> Self {
        self.clip = Some(Clip::Norm(max_norm));
        self
    }

    /// Cuts each gradient's elements to `[-value, value]` before each step, as
    /// [`ondol_optim::clip_grad_value_`].
    pub fn clip_grad_value(mut self, value: f64) -> Self {
        self.clip = Some(Clip::Value(value));
        self
    }

    /// Computes outputs and losses in mixed precision, as [`ondol_autograd::autocast`]; with `f16` the
    /// loss is scaled by a [`GradScaler`], unless [`grad_scaler`](Self::grad_scaler) gives another.
    pub fn mixed_precision(mut self, dtype: DType) -> Self {
        self.autocast = Some(dtype);
        if dtype == DType::F16 && self.scaler.is_none() {
            self.scaler = Some(GradScaler::new());
        }
        self
    }

    /// Scales losses by this.
    pub fn grad_scaler(mut self, scaler: GradScaler) -> Self {
        self.scaler = Some(scaler);
        self
    }

    /// Changes the learning rate, by step or by epoch. Several work one after another.
    pub fn scheduler(mut self, scheduler: impl LRScheduler + 'static, interval: Interval) -> Self {
        self.schedulers.push((Box::new(scheduler), interval));
        self
    }

    /// Counts a figure on outputs and targets, of the training by its name and of the validation by
    /// `val_` and its name.
    pub fn metric(mut self, name: &str, metric: impl Metric + Clone + 'static) -> Self {
        self.metrics.push(Pair {
            name: name.to_owned(),
            train: Box::new(metric.clone()),
            valid: Box::new(metric),
        });
        self
    }

    /// Where to compute: the model moves there when [`fit`](Self::fit) begins, batches as they come.
    pub fn device(mut self, device: &Device) -> Self {
        self.device = Some(device.clone());
        self
    }

    /// Calls this at each point of the training; callbacks are called in the order they were given.
    pub fn callback(mut self, callback: impl Callback + 'static) -> Self {
        self.callbacks.push(Box::new(callback));
        self
    }

    /// Whether a bar, or plain lines where there is no terminal, shows how far it is; true if nothing
    /// is said.
    pub fn progress(mut self, progress: bool) -> Self {
        self.progress = progress;
        self
    }
}
