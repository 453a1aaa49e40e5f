//! A fall at certain epochs.

use std::collections::BTreeMap;

use ondol_tensor::{Dict, Key, Result, Value};

use super::groups::{group_lrs, scaled};
use super::{Progress, Schedule};
use crate::Optimizer;
use crate::options::{check, number};

/// A fall every `step_size` epochs, `torch.optim.lr_scheduler.StepLR`.
///
/// ```text
/// lrₑ = γ lrₑ₋₁ where e is a multiple of step_size, else lrₑ₋₁        (γ = 0.1)
/// ```
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_optim::{LRScheduler, Optimizer, SGD, Schedule, StepLR};
/// let mut optimizer = SGD::new([Tensor::zeros([1]).requires_grad_(true)], 1.0);
/// let mut scheduler = StepLR::new(2).gamma(0.5).on(&mut optimizer);
/// let lrs: Vec<f64> = (0..4).map(|_| {
///     optimizer.step();
///     scheduler.step(&mut optimizer);
///     optimizer.lr()
/// }).collect();
/// assert_eq!(lrs, [1.0, 0.5, 0.5, 0.25]);
/// ```
#[derive(Clone, Debug)]
pub struct StepLR {
    step_size: i64,
    gamma: f64,
}

impl StepLR {
    /// A fall to a tenth every `step_size` epochs.
    pub fn new(step_size: usize) -> Self {
        StepLR {
            step_size: step_size as i64,
            gamma: 0.1,
        }
    }

    /// The factor γ; 0.1 by default.
    pub fn gamma(mut self, gamma: f64) -> Self {
        self.gamma = gamma;
        self
    }
}

impl Schedule for StepLR {
    fn prepare(&mut self, _: &mut dyn Optimizer, _: bool) -> Result<()> {
        check("StepLR", self.step_size > 0, || {
            "step_size must be positive".into()
        })
    }

    fn get_lr(&mut self, now: &Progress, optimizer: &mut dyn Optimizer) -> Result<Vec<f64>> {
        if now.last_epoch == 0 || now.last_epoch % self.step_size != 0 {
            return group_lrs(optimizer);
        }
        scaled(optimizer, self.gamma)
    }

    fn closed_form(&self, now: &Progress) -> Option<Vec<f64>> {
        let falls = now.last_epoch.div_euclid(self.step_size);
        let factor = self.gamma.powi(falls as i32);
        Some(now.base_lrs.iter().map(|lr| lr * factor).collect())
    }

    fn settings(&self) -> Dict {
        let settings: [(&str, Value); 2] = [
            ("step_size", self.step_size.into()),
            ("gamma", self.gamma.into()),
        ];
        settings.into_iter().collect()
    }

    fn load(&mut self, state: &Value) -> Result<()> {
        let loaded = StepLR {
            step_size: state.get("step_size")?.as_int()?.max(1),
            gamma: number(state.get("gamma")?)?,
        };
        *self = loaded;
        Ok(())
    }
}

/// A fall at each of certain epochs, `torch.optim.lr_scheduler.MultiStepLR`.
///
/// ```text
/// lrₑ = γⁿ lrₑ₋₁ where e is n times among the milestones, else lrₑ₋₁        (γ = 0.1)
/// ```
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_optim::{LRScheduler, MultiStepLR, Optimizer, SGD, Schedule};
/// let mut optimizer = SGD::new([Tensor::zeros([1]).requires_grad_(true)], 1.0);
/// let mut scheduler = MultiStepLR::new([1, 3]).gamma(0.5).on(&mut optimizer);
/// let lrs: Vec<f64> = (0..4).map(|_| {
///     optimizer.step();
///     scheduler.step(&mut optimizer);
///     optimizer.lr()
/// }).collect();
/// assert_eq!(lrs, [0.5, 0.5, 0.25, 0.25]);
/// ```
#[derive(Clone, Debug)]
pub struct MultiStepLR {
    /// How often each epoch is named.
    milestones: BTreeMap<i64, i64>,
    gamma: f64,
}

impl MultiStepLR {
    /// A fall to a tenth at each of these epochs.
    pub fn new(milestones: impl IntoIterator<Item = usize>) -> Self {
        let mut counts = BTreeMap::new();
        for epoch in milestones {
            *counts.entry(epoch as i64).or_insert(0) += 1;
        }
        MultiStepLR {
            milestones: counts,
            gamma: 0.1,
        }
    }

    /// The factor γ; 0.1 by default.
    pub fn gamma(mut self, gamma: f64) -> Self {
        self.gamma = gamma;
        self
    }
}

impl Schedule for MultiStepLR {
    fn get_lr(&mut self, now: &Progress, optimizer: &mut dyn Optimizer) -> Result<Vec<f64>> {
        match self.milestones.get(&now.last_epoch) {
            Some(&times) => scaled(optimizer, self.gamma.powi(times as i32)),
            None => group_lrs(optimizer),
        }
    }

    fn closed_form(&self, now: &Progress) -> Option<Vec<f64>> {
        let passed: i64 = self
            .milestones
            .range(..=now.last_epoch)
            .map(|(_, n)| n)
            .sum();
        let factor = self.gamma.powi(passed as i32);
        Some(now.base_lrs.iter().map(|lr| lr * factor).collect())
    }

    fn settings(&self) -> Dict {
        let milestones: Dict = self.milestones.iter().map(|(&e, &n)| (e, n)).collect();
        let settings: [(&str, Value); 2] = [
            ("milestones", milestones.into()),
            ("gamma", self.gamma.into()),
        ];
        settings.into_iter().collect()
    }

    fn load(&mut self, state: &Value) -> Result<()> {
        let gamma = number(state.get("gamma")?)?;
        let mut milestones = BTreeMap::new();
        for (epoch, times) in state.get("milestones")?.as_dict()?.iter() {
            if let Key::Int(epoch) = epoch {
                milestones.insert(*epoch, times.as_int()?);
            }
        }
        *self = MultiStepLR { milestones, gamma };
        Ok(())
    }
}
