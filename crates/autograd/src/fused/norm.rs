//! Normalisations.

use ondol_tensor::{Array, Fused, Shape};
use smallvec::SmallVec;

use super::by_composite;
use crate::{Op, Tensor, is_grad_enabled, ok};

/// What a normalisation gave.
pub struct Normalized {
    /// Of the input's shape.
    pub output: Tensor,
    /// The mean of each row or channel.
    pub mean: Array,
    /// The biased variance of each row or channel.
    pub var: Array,
}

/// `(x − mean) / √(var + eps) · weight + bias` of rows of `n` elements; `inputs` are `x`, perhaps
/// the weight, perhaps the bias. `composite` gives the same of its inputs.
#[track_caller]
pub fn layer_norm(
    inputs: &[&Tensor],
    n: usize,
    eps: f64,
    composite: impl Fn(&[Tensor]) -> Tensor + Send + Sync + 'static,
) -> Option<Normalized> {
    let rows = inputs[0].numel().checked_div(n)?;
    let ops = [Fused::LayerNorm { eps }, Fused::LayerNormGrad { eps }];
    normalized("layer_norm", ops, inputs, Shape::new(&[rows, n]), composite)
}

/// As [`layer_norm`], of the channels of `x [N, C, ..]`.
#[track_caller]
pub fn batch_norm(
    inputs: &[&Tensor],
    eps: f64,
    composite: impl Fn(&[Tensor]) -> Tensor + Send + Sync + 'static,
) -> Option<Normalized> {
    let shape = inputs[0].shape();
    let &[samples, channels, ref space @ ..] = &shape[..] else {
        return None;
    };
    let flat = Shape::new(&[samples, channels, space.iter().product()]);
    let ops = [Fused::BatchNorm { eps }, Fused::BatchNormGrad { eps }];
    normalized("batch_norm", ops, inputs, flat, composite)
}

/// `flat` is how the kernel sees `x`; the parameters are flattened.
#[track_caller]
fn normalized(
    name: &'static str,
    [forward, backward]: [Fused; 2],
    inputs: &[&Tensor],
    flat: Shape,
    composite: impl Fn(&[Tensor]) -> Tensor + Send + Sync + 'static,
) -> Option<Normalized> {
    let shape = inputs[0].shape();
    let x = inputs[0].value();
    if x.numel() == 0 || !x.dtype().is_floating_point() {
        return None;
    }
    let x = ok(x.reshape(&flat));
    let mut operands: SmallVec<[Array; 3]> = SmallVec::new();
    operands.push(x.clone());
    for parameter in &inputs[1..] {
        let value = parameter.value();
        operands.push(ok(value.reshape([value.numel()])));
    }
    let refs: SmallVec<[&Array; 3]> = operands.iter().collect();
    let mut made = ok(Array::fused(&forward, &refs)?);
    let (var, mean) = (made.remove(2), made.remove(1));
    let value = ok(made.remove(0).reshape(&shape));
    let op = Op::new(name, inputs.iter().copied());
    if !op.is_recorded() {
        return Some(Normalized {
            output: Tensor::from(value),
            mean,
            var,
        });
    }
    let kept: Vec<Tensor> = inputs.iter().map(|t| t.snapshot()).collect();
    let weight = operands.get(1).cloned();
    let statistics = (mean.clone(), var.clone());
    let rule = move |gradients: &[Option<Tensor>], needs: &[bool]| {
        let Some(g) = &gradients[0] else {
            return vec![None; needs.len()];
        };
        if !is_grad_enabled() {
            let g = ok(g.value().reshape(&flat));
            let mut operands: SmallVec<[&Array; 5]> = SmallVec::new();
            operands.extend([&g, &x, &statistics.0, &statistics.1]);
            operands.extend(&weight);
            if let Some(made) = Array::fused(&backward, &operands) {
                let made = ok(made).into_iter().zip(&kept).zip(needs);
                return made
                    .map(|((made, input), &needed)| {
                        needed.then(|| Tensor::from(ok(made.reshape(input.shape()))))
                    })
                    .collect();
            }
        }
        by_composite(&kept, g, needs, &composite)
    };
    let rule = Box::new(
        move |gradients: &[Option<Tensor>], _: &[Tensor], needs: &[bool]| {
            Ok(rule(gradients, needs))
        },
    );
    Some(Normalized {
        output: op.function(false, rule).output(value),
        mean,
        var,
    })
}
