//! From one factor to another: warm-up and its like.

use ondol_tensor::{Dict, Error, Result, Value};

use super::groups::{group_lrs, scaled};
use super::{Progress, Schedule};
use crate::Optimizer;
use crate::options::number;

/// A smaller learning rate for the first epochs, `torch.optim.lr_scheduler.ConstantLR`.
///
/// ```text
/// lrₑ = factor · lr where e < total_iters, else lr        (factor 1/3, total_iters 5)
/// ```
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_optim::{ConstantLR, LRScheduler, Optimizer, SGD, Schedule};
/// let mut optimizer = SGD::new([Tensor::zeros([1]).requires_grad_(true)], 1.0);
/// let mut scheduler = ConstantLR::new().factor(0.5).total_iters(2).on(&mut optimizer);
/// assert_eq!(optimizer.lr(), 0.5);
/// for _ in 0..2 {
///     optimizer.step();
///     scheduler.step(&mut optimizer);
/// }
/// assert_eq!(optimizer.lr(), 1.0);
/// ```
#[derive(Clone, Debug)]
pub struct ConstantLR {
    factor: f64,
    total_iters: i64,
}

impl Default for ConstantLR {
    fn default() -> Self {
        ConstantLR::new()
    }
}

impl ConstantLR {
    /// A third for five epochs.
    pub fn new() -> Self {
        ConstantLR {
            factor: 1.0 / 3.0,
            total_iters: 5,
        }
    }

    /// The factor, in `[0, 1]`; 1/3 by default.
    pub fn factor(mut self, factor: f64) -> Self {
        self.factor = factor;
        self
    }

    /// How many epochs it lasts; 5 by default.
    pub fn total_iters(mut self, total_iters: usize) -> Self {
        self.total_iters = total_iters as i64;
        self
    }
}

impl Schedule for ConstantLR {
    fn prepare(&mut self, _: &mut dyn Optimizer, _: bool) -> Result<()> {
        if (0.0..=1.0).contains(&self.factor) {
            return Ok(());
        }
        Err(Error::value(
            "ConstantLR",
            "Constant multiplicative factor expected to be between 0 and 1.",
        ))
    }

    fn get_lr(&mut self, now: &Progress, optimizer: &mut dyn Optimizer) -> Result<Vec<f64>> {
        if now.last_epoch == 0 {
            scaled(optimizer, self.factor)
        } else if now.last_epoch == self.total_iters {
            scaled(optimizer, 1.0 / self.factor)
        } else {
            group_lrs(optimizer)
        }
    }

    fn closed_form(&self, now: &Progress) -> Option<Vec<f64>> {
        let over = now.last_epoch >= self.total_iters;
        let factor = if over { 1.0 } else { self.factor };
        Some(now.base_lrs.iter().map(|lr| lr * factor).collect())
    }

    fn settings(&self) -> Dict {
        let settings: [(&str, Value); 2] = [
            ("factor", self.factor.into()),
            ("total_iters", self.total_iters.into()),
        ];
        settings.into_iter().collect()
    }

    fn load(&mut self, state: &Value) -> Result<()> {
        *self = ConstantLR {
            factor: number(state.get("factor")?)?,
            total_iters: state.get("total_iters")?.as_int()?,
        };
        Ok(())
    }
}

/// A straight line from one factor to another, `torch.optim.lr_scheduler.LinearLR`: warm-up.
///
/// ```text
/// lrₑ = lr (start + (end − start) min(e, total_iters) / total_iters)      (1/3, 1 and 5)
/// ```
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_optim::{LRScheduler, LinearLR, Optimizer, SGD, Schedule};
/// let mut optimizer = SGD::new([Tensor::zeros([1]).requires_grad_(true)], 1.0);
/// let mut warmup = LinearLR::new().start_factor(0.5).total_iters(2).on(&mut optimizer);
/// assert_eq!(optimizer.lr(), 0.5);
/// optimizer.step();
/// warmup.step(&mut optimizer);
/// assert_eq!(optimizer.lr(), 0.75);
/// ```
#[derive(Clone, Debug)]
pub struct LinearLR {
    start_factor: f64,
    end_factor: f64,
    total_iters: i64,
}

impl Default for LinearLR {
    fn default() -> Self {
        LinearLR::new()
    }
}

impl LinearLR {
    /// From a third to the whole in five epochs.
    pub fn new() -> Self {
        LinearLR {
            start_factor: 1.0 / 3.0,
            end_factor: 1.0,
            total_iters: 5,
        }
    }

    /// The factor at the start, in `(0, 1]`; 1/3 by default.
    pub fn start_factor(mut self, start_factor: f64) -> Self {
        self.start_factor = start_factor;
        self
    }

    /// The factor at the end, in `[0, 1]`; 1 by default.
    pub fn end_factor(mut self, end_factor: f64) -> Self {
        self.end_factor = end_factor;
        self
    }

    /// How many epochs it lasts; 5 by default.
    pub fn total_iters(mut self, total_iters: usize) -> Self {
        self.total_iters = total_iters as i64;
        self
    }
}

impl Schedule for LinearLR {
    fn prepare(&mut self, _: &mut dyn Optimizer, _: bool) -> Result<()> {
        let message = if !(self.start_factor > 0.0 && self.start_factor <= 1.0) {
            "Starting multiplicative factor expected to be greater than 0 and less or equal to 1."
        } else if !(0.0..=1.0).contains(&self.end_factor) {
            "Ending multiplicative factor expected to be between 0 and 1."
        } else {
            return Ok(());
        };
        Err(Error::value("LinearLR", message))
    }

    fn get_lr(&mut self, now: &Progress, optimizer: &mut dyn Optimizer) -> Result<Vec<f64>> {
        if now.last_epoch == 0 {
            return scaled(optimizer, self.start_factor);
        }
        if now.is_initial || now.last_epoch > self.total_iters {
            return group_lrs(optimizer);
        }
        let rise = self.end_factor - self.start_factor;
        let so_far = self.total_iters as f64 * self.start_factor;
        let so_far = so_far + (now.last_epoch - 1) as f64 * rise;
        scaled(optimizer, 1.0 + rise / so_far)
    }

    fn closed_form(&self, now: &Progress) -> Option<Vec<f64>> {
        let part = self.total_iters.min(now.last_epoch) as f64 / self.total_iters as f64;
        let factor = self.start_factor + (self.end_factor - self.start_factor) * part;
        Some(now.base_lrs.iter().map(|lr| lr * factor).collect())
    }

    fn settings(&self) -> Dict {
        let settings: [(&str, Value); 3] = [
            ("start_factor", self.start_factor.into()),
            ("end_factor", self.end_factor.into()),
            ("total_iters", self.total_iters.into()),
        ];
        settings.into_iter().collect()
    }

    fn load(&mut self, state: &Value) -> Result<()> {
        *self = LinearLR {
            start_factor: number(state.get("start_factor")?)?,
            end_factor: number(state.get("end_factor")?)?,
            total_iters: state.get("total_iters")?.as_int()?,
        };
        Ok(())
    }
}
