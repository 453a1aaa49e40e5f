//! Falls by a power.

use ondol_tensor::{Dict, Result, Value};

use super::groups::{group_lrs, scaled};
use super::{Progress, Schedule};
use crate::Optimizer;
use crate::options::number;

/// A fall by the same factor each epoch, `torch.optim.lr_scheduler.ExponentialLR`.
///
/// ```text
/// lrₑ = γ lrₑ₋₁
/// ```
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_optim::{ExponentialLR, LRScheduler, Optimizer, SGD, Schedule};
/// let mut optimizer = SGD::new([Tensor::zeros([1]).requires_grad_(true)], 1.0);
/// let mut scheduler = ExponentialLR::new(0.5).on(&mut optimizer);
/// for _ in 0..3 {
///     optimizer.step();
///     scheduler.step(&mut optimizer);
/// }
/// assert_eq!(optimizer.lr(), 0.125);
/// ```
#[derive(Clone, Debug)]
pub struct ExponentialLR {
    gamma: f64,
}

impl ExponentialLR {
    /// With factor γ.
    pub fn new(gamma: f64) -> Self {
        ExponentialLR { gamma }
    }
}

impl Schedule for ExponentialLR {
    fn get_lr(&mut self, now: &Progress, optimizer: &mut dyn Optimizer) -> Result<Vec<f64>> {
        if now.is_initial {
            return group_lrs(optimizer);
        }
        scaled(optimizer, self.gamma)
    }

    fn closed_form(&self, now: &Progress) -> Option<Vec<f64>> {
        let factor = self.gamma.powi(now.last_epoch as i32);
        Some(now.base_lrs.iter().map(|lr| lr * factor).collect())
    }

    fn settings(&self) -> Dict {
        [("gamma", self.gamma)].into_iter().collect()
    }

    fn load(&mut self, state: &Value) -> Result<()> {
        self.gamma = number(state.get("gamma")?)?;
        Ok(())
    }
}

/// A fall to 0 by a power of what is left, `torch.optim.lr_scheduler.PolynomialLR`.
///
/// ```text
/// lrₑ = lr (1 − min(e, total_iters) / total_iters)^power        (total_iters 5, power 1)
/// ```
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_optim::{LRScheduler, Optimizer, PolynomialLR, SGD, Schedule};
/// let mut optimizer = SGD::new([Tensor::zeros([1]).requires_grad_(true)], 1.0);
/// let mut scheduler = PolynomialLR::new().total_iters(4).on(&mut optimizer);
/// optimizer.step();
/// scheduler.step(&mut optimizer);
/// assert_eq!(optimizer.lr(), 0.75);
/// ```
#[derive(Clone, Debug)]
pub struct PolynomialLR {
    total_iters: i64,
    power: f64,
}

impl Default for PolynomialLR {
    fn default() -> Self {
        PolynomialLR::new()
    }
}

impl PolynomialLR {
    /// A straight fall in five epochs.
    pub fn new() -> Self {
        PolynomialLR {
            total_iters: 5,
            power: 1.0,
        }
    }

    /// How many epochs it takes; 5 by default.
    pub fn total_iters(mut self, total_iters: usize) -> Self {
        self.total_iters = total_iters as i64;
        self
    }

    /// The power; 1 by default.
    pub fn power(mut self, power: f64) -> Self {
        self.power = power;
        self
    }

    /// The part of the learning rate that is left.
    fn left(&self, epoch: i64) -> f64 {
        1.0 - epoch as f64 / self.total_iters as f64
    }
}

impl Schedule for PolynomialLR {
    fn get_lr(&mut self, now: &Progress, optimizer: &mut dyn Optimizer) -> Result<Vec<f64>> {
        let epoch = now.last_epoch;
        if now.is_initial || epoch > self.total_iters {
            return group_lrs(optimizer);
        }
        let factor = (self.left(epoch) / self.left(epoch - 1)).powf(self.power);
        scaled(optimizer, factor)
    }

    fn closed_form(&self, now: &Progress) -> Option<Vec<f64>> {
        let factor = self.left(self.total_iters.min(now.last_epoch));
        let factor = factor.powf(self.power);
        Some(now.base_lrs.iter().map(|lr| lr * factor).collect())
    }

    fn settings(&self) -> Dict {
        let settings: [(&str, Value); 2] = [
            ("total_iters", self.total_iters.into()),
            ("power", self.power.into()),
        ];
        settings.into_iter().collect()
    }

    fn load(&mut self, state: &Value) -> Result<()> {
        *self = PolynomialLR {
            total_iters: state.get("total_iters")?.as_int()?,
            power: number(state.get("power")?)?,
        };
        Ok(())
    }
}
