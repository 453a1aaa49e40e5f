//! Optimizer steps in one pass over each parameter.

use smallvec::SmallVec;

use super::parallel::{self, CHUNK_MEMORY, PARALLEL_MEMORY, Tier};
use super::staging::Disjoint;
use super::strided::{contiguous, contiguous_mut};
use crate::{DType, Element, FusedStep, Result, View, ViewMut};

/// Updates every parameter and its states; `None` for dtypes other than `f32` and `f64`.
pub(super) fn step(
    op: &FusedStep,
    in_outs: &mut [ViewMut<'_>],
    inputs: &[View<'_>],
) -> Option<Result<()>> {
    match inputs.first()?.dtype {
        DType::F32 => run::<f32>(op, in_outs, inputs),
        DType::F64 => run::<f64>(op, in_outs, inputs),
        _ => None,
    }
}

fn run<T: Float>(
    op: &FusedStep,
    in_outs: &mut [ViewMut<'_>],
    inputs: &[View<'_>],
) -> Option<Result<()>> {
    match op.in_outs() {
        1 => all::<T, 1>(op, in_outs, inputs)?,
        2 => all::<T, 2>(op, in_outs, inputs)?,
        3 => all::<T, 3>(op, in_outs, inputs)?,
        _ => return None,
    }
    Some(Ok(()))
}

/// A parameter and its states, with the gradient.
struct Part<'a, T, const N: usize> {
    gradient: &'a [T],
    arrays: [Disjoint<'a, T>; N],
    /// The first of its tasks.
    first: usize,
}

/// All parameters as one job: many small ones are shared out as one large one is.
fn all<T: Float, const N: usize>(
    op: &FusedStep,
    in_outs: &mut [ViewMut<'_>],
    inputs: &[View<'_>],
) -> Option<()> {
    let mut parts: SmallVec<[Part<'_, T, N>; 8]> = SmallVec::new();
    let (mut tasks, mut total) = (0, 0);
    for (group, gradient) in in_outs.chunks_exact_mut(N).zip(inputs) {
        let gradient = contiguous::<T>(*gradient)?;
        let n = gradient.len();
        let mut group = group.iter_mut();
        let arrays: [Option<&mut [T]>; N] = std::array::from_fn(|_| contiguous_mut(group.next()?));
        if arrays.iter().any(Option::is_none) {
            return None;
        }
        let arrays = arrays.map(Option::unwrap_or_default);
        assert!(
            arrays.iter().all(|a| a.len() == n),
            "parameter, states and gradient have one shape"
        );
        parts.push(Part {
            gradient,
            arrays: arrays.map(Disjoint::new),
            first: tasks,
        });
        tasks += n.div_ceil(CHUNK_MEMORY);
        total += n;
    }
    parallel::tasks(tasks, total >= PARALLEL_MEMORY / 2, |task| {
        let part = &parts[parts.partition_point(|part| part.first <= task) - 1];
        let start = (task - part.first) * CHUNK_MEMORY;
        let len = CHUNK_MEMORY.min(part.gradient.len() - start);
        let arrays = part.arrays.each_ref().map(|a| {
            // SAFETY: each chunk is one task.
            unsafe { a.part(start, len) }
        });
        T::step(op, &part.gradient[start..start + len], arrays);
    });
    Some(())
}

/// The formulas, in `f32` and in `f64`.
trait Float: Element {
    /// A parameter, then its states.
    fn step<const N: usize>(op: &FusedStep, gradient: &[Self], arrays: [&mut [Self]; N]) {
        let mut arrays = arrays.into_iter();
        match (arrays.next(), arrays.next(), arrays.next()) {
            (Some(p), Some(m), Some(v)) => Self::adam(op, gradient, p, m, v),
            (Some(p), m, _) => Self::sgd(op, gradient, p, m),
            (None, ..) => {}
        }
    }
    fn sgd(op: &FusedStep, gradient: &[Self], parameter: &mut [Self], buffer: Option<&mut [Self]>);
    fn adam(
        op: &FusedStep,
        gradient: &[Self],
        parameter: &mut [Self],
        first: &mut [Self],
        second: &mut [Self],
    );
}

macro_rules! float {
    ($t:ty) => {
        impl Float for $t {
            fn sgd(
                op: &FusedStep,
                gradient: &[$t],
                parameter: &mut [$t],
                buffer: Option<&mut [$t]>,
            ) {
                let &FusedStep::Sgd {
                    lr,
                    momentum,
                    dampening,
                    nesterov,
                    weight_decay,
                    maximize,
                    first,
                } = op
                else {
                    unreachable!("in-outs are counted by the op");
                };
                let (lr, mu, keep, decay) = (
                    lr as $t,
                    momentum as $t,
                    (1.0 - dampening) as $t,
                    weight_decay as $t,
                );
                let sign: $t = if maximize { -1.0 } else { 1.0 };
                // A weight times 0 is 0 only where it is finite.
                let decayed = move |g: $t, p: $t| {
                    if decay == 0.0 {
                        sign * g
                    } else {
                        sign * g + decay * p
                    }
                };
                // Moved in, so that the loop need not read the scalars anew after each store.
                Tier::best().run(
                    #[inline(always)]
                    move || match buffer {
                        None => {
                            for (p, &g) in parameter.iter_mut().zip(gradient) {
                                *p -= lr * decayed(g, *p);
                            }
                        }
                        Some(buffer) => {
                            for ((p, b), &g) in parameter.iter_mut().zip(buffer).zip(gradient) {
                                let g = decayed(g, *p);
                                *b = if first { g } else { mu * *b + keep * g };
                                *p -= lr * if nesterov { g + mu * *b } else { *b };
                            }
                        }
                    },
                );
            }

            fn adam(
                op: &FusedStep,
                gradient: &[$t],
                parameter: &mut [$t],
                first: &mut [$t],
                second: &mut [$t],
            ) {
                let &FusedStep::Adam {
                    lr,
                    beta1,
                    beta2,
                    eps,
                    weight_decay,
                    decoupled,
                    maximize,
                    step,
                } = op
                else {
                    unreachable!("in-outs are counted by the op");
                };
                let bias1 = 1.0 - beta1.powf(step as f64);
                let bias2 = (1.0 - beta2.powf(step as f64)).sqrt() as $t;
                let size = (lr / bias1) as $t;
                let shrink = if decoupled {
                    (1.0 - lr * weight_decay) as $t
                } else {
                    1.0
                };
                let decay = if decoupled { 0.0 } else { weight_decay as $t };
                let sign: $t = if maximize { -1.0 } else { 1.0 };
                let (weight, rest) = ((1.0 - beta1) as $t, beta1 as $t);
                let (keep, new, eps) = (beta2 as $t, (1.0 - beta2) as $t, eps as $t);
                // Moved in, so that the loop need not read the scalars anew after each store.
                Tier::best().run(
                    #[inline(always)]
                    move || {
                        let states = first.iter_mut().zip(second);
                        for ((p, &g), (m, v)) in parameter.iter_mut().zip(gradient).zip(states) {
                            let g = if decay == 0.0 {
                                sign * g
                            } else {
                                sign * g + decay * *p
                            };
                            *p *= shrink;
                            // The two forms of `lerp`, each exact at its end.
                            *m = if weight < 0.5 {
                                *m + weight * (g - *m)
                            } else {
                                g - (g - *m) * rest
                            };
                            *v = *v * keep + new * g * g;
                            *p -= size * *m / (v.sqrt() / bias2 + eps);
                        }
                    },
                );
            }
        }
    };
}
float!(f32);
float!(f64);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Array;

    fn steps(op: impl Fn(u64) -> FusedStep) -> Vec<f64> {
        let mut in_outs: Vec<Array> = (0..op(1).in_outs())
            .map(|i| Array::from_vec(vec![if i == 0 { 1.0f64 } else { 0.0 }], [1]).unwrap())
            .collect();
        let mut seen = vec![];
        for (i, gradient) in [0.5f64, -0.2, 0.1].into_iter().enumerate() {
            let gradient = Array::from_vec(vec![gradient], [1]).unwrap();
            let mut refs: Vec<&mut Array> = in_outs.iter_mut().collect();
            Array::fused_step(&op(i as u64 + 1), &mut refs, &[&gradient])
                .unwrap()
                .unwrap();
            seen.push(in_outs[0].item().unwrap());
        }
        seen
    }

    fn near(got: &[f64], expected: [f64; 3]) {
        assert!(
            got.iter().zip(expected).all(|(a, b)| (a - b).abs() < 6e-9),
            "{got:?} is not {expected:?}"
        );
    }

    #[test]
    fn sgd_takes_pytorchs_steps() {
        let sgd = |momentum, dampening, nesterov, weight_decay, maximize| {
            steps(move |step| FusedStep::Sgd {
                lr: 0.1,
                momentum,
                dampening,
                nesterov,
                weight_decay,
                maximize,
                first: step == 1,
            })
        };
        near(&sgd(0.0, 0.0, false, 0.0, false), [0.95, 0.97, 0.96]);
        near(&sgd(0.9, 0.0, false, 0.0, false), [0.95, 0.925, 0.8925]);
        near(&sgd(0.9, 0.5, false, 0.0, false), [0.95, 0.915, 0.8785]);
        near(&sgd(0.9, 0.0, true, 0.0, false), [0.905, 0.9025, 0.86325]);
        near(
            &sgd(0.9, 0.0, false, 0.01, false),
            [0.949, 0.922151, 0.887064749],
        );
        near(&sgd(0.9, 0.0, false, 0.0, true), [1.05, 1.075, 1.1075]);
    }

    #[test]
    fn adam_takes_pytorchs_steps() {
        let adam = |weight_decay, decoupled| {
            steps(move |step| FusedStep::Adam {
                lr: 0.1,
                beta1: 0.9,
                beta2: 0.999,
                eps: 1e-8,
                weight_decay,
                decoupled,
                maximize: false,
                step,
            })
        };
        near(&adam(0.0, true), [0.900000002, 0.865439418, 0.827500241]);
        near(&adam(0.01, true), [0.899000002, 0.863540418, 0.8247377]);
    }

    #[test]
    fn halves_are_left_to_the_composite() {
        let one = Array::full([2], 1.0, DType::F16, &crate::Device::cpu()).unwrap();
        let op = FusedStep::Sgd {
            lr: 0.1,
            momentum: 0.0,
            dampening: 0.0,
            nesterov: false,
            weight_decay: 0.0,
            maximize: false,
            first: true,
        };
        assert!(Array::fused_step(&op, &mut [&mut one.copy().unwrap()], &[&one]).is_none());
    }
}
