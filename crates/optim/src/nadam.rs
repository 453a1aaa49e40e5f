//! Adam with Nesterov momentum.

use ondol_tensor::{Array, Binary, Result, Unary};

use crate::math::{add_ratio_, average_, average_square_, decayed};
use crate::optimizer::through_core;
use crate::options::{Options, at_least_0, in_0_1, optimizer};
use crate::rule::{Job, Rule, each, zeros_like};
use crate::state::{Count, state};

optimizer! {
    /// Adam with Nesterov momentum, `torch.optim.NAdam`.
    ///
    /// With gradient `g` (negated where it maximises), momentum decay ψ, at step `t` from 1:
    ///
    /// ```text
    /// g ← g + λ p                       (decoupled: p ← p − lr λ p)
    /// μₜ = β₁ (1 − ½ 0.96^(t ψ))        Πₜ = μ₁ μ₂ … μₜ
    /// m ← β₁ m + (1 − β₁) g
    /// v ← β₂ v + (1 − β₂) g²            v̂ = v / (1 − β₂ᵗ)
    /// p ← p − lr ((1 − μₜ) / (1 − Πₜ) g + μₜ₊₁ / (1 − Πₜ₊₁) m) / (√v̂ + ε)
    /// ```
    ///
    /// [Dozat, 2016](https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ). PyTorch's default
    /// learning rate is 2e-3.
    ///
    /// ```
    /// use ondol_autograd::Tensor;
    /// use ondol_optim::{NAdam, Optimizer};
    /// let p = Tensor::from_vec(vec![1.0f64], [1]).requires_grad_(true);
    /// let mut optimizer = NAdam::new([p.clone()], 0.01).weight_decay(0.1).decoupled_weight_decay(true);
    /// p.set_grad(Some(Tensor::from_vec(vec![0.5f64], [1])));
    /// optimizer.step();
    /// assert!(p.item() < 1.0);
    /// ```
    NAdam(Nadam), check ranges;

    /// The decays β₁ and β₂ of the moments, in `[0, 1)`; (0.9, 0.999) by default.
    betas(beta1: f64, beta2: f64): [f64; 2] = [0.9, 0.999];
    /// ε, added to the denominator; 1e-8 by default.
    eps(eps: f64): f64 = 1e-8;
    /// The weight decay λ; 0 by default.
    weight_decay(weight_decay: f64): f64 = 0.0;
    /// How fast the momentum rises, ψ; 4e-3 by default.
    momentum_decay(momentum_decay: f64): f64 = 4e-3;
    /// Whether the decay shrinks the weight, as AdamW's, instead of joining the gradient.
    decoupled_weight_decay(decoupled: bool): bool = false;
    /// Whether to ascend.
    maximize(maximize: bool): bool = false;
}
through_core!(NAdam);

fn ranges(o: &Nadam) -> Result<()> {
    let op = Nadam::NAME;
    at_least_0(op, "learning rate", o.lr)?;
    at_least_0(op, "epsilon value", o.eps)?;
    in_0_1(op, &o.betas)?;
    at_least_0(op, "weight_decay value", o.weight_decay)?;
    at_least_0(op, "momentum_decay value", o.momentum_decay)
}

state! {
    State {
        step: Count,
        /// The product of all momenta so far.
        mu_product: f32,
        exp_avg: Array,
        exp_avg_sq: Array,
    }
}

impl Rule for Nadam {
    type State = State;

    fn step(&self, jobs: Vec<Job<'_, State>>) -> Result<()> {
        let start = |param: &Array| {
            Ok(State {
                step: Count(0),
                mu_product: 1.0,
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
            let momentum = |t: f64| beta1 * (1.0 - 0.5 * 0.96f64.powf(t * self.momentum_decay));
            let (mu, mu_next) = (momentum(t), momentum(t + 1.0));
            state.mu_product *= mu as f32;
            let product = f64::from(state.mu_product);
            average_(&mut state.exp_avg, beta1, &g)?;
            average_square_(&mut state.exp_avg_sq, beta2, &g)?;
            let mut denominator = state
                .exp_avg_sq
                .binary_scalar(Binary::Div, 1.0 - beta2.powf(t))?;
            denominator.unary_(Unary::Sqrt)?;
            denominator.binary_scalar_(Binary::Add, self.eps)?;
            add_ratio_(param, -lr * (1.0 - mu) / (1.0 - product), &g, &denominator)?;
            let weight = -lr * mu_next / (1.0 - product * mu_next);
            add_ratio_(param, weight, &state.exp_avg, &denominator)
        })
    }
}
