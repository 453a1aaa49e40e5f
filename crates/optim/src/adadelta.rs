//! Steps in the parameter's own units.

use ondol_tensor::{Array, Binary, Result, Unary};

use crate::math::{add_scaled_, average_square_, direction};
use crate::optimizer::through_core;
use crate::options::{Options, at_least_0, check, optimizer};
use crate::rule::{Job, Rule, each, zeros_like};
use crate::state::{Count, state};

optimizer! {
    /// Steps in the parameter's own units, `torch.optim.Adadelta`.
    ///
    /// With gradient `g` (negated where it maximises), for each parameter `p`:
    ///
    /// ```text
    /// g ← g + λ p
    /// v ← ρ v + (1 − ρ) g²
    /// Δ = g √(u + ε) / √(v + ε)
    /// u ← ρ u + (1 − ρ) Δ²
    /// p ← p − lr Δ
    /// ```
    ///
    /// [Zeiler, 2012](https://arxiv.org/abs/1212.5701). PyTorch's default learning rate is 1.
    ///
    /// ```
    /// use ondol_autograd::Tensor;
    /// use ondol_optim::{Adadelta, Optimizer};
    /// let p = Tensor::from_vec(vec![1.0f64], [1]).requires_grad_(true);
    /// let mut optimizer = Adadelta::new([p.clone()], 1.0).rho(0.95);
    /// p.set_grad(Some(Tensor::from_vec(vec![0.5f64], [1])));
    /// optimizer.step();
    /// assert!(p.item() < 1.0);
    /// ```
    Adadelta(Deltas), check ranges;

    /// The decay ρ of the averages, in `[0, 1]`; 0.9 by default.
    rho(rho: f64): f64 = 0.9;
    /// ε; 1e-6 by default.
    eps(eps: f64): f64 = 1e-6;
    /// The weight decay λ, an L2 penalty; 0 by default.
    weight_decay(weight_decay: f64): f64 = 0.0;
    /// Whether to ascend.
    maximize(maximize: bool): bool = false;
}
through_core!(Adadelta);

fn ranges(o: &Deltas) -> Result<()> {
    let op = Deltas::NAME;
    at_least_0(op, "learning rate", o.lr)?;
    check(op, (0.0..=1.0).contains(&o.rho), || {
        format!("Invalid rho value: {}", o.rho)
    })?;
    at_least_0(op, "epsilon value", o.eps)?;
    at_least_0(op, "weight_decay value", o.weight_decay)
}

state! {
    State {
        step: Count,
        square_avg: Array,
        acc_delta: Array,
    }
}

impl Rule for Deltas {
    type State = State;

    fn step(&self, jobs: Vec<Job<'_, State>>) -> Result<()> {
        let start = |param: &Array| {
            Ok(State {
                step: Count(0),
                square_avg: zeros_like(param)?,
                acc_delta: zeros_like(param)?,
            })
        };
        let root = |a: &Array| {
            let mut sum = a.binary_scalar(Binary::Add, self.eps)?;
            sum.unary_(Unary::Sqrt)?;
            Ok::<_, ondol_tensor::Error>(sum)
        };
        each(jobs, start, |param, grad, state| {
            state.step.next();
            let g = direction(grad, param, self.maximize, self.weight_decay)?;
            average_square_(&mut state.square_avg, self.rho, &g)?;
            let mut delta = root(&state.acc_delta)?;
            delta.binary_(Binary::Div, &root(&state.square_avg)?)?;
            delta.binary_(Binary::Mul, &g)?;
            average_square_(&mut state.acc_delta, self.rho, &delta)?;
            add_scaled_(param, -self.lr, &delta)
        })
    }
}
