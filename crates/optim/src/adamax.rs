//! Adam under the infinity norm.

use ondol_tensor::{Array, Binary, Result, Unary};

use crate::math::{add_ratio_, average_, direction};
use crate::optimizer::through_core;
use crate::options::{Options, at_least_0, in_0_1, optimizer};
use crate::rule::{Job, Rule, each, zeros_like};
use crate::state::{Count, state};

optimizer! {
    /// Adam under the infinity norm, `torch.optim.Adamax`.
    ///
    /// With gradient `g` (negated where it maximises), at step `t` from 1:
    ///
    /// ```text
    /// g ← g + λ p
    /// m ← β₁ m + (1 − β₁) g
    /// u ← max(β₂ u, |g| + ε)
    /// p ← p − lr m / ((1 − β₁ᵗ) u)
    /// ```
    ///
    /// [Kingma and Ba, 2014](https://arxiv.org/abs/1412.6980), section 7.1. PyTorch's default
    /// learning rate is 2e-3.
    ///
    /// ```
    /// use ondol_autograd::Tensor;
    /// use ondol_optim::{Adamax, Optimizer};
    /// let p = Tensor::from_vec(vec![1.0f64], [1]).requires_grad_(true);
    /// let mut optimizer = Adamax::new([p.clone()], 0.1);
    /// p.set_grad(Some(Tensor::from_vec(vec![0.5f64], [1])));
    /// optimizer.step();
    /// assert!((p.item() - 0.9).abs() < 1e-8);
    /// ```
    Adamax(Infinity), check ranges;

    /// The decays β₁ and β₂, in `[0, 1)`; (0.9, 0.999) by default.
    betas(beta1: f64, beta2: f64): [f64; 2] = [0.9, 0.999];
    /// ε, added to the gradient's size; 1e-8 by default.
    eps(eps: f64): f64 = 1e-8;
    /// The weight decay λ, an L2 penalty; 0 by default.
    weight_decay(weight_decay: f64): f64 = 0.0;
    /// Whether to ascend.
    maximize(maximize: bool): bool = false;
}
through_core!(Adamax);

fn ranges(o: &Infinity) -> Result<()> {
    let op = Infinity::NAME;
    at_least_0(op, "learning rate", o.lr)?;
    at_least_0(op, "epsilon value", o.eps)?;
    in_0_1(op, &o.betas)?;
    at_least_0(op, "weight_decay value", o.weight_decay)
}

state! {
    State {
        step: Count,
        exp_avg: Array,
        exp_inf: Array,
    }
}

impl Rule for Infinity {
    type State = State;

    fn step(&self, jobs: Vec<Job<'_, State>>) -> Result<()> {
        let start = |param: &Array| {
            Ok(State {
                step: Count(0),
                exp_avg: zeros_like(param)?,
                exp_inf: zeros_like(param)?,
            })
        };
        each(jobs, start, |param, grad, state| {
            let [beta1, beta2] = self.betas;
            let t = state.step.next();
            let g = direction(grad, param, self.maximize, self.weight_decay)?;
            average_(&mut state.exp_avg, beta1, &g)?;
            let mut size = g.unary(Unary::Abs)?;
            size.binary_scalar_(Binary::Add, self.eps)?;
            state.exp_inf.binary_scalar_(Binary::Mul, beta2)?;
            state.exp_inf.binary_(Binary::Maximum, &size)?;
            let lr = self.lr / (1.0 - beta1.powf(t));
            add_ratio_(param, -lr, &state.exp_avg, &state.exp_inf)
        })
    }
}
