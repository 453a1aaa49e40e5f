//! How the learning rate changes over time, the counterpart of `torch.optim.lr_scheduler`.
//!
//! A schedule such as [`StepLR`] says how; [`on`](Schedule::on) an optimizer it becomes a
//! [`Scheduler`], which sets the first learning rate at once and the next at each
//! [`step`](LRScheduler::step).
//!
//! ```
//! use ondol_autograd::Tensor;
//! use ondol_optim::{LRScheduler, Optimizer, SGD, Schedule, StepLR};
//! let w = Tensor::zeros([3]).requires_grad_(true);
//! let mut optimizer = SGD::new([w], 0.1);
//! let mut scheduler = StepLR::new(30).gamma(0.5).on(&mut optimizer);
//! for epoch in 0..60 {
//!     // … train for an epoch …
//!     optimizer.step();
//!     scheduler.step(&mut optimizer);
//! }
//! assert_eq!(optimizer.lr(), 0.025);
//! ```

mod chained;
mod cosine;
mod cyclic;
mod exponential;
mod groups;
mod lambda;
mod linear;
mod one_cycle;
mod plateau;
mod sequential;
mod step;
mod swa;

use ondol_autograd::ok;
use ondol_tensor::{Dict, Error, Result, ToValue, Value};

use crate::Optimizer;
use crate::options::{check, number};

pub use chained::ChainedScheduler;
pub use cosine::{CosineAnnealingLR, CosineAnnealingWarmRestarts};
pub use cyclic::CyclicLR;
pub use exponential::{ExponentialLR, PolynomialLR};
pub use groups::{PerGroup, group_lrs};
pub use lambda::{LambdaLR, MultiplicativeLR};
pub use linear::{ConstantLR, LinearLR};
pub use one_cycle::OneCycleLR;
pub use plateau::ReduceLROnPlateau;
pub use sequential::SequentialLR;
pub use step::{MultiStepLR, StepLR};
pub use swa::SWALR;

use groups::{get, numbers, set_lrs};

/// What changes an optimizer's learning rate step by step, `torch.optim.lr_scheduler.LRScheduler`.
///
/// It keeps no handle on the optimizer: give the same one at each step, after the optimizer's own
/// step. Save both states to go on later.
pub trait LRScheduler {
    /// Sets the next learning rate, `torch.optim.lr_scheduler.LRScheduler.step`. Call it after
    /// [`Optimizer::step`]; where the first call comes before it, the first learning rate is skipped,
    /// and a warning says so on the standard error.
    ///
    /// # Panics
    /// Where the optimizer has other groups than at the start, or the schedule is over
    /// ([`OneCycleLR`]).
    fn step(&mut self, optimizer: &mut dyn Optimizer);

    /// Sets the learning rate of an epoch, `step(epoch)`, by the schedule's closed form where it has
    /// one; deprecated in PyTorch but for [`CosineAnnealingWarmRestarts`], which takes parts of epochs.
    ///
    /// # Panics
    /// As [`step`](LRScheduler::step).
    fn step_at(&mut self, optimizer: &mut dyn Optimizer, epoch: f64);

    /// The learning rates set last, one per group,
    /// `torch.optim.lr_scheduler.LRScheduler.get_last_lr`.
    fn get_last_lr(&self) -> Vec<f64>;

    /// How many steps were made, from 0.
    fn last_epoch(&self) -> i64;

    /// The state in PyTorch's structure, `torch.optim.lr_scheduler.LRScheduler.state_dict`.
    fn state_dict(&self) -> Value;

    /// Takes over a state that [`state_dict`](LRScheduler::state_dict) or PyTorch wrote,
    /// `torch.optim.lr_scheduler.LRScheduler.load_state_dict`. It does not touch the optimizer,
    /// whose own state has the learning rate.
    ///
    /// # Errors
    /// Where an entry is missing or of another kind; the scheduler is then as before.
    fn load_state_dict(&mut self, state_dict: &Value) -> Result<()>;

    /// The first step, at epoch 0.
    #[doc(hidden)]
    fn initial_step(&mut self, optimizer: &mut dyn Optimizer);

    /// Back to epoch 0, as where a sequence comes to this one.
    #[doc(hidden)]
    fn restart(&mut self, optimizer: &mut dyn Optimizer);

    /// Takes back the first step's count.
    #[doc(hidden)]
    fn undo(&mut self);
}

/// Where a schedule stands.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The number of the epoch whose learning rate is asked for; -1 before the first.
    pub last_epoch: i64,
    /// How often `step` was called, the first learning rate included.
    pub step_count: i64,
    /// Each group's `initial_lr`.
    pub base_lrs: Vec<f64>,
    /// Whether this is the first learning rate, set when the scheduler is made.
    pub is_initial: bool,
}

/// A way to change the learning rate: what a subclass of `torch.optim.lr_scheduler.LRScheduler` gives.
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_optim::{LRScheduler, Optimizer, Progress, SGD, Schedule};
/// use ondol_tensor::{Dict, Result, Value};
/// /// The inverse square root.
/// #[derive(Clone)]
/// struct InverseRoot;
/// impl Schedule for InverseRoot {
///     fn get_lr(&mut self, now: &Progress, _: &mut dyn Optimizer) -> Result<Vec<f64>> {
///         let factor = 1.0 / (now.last_epoch as f64 + 1.0).sqrt();
///         Ok(now.base_lrs.iter().map(|lr| lr * factor).collect())
///     }
///     fn settings(&self) -> Dict {
///         Dict::new()
///     }
///     fn load(&mut self, _: &Value) -> Result<()> {
///         Ok(())
///     }
/// }
/// let mut optimizer = SGD::new([Tensor::zeros([1]).requires_grad_(true)], 0.6);
/// let mut scheduler = InverseRoot.on(&mut optimizer);
/// for _ in 0..3 {
///     optimizer.step();
///     scheduler.step(&mut optimizer);
/// }
/// assert_eq!(optimizer.lr(), 0.3);
/// ```
pub trait Schedule {
    /// Notes in the groups what the schedule needs there, before the first learning rate.
    ///
    /// # Errors
    /// Settings that do not fit the optimizer.
    fn prepare(&mut self, _optimizer: &mut dyn Optimizer, _fresh: bool) -> Result<()> {
        Ok(())
    }

    /// The base learning rates where they are others than the groups' `initial_lr`.
    #[doc(hidden)]
    fn base_lrs(&self) -> Option<Vec<f64>> {
        None
    }

    /// The next learning rates, one per group. Those that go by the group's learning rate of now
    /// follow changes from outside.
    ///
    /// # Errors
    /// Where the schedule is over.
    fn get_lr(&mut self, now: &Progress, optimizer: &mut dyn Optimizer) -> Result<Vec<f64>>;

    /// The learning rates of an epoch without those before, for `step_at`.
    fn closed_form(&self, _now: &Progress) -> Option<Vec<f64>> {
        None
    }

    /// Goes on by one epoch, or to the one given.
    ///
    /// # Errors
    /// An epoch that cannot be.
    fn advance(&mut self, now: &mut Progress, epoch: Option<f64>) -> Result<()> {
        now.last_epoch = match epoch {
            Some(epoch) => epoch.floor() as i64,
            None => now.last_epoch + 1,
        };
        Ok(())
    }

    /// Whether steps are counted, and with them the warning; only
    /// `torch.optim.lr_scheduler.CosineAnnealingWarmRestarts` does not.
    #[doc(hidden)]
    fn counts(&self) -> bool {
        true
    }

    /// What is written beside [`Progress`], under PyTorch's names.
    fn settings(&self) -> Dict;

    /// Takes over what [`settings`](Schedule::settings) wrote.
    ///
    /// # Errors
    /// An entry that is missing or of another kind.
    fn load(&mut self, state_dict: &Value) -> Result<()>;

    /// The schedule at work on an optimizer, whose learning rate becomes the first at once.
    ///
    /// # Panics
    /// Where settings are out of their range or do not fit the optimizer.
    #[track_caller]
    fn on(self, optimizer: &mut dyn Optimizer) -> Scheduler<Self>
    where
        Self: Sized,
    {
        ok(Scheduler::new(self, optimizer, -1))
    }

    /// As [`on`](Schedule::on), to go on after `last_epoch`. The groups must have the `initial_lr`
    /// that a scheduler noted, as after loading the optimizer's state.
    ///
    /// # Panics
    /// Where they have none, and as [`on`](Schedule::on).
    #[track_caller]
    fn on_after(self, optimizer: &mut dyn Optimizer, last_epoch: i64) -> Scheduler<Self>
    where
        Self: Sized,
    {
        ok(Scheduler::new(self, optimizer, last_epoch))
    }
}

/// A [`Schedule`] at work on an optimizer.
#[derive(Clone, Debug)]
pub struct Scheduler<S> {
    schedule: S,
    now: Progress,
    last_lr: Vec<f64>,
    /// The optimizer's count of steps when this was made.
    optimizer_steps: u64,
}

impl<S: Schedule> Scheduler<S> {
    fn new(mut schedule: S, optimizer: &mut dyn Optimizer, last_epoch: i64) -> Result<Self> {
        schedule.prepare(optimizer, last_epoch == -1)?;
        let groups = 0..optimizer.num_param_groups();
        for i in groups.clone() {
            if optimizer.get_option(i, "initial_lr").is_some() {
                continue;
            }
            if last_epoch != -1 {
                return Err(Error::value(
                    "LRScheduler",
                    format!(
                        "param 'initial_lr' is not specified in param_groups[{i}] when resuming scheduler with \
                         last_epoch >= 0; load the optimizer's state first"
                    ),
                ));
            }
            let lr = get(optimizer, i, "lr")?;
            optimizer.set_option(i, "initial_lr", lr.into());
        }
        let base_lrs = groups.map(|i| get(optimizer, i, "initial_lr"));
        let now = Progress {
            last_epoch,
            step_count: 0,
            base_lrs: base_lrs.collect::<Result<_>>()?,
            is_initial: false,
        };
        let mut scheduler = Scheduler {
            schedule,
            now,
            last_lr: Vec::new(),
            optimizer_steps: optimizer.step_count(),
        };
        scheduler.first(optimizer)?;
        if let Some(base_lrs) = scheduler.schedule.base_lrs() {
            scheduler.now.base_lrs = base_lrs;
        }
        Ok(scheduler)
    }

    /// The schedule itself.
    pub fn schedule(&self) -> &S {
        &self.schedule
    }

    fn first(&mut self, optimizer: &mut dyn Optimizer) -> Result<()> {
        self.now.step_count = 0;
        self.now.is_initial = true;
        let done = self.counted_step(optimizer, None);
        self.now.is_initial = false;
        done
    }

    fn counted_step(&mut self, optimizer: &mut dyn Optimizer, epoch: Option<f64>) -> Result<()> {
        if self.schedule.counts() {
            if self.now.step_count == 1 && optimizer.step_count() == self.optimizer_steps {
                eprintln!(
                    "warning: scheduler.step() was called before optimizer.step(); call them in the opposite order, \
                     or the first value of the learning rate schedule is skipped"
                );
            }
            self.now.step_count += 1;
        }
        self.schedule.advance(&mut self.now, epoch)?;
        let closed = match epoch {
            Some(_) => self.schedule.closed_form(&self.now),
            None => None,
        };
        self.apply(optimizer, closed)
    }

    fn apply(&mut self, optimizer: &mut dyn Optimizer, lrs: Option<Vec<f64>>) -> Result<()> {
        let lrs = match lrs {
            Some(lrs) => lrs,
            None => self.schedule.get_lr(&self.now, optimizer)?,
        };
        set_lrs(optimizer, &lrs)?;
        self.last_lr = group_lrs(optimizer)?;
        Ok(())
    }

    fn to_epoch_0(&mut self, optimizer: &mut dyn Optimizer) -> Result<()> {
        self.now.last_epoch = 0;
        let closed = self.schedule.closed_form(&self.now);
        self.apply(optimizer, closed)
    }
}

impl<S: Schedule> LRScheduler for Scheduler<S> {
    #[track_caller]
    fn step(&mut self, optimizer: &mut dyn Optimizer) {
        ok(self.counted_step(optimizer, None));
    }

    #[track_caller]
    fn step_at(&mut self, optimizer: &mut dyn Optimizer, epoch: f64) {
        ok(self.counted_step(optimizer, Some(epoch)));
    }

    fn get_last_lr(&self) -> Vec<f64> {
        self.last_lr.clone()
    }

    fn last_epoch(&self) -> i64 {
        self.now.last_epoch
    }

    fn state_dict(&self) -> Value {
        let mut dict = self.schedule.settings();
        dict.insert("base_lrs", numbers(&self.now.base_lrs));
        dict.insert("last_epoch", self.now.last_epoch);
        dict.insert("_step_count", self.now.step_count);
        dict.insert("_is_initial", false);
        dict.insert("_get_lr_called_within_step", false);
        dict.insert("_last_lr", numbers(&self.last_lr));
        Value::Dict(dict)
    }

    fn load_state_dict(&mut self, state_dict: &Value) -> Result<()> {
        let list = |name| {
            let list = state_dict.get(name)?.as_list()?;
            list.iter().map(number).collect::<Result<Vec<_>>>()
        };
        let now = Progress {
            last_epoch: state_dict.get("last_epoch")?.as_int()?,
            step_count: state_dict.get("_step_count")?.as_int()?,
            base_lrs: list("base_lrs")?,
            is_initial: false,
        };
        let last_lr = list("_last_lr")?;
        self.schedule.load(state_dict)?;
        (self.now, self.last_lr) = (now, last_lr);
        Ok(())
    }

    #[track_caller]
    fn initial_step(&mut self, optimizer: &mut dyn Optimizer) {
        ok(self.first(optimizer));
    }

    #[track_caller]
    fn restart(&mut self, optimizer: &mut dyn Optimizer) {
        ok(self.to_epoch_0(optimizer));
    }

    fn undo(&mut self) {
        self.now.last_epoch -= 1;
    }
}

impl<S: Schedule> ToValue for Scheduler<S> {
    fn to_value(&self) -> Value {
        self.state_dict()
    }
}

impl<S: Schedule + 'static> From<Scheduler<S>> for Box<dyn LRScheduler> {
    fn from(scheduler: Scheduler<S>) -> Self {
        Box::new(scheduler)
    }
}

/// The states of several schedulers.
fn state_of_all(schedulers: &[Box<dyn LRScheduler>]) -> Value {
    Value::List(schedulers.iter().map(|s| s.state_dict()).collect())
}

/// Loads the states of several schedulers; where one does not fit, all stay as they were.
fn load_all(schedulers: &mut [Box<dyn LRScheduler>], state_dict: &Value) -> Result<()> {
    let saved = state_dict.get("_schedulers")?.as_list()?;
    check("LRScheduler", saved.len() == schedulers.len(), || {
        format!(
            "the state is of {} schedulers, there are {}",
            saved.len(),
            schedulers.len()
        )
    })?;
    let before = state_of_all(schedulers);
    for (scheduler, saved) in schedulers.iter_mut().zip(saved) {
        if let Err(error) = scheduler.load_state_dict(saved) {
            for (scheduler, before) in schedulers.iter_mut().zip(before.as_list()?) {
                scheduler.load_state_dict(before)?;
            }
            return Err(error);
        }
    }
    Ok(())
}
