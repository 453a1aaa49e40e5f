//! One schedule after another.

use ondol_autograd::ok;
use ondol_tensor::{Result, ToValue, Value};

use super::groups::{get, numbers, set_lrs};
use super::{LRScheduler, load_all, state_of_all};
use crate::Optimizer;
use crate::options::{check, number};

/// One scheduler after another, each from its own epoch 0,
/// `torch.optim.lr_scheduler.SequentialLR`: a warm-up, and what follows it.
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_optim::{CosineAnnealingLR, LRScheduler, LinearLR, Optimizer, SGD, Schedule, SequentialLR};
/// let mut optimizer = SGD::new([Tensor::zeros([1]).requires_grad_(true)], 1.0);
/// let warmup = LinearLR::new().start_factor(0.2).total_iters(4).on(&mut optimizer);
/// let cosine = CosineAnnealingLR::new(6).on(&mut optimizer);
/// let mut scheduler = SequentialLR::new(&mut optimizer, [warmup.into(), cosine.into()], [4]);
/// assert_eq!(optimizer.lr(), 0.2);
/// let lrs: Vec<f64> = (0..10).map(|_| {
///     optimizer.step();
///     scheduler.step(&mut optimizer);
///     optimizer.lr()
/// }).collect();
/// assert!((lrs[3] - 1.0).abs() < 1e-12 && lrs[9].abs() < 1e-12);
/// ```
pub struct SequentialLR {
    schedulers: Vec<Box<dyn LRScheduler>>,
    milestones: Vec<i64>,
    last_epoch: i64,
    last_lr: Vec<f64>,
}

impl SequentialLR {
    /// These schedulers, all made on this optimizer; the next one from each milestone on.
    ///
    /// # Panics
    /// Where there are none, or there is not one milestone less than schedulers.
    #[track_caller]
    pub fn new(
        optimizer: &mut dyn Optimizer,
        schedulers: impl IntoIterator<Item = Box<dyn LRScheduler>>,
        milestones: impl IntoIterator<Item = usize>,
    ) -> Self {
        let schedulers: Vec<_> = schedulers.into_iter().collect();
        let milestones: Vec<i64> = milestones.into_iter().map(|m| m as i64).collect();
        ok(fits(schedulers.len(), milestones.len()));
        let mut made = SequentialLR {
            schedulers,
            milestones,
            last_epoch: 0,
            last_lr: Vec::new(),
        };
        ok(made.begin(optimizer));
        made
    }

    fn begin(&mut self, optimizer: &mut dyn Optimizer) -> Result<()> {
        let groups = 0..optimizer.num_param_groups();
        let lrs = groups.map(|i| get(optimizer, i, "initial_lr"));
        let lrs = lrs.collect::<Result<Vec<_>>>()?;
        set_lrs(optimizer, &lrs)?;
        self.schedulers.iter_mut().for_each(|s| s.undo());
        let first = &mut self.schedulers[passed(&self.milestones, 0)];
        first.initial_step(optimizer);
        self.last_lr = first.get_last_lr();
        Ok(())
    }
}

/// How many milestones an epoch has reached.
fn passed(milestones: &[i64], epoch: i64) -> usize {
    milestones.partition_point(|&m| m <= epoch)
}

fn fits(schedulers: usize, milestones: usize) -> Result<()> {
    check("SequentialLR", schedulers > 0, || {
        "SequentialLR expects at least one scheduler, but got no scheduler.".into()
    })?;
    check("SequentialLR", milestones + 1 == schedulers, || {
        format!(
            "Sequential Schedulers expects number of schedulers provided to be one more than the number of milestone \
             points, but got number of schedulers {schedulers} and the number of milestones to be equal to {milestones}"
        )
    })
}

impl LRScheduler for SequentialLR {
    #[track_caller]
    fn step(&mut self, optimizer: &mut dyn Optimizer) {
        self.last_epoch += 1;
        let index = passed(&self.milestones, self.last_epoch);
        let begins = index > 0 && self.milestones[index - 1] == self.last_epoch;
        let scheduler = &mut self.schedulers[index];
        if begins {
            scheduler.restart(optimizer);
        } else {
            scheduler.step(optimizer);
        }
        self.last_lr = scheduler.get_last_lr();
    }

    /// A sequence cannot jump, as in PyTorch.
    #[track_caller]
    fn step_at(&mut self, _: &mut dyn Optimizer, _: f64) {
        ok(check("SequentialLR", false, || {
            "step takes no epoch; call step(&mut optimizer)".into()
        }));
    }

    fn get_last_lr(&self) -> Vec<f64> {
        self.last_lr.clone()
    }

    fn last_epoch(&self) -> i64 {
        self.last_epoch
    }

    fn state_dict(&self) -> Value {
        let mut dict = ondol_tensor::Dict::new();
        let milestones: Vec<Value> = self.milestones.iter().map(|&m| m.into()).collect();
        dict.insert("_milestones", milestones);
        dict.insert("last_epoch", self.last_epoch);
        dict.insert("_last_lr", numbers(&self.last_lr));
        dict.insert("_schedulers", state_of_all(&self.schedulers));
        Value::Dict(dict)
    }

    fn load_state_dict(&mut self, state_dict: &Value) -> Result<()> {
        let milestones = state_dict.get("_milestones")?.as_list()?;
        let milestones = milestones
            .iter()
            .map(Value::as_int)
            .collect::<Result<Vec<_>>>()?;
        fits(self.schedulers.len(), milestones.len())?;
        let last_epoch = state_dict.get("last_epoch")?.as_int()?;
        let last_lr = state_dict.get("_last_lr")?.as_list()?.iter().map(number);
        let last_lr = last_lr.collect::<Result<Vec<_>>>()?;
        load_all(&mut self.schedulers, state_dict)?;
        (self.milestones, self.last_epoch, self.last_lr) = (milestones, last_epoch, last_lr);
        Ok(())
    }

    #[track_caller]
    fn initial_step(&mut self, optimizer: &mut dyn Optimizer) {
        self.step(optimizer);
    }

    #[track_caller]
    fn restart(&mut self, optimizer: &mut dyn Optimizer) {
        self.last_epoch = 0;
        let first = &mut self.schedulers[passed(&self.milestones, 0)];
        first.restart(optimizer);
        self.last_lr = first.get_last_lr();
    }

    fn undo(&mut self) {
        self.schedulers.iter_mut().for_each(|s| s.undo());
    }
}

impl ToValue for SequentialLR {
    fn to_value(&self) -> Value {
        self.state_dict()
    }
}

impl From<SequentialLR> for Box<dyn LRScheduler> {
    fn from(scheduler: SequentialLR) -> Self {
        Box::new(scheduler)
    }
}
