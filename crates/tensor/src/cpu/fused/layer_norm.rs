//! Layer normalisation of rows, and its gradients.

use super::lanes::{Float, sums};
use super::{computed, items};
use crate::cpu::parallel::Tier;
use crate::cpu::staging::{self, Disjoint, Scratch};
use crate::cpu::strided::reborrow;
use crate::{Result, View, ViewMut};

/// Rows whose shares of the parameters' gradients are summed before they are met with others.
const BAND: usize = 64;

/// `x [M, N]`, perhaps `weight [N]`, perhaps `bias [N]` → `(x − mean) / √(var + eps) · weight + bias`,
/// mean and variance of each row.
pub(in crate::cpu) fn forward(
    eps: f64,
    inputs: &[View<'_>],
    outputs: &mut [ViewMut<'_>],
) -> Option<Result<()>> {
    computed!(inputs[0].dtype, run(eps, inputs, outputs));
    Some(Ok(()))
}

fn run<T: Float>(eps: f64, inputs: &[View<'_>], outputs: &mut [ViewMut<'_>]) {
    let n = inputs[0].layout.shape()[1];
    let tier = Tier::best();
    let x = staging::read::<T>(inputs[0]);
    let weight = inputs.get(1).map(|w| staging::read::<T>(*w));
    let bias = inputs.get(2).map(|b| staging::read::<T>(*b));
    let [out, means, vars] = outputs else {
        unreachable!("three results are made");
    };
    let (eps, count) = (T::from_f64(eps), T::from_f64(n as f64));
    staging::write::<T, _>(reborrow(out), |out| {
        staging::write::<T, _>(reborrow(means), |means| {
            staging::write::<T, _>(reborrow(vars), |vars| {
                let rows = means.len();
                let shared = (
                    Disjoint::new(out),
                    Disjoint::new(means),
                    Disjoint::new(vars),
                );
                items(rows, n, |row| {
                    let x = &x[row * n..][..n];
                    // SAFETY: a row is one item.
                    let (to, means, vars) = unsafe {
                        (
                            shared.0.part(row * n, n),
                            shared.1.part(row, 1),
                            shared.2.part(row, 1),
                        )
                    };
                    let (weight, bias) = (weight.as_deref(), bias.as_deref());
                    tier.run(
                        #[inline(always)]
                        move || {
                            let mean = sums(
                                [x],
                                #[inline(always)]
                                |x| x,
                            )[0] / count;
                            let squares = sums(
                                [x],
                                #[inline(always)]
                                |[x]| [(x - mean) * (x - mean)],
                            );
                            let var = squares[0] / count;
                            (means[0], vars[0]) = (mean, var);
                            let inverse = T::ONE / (var + eps).root();
                            normalize(x, to, mean, inverse, weight, bias);
                        },
                    );
                });
            });
        });
    });
}

#[inline(always)]
fn normalize<T: Float>(
    x: &[T],
    to: &mut [T],
    mean: T,
    inverse: T,
    weight: Option<&[T]>,
    bias: Option<&[T]>,
) {
    match (weight, bias) {
        (Some(weight), Some(bias)) => {
            let parameters = weight.iter().zip(bias);
            for ((to, &x), (&w, &b)) in to.iter_mut().zip(x).zip(parameters) {
                *to = (x - mean) * inverse * w + b;
            }
        }
        (Some(weight), None) => {
            for ((to, &x), &w) in to.iter_mut().zip(x).zip(weight) {
                *to = (x - mean) * inverse * w;
            }
        }
        (None, _) => {
            for (to, &x) in to.iter_mut().zip(x) {
                *to = (x - mean) * inverse;
            }
        }
    }
}

/// `gradient [M, N]`, `x`, mean and variance of each row, perhaps `weight` → the gradients of `x`,
/// of the weight and of the bias.
pub(in crate::cpu) fn backward(
    eps: f64,
    inputs: &[View<'_>],
    outputs: &mut [ViewMut<'_>],
) -> Option<Result<()>> {
    computed!(inputs[0].dtype, run_grad(eps, inputs, outputs));
    Some(Ok(()))
}

fn run_grad<T: Float>(eps: f64, inputs: &[View<'_>], outputs: &mut [ViewMut<'_>]) {
    let shape = inputs[0].layout.shape();
    let (rows, n) = (shape[0], shape[1]);
    let tier = Tier::best();
    let (g, x) = (staging::read::<T>(inputs[0]), staging::read::<T>(inputs[1]));
    let (means, vars) = (staging::read::<T>(inputs[2]), staging::read::<T>(inputs[3]));
    let weight = inputs.get(4).map(|w| staging::read::<T>(*w));
    let [out, weights, biases] = outputs else {
        unreachable!("three results are made");
    };
    let (eps, count) = (T::from_f64(eps), T::from_f64(n as f64));
    // The parameters' gradients: each band of rows by itself, then the bands in order.
    let bands = rows.div_ceil(BAND);
    let mut partial = Scratch::<T>::new(2 * bands * n);
    staging::write::<T, _>(reborrow(out), |out| {
        let (out, partial) = (Disjoint::new(out), Disjoint::new(&mut partial));
        items(bands, BAND * n, |band| {
            // SAFETY: a band is one item.
            let sums_of = unsafe { partial.part(2 * band * n, 2 * n) };
            sums_of.fill(T::ZERO);
            let (of_weight, of_bias) = sums_of.split_at_mut(n);
            for row in band * BAND..rows.min((band + 1) * BAND) {
                let (g, x) = (&g[row * n..][..n], &x[row * n..][..n]);
                // SAFETY: a row belongs to one band.
                let to = unsafe { out.part(row * n, n) };
                let (mean, inverse) = (means[row], T::ONE / (vars[row] + eps).root());
                let (of_weight, of_bias) = (&mut *of_weight, &mut *of_bias);
                let weight = weight.as_deref();
                tier.run(
                    #[inline(always)]
                    move || grad_row(g, x, mean, inverse, weight, count, to, of_weight, of_bias),
                );
            }
        });
    });
    for (which, result) in [weights, biases].into_iter().enumerate() {
        staging::write::<T, _>(reborrow(result), |result| {
            result.fill(T::ZERO);
            for band in 0..bands {
                let part = &partial[(2 * band + which) * n..][..n];
                for (sum, &x) in result.iter_mut().zip(part) {
                    *sum = *sum + x;
                }
            }
        });
    }
}

#[inline(always)]
#[allow(clippy::too_many_arguments, reason = "the operands of one formula")]
fn grad_row<T: Float>(
    g: &[T],
    x: &[T],
    mean: T,
    inverse: T,
    weight: Option<&[T]>,
    count: T,
    to: &mut [T],
    of_weight: &mut [T],
    of_bias: &mut [T],
) {
    let pairs = g.iter().zip(x);
    for ((w, b), (&g, &x)) in of_weight.iter_mut().zip(of_bias).zip(pairs) {
        *w = *w + g * ((x - mean) * inverse);
        *b = *b + g;
    }
    match weight {
        Some(weight) => {
            let [flat, steep] = sums(
                [g, x, weight],
                #[inline(always)]
                |[g, x, w]| [g * w, g * w * ((x - mean) * inverse)],
            );
            let (flat, steep) = (flat / count, steep / count);
            for (((to, &g), &x), &w) in to.iter_mut().zip(g).zip(x).zip(weight) {
                *to = (g * w - flat - (x - mean) * inverse * steep) * inverse;
            }
        }
        None => {
            let [flat, steep] = sums(
                [g, x],
                #[inline(always)]
                |[g, x]| [g, g * ((x - mean) * inverse)],
            );
            let (flat, steep) = (flat / count, steep / count);
            for ((to, &g), &x) in to.iter_mut().zip(g).zip(x) {
                *to = (g - flat - (x - mean) * inverse * steep) * inverse;
            }
        }
    }
}
