//! To the constant learning rate of weight averaging.

use std::f64::consts::PI;

use ondol_tensor::{Dict, Result, Value};

use super::groups::{PerGroup, get};
use super::{Progress, Schedule};
use crate::Optimizer;
use crate::options::check;

/// From the learning rate of now to a constant one, `torch.optim.swa_utils.SWALR`, for
/// [`AveragedModel`](crate::AveragedModel).
///
/// ```text
/// lrₑ = α swa_lr + (1 − α) lr      α = ½ (1 − cos(π e / anneal_epochs)) up to 1, or e / anneal_epochs
/// ```
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_optim::{LRScheduler, Optimizer, SGD, SWALR, Schedule};
/// let mut optimizer = SGD::new([Tensor::zeros([1]).requires_grad_(true)], 1.0);
/// let mut scheduler = SWALR::new(0.5).anneal_epochs(2).anneal_strategy("linear").on(&mut optimizer);
/// optimizer.step();
/// scheduler.step(&mut optimizer);
/// assert!((optimizer.lr() - 0.75).abs() < 1e-12);
/// ```
#[derive(Clone, Debug)]
pub struct SWALR {
    swa_lr: PerGroup,
    anneal_epochs: i64,
    anneal_strategy: String,
}

impl SWALR {
    /// To `swa_lr` in 10 epochs.
    pub fn new(swa_lr: impl Into<PerGroup>) -> Self {
        SWALR {
            swa_lr: swa_lr.into(),
            anneal_epochs: 10,
            anneal_strategy: "cos".into(),
        }
    }

    /// How many epochs it takes; 10 by default.
    pub fn anneal_epochs(mut self, anneal_epochs: usize) -> Self {
        self.anneal_epochs = anneal_epochs as i64;
        self
    }

    /// Along `"cos"`, the default, or `"linear"`.
    pub fn anneal_strategy(mut self, anneal_strategy: &str) -> Self {
        self.anneal_strategy = anneal_strategy.into();
        self
    }

    fn check(&self) -> Result<()> {
        let strategy = self.anneal_strategy.as_str();
        check("SWALR", matches!(strategy, "cos" | "linear"), || {
            format!("anneal_strategy must be one of 'cos' or 'linear', instead got {strategy}")
        })
    }

    /// How far it has come after so many steps.
    fn part(&self, step: i64) -> f64 {
        let part = step as f64 / self.anneal_epochs.max(1) as f64;
        let part = part.clamp(0.0, 1.0);
        if self.anneal_strategy == "linear" {
            return part;
        }
        (1.0 - (PI * part).cos()) / 2.0
    }
}

impl Schedule for SWALR {
    fn prepare(&mut self, optimizer: &mut dyn Optimizer, _: bool) -> Result<()> {
        self.check()?;
        let lrs = self.swa_lr.spread("SWALR", optimizer)?;
        for (i, lr) in lrs.into_iter().enumerate() {
            optimizer.set_option(i, "swa_lr", lr.into());
        }
        Ok(())
    }

    fn get_lr(&mut self, now: &Progress, optimizer: &mut dyn Optimizer) -> Result<Vec<f64>> {
        let mut step = now.step_count - 1;
        if self.anneal_epochs == 0 {
            step = step.max(1);
        }
        let (before, part) = (self.part(step - 1), self.part(step));
        let next = |i| {
            let (lr, swa_lr) = (get(optimizer, i, "lr")?, get(optimizer, i, "swa_lr")?);
            let start = if before == 1.0 {
                swa_lr
            } else {
                (lr - before * swa_lr) / (1.0 - before)
            };
            Ok(swa_lr * part + start * (1.0 - part))
        };
        (0..optimizer.num_param_groups()).map(next).collect()
    }

    fn settings(&self) -> Dict {
        let settings: [(&str, Value); 2] = [
            ("_anneal_strategy", self.anneal_strategy.as_str().into()),
            ("anneal_epochs", self.anneal_epochs.into()),
        ];
        settings.into_iter().collect()
    }

    fn load(&mut self, state: &Value) -> Result<()> {
        let loaded = SWALR {
            swa_lr: self.swa_lr.clone(),
            anneal_epochs: state.get("anneal_epochs")?.as_int()?,
            anneal_strategy: state.get("_anneal_strategy")?.as_str()?.into(),
        };
        loaded.check()?;
        *self = loaded;
        Ok(())
    }
}
