//! A fall where a number stops getting better.

use ondol_tensor::{Dict, Result, ToValue, Value};

use super::groups::{PerGroup, group_lrs, numbers};
use crate::Optimizer;
use crate::options::{check, number};

/// A fall where a number, such as the validation loss, stops getting better,
/// `torch.optim.lr_scheduler.ReduceLROnPlateau`.
///
/// A value is better where it is less than `best (1 − threshold)` (mode `"min"`, threshold mode
/// `"rel"`), `best − threshold` (`"abs"`), or more than `best (1 + threshold)` and
/// `best + threshold` (mode `"max"`). After more than `patience` epochs without a better one the
/// learning rate is multiplied by `factor`.
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_optim::{Optimizer, ReduceLROnPlateau, SGD};
/// let mut optimizer = SGD::new([Tensor::zeros([1]).requires_grad_(true)], 1.0);
/// let mut scheduler = ReduceLROnPlateau::new().patience(1).on(&mut optimizer);
/// for loss in [0.5, 0.6, 0.6] {
///     optimizer.step();
///     scheduler.step(loss, &mut optimizer);
/// }
/// assert_eq!(optimizer.lr(), 0.1);
/// ```
#[derive(Clone, Debug)]
pub struct ReduceLROnPlateau {
    mode: String,
    factor: f64,
    patience: i64,
    threshold: f64,
    threshold_mode: String,
    cooldown: i64,
    min_lr: PerGroup,
    min_lrs: Vec<f64>,
    eps: f64,
    best: f64,
    cooldown_counter: i64,
    num_bad_epochs: i64,
    last_epoch: i64,
    last_lr: Vec<f64>,
}

const NAME: &str = "ReduceLROnPlateau";

impl Default for ReduceLROnPlateau {
    fn default() -> Self {
        ReduceLROnPlateau::new()
    }
}

impl ReduceLROnPlateau {
    /// A fall to a tenth after more than ten epochs without a lesser number. Give it its optimizer
    /// with [`on`](Self::on).
    pub fn new() -> Self {
        ReduceLROnPlateau {
            mode: "min".into(),
            factor: 0.1,
            patience: 10,
            threshold: 1e-4,
            threshold_mode: "rel".into(),
            cooldown: 0,
            min_lr: 0.0.into(),
            min_lrs: Vec::new(),
            eps: 1e-8,
            best: f64::INFINITY,
            cooldown_counter: 0,
            num_bad_epochs: 0,
            last_epoch: 0,
            last_lr: Vec::new(),
        }
    }

    /// Whether less, `"min"`, or more, `"max"`, is better; `"min"` by default.
    pub fn mode(mut self, mode: &str) -> Self {
        self.mode = mode.into();
        self
    }

    /// What the learning rate is multiplied by, less than 1; 0.1 by default.
    pub fn factor(mut self, factor: f64) -> Self {
        self.factor = factor;
        self
    }

    /// How many epochs without a better value are borne; 10 by default.
    pub fn patience(mut self, patience: usize) -> Self {
        self.patience = patience as i64;
        self
    }

    /// How much better a value must be; 1e-4 by default.
    pub fn threshold(mut self, threshold: f64) -> Self {
        self.threshold = threshold;
        self
    }

    /// Whether the threshold is a part of the best value, `"rel"`, or a difference, `"abs"`; `"rel"` by
    /// default.
    pub fn threshold_mode(mut self, threshold_mode: &str) -> Self {
        self.threshold_mode = threshold_mode.into();
        self
    }

    /// How many epochs after a fall are not counted; 0 by default.
    pub fn cooldown(mut self, cooldown: usize) -> Self {
        self.cooldown = cooldown as i64;
        self
    }

    /// The least learning rate; 0 by default.
    pub fn min_lr(mut self, min_lr: impl Into<PerGroup>) -> Self {
        self.min_lr = min_lr.into();
        self
    }

    /// Smaller falls are left out; 1e-8 by default.
    pub fn eps(mut self, eps: f64) -> Self {
        self.eps = eps;
        self
    }

    /// At work on an optimizer.
    ///
    /// # Panics
    /// Where the factor is not less than 1, a mode is unknown, or there are not as many `min_lr` as
    /// groups.
    #[track_caller]
    pub fn on(mut self, optimizer: &mut dyn Optimizer) -> Self {
        ondol_autograd::ok(self.check());
        self.min_lrs = ondol_autograd::ok(self.min_lr.spread(NAME, optimizer));
        self.last_lr = ondol_autograd::ok(group_lrs(optimizer));
        self.best = self.worst();
        self
    }

    fn check(&self) -> Result<()> {
        check(NAME, self.factor < 1.0, || "Factor should be < 1.0.".into())?;
        let (mode, threshold_mode) = (self.mode.as_str(), self.threshold_mode.as_str());
        check(NAME, matches!(mode, "min" | "max"), || {
            format!("mode {mode} is unknown!")
        })?;
        check(NAME, matches!(threshold_mode, "rel" | "abs"), || {
            format!("threshold mode {threshold_mode} is unknown!")
        })
    }

    fn worst(&self) -> f64 {
        if self.mode == "min" {
            f64::INFINITY
        } else {
            f64::NEG_INFINITY
        }
    }

    fn is_better(&self, value: f64) -> bool {
        let (best, threshold) = (self.best, self.threshold);
        match (self.mode.as_str(), self.threshold_mode.as_str()) {
            ("min", "rel") => value < best * (1.0 - threshold),
            ("min", _) => value < best - threshold,
            (_, "rel") => value > best * (1.0 + threshold),
            _ => value > best + threshold,
        }
    }

    /// Looks at the epoch's value, and lowers the learning rate where it is time,
    /// `torch.optim.lr_scheduler.ReduceLROnPlateau.step`.
    ///
    /// # Panics
    /// Where groups were added and each has a `min_lr` of its own.
    #[track_caller]
    pub fn step(&mut self, metrics: f64, optimizer: &mut dyn Optimizer) {
        self.last_epoch += 1;
        if self.is_better(metrics) {
            self.best = metrics;
            self.num_bad_epochs = 0;
        } else {
            self.num_bad_epochs += 1;
        }
        if self.cooldown_counter > 0 {
            self.cooldown_counter -= 1;
            self.num_bad_epochs = 0;
        }
        if self.num_bad_epochs > self.patience {
            ondol_autograd::ok(self.reduce(optimizer));
            self.cooldown_counter = self.cooldown;
            self.num_bad_epochs = 0;
        }
        self.last_lr = ondol_autograd::ok(group_lrs(optimizer));
    }

    fn reduce(&mut self, optimizer: &mut dyn Optimizer) -> Result<()> {
        let lrs = group_lrs(optimizer)?;
        if self.min_lrs.len() != lrs.len() {
            self.min_lrs = self.min_lr.spread(NAME, optimizer)?;
        }
        for (i, (&lr, &min)) in lrs.iter().zip(&self.min_lrs).enumerate() {
            let new = (lr * self.factor).max(min);
            if lr - new > self.eps {
                optimizer.set_option(i, "lr", new.into());
            }
        }
        Ok(())
    }

    /// The learning rates set last, one per group.
    pub fn get_last_lr(&self) -> Vec<f64> {
        self.last_lr.clone()
    }

    /// How many steps were made.
    pub fn last_epoch(&self) -> i64 {
        self.last_epoch
    }

    /// The best value so far; infinite before the first.
    pub fn best(&self) -> f64 {
        self.best
    }

    /// The state in PyTorch's structure.
    pub fn state_dict(&self) -> Value {
        let default_min_lr = match &self.min_lr {
            PerGroup::All(value) => Value::Float(*value),
            PerGroup::Each(_) => Value::None,
        };
        let dict: [(&str, Value); 15] = [
            ("factor", self.factor.into()),
            ("default_min_lr", default_min_lr),
            ("min_lrs", numbers(&self.min_lrs)),
            ("patience", self.patience.into()),
            ("cooldown", self.cooldown.into()),
            ("eps", self.eps.into()),
            ("last_epoch", self.last_epoch.into()),
            ("_last_lr", numbers(&self.last_lr)),
            ("mode_worse", self.worst().into()),
            ("mode", self.mode.as_str().into()),
            ("threshold", self.threshold.into()),
            ("threshold_mode", self.threshold_mode.as_str().into()),
            ("best", self.best.into()),
            ("cooldown_counter", self.cooldown_counter.into()),
            ("num_bad_epochs", self.num_bad_epochs.into()),
        ];
        Value::Dict(dict.into_iter().collect::<Dict>())
    }

    /// Takes over a state that [`state_dict`](Self::state_dict) or PyTorch wrote.
    ///
    /// # Errors
    /// Where an entry is missing or of another kind; the scheduler is then as before.
    pub fn load_state_dict(&mut self, state_dict: &Value) -> Result<()> {
        let float = |name: &str| number(state_dict.get(name)?);
        let int = |name: &str| state_dict.get(name)?.as_int();
        let list = |name: &str| {
            let list = state_dict.get(name)?.as_list()?;
            list.iter().map(number).collect::<Result<Vec<_>>>()
        };
        let min_lrs = list("min_lrs")?;
        let loaded = ReduceLROnPlateau {
            mode: state_dict.get("mode")?.as_str()?.into(),
            factor: float("factor")?,
            patience: int("patience")?,
            threshold: float("threshold")?,
            threshold_mode: state_dict.get("threshold_mode")?.as_str()?.into(),
            cooldown: int("cooldown")?,
            min_lr: match state_dict.get("default_min_lr")? {
                Value::None => min_lrs.clone().into(),
                value => number(value)?.into(),
            },
            min_lrs,
            eps: float("eps")?,
            best: float("best")?,
            cooldown_counter: int("cooldown_counter")?,
            num_bad_epochs: int("num_bad_epochs")?,
            last_epoch: int("last_epoch")?,
            last_lr: list("_last_lr")?,
        };
        loaded.check()?;
        *self = loaded;
        Ok(())
    }
}

impl ToValue for ReduceLROnPlateau {
    fn to_value(&self) -> Value {
        self.state_dict()
    }
}
