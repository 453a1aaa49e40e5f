//! Losses.

use ondol_tensor::{Array, Fused, Reduced};

use super::by_composite;
use crate::{Op, Tensor, is_grad_enabled, ok};

/// `−(y·ln p + (1−y)·ln(1−p))` reduced, with a gradient for `p` only; the logarithms are no less
/// than −100, and the slope's divisor no less than 1e-12.
///
/// # Panics
/// Where a probability is not on `[0, 1]`.
#[track_caller]
pub fn binary_cross_entropy(p: &Tensor, y: &Tensor, reduced: Reduced) -> Option<Tensor> {
    if is_grad_enabled() && y.requires_grad() {
        return None;
    }
    let inputs = [&p.value(), &y.value()];
    let value = ok(Array::fused(&Fused::BinaryCrossEntropy(reduced), &inputs)?).remove(0);
    let op = Op::new("binary_cross_entropy", [p, y]);
    if !op.needs(0) {
        return Some(Tensor::from(value));
    }
    let (p, y) = (p.snapshot(), y.value());
    Some(
        op.rule(0, move |g| binary_slope(g, &p, &y, reduced))
            .output(value),
    )
}

fn binary_slope(g: &Tensor, p: &Tensor, y: &Array, reduced: Reduced) -> Tensor {
    if !is_grad_enabled() {
        let op = Fused::BinaryCrossEntropyGrad(reduced);
        if let Some(made) = Array::fused(&op, &[&g.value(), &p.value(), y]) {
            return Tensor::from(ok(made).remove(0));
        }
    }
    let slope = p.mul(p.neg().add(1.0)).clamp_min(1e-12);
    let each = match reduced {
        Reduced::Mean => g.div(p.numel() as f64),
        Reduced::Each | Reduced::Sum => g.clone(),
    };
    each.mul(p.sub(Tensor::from(y.clone())).div(slope))
}

/// `−ln softmax(x)_target` of each row of `x [N, C]`, reduced; `target [N]` of `i64`, of which
/// `ignore` costs nothing and does not count. `composite` gives the same of its input.
///
/// # Panics
/// On a target that is no class.
#[track_caller]
pub fn cross_entropy(
    x: &Tensor,
    target: &Tensor,
    reduced: Reduced,
    ignore: i64,
    composite: impl Fn(&Tensor) -> Tensor + Send + Sync + 'static,
) -> Option<Tensor> {
    if x.ndim() != 2 || target.ndim() != 1 {
        return None;
    }
    let target = target.value();
    let op = Fused::CrossEntropy { reduced, ignore };
    let mut made = ok(Array::fused(&op, &[&x.value(), &target])?);
    let (totals, highs) = (made.remove(2), made.remove(1));
    let value = made.remove(0);
    let op = Op::new("cross_entropy", [x]);
    if !op.needs(0) {
        return Some(Tensor::from(value));
    }
    let x = x.snapshot();
    let rule = move |g: &Tensor| {
        if !is_grad_enabled() {
            let op = Fused::CrossEntropyGrad { reduced, ignore };
            let inputs = [&g.value(), &x.value(), &highs, &totals, &target];
            if let Some(made) = Array::fused(&op, &inputs) {
                return Tensor::from(ok(made).remove(0));
            }
        }
        let inputs = std::slice::from_ref(&x);
        let gradients = by_composite(inputs, g, &[true], |inputs| composite(&inputs[0]));
        let gradient = gradients.into_iter().next().flatten();
        gradient.expect("the composite's result depends on its input")
    };
    Some(op.rule(0, rule).output(value))
}
