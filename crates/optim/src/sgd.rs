//! Stochastic gradient descent.

use ondol_tensor::{Array, Binary, Dict, FusedStep, Result, Value};

use crate::math::{add_scaled_, direction};
use crate::optimizer::through_core;
use crate::options::{Options, at_least_0, check, optimizer};
use crate::rule::{Job, Rule, grouped};
use crate::state::{State, fitted};

optimizer! {
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
    SGD(Sgd), check ranges;

    /// The momentum factor μ; 0 by default.
    momentum(momentum: f64): f64 = 0.0;
    /// The dampening τ of the momentum; 0, and it must be with Nesterov momentum.
    dampening(dampening: f64): f64 = 0.0;
    /// The weight decay λ, an L2 penalty; 0 by default.
    weight_decay(weight_decay: f64): f64 = 0.0;
    /// Nesterov momentum; set [`momentum`](SGD::momentum) before it.
    nesterov(nesterov: bool): bool = false;
    /// Whether to ascend.
    maximize(maximize: bool): bool = false;
}
through_core!(SGD);

fn ranges(o: &Sgd) -> Result<()> {
    let op = Sgd::NAME;
    at_least_0(op, "learning rate", o.lr)?;
    at_least_0(op, "momentum value", o.momentum)?;
    at_least_0(op, "weight_decay value", o.weight_decay)?;
    check(
        op,
        !o.nesterov || (o.momentum > 0.0 && o.dampening == 0.0),
        || {
            "Nesterov momentum requires a momentum and zero dampening; call momentum() before nesterov()".into()
        },
    )
}

/// The momentum buffer; there is none without momentum.
struct Velocity(Array);

impl State for Velocity {
    fn save(&self) -> Dict {
        [("momentum_buffer", self.0.clone())].into_iter().collect()
    }

    fn load(saved: &Value, param: &Array) -> Result<Option<Self>> {
        match saved.as_dict()?.get("momentum_buffer") {
            None | Some(Value::None) => Ok(None),
            Some(buffer) => Ok(Some(Velocity(fitted("momentum_buffer", buffer, param)?))),
        }
    }
}

impl Sgd {
    fn composite(
        &self,
        param: &mut Array,
        grad: &Array,
        buffer: Option<&mut Array>,
        first: bool,
    ) -> Result<()> {
        let mut g = direction(grad, param, self.maximize, self.weight_decay)?;
        if let Some(v) = buffer {
            if first {
                *v = g.copy()?;
            } else {
                v.binary_scalar_(Binary::Mul, self.momentum)?;
                add_scaled_(v, 1.0 - self.dampening, &g)?;
            }
            if self.nesterov {
                add_scaled_(&mut g, self.momentum, v)?;
            } else {
                g = v.clone();
            }
        }
        add_scaled_(param, -self.lr, &g)
    }
}

impl Rule for Sgd {
    type State = Velocity;

    fn step(&self, jobs: Vec<Job<'_, Velocity>>) -> Result<()> {
        let with_momentum = self.momentum != 0.0;
        let first = |job: &Job<'_, Velocity>| with_momentum && job.state.is_none();
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
                    *job.state = Some(Velocity(job.zeros()?));
                }
            }
            let grads: Vec<&Array> = part.iter().map(|job| job.grad).collect();
            let mut in_outs = Vec::with_capacity(part.len() * op.in_outs());
            for job in &mut part {
                in_outs.push(&mut *job.param);
                in_outs.extend(
                    job.state
                        .as_mut()
                        .filter(|_| with_momentum)
                        .map(|v| &mut v.0),
                );
            }
            if let Some(done) = Array::fused_step(&op, &mut in_outs, &grads) {
                done?;
                continue;
            }
            for job in part {
                let buffer = job
                    .state
                    .as_mut()
                    .filter(|_| with_momentum)
                    .map(|v| &mut v.0);
                self.composite(job.param, job.grad, buffer, first)?;
            }
        }
        Ok(())
    }
}
