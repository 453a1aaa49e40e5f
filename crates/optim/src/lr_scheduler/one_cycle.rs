//! One rise and one long fall.

use std::f64::consts::PI;

use ondol_tensor::{Dict, Error, Result, Value};

use super::groups::{Momentum, PerGroup, get};
use super::{Progress, Schedule};
use crate::Optimizer;
use crate::options::{check, number};

/// One rise to `max_lr` and one long fall far below the start,
/// `torch.optim.lr_scheduler.OneCycleLR`. Step it after every batch.
///
/// ```text
/// from max_lr / div_factor up to max_lr until pct_start · total_steps − 1,
/// down to max_lr / div_factor / final_div_factor until total_steps − 1
/// ```
///
/// along half cosines, or lines. Momentum (or β₁) moves against it, between 0.95 and 0.85. With
/// [`three_phase`](Self::three_phase) it falls to the start first, as fast as it rose.
///
/// [Smith and Topin, 2017](https://arxiv.org/abs/1708.07120).
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_optim::{LRScheduler, OneCycleLR, Optimizer, SGD, Schedule};
/// let mut optimizer = SGD::new([Tensor::zeros([1]).requires_grad_(true)], 0.1).momentum(0.9);
/// let mut scheduler = OneCycleLR::new(1.0, 10).pct_start(0.5).on(&mut optimizer);
/// for _ in 0..4 {
///     optimizer.step();
///     scheduler.step(&mut optimizer);
/// }
/// assert!((optimizer.lr() - 1.0).abs() < 1e-12);
/// ```
#[derive(Clone, Debug)]
pub struct OneCycleLR {
    max_lr: PerGroup,
    total_steps: i64,
    pct_start: f64,
    anneal_strategy: String,
    cycle_momentum: bool,
    base_momentum: PerGroup,
    max_momentum: PerGroup,
    div_factor: f64,
    final_div_factor: f64,
    three_phase: bool,
    momentum: Option<Momentum>,
    phases: Vec<Phase>,
}

/// From one of a group's numbers to another; PyTorch writes their names.
#[derive(Clone, Debug)]
struct Phase {
    end_step: f64,
    /// Of the learning rate at start and end, of the momentum at start and end.
    names: [&'static str; 4],
}

const PHASE_KEYS: [&str; 4] = ["start_lr", "end_lr", "start_momentum", "end_momentum"];
/// The names that a phase may have.
const ENDS: [&str; 5] = [
    "initial_lr",
    "max_lr",
    "min_lr",
    "max_momentum",
    "base_momentum",
];

impl OneCycleLR {
    /// A rise in the first 30 % of `total_steps`, which in PyTorch may be given as
    /// `epochs * steps_per_epoch` too.
    pub fn new(max_lr: impl Into<PerGroup>, total_steps: usize) -> Self {
        OneCycleLR {
            max_lr: max_lr.into(),
            total_steps: total_steps as i64,
            pct_start: 0.3,
            anneal_strategy: "cos".into(),
            cycle_momentum: true,
            base_momentum: 0.85.into(),
            max_momentum: 0.95.into(),
            div_factor: 25.0,
            final_div_factor: 1e4,
            three_phase: false,
            momentum: None,
            phases: Vec::new(),
        }
    }

    /// The part of the steps that it rises, in `[0, 1]`; 0.3 by default.
    pub fn pct_start(mut self, pct_start: f64) -> Self {
        self.pct_start = pct_start;
        self
    }

    /// Along `"cos"`, the default, or `"linear"`.
    pub fn anneal_strategy(mut self, anneal_strategy: &str) -> Self {
        self.anneal_strategy = anneal_strategy.into();
        self
    }

    /// Whether momentum moves against the learning rate; true by default.
    pub fn cycle_momentum(mut self, cycle_momentum: bool) -> Self {
        self.cycle_momentum = cycle_momentum;
        self
    }

    /// The least momentum; 0.85 by default.
    pub fn base_momentum(mut self, momentum: impl Into<PerGroup>) -> Self {
        self.base_momentum = momentum.into();
        self
    }

    /// The greatest momentum; 0.95 by default.
    pub fn max_momentum(mut self, momentum: impl Into<PerGroup>) -> Self {
        self.max_momentum = momentum.into();
        self
    }

    /// How many times the start is below the top; 25 by default.
    pub fn div_factor(mut self, div_factor: f64) -> Self {
        self.div_factor = div_factor;
        self
    }

    /// How many times the end is below the start; 1e4 by default.
    pub fn final_div_factor(mut self, final_div_factor: f64) -> Self {
        self.final_div_factor = final_div_factor;
        self
    }

    /// Whether it falls to the start first and only then to the end.
    pub fn three_phase(mut self, three_phase: bool) -> Self {
        self.three_phase = three_phase;
        self
    }

    fn check(&self) -> Result<()> {
        const NAME: &str = "OneCycleLR";
        check(NAME, self.total_steps > 0, || {
            let steps = self.total_steps;
            format!("Expected positive integer total_steps, but got {steps}")
        })?;
        check(NAME, (0.0..=1.0).contains(&self.pct_start), || {
            let part = self.pct_start;
            format!("Expected float between 0 and 1 pct_start, but got {part}")
        })?;
        let strategy = self.anneal_strategy.as_str();
        check(NAME, matches!(strategy, "cos" | "linear"), || {
            format!("anneal_strategy must be one of 'cos' or 'linear', instead got {strategy}")
        })
    }

    fn plan(&self) -> Vec<Phase> {
        let (last, top) = (
            self.total_steps as f64 - 1.0,
            self.pct_start * self.total_steps as f64,
        );
        let up = Phase {
            end_step: top - 1.0,
            names: ["initial_lr", "max_lr", "max_momentum", "base_momentum"],
        };
        if !self.three_phase {
            let names = ["max_lr", "min_lr", "base_momentum", "max_momentum"];
            return vec![
                up,
                Phase {
                    end_step: last,
                    names,
                },
            ];
        }
        let down = Phase {
            end_step: 2.0 * top - 2.0,
            names: ["max_lr", "initial_lr", "base_momentum", "max_momentum"],
        };
        let names = ["initial_lr", "min_lr", "max_momentum", "max_momentum"];
        vec![
            up,
            down,
            Phase {
                end_step: last,
                names,
            },
        ]
    }

    fn between(&self, start: f64, end: f64, part: f64) -> f64 {
        if self.anneal_strategy == "linear" {
            return (end - start) * part + start;
        }
        end + (start - end) / 2.0 * (1.0 + (PI * part).cos())
    }

    /// The phase of a step, and which part of it has passed.
    fn phase(&self, step: f64) -> Option<(&Phase, f64)> {
        let mut start = 0.0;
        for (i, phase) in self.phases.iter().enumerate() {
            if step <= phase.end_step || i + 1 == self.phases.len() {
                return Some((phase, (step - start) / (phase.end_step - start)));
            }
            start = phase.end_step;
        }
        None
    }
}

impl Schedule for OneCycleLR {
    fn prepare(&mut self, optimizer: &mut dyn Optimizer, fresh: bool) -> Result<()> {
        const NAME: &str = "OneCycleLR";
        self.check()?;
        self.phases = self.plan();
        let max_lrs = self.max_lr.spread(NAME, optimizer)?;
        if fresh {
            for (i, max) in max_lrs.into_iter().enumerate() {
                let start = max / self.div_factor;
                let end = start / self.final_div_factor;
                optimizer.set_option(i, "initial_lr", start.into());
                optimizer.set_option(i, "max_lr", max.into());
                optimizer.set_option(i, "min_lr", end.into());
            }
        }
        if !self.cycle_momentum {
            return Ok(());
        }
        let momentum = Momentum::of(optimizer)?;
        self.momentum = Some(momentum);
        let base = self.base_momentum.spread(NAME, optimizer)?;
        let max = self.max_momentum.spread(NAME, optimizer)?;
        if fresh {
            momentum.prepare(optimizer, &base, &max)?;
        }
        Ok(())
    }

    fn get_lr(&mut self, now: &Progress, optimizer: &mut dyn Optimizer) -> Result<Vec<f64>> {
        check("OneCycleLR", now.last_epoch <= self.total_steps, || {
            format!(
                "Tried to step {} times. The specified number of total steps is {}",
                now.last_epoch, self.total_steps
            )
        })?;
        let Some((phase, part)) = self.phase(now.last_epoch as f64) else {
            return Err(Error::value("OneCycleLR", "there are no phases"));
        };
        let [start_lr, end_lr, start_momentum, end_momentum] = phase.names;
        let mut lrs = Vec::new();
        for i in 0..optimizer.num_param_groups() {
            let ends = (get(optimizer, i, start_lr)?, get(optimizer, i, end_lr)?);
            lrs.push(self.between(ends.0, ends.1, part));
            if let Some(momentum) = self.momentum {
                let start = get(optimizer, i, start_momentum)?;
                let end = get(optimizer, i, end_momentum)?;
                momentum.set(optimizer, i, self.between(start, end, part))?;
            }
        }
        Ok(lrs)
    }

    fn settings(&self) -> Dict {
        let phase = |phase: &Phase| {
            let mut dict = Dict::new();
            dict.insert("end_step", phase.end_step);
            for (key, name) in PHASE_KEYS.into_iter().zip(phase.names) {
                dict.insert(key, name);
            }
            Value::Dict(dict)
        };
        let mut dict = Dict::new();
        dict.insert("total_steps", self.total_steps);
        let phases: Vec<Value> = self.phases.iter().map(phase).collect();
        dict.insert("_schedule_phases", phases);
        dict.insert("_anneal_func_type", self.anneal_strategy.as_str());
        dict.insert("cycle_momentum", self.cycle_momentum);
        if let Some(momentum) = self.momentum {
            dict.insert("use_beta1", momentum == Momentum::Beta1);
        }
        dict
    }

    fn load(&mut self, state: &Value) -> Result<()> {
        let mut loaded = self.clone();
        loaded.total_steps = state.get("total_steps")?.as_int()?;
        loaded.anneal_strategy = state.get("_anneal_func_type")?.as_str()?.into();
        loaded.cycle_momentum = state.get("cycle_momentum")?.as_bool()?;
        loaded.momentum = None;
        if loaded.cycle_momentum {
            let beta1 = state.get("use_beta1")?.as_bool()?;
            loaded.momentum = Some(if beta1 {
                Momentum::Beta1
            } else {
                Momentum::Momentum
            });
        }
        loaded.phases.clear();
        for saved in state.get("_schedule_phases")?.as_list()? {
            let mut names = [""; 4];
            for (name, key) in names.iter_mut().zip(PHASE_KEYS) {
                let found = saved.get(key)?.as_str()?;
                let known = ENDS.into_iter().find(|known| *known == found);
                *name = known.ok_or_else(|| {
                    Error::value("OneCycleLR", format!("unknown end of a phase {found:?}"))
                })?;
            }
            let end_step = number(saved.get("end_step")?)?;
            loaded.phases.push(Phase { end_step, names });
        }
        loaded.check()?;
        *self = loaded;
        Ok(())
    }
}
