//! Stochastic gradient descent.

use ondol_autograd::{Tensor, ok};
use ondol_tensor::{Array, Binary, Dict, FusedStep, Result, Unary, Value};

use crate::ParamGroup;
use crate::optimizer::through_core;
use crate::rule::{Core, Job, Rule, check, grouped, number};
use crate::state::fitted;

/// Stochastic gradient descent with momentum, `torch.optim.SGD`.
///
/// With gradient `g` (negated where it maximises), for each parameter `p`:
///
/// ```text
/// g ← g + λ p
/// v ← g at the first step, later μ v + (1 − τ) g
/// g ← g + μ v with Nesterov momentum, else v      (without momentum, g as it is)
/// p ← p − lr g
/// ```
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_optim::{Optimizer, SGD};
/// let p = Tensor::from_vec(vec![1.0f64], [1]).requires_grad_(true);
/// let mut optimizer = SGD::new([p.clone()], 0.1).momentum(0.9);
/// p.set_grad(Some(Tensor::from_vec(vec![0.5f64], [1])));
/// optimizer.step();
/// assert_eq!(p.item(), 0.95);
/// ```
pub struct SGD {
    core: Core<Sgd>,
}

#[derive(Clone, Debug)]
struct Sgd {
    lr: f64,
    momentum: f64,
    dampening: f64,
    weight_decay: f64,
    nesterov: bool,
    maximize: bool,
}

impl SGD {
    /// Plain descent with learning rate `lr`.
    ///
    /// # Panics
    /// Where there are no parameters, one comes twice or is no leaf, or `lr` is negative.
    #[track_caller]
    pub fn new(params: impl IntoIterator<Item = Tensor>, lr: f64) -> Self {
        SGD {
            core: ok(Core::new(params, Sgd::new(lr))),
        }
    }

    /// Several groups with options of their own; `lr` is for those without one.
    ///
    /// # Panics
    /// As [`new`](SGD::new).
    #[track_caller]
    pub fn with_groups(groups: impl IntoIterator<Item = ParamGroup>, lr: f64) -> Self {
        SGD {
            core: ok(Core::with_groups(
                groups.into_iter().collect(),
                Sgd::new(lr),
            )),
        }
    }

    #[track_caller]
    fn change(mut self, f: impl FnOnce(&mut Sgd)) -> Self {
        ok(self.core.change(f));
        self
    }

    /// The momentum factor μ.
    ///
    /// # Panics
    /// Where it is negative.
    #[track_caller]
    pub fn momentum(self, momentum: f64) -> Self {
        self.change(|o| o.momentum = momentum)
    }

    /// The dampening τ of the momentum.
    ///
    /// # Panics
    /// Where it is not 0 with Nesterov momentum.
    #[track_caller]
    pub fn dampening(self, dampening: f64) -> Self {
        self.change(|o| o.dampening = dampening)
    }

    /// The weight decay λ, an L2 penalty.
    ///
    /// # Panics
    /// Where it is negative.
    #[track_caller]
    pub fn weight_decay(self, weight_decay: f64) -> Self {
        self.change(|o| o.weight_decay = weight_decay)
    }

    /// Nesterov momentum; set [`momentum`](SGD::momentum) before it.
    ///
    /// # Panics
    /// Without momentum, or with dampening.
    #[track_caller]
    pub fn nesterov(self, nesterov: bool) -> Self {
        self.change(|o| o.nesterov = nesterov)
    }

    /// Whether to ascend.
    #[track_caller]
    pub fn maximize(self, maximize: bool) -> Self {
        self.change(|o| o.maximize = maximize)
    }
}

through_core!(SGD);

impl Sgd {
    fn new(lr: f64) -> Self {
        Sgd {
            lr,
            momentum: 0.0,
            dampening: 0.0,
            weight_decay: 0.0,
            nesterov: false,
            maximize: false,
        }
    }

    fn composite(
        &self,
        param: &mut Array,
        grad: &Array,
        buffer: Option<&mut Array>,
        first: bool,
    ) -> Result<()> {
        let mut g = if self.maximize {
            grad.unary(Unary::Neg)?
        } else {
            grad.clone()
        };
        if self.weight_decay != 0.0 {
            g = g.binary(
                Binary::Add,
                &param.binary_scalar(Binary::Mul, self.weight_decay)?,
            )?;
        }
        if let Some(v) = buffer {
            if first {
                *v = g.copy()?;
            } else {
                v.binary_scalar_(Binary::Mul, self.momentum)?;
                v.binary_(
                    Binary::Add,
                    &g.binary_scalar(Binary::Mul, 1.0 - self.dampening)?,
                )?;
            }
            g = if self.nesterov {
                g.binary(Binary::Add, &v.binary_scalar(Binary::Mul, self.momentum)?)?
            } else {
                v.clone()
            };
        }
        param.binary_(Binary::Sub, &g.binary_scalar(Binary::Mul, self.lr)?)
    }
}

impl Rule for Sgd {
    /// The momentum buffer.
    type State = Array;
    const NAME: &'static str = "SGD";

    fn lr(&self) -> f64 {
        self.lr
    }

    fn set(&mut self, name: &str, value: &Value) -> Result<bool> {
        match name {
            "lr" => self.lr = number(value)?,
            "momentum" => self.momentum = number(value)?,
            "dampening" => self.dampening = number(value)?,
            "weight_decay" => self.weight_decay = number(value)?,
            "nesterov" => self.nesterov = value.as_bool()?,
            "maximize" => self.maximize = value.as_bool()?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn check(&self) -> Result<()> {
        let op = Self::NAME;
        check(op, self.lr >= 0.0, || {
            format!("Invalid learning rate: {}", self.lr)
        })?;
        check(op, self.momentum >= 0.0, || {
            format!("Invalid momentum value: {}", self.momentum)
        })?;
        check(op, self.weight_decay >= 0.0, || {
            format!("Invalid weight_decay value: {}", self.weight_decay)
        })?;
        check(
            op,
            !self.nesterov || (self.momentum > 0.0 && self.dampening == 0.0),
            || {
                "Nesterov momentum requires a momentum and zero dampening; call momentum() before nesterov()".into()
            },
        )
    }

    fn options(&self) -> Dict {
        let options: [(&str, Value); 6] = [
            ("lr", self.lr.into()),
            ("momentum", self.momentum.into()),
            ("dampening", self.dampening.into()),
            ("weight_decay", self.weight_decay.into()),
            ("nesterov", self.nesterov.into()),
            ("maximize", self.maximize.into()),
        ];
        options.into_iter().collect()
    }

    fn save(buffer: &Array) -> Dict {
        [("momentum_buffer", buffer.clone())].into_iter().collect()
    }

    fn load(saved: &Value, param: &Array) -> Result<Option<Array>> {
        match saved.as_dict()?.get("momentum_buffer") {
            None | Some(Value::None) => Ok(None),
            Some(buffer) => fitted("momentum_buffer", buffer, param).map(Some),
        }
    }

    fn step(&self, jobs: Vec<Job<'_, Array>>) -> Result<()> {
        let with_momentum = self.momentum != 0.0;
        let first = |job: &Job<'_, Array>| with_momentum && job.state.is_none();
        for mut part in grouped(jobs, |job| (job.place(), first(job))) {
            let first = part.first().is_some_and(first);
            let op = FusedStep::Sgd {
                lr: self.lr,
                momentum: self.momentum,
                dampening: self.dampening,
                nesterov: self.nesterov,
                weight_decay: self.weight_decay,
                maximize: self.maximize,
                first,
            };
            if first {
                for job in &mut part {
                    *job.state = Some(job.zeros()?);
                }
            }
            let grads: Vec<&Array> = part.iter().map(|job| job.grad).collect();
            let mut in_outs = Vec::with_capacity(part.len() * op.in_outs());
            for job in &mut part {
                in_outs.push(&mut *job.param);
                in_outs.extend(job.state.as_mut().filter(|_| with_momentum));
            }
            if let Some(done) = Array::fused_step(&op, &mut in_outs, &grads) {
                done?;
                continue;
            }
            for job in part {
                let buffer = job.state.as_mut().filter(|_| with_momentum);
                self.composite(job.param, job.grad, buffer, first)?;
            }
        }
        Ok(())
    }
}
