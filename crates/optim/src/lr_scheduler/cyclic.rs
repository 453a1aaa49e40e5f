//! Up and down between two learning rates.

use std::fmt;
use std::sync::Arc;

use ondol_tensor::{Dict, Error, Result, Value};

use super::groups::{Momentum, PerGroup, numbers, set_lrs};
use super::{Progress, Schedule};
use crate::Optimizer;
use crate::options::number;

type Scale = Arc<dyn Fn(f64) -> f64 + Send + Sync>;

/// Up and down between two learning rates, `torch.optim.lr_scheduler.CyclicLR`. Step it after every
/// batch.
///
/// ```text
/// cycle = ⌊1 + e / total⌋        x = 1 + e / total − cycle        total = step_size_up + step_size_down
/// h = x / r where x ≤ r, else (x − 1) / (r − 1)                   r = step_size_up / total
/// lrₑ = base + (max − base) h s
/// s = 1 (triangular), 2^(1 − cycle) (triangular2), γᵉ (exp_range)
/// ```
///
/// With [`cycle_momentum`](Self::cycle_momentum), which is the default, the momentum (or β₁) moves
/// against it, from 0.9 to 0.8 and back.
///
/// [Smith, 2015](https://arxiv.org/abs/1506.01186).
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_optim::{CyclicLR, LRScheduler, Optimizer, SGD, Schedule};
/// let mut optimizer = SGD::new([Tensor::zeros([1]).requires_grad_(true)], 0.1).momentum(0.9);
/// let mut scheduler = CyclicLR::new(0.1, 0.5).step_size_up(2).on(&mut optimizer);
/// for _ in 0..2 {
///     optimizer.step();
///     scheduler.step(&mut optimizer);
/// }
/// assert!((optimizer.lr() - 0.5).abs() < 1e-12);
/// ```
#[derive(Clone)]
pub struct CyclicLR {
    base_lr: PerGroup,
    max_lr: PerGroup,
    max_lrs: Vec<f64>,
    base_lrs: Vec<f64>,
    step_size_up: f64,
    step_size_down: Option<f64>,
    mode: String,
    gamma: f64,
    scale_fn: Option<Scale>,
    scale_mode: String,
    cycle_momentum: bool,
    base_momentum: PerGroup,
    max_momentum: PerGroup,
    base_momentums: Vec<f64>,
    max_momentums: Vec<f64>,
    momentum: Option<Momentum>,
    total_size: f64,
    step_ratio: f64,
}

impl CyclicLR {
    /// From `base_lr` to `max_lr` in 2000 steps and back in as many.
    pub fn new(base_lr: impl Into<PerGroup>, max_lr: impl Into<PerGroup>) -> Self {
        CyclicLR {
            base_lr: base_lr.into(),
            max_lr: max_lr.into(),
            max_lrs: Vec::new(),
            base_lrs: Vec::new(),
            step_size_up: 2000.0,
            step_size_down: None,
            mode: "triangular".into(),
            gamma: 1.0,
            scale_fn: None,
            scale_mode: "cycle".into(),
            cycle_momentum: true,
            base_momentum: 0.8.into(),
            max_momentum: 0.9.into(),
            base_momentums: Vec::new(),
            max_momentums: Vec::new(),
            momentum: None,
            total_size: 4000.0,
            step_ratio: 0.5,
        }
    }

    /// The number of steps up; 2000 by default.
    pub fn step_size_up(mut self, steps: usize) -> Self {
        self.step_size_up = steps as f64;
        self
    }

    /// The number of steps down; as many as up by default.
    pub fn step_size_down(mut self, steps: usize) -> Self {
        self.step_size_down = Some(steps as f64);
        self
    }

    /// How the height changes: `"triangular"`, the default, `"triangular2"` or `"exp_range"`.
    pub fn mode(mut self, mode: &str) -> Self {
        self.mode = mode.into();
        self
    }

    /// γ of `"exp_range"`; 1 by default.
    pub fn gamma(mut self, gamma: f64) -> Self {
        self.gamma = gamma;
        self
    }

    /// The height as a function of the cycle's number (`scale_mode` `"cycle"`) or of the step's
    /// (`"iterations"`), instead of a mode. It is not part of the state.
    pub fn scale_fn(
        mut self,
        scale_fn: impl Fn(f64) -> f64 + Send + Sync + 'static,
        scale_mode: &str,
    ) -> Self {
        self.scale_fn = Some(Arc::new(scale_fn));
        self.scale_mode = scale_mode.into();
        self
    }

    /// Whether momentum moves against the learning rate; true by default.
    pub fn cycle_momentum(mut self, cycle_momentum: bool) -> Self {
        self.cycle_momentum = cycle_momentum;
        self
    }

    /// The least momentum; 0.8 by default.
    pub fn base_momentum(mut self, momentum: impl Into<PerGroup>) -> Self {
        self.base_momentum = momentum.into();
        self
    }

    /// The greatest momentum; 0.9 by default.
    pub fn max_momentum(mut self, momentum: impl Into<PerGroup>) -> Self {
        self.max_momentum = momentum.into();
        self
    }

    /// Where the modes give the height, they say what it goes by.
    fn settle_scale(&mut self) -> Result<()> {
        if self.scale_fn.is_some() {
            return Ok(());
        }
        self.scale_mode = match self.mode.as_str() {
            "triangular" | "triangular2" => "cycle".into(),
            "exp_range" => "iterations".into(),
            _ => {
                let message = "mode is invalid and scale_fn is None";
                return Err(Error::value("CyclicLR", message));
            }
        };
        Ok(())
    }

    fn scale(&self, x: f64) -> f64 {
        match (&self.scale_fn, self.mode.as_str()) {
            (Some(f), _) => f(x),
            (None, "triangular2") => 2f64.powf(1.0 - x),
            (None, "exp_range") => self.gamma.powf(x),
            (None, _) => 1.0,
        }
    }
}

impl Schedule for CyclicLR {
    fn prepare(&mut self, optimizer: &mut dyn Optimizer, fresh: bool) -> Result<()> {
        const NAME: &str = "CyclicLR";
        self.settle_scale()?;
        self.base_lrs = self.base_lr.spread(NAME, optimizer)?;
        self.max_lrs = self.max_lr.spread(NAME, optimizer)?;
        self.total_size = self.step_size_up + self.step_size_down.unwrap_or(self.step_size_up);
        self.step_ratio = self.step_size_up / self.total_size;
        if fresh {
            set_lrs(optimizer, &self.base_lrs)?;
        }
        if !self.cycle_momentum {
            return Ok(());
        }
        let momentum = Momentum::of(optimizer)?;
        self.momentum = Some(momentum);
        self.base_momentums = self.base_momentum.spread(NAME, optimizer)?;
        self.max_momentums = self.max_momentum.spread(NAME, optimizer)?;
        if fresh {
            momentum.prepare(optimizer, &self.base_momentums, &self.max_momentums)?;
        }
        Ok(())
    }

    fn base_lrs(&self) -> Option<Vec<f64>> {
        Some(self.base_lrs.clone())
    }

    fn get_lr(&mut self, now: &Progress, optimizer: &mut dyn Optimizer) -> Result<Vec<f64>> {
        let epoch = now.last_epoch as f64;
        let cycle = (1.0 + epoch / self.total_size).floor();
        let x = 1.0 + epoch / self.total_size - cycle;
        let height = if x <= self.step_ratio {
            x / self.step_ratio
        } else {
            (x - 1.0) / (self.step_ratio - 1.0)
        };
        let by_cycle = self.scale_mode == "cycle";
        let scale = self.scale(if by_cycle { cycle } else { epoch });
        if let Some(momentum) = self.momentum {
            let ends = self.base_momentums.iter().zip(&self.max_momentums);
            for (i, (base, max)) in ends.enumerate() {
                momentum.set(optimizer, i, max - (max - base) * height * scale)?;
            }
        }
        // The first step of PyTorch's goes by the groups' initial_lr, the later ones by base_lr.
        let ends = now.base_lrs.iter().zip(&self.max_lrs);
        Ok(ends
            .map(|(base, max)| base + (max - base) * height * scale)
            .collect())
    }

    fn settings(&self) -> Dict {
        let mut dict = Dict::new();
        dict.insert("max_lrs", numbers(&self.max_lrs));
        dict.insert("total_size", self.total_size);
        dict.insert("step_ratio", self.step_ratio);
        dict.insert("mode", self.mode.as_str());
        dict.insert("gamma", self.gamma);
        dict.insert("scale_mode", self.scale_mode.as_str());
        dict.insert("cycle_momentum", self.cycle_momentum);
        if let Some(momentum) = self.momentum {
            dict.insert("use_beta1", momentum == Momentum::Beta1);
            dict.insert("base_momentums", numbers(&self.base_momentums));
            dict.insert("max_momentums", numbers(&self.max_momentums));
        }
        dict.insert("_scale_fn_custom", Value::None);
        dict
    }

    fn load(&mut self, state: &Value) -> Result<()> {
        let list = |name: &str| {
            let list = state.get(name)?.as_list()?;
            list.iter().map(number).collect::<Result<Vec<_>>>()
        };
        let mut loaded = self.clone();
        loaded.max_lrs = list("max_lrs")?;
        loaded.total_size = number(state.get("total_size")?)?;
        loaded.step_ratio = number(state.get("step_ratio")?)?;
        loaded.mode = state.get("mode")?.as_str()?.into();
        loaded.gamma = number(state.get("gamma")?)?;
        loaded.scale_mode = state.get("scale_mode")?.as_str()?.into();
        loaded.cycle_momentum = state.get("cycle_momentum")?.as_bool()?;
        loaded.momentum = None;
        if loaded.cycle_momentum {
            let beta1 = state.get("use_beta1")?.as_bool()?;
            loaded.momentum = Some(if beta1 {
                Momentum::Beta1
            } else {
                Momentum::Momentum
            });
            loaded.base_momentums = list("base_momentums")?;
            loaded.max_momentums = list("max_momentums")?;
        }
        loaded.settle_scale()?;
        *self = loaded;
        Ok(())
    }
}

impl fmt::Debug for CyclicLR {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CyclicLR")
            .field("max_lr", &self.max_lr)
            .field("mode", &self.mode)
            .field("total_size", &self.total_size)
            .finish_non_exhaustive()
    }
}
