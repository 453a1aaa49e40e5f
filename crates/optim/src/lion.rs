//! Steps by the sign of the momentum.

use ondol_tensor::{Array, Binary, Result, Unary};

use crate::math::{add_scaled_, average_, decayed};
use crate::optimizer::through_core;
use crate::options::{Options, at_least_0, in_0_1, optimizer};
use crate::rule::{Job, Rule, each, zeros_like};
use crate::state::state;

optimizer! {
    /// Evolved sign momentum: half of Adam's memory, and every element moves by the same amount.
    /// PyTorch has no twin; names and state are those of the authors' program.
    ///
    /// With gradient `g` (negated where it maximises), for each parameter `p`:
    ///
    /// ```text
    /// p ← p − lr λ p
    /// p ← p − lr sign(β₁ m + (1 − β₁) g)
    /// m ← β₂ m + (1 − β₂) g
    /// ```
    ///
    /// [Chen et al., 2023](https://arxiv.org/abs/2302.06675). The learning rate is 3 to 10 times
    /// smaller than AdamW's, the decay as much greater; the authors' defaults are 1e-4 and 0.
    ///
    /// ```
    /// use ondol_autograd::Tensor;
    /// use ondol_optim::{Lion, Optimizer};
    /// let p = Tensor::from_vec(vec![1.0f64], [1]).requires_grad_(true);
    /// let mut optimizer = Lion::new([p.clone()], 1e-2);
    /// p.set_grad(Some(Tensor::from_vec(vec![123.0f64], [1])));
    /// optimizer.step();
    /// assert_eq!(p.item(), 0.99);
    /// ```
    Lion(Signs), check ranges;

    /// The decays β₁ of the step and β₂ of the memory, in `[0, 1)`; (0.9, 0.99) by default.
    betas(beta1: f64, beta2: f64): [f64; 2] = [0.9, 0.99];
    /// The weight decay λ, decoupled; 0 by default.
    weight_decay(weight_decay: f64): f64 = 0.0;
    /// Whether to ascend.
    maximize(maximize: bool): bool = false;
}
through_core!(Lion);

fn ranges(o: &Signs) -> Result<()> {
    let op = Signs::NAME;
    at_least_0(op, "learning rate", o.lr)?;
    in_0_1(op, &o.betas)?;
    at_least_0(op, "weight_decay value", o.weight_decay)
}

state! {
    State {
        exp_avg: Array,
    }
}

impl Rule for Signs {
    type State = State;

    fn step(&self, jobs: Vec<Job<'_, State>>) -> Result<()> {
        let start = |param: &Array| {
            Ok(State {
                exp_avg: zeros_like(param)?,
            })
        };
        each(jobs, start, |param, grad, State { exp_avg }| {
            let [beta1, beta2] = self.betas;
            let g = decayed(grad, param, self.maximize, self.lr, self.weight_decay, true)?;
            let mut step = exp_avg.binary_scalar(Binary::Mul, beta1)?;
            add_scaled_(&mut step, 1.0 - beta1, &g)?;
            step.unary_(Unary::Sign)?;
            add_scaled_(param, -self.lr, &step)?;
            average_(exp_avg, beta2, &g)
        })
    }
}
