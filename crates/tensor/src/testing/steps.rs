//! Optimizer steps, where a device has its own way.

use super::host::{FLOATS, check, good, rounded, upload};
use crate::{Array, DType, Device, FusedStep};

const SHAPES: [&[usize]; 4] = [&[7], &[0], &[], &[33, 40]];

/// Runs three steps on two parameters of a shape, and compares with `formula(step, state, gradient)`.
fn run(
    name: &str,
    device: &Device,
    op: impl Fn(u64) -> FusedStep,
    formula: impl Fn(u64, &mut [f64], f64),
) {
    for dtype in FLOATS {
        for shape in SHAPES {
            let n = shape.iter().product::<usize>();
            let count = op(1).in_outs();
            let mut expected: Vec<Vec<Vec<f64>>> = (0..2)
                .map(|p| {
                    let parameter = (0..n)
                        .map(|i| rounded(dtype, ((i + p) % 9) as f64 / 8.0 - 0.5))
                        .collect();
                    std::iter::once(parameter)
                        .chain((1..count).map(|_| vec![0.0; n]))
                        .collect()
                })
                .collect();
            let mut arrays: Vec<Array> = expected
                .iter()
                .flatten()
                .map(|v| upload(v, shape, dtype, device))
                .collect();
            for step in 1..=3 {
                let gradient = |p: usize, i: usize| {
                    rounded(dtype, ((i * 3 + p + step as usize) % 7) as f64 / 4.0 - 0.7)
                };
                let gradients: Vec<Array> = (0..2)
                    .map(|p| {
                        upload(
                            &(0..n).map(|i| gradient(p, i)).collect::<Vec<_>>(),
                            shape,
                            dtype,
                            device,
                        )
                    })
                    .collect();
                let mut refs: Vec<&mut Array> = arrays.iter_mut().collect();
                let inputs: Vec<&Array> = gradients.iter().collect();
                let Some(done) = Array::fused_step(&op(step), &mut refs, &inputs) else {
                    break;
                };
                good(name, done);
                for (p, states) in expected.iter_mut().enumerate() {
                    for i in 0..n {
                        let mut state: Vec<f64> = states.iter().map(|s| s[i]).collect();
                        formula(step, &mut state, gradient(p, i));
                        states.iter_mut().zip(state).for_each(|(s, v)| s[i] = v);
                    }
                }
                for (array, values) in arrays.iter().zip(expected.iter().flatten()) {
                    check(
                        &format!("{name}, step {step}"),
                        array,
                        dtype,
                        shape,
                        values,
                        8.0,
                    );
                }
            }
        }
    }
    // An integer has no gradient.
    let mut whole = upload(&[1.0], &[1], DType::I64, device);
    let gradient = whole.clone();
    let mut states: Vec<Array> = (1..op(1).in_outs()).map(|_| gradient.clone()).collect();
    let mut refs: Vec<&mut Array> = std::iter::once(&mut whole)
        .chain(states.iter_mut())
        .collect();
    if let Some(Ok(())) = Array::fused_step(&op(1), &mut refs, &[&gradient]) {
        super::host::disagree!("{name} of i64: should be left to others");
    }
}

pub(super) fn sgd(device: &Device) {
    for (momentum, dampening, nesterov, weight_decay, maximize) in [
        (0.0, 0.0, false, 0.0, false),
        (0.0, 0.0, false, 0.1, true),
        (0.9, 0.0, false, 0.0, false),
        (0.9, 0.3, false, 0.05, false),
        (0.8, 0.0, true, 0.01, true),
    ] {
        let op = |step| FusedStep::Sgd {
            lr: 0.1,
            momentum,
            dampening,
            nesterov,
            weight_decay,
            maximize,
            first: step == 1,
        };
        run("sgd", device, op, |step, state, gradient| {
            let mut g = if maximize { -gradient } else { gradient } + weight_decay * state[0];
            if momentum != 0.0 {
                state[1] = if step == 1 {
                    g
                } else {
                    momentum * state[1] + (1.0 - dampening) * g
                };
                g = if nesterov {
                    g + momentum * state[1]
                } else {
                    state[1]
                };
            }
            state[0] -= 0.1 * g;
        });
    }
}

pub(super) fn adam(device: &Device) {
    let (lr, beta1, beta2, eps) = (0.01, 0.9, 0.99, 1e-3);
    for (weight_decay, decoupled, maximize) in
        [(0.0, false, false), (0.1, false, true), (0.1, true, false)]
    {
        let op = |step| FusedStep::Adam {
            lr,
            beta1,
            beta2,
            eps,
            weight_decay,
            decoupled,
            maximize,
            step,
        };
        run("adam", device, op, |step, state, gradient| {
            let mut g = if maximize { -gradient } else { gradient };
            if decoupled {
                state[0] *= 1.0 - lr * weight_decay;
            } else {
                g += weight_decay * state[0];
            }
            state[1] = beta1 * state[1] + (1.0 - beta1) * g;
            state[2] = beta2 * state[2] + (1.0 - beta2) * g * g;
            let first = state[1] / (1.0 - beta1.powf(step as f64));
            let second = state[2] / (1.0 - beta2.powf(step as f64));
            state[0] -= lr * first / (second.sqrt() + eps);
        });
    }
}
