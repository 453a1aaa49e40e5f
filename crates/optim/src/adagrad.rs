//! Steps divided by all gradients so far.

use ondol_tensor::{Array, Binary, Result, Unary};

use crate::math::{add_ratio_, direction, root_plus};
use crate::optimizer::through_core;
use crate::options::{Options, at_least_0, optimizer};
use crate::rule::{Job, Rule, each};
use crate::state::{Count, state};

optimizer! {
    /// Adaptive subgradients, `torch.optim.Adagrad`.
    ///
    /// With gradient `g` (negated where it maximises), learning-rate decay η, at step `t` from 1:
    ///
    /// ```text
    /// g ← g + λ p
    /// s ← s + g²
    /// p ← p − lr / (1 + (t − 1) η) · g / (√s + ε)
    /// ```
    ///
    /// [Duchi, Hazan and Singer, 2011](https://jmlr.org/papers/v12/duchi11a.html). PyTorch's default
    /// learning rate is 1e-2.
    ///
    /// ```
    /// use ondol_autograd::Tensor;
    /// use ondol_optim::{Adagrad, Optimizer};
    /// let p = Tensor::from_vec(vec![1.0f64], [1]).requires_grad_(true);
    /// let mut optimizer = Adagrad::new([p.clone()], 0.1);
    /// p.set_grad(Some(Tensor::from_vec(vec![0.5f64], [1])));
    /// optimizer.step();
    /// assert!((p.item() - 0.9).abs() < 1e-8);
    /// ```
    Adagrad(Sums), check ranges;

    /// The learning rate's decay η; 0 by default.
    lr_decay(lr_decay: f64): f64 = 0.0;
    /// ε, added to the denominator; 1e-10 by default.
    eps(eps: f64): f64 = 1e-10;
    /// The weight decay λ, an L2 penalty; 0 by default.
    weight_decay(weight_decay: f64): f64 = 0.0;
    /// Where `s` starts; 0 by default. It counts for parameters that made no step yet.
    initial_accumulator_value(value: f64): f64 = 0.0;
    /// Whether to ascend.
    maximize(maximize: bool): bool = false;
}
through_core!(Adagrad);

fn ranges(o: &Sums) -> Result<()> {
    let op = Sums::NAME;
    let start = o.initial_accumulator_value;
    at_least_0(op, "learning rate", o.lr)?;
    at_least_0(op, "lr_decay value", o.lr_decay)?;
    at_least_0(op, "weight_decay value", o.weight_decay)?;
    at_least_0(op, "initial_accumulator_value value", start)?;
    at_least_0(op, "epsilon value", o.eps)
}

state! {
    State {
        step: Count,
        sum: Array,
    }
}

impl Rule for Sums {
    type State = State;

    fn step(&self, jobs: Vec<Job<'_, State>>) -> Result<()> {
        let start = |param: &Array| {
            let value = self.initial_accumulator_value;
            Ok(State {
                step: Count(0),
                sum: Array::full(param.shape(), value, param.dtype(), param.device())?,
            })
        };
        each(jobs, start, |param, grad, state| {
            let t = state.step.next();
            let g = direction(grad, param, self.maximize, self.weight_decay)?;
            let lr = self.lr / (1.0 + (t - 1.0) * self.lr_decay);
            state.sum.binary_(Binary::Add, &g.unary(Unary::Square)?)?;
            add_ratio_(param, -lr, &g, &root_plus(&state.sum, self.eps)?)
        })
    }
}
