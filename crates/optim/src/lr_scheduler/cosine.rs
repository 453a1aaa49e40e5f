//! Half a wave down.

use std::f64::consts::PI;

use ondol_tensor::{Dict, Error, Result, Value};

use super::groups::group_lrs;
use super::{Progress, Schedule};
use crate::Optimizer;
use crate::options::{check, number};

/// Half a cosine down to `eta_min` in `T_max` epochs, and up again after that,
/// `torch.optim.lr_scheduler.CosineAnnealingLR`.
///
/// ```text
/// lrₑ = η_min + (lrₑ₋₁ − η_min) (1 + cos(π e / T_max)) / (1 + cos(π (e − 1) / T_max))
///     = η_min + ½ (lr − η_min) (1 + cos(π e / T_max))    where nothing else changes it
/// ```
///
/// [Loshchilov and Hutter, 2016](https://arxiv.org/abs/1608.03983).
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_optim::{CosineAnnealingLR, LRScheduler, Optimizer, SGD, Schedule};
/// let mut optimizer = SGD::new([Tensor::zeros([1]).requires_grad_(true)], 1.0);
/// let mut scheduler = CosineAnnealingLR::new(4).on(&mut optimizer);
/// for _ in 0..2 {
///     optimizer.step();
///     scheduler.step(&mut optimizer);
/// }
/// assert!((optimizer.lr() - 0.5).abs() < 1e-12);
/// ```
#[derive(Clone, Debug)]
pub struct CosineAnnealingLR {
    t_max: i64,
    eta_min: f64,
}

impl CosineAnnealingLR {
    /// Down to 0 in `t_max` epochs.
    pub fn new(t_max: usize) -> Self {
        CosineAnnealingLR {
            t_max: t_max as i64,
            eta_min: 0.0,
        }
    }

    /// The least learning rate; 0 by default.
    pub fn eta_min(mut self, eta_min: f64) -> Self {
        self.eta_min = eta_min;
        self
    }

    fn wave(&self, epoch: i64) -> f64 {
        1.0 + (PI * epoch as f64 / self.t_max as f64).cos()
    }

    fn at(&self, now: &Progress) -> Vec<f64> {
        let wave = self.wave(now.last_epoch);
        let lr = |lr: &f64| self.eta_min + (lr - self.eta_min) * wave / 2.0;
        now.base_lrs.iter().map(lr).collect()
    }
}

impl Schedule for CosineAnnealingLR {
    fn prepare(&mut self, _: &mut dyn Optimizer, _: bool) -> Result<()> {
        check("CosineAnnealingLR", self.t_max > 0, || {
            "T_max must be positive".into()
        })
    }

    fn get_lr(&mut self, now: &Progress, optimizer: &mut dyn Optimizer) -> Result<Vec<f64>> {
        let (epoch, eta_min) = (now.last_epoch, self.eta_min);
        let lrs = group_lrs(optimizer)?;
        if now.is_initial {
            return Ok(lrs);
        }
        if now.step_count == 1 && epoch > 0 {
            return Ok(self.at(now));
        }
        // At the bottom of the wave the ratio below is 0/0.
        if (epoch - 1 - self.t_max) % (2 * self.t_max) == 0 {
            let rise = (1.0 - (PI / self.t_max as f64).cos()) / 2.0;
            let pairs = lrs.iter().zip(&now.base_lrs);
            return Ok(pairs
                .map(|(lr, base)| lr + (base - eta_min) * rise)
                .collect());
        }
        let ratio = self.wave(epoch) / self.wave(epoch - 1);
        Ok(lrs
            .iter()
            .map(|lr| ratio * (lr - eta_min) + eta_min)
            .collect())
    }

    fn closed_form(&self, now: &Progress) -> Option<Vec<f64>> {
        Some(self.at(now))
    }

    fn settings(&self) -> Dict {
        let settings: [(&str, Value); 2] = [
            ("T_max", self.t_max.into()),
            ("eta_min", self.eta_min.into()),
        ];
        settings.into_iter().collect()
    }

    fn load(&mut self, state: &Value) -> Result<()> {
        *self = CosineAnnealingLR {
            t_max: state.get("T_max")?.as_int()?.max(1),
            eta_min: number(state.get("eta_min")?)?,
        };
        Ok(())
    }
}

/// Half a cosine down, then from the top again over `T_mult` times as many epochs,
/// `torch.optim.lr_scheduler.CosineAnnealingWarmRestarts`.
///
/// ```text
/// lr = η_min + ½ (lr₀ − η_min) (1 + cos(π T_cur / T_i))      T_i = T_0, T_0 T_mult, …
/// ```
///
/// [`step_at`](super::LRScheduler::step_at) takes parts of epochs, such as `epoch + batch / batches`.
///
/// [Loshchilov and Hutter, 2016](https://arxiv.org/abs/1608.03983).
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_optim::{CosineAnnealingWarmRestarts, LRScheduler, Optimizer, SGD, Schedule};
/// let mut optimizer = SGD::new([Tensor::zeros([1]).requires_grad_(true)], 1.0);
/// let mut scheduler = CosineAnnealingWarmRestarts::new(2).t_mult(2).on(&mut optimizer);
/// optimizer.step();
/// scheduler.step(&mut optimizer);
/// assert!((optimizer.lr() - 0.5).abs() < 1e-12);
/// scheduler.step(&mut optimizer);
/// assert_eq!(optimizer.lr(), 1.0);
/// ```
#[derive(Clone, Debug)]
pub struct CosineAnnealingWarmRestarts {
    t_0: i64,
    t_i: i64,
    t_mult: i64,
    eta_min: f64,
    t_cur: f64,
}

impl CosineAnnealingWarmRestarts {
    /// Down to 0 every `t_0` epochs.
    pub fn new(t_0: usize) -> Self {
        CosineAnnealingWarmRestarts {
            t_0: t_0 as i64,
            t_i: t_0 as i64,
            t_mult: 1,
            eta_min: 0.0,
            t_cur: -1.0,
        }
    }

    /// How many times longer each descent is than the one before; 1 by default.
    pub fn t_mult(mut self, t_mult: usize) -> Self {
        self.t_mult = t_mult as i64;
        self
    }

    /// The least learning rate; 0 by default.
    pub fn eta_min(mut self, eta_min: f64) -> Self {
        self.eta_min = eta_min;
        self
    }

    fn check(&self) -> Result<()> {
        let message = if self.t_0 < 1 {
            format!("Expected positive integer T_0, but got {}", self.t_0)
        } else if self.t_mult < 1 {
            format!("Expected integer T_mult >= 1, but got {}", self.t_mult)
        } else {
            return Ok(());
        };
        Err(Error::value("CosineAnnealingWarmRestarts", message))
    }

    fn go_to(&mut self, epoch: f64) {
        let (t_0, t_mult) = (self.t_0 as f64, self.t_mult as f64);
        if epoch < t_0 {
            (self.t_i, self.t_cur) = (self.t_0, epoch);
        } else if self.t_mult == 1 {
            self.t_cur = epoch % t_0;
        } else {
            let n = (epoch / t_0 * (t_mult - 1.0) + 1.0).log(t_mult).floor();
            let grown = t_mult.powf(n);
            self.t_cur = epoch - t_0 * (grown - 1.0) / (t_mult - 1.0);
            self.t_i = (t_0 * grown) as i64;
        }
    }
}

impl Schedule for CosineAnnealingWarmRestarts {
    fn prepare(&mut self, _: &mut dyn Optimizer, _: bool) -> Result<()> {
        self.check()
    }

    fn advance(&mut self, now: &mut Progress, epoch: Option<f64>) -> Result<()> {
        let epoch = epoch.or((now.last_epoch < 0).then_some(0.0));
        match epoch {
            Some(epoch) if epoch < 0.0 => {
                return Err(Error::value(
                    "CosineAnnealingWarmRestarts",
                    format!("Expected non-negative epoch, but got {epoch}"),
                ));
            }
            Some(epoch) => {
                self.go_to(epoch);
                now.last_epoch = epoch.floor() as i64;
            }
            None => {
                now.last_epoch += 1;
                self.t_cur += 1.0;
                if self.t_cur >= self.t_i as f64 {
                    self.t_cur %= self.t_i as f64;
                    self.t_i *= self.t_mult;
                }
            }
        }
        Ok(())
    }

    fn counts(&self) -> bool {
        false
    }

    fn get_lr(&mut self, now: &Progress, _: &mut dyn Optimizer) -> Result<Vec<f64>> {
        let wave = 1.0 + (PI * self.t_cur / self.t_i as f64).cos();
        let lr = |lr: &f64| self.eta_min + (lr - self.eta_min) * wave / 2.0;
        Ok(now.base_lrs.iter().map(lr).collect())
    }

    fn settings(&self) -> Dict {
        let settings: [(&str, Value); 5] = [
            ("T_0", self.t_0.into()),
            ("T_i", self.t_i.into()),
            ("T_mult", self.t_mult.into()),
            ("eta_min", self.eta_min.into()),
            ("T_cur", self.t_cur.into()),
        ];
        settings.into_iter().collect()
    }

    fn load(&mut self, state: &Value) -> Result<()> {
        let loaded = CosineAnnealingWarmRestarts {
            t_0: state.get("T_0")?.as_int()?,
            t_i: state.get("T_i")?.as_int()?,
            t_mult: state.get("T_mult")?.as_int()?,
            eta_min: number(state.get("eta_min")?)?,
            t_cur: number(state.get("T_cur")?)?,
        };
        loaded.check()?;
        *self = loaded;
        Ok(())
    }
}
