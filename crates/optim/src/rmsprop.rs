//! Steps divided by the gradients' recent size.

use ondol_tensor::{Array, Binary, Result, Unary};

use crate::math::{add_ratio_, add_scaled_, average_, average_square_, direction, root_plus};
use crate::optimizer::through_core;
use crate::options::{Options, at_least_0, optimizer};
use crate::rule::{Job, Rule, each, zeros_like};
use crate::state::{Count, state};

optimizer! {
    /// Steps divided by the gradients' recent size, `torch.optim.RMSprop`.
    ///
    /// With gradient `g` (negated where it maximises), for each parameter `p`:
    ///
    /// ```text
    /// g ← g + λ p
    /// v ← α v + (1 − α) g²
    /// a ← α a + (1 − α) g,  ṽ = v − a²      (centered; else ṽ = v)
    /// b ← μ b + g / (√ṽ + ε)
    /// p ← p − lr b
    /// ```
    ///
    /// Hinton's [lecture 6](https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf);
    /// centered: [Graves, 2013](https://arxiv.org/abs/1308.0850). PyTorch's default learning rate is
    /// 1e-2.
    ///
    /// ```
    /// use ondol_autograd::Tensor;
    /// use ondol_optim::{Optimizer, RMSprop};
    /// let p = Tensor::from_vec(vec![1.0f64], [1]).requires_grad_(true);
    /// let mut optimizer = RMSprop::new([p.clone()], 0.01).alpha(0.75);
    /// p.set_grad(Some(Tensor::from_vec(vec![0.5f64], [1])));
    /// optimizer.step();
    /// assert!((p.item() - 0.98).abs() < 1e-8);
    /// ```
    RMSprop(Rms), check ranges;

    /// The momentum factor μ; 0 by default.
    momentum(momentum: f64): f64 = 0.0;
    /// The decay α of the averages; 0.99 by default.
    alpha(alpha: f64): f64 = 0.99;
    /// ε, added to the denominator; 1e-8 by default.
    eps(eps: f64): f64 = 1e-8;
    /// Whether to divide by the gradients' spread around their mean.
    centered(centered: bool): bool = false;
    /// The weight decay λ, an L2 penalty; 0 by default.
    weight_decay(weight_decay: f64): f64 = 0.0;
    /// Whether to ascend.
    maximize(maximize: bool): bool = false;
}
through_core!(RMSprop);

fn ranges(o: &Rms) -> Result<()> {
    let op = Rms::NAME;
    at_least_0(op, "learning rate", o.lr)?;
    at_least_0(op, "epsilon value", o.eps)?;
    at_least_0(op, "momentum value", o.momentum)?;
    at_least_0(op, "weight_decay value", o.weight_decay)?;
    at_least_0(op, "alpha value", o.alpha)
}

state! {
    State {
        step: Count,
        square_avg: Array,
        momentum_buffer: Option<Array>,
        grad_avg: Option<Array>,
    }
}

impl Rule for Rms {
    type State = State;

    fn step(&self, jobs: Vec<Job<'_, State>>) -> Result<()> {
        let start = |param: &Array| {
            Ok(State {
                step: Count(0),
                square_avg: zeros_like(param)?,
                momentum_buffer: None,
                grad_avg: None,
            })
        };
        each(jobs, start, |param, grad, state| {
            state.step.next();
            let g = direction(grad, param, self.maximize, self.weight_decay)?;
            average_square_(&mut state.square_avg, self.alpha, &g)?;
            let denominator = if self.centered {
                let mean = match &mut state.grad_avg {
                    Some(mean) => mean,
                    none => none.insert(zeros_like(param)?),
                };
                average_(mean, self.alpha, &g)?;
                let square = mean.unary(Unary::Square)?;
                root_plus(&state.square_avg.binary(Binary::Sub, &square)?, self.eps)?
            } else {
                root_plus(&state.square_avg, self.eps)?
            };
            if self.momentum == 0.0 {
                return add_ratio_(param, -self.lr, &g, &denominator);
            }
            let buffer = match &mut state.momentum_buffer {
                Some(buffer) => buffer,
                none => none.insert(zeros_like(param)?),
            };
            buffer.binary_scalar_(Binary::Mul, self.momentum)?;
            buffer.binary_(Binary::Add, &g.binary(Binary::Div, &denominator)?)?;
            add_scaled_(param, -self.lr, buffer)
        })
    }
}
