//! Looking at the gradients that enter and leave a part of a graph.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::engine::{note, noted};
use crate::{Op, Tensor, is_grad_enabled};

const OP: &str = "backward_hook";

/// Runs `f`, and lets backward show the gradients at its two ends: what module hooks are made of.
///
/// In backward, `on_output` gets the gradient of the output, and what it returns goes on into `f`
/// in its place. When the gradient of the input is there, `on_input` gets both, and what it returns
/// goes on from the input; where the input needs none, it gets `None` as soon as the output's is
/// there.
///
/// ```
/// use ondol_autograd::{observe_backward, tensor};
/// let x = tensor!(1.0).requires_grad_(true);
/// let clip = |_: Option<&_>, _: &_| Some(tensor!(0.5));
/// observe_backward(&x, |x| x.mul(3.0), |_| None, clip).backward();
/// assert_eq!(x.grad().unwrap().item(), 0.5);
/// ```
#[track_caller]
pub fn observe_backward(
    x: &Tensor,
    f: impl FnOnce(&Tensor) -> Tensor,
    on_output: impl Fn(&Tensor) -> Option<Tensor> + Send + Sync + 'static,
    on_input: impl Fn(Option<&Tensor>, &Tensor) -> Option<Tensor> + Send + Sync + 'static,
) -> Tensor {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    if !is_grad_enabled() {
        return f(x);
    }
    let key = NEXT.fetch_add(1, Ordering::Relaxed);
    let on_input = Arc::new(on_input);
    let needed = x.requires_grad();
    let at_input = on_input.clone();
    let inner = Op::new(OP, [x])
        .rule(0, move |g| {
            let changed = noted(key).and_then(|output| at_input(Some(g), &output));
            changed.unwrap_or_else(|| g.clone())
        })
        .output(x.value());
    let y = f(&inner);
    Op::new(OP, [&y])
        .rule(0, move |g| {
            let g = on_output(g).unwrap_or_else(|| g.clone());
            if needed {
                note(key, &g);
            } else {
                on_input(None, &g);
            }
            g
        })
        .output(y.value())
}
