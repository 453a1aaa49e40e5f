//! Steps by the gradient's sign alone.

use ondol_tensor::{Array, Binary, Compare, Result, Unary};

use crate::math::direction;
use crate::optimizer::through_core;
use crate::options::{Options, at_least_0, check, optimizer};
use crate::rule::{Job, Rule, each, zeros_like};
use crate::state::{Count, state};

optimizer! {
    /// Resilient backpropagation, `torch.optim.Rprop`: the sign of the gradient says where to go, a
    /// step size per element says how far. For whole batches.
    ///
    /// With gradient `g` (negated where it maximises) and the one before, `h`, from 0:
    ///
    /// ```text
    /// s ← η⁺ s where g h > 0;  η⁻ s and g ← 0 where g h < 0;   within [s_min, s_max], from lr
    /// p ← p − s sign(g)
    /// ```
    ///
    /// [Riedmiller and Braun, 1993](https://doi.org/10.1109/ICNN.1993.298623). PyTorch's default
    /// learning rate is 1e-2.
    ///
    /// ```
    /// use ondol_autograd::Tensor;
    /// use ondol_optim::{Optimizer, Rprop};
    /// let p = Tensor::from_vec(vec![1.0f64], [1]).requires_grad_(true);
    /// let mut optimizer = Rprop::new([p.clone()], 0.1);
    /// p.set_grad(Some(Tensor::from_vec(vec![123.0f64], [1])));
    /// optimizer.step();
    /// assert_eq!(p.item(), 0.9);
    /// ```
    Rprop(Resilient), check ranges;

    /// How a step size falls (η⁻ in `(0, 1)`) and grows (η⁺ over 1); (0.5, 1.2) by default.
    etas(minus: f64, plus: f64): [f64; 2] = [0.5, 1.2];
    /// The least and the greatest step size; (1e-6, 50) by default.
    step_sizes(min: f64, max: f64): [f64; 2] = [1e-6, 50.0];
    /// Whether to ascend.
    maximize(maximize: bool): bool = false;
}
through_core!(Rprop);

fn ranges(o: &Resilient) -> Result<()> {
    let op = Resilient::NAME;
    let [minus, plus] = o.etas;
    at_least_0(op, "learning rate", o.lr)?;
    check(op, 0.0 < minus && minus < 1.0 && 1.0 < plus, || {
        format!("Invalid eta values: {minus}, {plus}")
    })
}

state! {
    State {
        step: Count,
        /// The gradient before.
        prev: Array,
        step_size: Array,
    }
}

impl Rule for Resilient {
    type State = State;

    fn step(&self, jobs: Vec<Job<'_, State>>) -> Result<()> {
        let start = |param: &Array| {
            Ok(State {
                step: Count(0),
                prev: zeros_like(param)?,
                step_size: Array::full(param.shape(), self.lr, param.dtype(), param.device())?,
            })
        };
        each(jobs, start, |param, grad, state| {
            state.step.next();
            let number = |x: f64| Array::full([], x, param.dtype(), param.device());
            let g = direction(grad, param, self.maximize, 0.0)?;
            let sign = g.binary(Binary::Mul, &state.prev)?.unary(Unary::Sign)?;
            let (same, turned) = (
                sign.compare_scalar(Compare::Gt, 0.0)?,
                sign.compare_scalar(Compare::Lt, 0.0)?,
            );
            let still = sign.compare_scalar(Compare::Eq, 0.0)?;
            // What is left of the sign itself is NaN, and stays.
            let factor = Array::select(&same, &number(self.etas[1])?, &sign)?;
            let factor = Array::select(&turned, &number(self.etas[0])?, &factor)?;
            let factor = Array::select(&still, &number(1.0)?, &factor)?;
            let [min, max] = self.step_sizes;
            state.step_size.binary_(Binary::Mul, &factor)?;
            state.step_size.binary_scalar_(Binary::Maximum, min)?;
            state.step_size.binary_scalar_(Binary::Minimum, max)?;
            let g = Array::select(&turned, &number(0.0)?, &g)?;
            let change = g.unary(Unary::Sign)?;
            param.binary_(Binary::Sub, &change.binary(Binary::Mul, &state.step_size)?)?;
            state.prev = g;
            Ok(())
        })
    }
}
