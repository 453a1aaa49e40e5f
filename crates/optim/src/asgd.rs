//! Averaged stochastic gradient descent.

use ondol_tensor::{Array, Binary, Result};

use crate::math::{add_scaled_, direction};
use crate::optimizer::through_core;
use crate::options::{Options, at_least_0, optimizer};
use crate::rule::{Job, Rule, each, zeros_like};
use crate::state::{Count, state};

optimizer! {
    /// Averaged stochastic gradient descent, `torch.optim.ASGD`.
    ///
    /// With gradient `g` (negated where it maximises), at step `t` from 1, η from lr, μ from 1:
    ///
    /// ```text
    /// g ← g + w p                       (w the weight decay)
    /// p ← (1 − λ η) p − η g
    /// a ← a + μ (p − a)
    /// η = lr / (1 + λ lr t)^α           μ = 1 / max(1, t − t₀)
    /// ```
    ///
    /// The average `a` is in the state under `ax`.
    ///
    /// [Polyak and Juditsky, 1992](https://doi.org/10.1137/0330046). PyTorch's default learning rate
    /// is 1e-2.
    ///
    /// ```
    /// use ondol_autograd::Tensor;
    /// use ondol_optim::{ASGD, Optimizer};
    /// let p = Tensor::from_vec(vec![1.0f64], [1]).requires_grad_(true);
    /// let mut optimizer = ASGD::new([p.clone()], 0.1).lambd(0.0);
    /// p.set_grad(Some(Tensor::from_vec(vec![0.5f64], [1])));
    /// optimizer.step();
    /// assert!((p.item() - 0.95).abs() < 1e-8);
    /// ```
    ASGD(Averaged), check ranges;

    /// The decay λ; 1e-4 by default.
    lambd(lambd: f64): f64 = 1e-4;
    /// The power α of the learning rate's fall; 0.75 by default.
    alpha(alpha: f64): f64 = 0.75;
    /// The step t₀ from which on there is an average; 1e6 by default.
    t0(t0: f64): f64 = 1e6;
    /// The weight decay, an L2 penalty; 0 by default.
    weight_decay(weight_decay: f64): f64 = 0.0;
    /// Whether to ascend.
    maximize(maximize: bool): bool = false;
}
through_core!(ASGD);

fn ranges(o: &Averaged) -> Result<()> {
    let op = Averaged::NAME;
    at_least_0(op, "learning rate", o.lr)?;
    at_least_0(op, "lambd value", o.lambd)?;
    at_least_0(op, "alpha value", o.alpha)?;
    at_least_0(op, "weight_decay value", o.weight_decay)
}

state! {
    State {
        step: Count,
        eta: f32,
        mu: f32,
        ax: Array,
    }
}

impl Rule for Averaged {
    type State = State;

    fn step(&self, jobs: Vec<Job<'_, State>>) -> Result<()> {
        let start = |param: &Array| {
            Ok(State {
                step: Count(0),
                eta: self.lr as f32,
                mu: 1.0,
                ax: zeros_like(param)?,
            })
        };
        each(jobs, start, |param, grad, state| {
            let t = state.step.next();
            let g = direction(grad, param, self.maximize, self.weight_decay)?;
            let eta = f64::from(state.eta);
            param.binary_scalar_(Binary::Mul, 1.0 - self.lambd * eta)?;
            add_scaled_(param, -eta, &g)?;
            if state.mu == 1.0 {
                state.ax = param.copy()?;
            } else {
                let away = param.binary(Binary::Sub, &state.ax)?;
                add_scaled_(&mut state.ax, f64::from(state.mu), &away)?;
            }
            state.eta = (self.lr / (1.0 + self.lambd * self.lr * t).powf(self.alpha)) as f32;
            state.mu = (1.0 / (t - self.t0).max(1.0)) as f32;
            Ok(())
        })
    }
}
