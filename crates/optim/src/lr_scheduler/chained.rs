//! Several schedules at once.

use ondol_autograd::ok;
use ondol_tensor::{Result, ToValue, Value};

use super::groups::{group_lrs, numbers};
use super::{LRScheduler, load_all, state_of_all};
use crate::Optimizer;
use crate::options::{check, number};

/// Several schedulers that each change what the one before left,
/// `torch.optim.lr_scheduler.ChainedScheduler`.
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_optim::{ChainedScheduler, ConstantLR, ExponentialLR, LRScheduler, Optimizer, SGD, Schedule};
/// let mut optimizer = SGD::new([Tensor::zeros([1]).requires_grad_(true)], 1.0);
/// let constant = ConstantLR::new().factor(0.5).total_iters(2).on(&mut optimizer);
/// let exponential = ExponentialLR::new(0.5).on(&mut optimizer);
/// let mut scheduler = ChainedScheduler::new(&mut optimizer, [constant.into(), exponential.into()]);
/// let lrs: Vec<f64> = (0..3).map(|_| {
///     optimizer.step();
///     scheduler.step(&mut optimizer);
///     optimizer.lr()
/// }).collect();
/// assert_eq!(lrs, [0.25, 0.25, 0.125]);
/// ```
pub struct ChainedScheduler {
    schedulers: Vec<Box<dyn LRScheduler>>,
    last_lr: Vec<f64>,
}

impl ChainedScheduler {
    /// These schedulers, all made on this optimizer.
    ///
    /// # Panics
    /// Where there are none.
    #[track_caller]
    pub fn new(
        optimizer: &mut dyn Optimizer,
        schedulers: impl IntoIterator<Item = Box<dyn LRScheduler>>,
    ) -> Self {
        let schedulers: Vec<_> = schedulers.into_iter().collect();
        ok(check("ChainedScheduler", !schedulers.is_empty(), || {
            "ChainedScheduler expects at least one scheduler to be chained, but got no scheduler."
                .into()
        }));
        ChainedScheduler {
            schedulers,
            last_lr: ok(group_lrs(optimizer)),
        }
    }

    #[track_caller]
    fn all(
        &mut self,
        optimizer: &mut dyn Optimizer,
        f: impl Fn(&mut dyn LRScheduler, &mut dyn Optimizer),
    ) {
        for scheduler in &mut self.schedulers {
            f(&mut **scheduler, optimizer);
        }
        self.last_lr = ok(group_lrs(optimizer));
    }
}

impl LRScheduler for ChainedScheduler {
    #[track_caller]
    fn step(&mut self, optimizer: &mut dyn Optimizer) {
        self.all(optimizer, |s, o| s.step(o));
    }

    #[track_caller]
    fn step_at(&mut self, optimizer: &mut dyn Optimizer, epoch: f64) {
        self.all(optimizer, |s, o| s.step_at(o, epoch));
    }

    fn get_last_lr(&self) -> Vec<f64> {
        self.last_lr.clone()
    }

    fn last_epoch(&self) -> i64 {
        self.schedulers.first().map_or(0, |s| s.last_epoch())
    }

    fn state_dict(&self) -> Value {
        let mut dict = ondol_tensor::Dict::new();
        dict.insert("_last_lr", numbers(&self.last_lr));
        dict.insert("_schedulers", state_of_all(&self.schedulers));
        Value::Dict(dict)
    }

    fn load_state_dict(&mut self, state_dict: &Value) -> Result<()> {
        let last_lr = state_dict.get("_last_lr")?.as_list()?.iter().map(number);
        let last_lr = last_lr.collect::<Result<Vec<_>>>()?;
        load_all(&mut self.schedulers, state_dict)?;
        self.last_lr = last_lr;
        Ok(())
    }

    #[track_caller]
    fn initial_step(&mut self, optimizer: &mut dyn Optimizer) {
        self.all(optimizer, |s, o| s.step(o));
    }

    #[track_caller]
    fn restart(&mut self, optimizer: &mut dyn Optimizer) {
        self.all(optimizer, |s, o| s.restart(o));
    }

    fn undo(&mut self) {
        self.schedulers.iter_mut().for_each(|s| s.undo());
    }
}

impl ToValue for ChainedScheduler {
    fn to_value(&self) -> Value {
        self.state_dict()
    }
}

impl From<ChainedScheduler> for Box<dyn LRScheduler> {
    fn from(scheduler: ChainedScheduler) -> Self {
        Box::new(scheduler)
    }
}
