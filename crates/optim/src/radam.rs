//! Adam whose first steps are rectified.

use ondol_tensor::{Array, Result};

use crate::math::{add_ratio_, add_scaled_, average_, average_square_, decayed, root_plus};
use crate::optimizer::through_core;
use crate::options::{Options, at_least_0, in_0_1, optimizer};
use crate::rule::{Job, Rule, each, zeros_like};
use crate::state::{Count, state};

optimizer! {
    /// Rectified Adam, `torch.optim.RAdam`.
    ///
    /// With gradient `g` (negated where it maximises), at step `t` from 1, `ρ∞ = 2 / (1 − β₂) − 1`:
    ///
    /// ```text
    /// g ← g + λ p                       (decoupled: p ← p − lr λ p)
    /// m ← β₁ m + (1 − β₁) g             m̂ = m / (1 − β₁ᵗ)
    /// v ← β₂ v + (1 − β₂) g²
    /// ρ = ρ∞ − 2 t β₂ᵗ / (1 − β₂ᵗ)
    /// p ← p − lr m̂ r √(1 − β₂ᵗ) / (√v + ε)   where ρ > 5, else   p ← p − lr m̂
    /// r = √((ρ − 4)(ρ − 2) ρ∞ / ((ρ∞ − 4)(ρ∞ − 2) ρ))
    /// ```
    ///
    /// [Liu et al., 2019](https://arxiv.org/abs/1908.03265).
    ///
    /// ```
    /// use ondol_autograd::Tensor;
    /// use ondol_optim::{Optimizer, RAdam};
    /// let p = Tensor::from_vec(vec![1.0f64], [1]).requires_grad_(true);
    /// let mut optimizer = RAdam::new([p.clone()], 0.1);
    /// p.set_grad(Some(Tensor::from_vec(vec![0.5f64], [1])));
    /// optimizer.step();
    /// assert!((p.item() - 0.95).abs() < 1e-12, "the first steps follow the mean gradient");
    /// ```
    RAdam(Radam), check ranges;

    /// The decays β₁ and β₂ of the moments, in `[0, 1)`; (0.9, 0.999) by default.
    betas(beta1: f64, beta2: f64): [f64; 2] = [0.9, 0.999];
    /// ε, added to the denominator; 1e-8 by default.
    eps(eps: f64): f64 = 1e-8;
    /// The weight decay λ; 0 by default.
    weight_decay(weight_decay: f64): f64 = 0.0;
    /// Whether to ascend.
    maximize(maximize: bool): bool = false;
    /// Whether the decay shrinks the weight, as AdamW's, instead of joining the gradient.
    decoupled_weight_decay(decoupled: bool): bool = false;
}
through_core!(RAdam);

fn ranges(o: &Radam) -> Result<()> {
    let op = Radam::NAME;
    at_least_0(op, "learning rate", o.lr)?;
    at_least_0(op, "epsilon value", o.eps)?;
    in_0_1(op, &o.betas)?;
    at_least_0(op, "weight_decay value", o.weight_decay)
}

state! {
    State {
        step: Count,
        exp_avg: Array,
        exp_avg_sq: Array,
    }
}

impl Rule for Radam {
    type State = State;

    fn step(&self, jobs: Vec<Job<'_, State>>) -> Result<()> {
        let start = |param: &Array| {
            Ok(State {
                step: Count(0),
                exp_avg: zeros_like(param)?,
                exp_avg_sq: zeros_like(param)?,
            })
        };
        each(jobs, start, |param, grad, state| {
            let ([beta1, beta2], lr) = (self.betas, self.lr);
            let t = state.step.next();
            let g = decayed(
                grad,
                param,
                self.maximize,
                lr,
                self.weight_decay,
                self.decoupled_weight_decay,
            )?;
            average_(&mut state.exp_avg, beta1, &g)?;
            average_square_(&mut state.exp_avg_sq, beta2, &g)?;
            let power = beta2.powf(t);
            let lr = lr / (1.0 - beta1.powf(t));
            let whole = 2.0 / (1.0 - beta2) - 1.0;
            let rho = whole - 2.0 * t * power / (1.0 - power);
            if rho <= 5.0 {
                return add_scaled_(param, -lr, &state.exp_avg);
            }
            let rectified =
                (rho - 4.0) * (rho - 2.0) * whole / ((whole - 4.0) * (whole - 2.0) * rho);
            let lr = lr * (rectified * (1.0 - power)).sqrt();
            let denominator = root_plus(&state.exp_avg_sq, self.eps)?;
            add_ratio_(param, -lr, &state.exp_avg, &denominator)
        })
    }
}
