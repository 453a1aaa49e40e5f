//! Batch normalisation of channels, and its gradients.
//!
//! A channel is one task: what it reads twice and three times stays in the second-level cache.

use super::lanes::{Float, sums};
use super::{computed, items};
use crate::cpu::parallel::Tier;
use crate::cpu::staging::{self, Disjoint};
use crate::cpu::strided::reborrow;
use crate::{Result, View, ViewMut};

/// Channels taken at a time where each has one number in a sample.
const COLUMNS: usize = 32;

/// Samples, channels and numbers of a channel in a sample.
#[derive(Clone, Copy)]
struct Size {
    samples: usize,
    channels: usize,
    space: usize,
}

impl Size {
    fn of(view: View<'_>) -> Size {
        let shape = view.layout.shape();
        Size {
            samples: shape[0],
            channels: shape[1],
            space: shape[2],
        }
    }

    /// Where a channel of a sample begins.
    fn at(self, sample: usize, channel: usize) -> usize {
        (sample * self.channels + channel) * self.space
    }

    fn count(self) -> f64 {
        (self.samples * self.space) as f64
    }

    /// Runs `f(first channel, channels)` for all of them.
    fn each(self, f: impl Fn(usize, usize) + Send + Sync) {
        let step = if self.space == 1 { COLUMNS } else { 1 };
        let each = self.samples * self.space * step;
        items(self.channels.div_ceil(step), each, |i| {
            f(i * step, step.min(self.channels - i * step));
        });
    }
}

/// `x [N, C, S]`, perhaps `weight [C]`, perhaps `bias [C]` → `(x − mean) / √(var + eps) · weight +
/// bias`, mean and biased variance of each channel.
pub(in crate::cpu) fn forward(
    eps: f64,
    inputs: &[View<'_>],
    outputs: &mut [ViewMut<'_>],
) -> Option<Result<()>> {
    computed!(inputs[0].dtype, run(eps, inputs, outputs));
    Some(Ok(()))
}

fn run<T: Float>(eps: f64, inputs: &[View<'_>], outputs: &mut [ViewMut<'_>]) {
    let size = Size::of(inputs[0]);
    let tier = Tier::best();
    let x = staging::read::<T>(inputs[0]);
    let weight = inputs.get(1).map(|w| staging::read::<T>(*w));
    let bias = inputs.get(2).map(|b| staging::read::<T>(*b));
    let [out, means, vars] = outputs else {
        unreachable!("three results are made");
    };
    staging::write::<T, _>(reborrow(out), |out| {
        staging::write::<T, _>(reborrow(means), |means| {
            staging::write::<T, _>(reborrow(vars), |vars| {
                let shared = (
                    Disjoint::new(out),
                    Disjoint::new(means),
                    Disjoint::new(vars),
                );
                size.each(|first, width| {
                    let (mut mean, mut var) = ([0.0; COLUMNS], [0.0; COLUMNS]);
                    let (mut factor, mut shift) = ([T::ZERO; COLUMNS], [T::ZERO; COLUMNS]);
                    tier.run(
                        #[inline(always)]
                        || statistics(size, &x, first, width, &mut mean, &mut var),
                    );
                    for i in 0..width {
                        let inverse = 1.0 / (var[i] + eps).sqrt();
                        let w = weight.as_ref().map_or(1.0, |w| w[first + i].to_f64());
                        let b = bias.as_ref().map_or(0.0, |b| b[first + i].to_f64());
                        factor[i] = T::from_f64(inverse * w);
                        shift[i] = T::from_f64(b - mean[i] * inverse * w);
                        // SAFETY: a channel is one item's.
                        unsafe {
                            shared.1.part(first + i, 1)[0] = T::from_f64(mean[i]);
                            shared.2.part(first + i, 1)[0] = T::from_f64(var[i]);
                        }
                    }
                    for sample in 0..size.samples {
                        let (at, n) = (size.at(sample, first), size.space * width);
                        // SAFETY: as above.
                        let to = unsafe { shared.0.part(at, n) };
                        let x = &x[at..][..n];
                        tier.run(
                            #[inline(always)]
                            || affine(x, &factor[..width], &shift[..width], to),
                        );
                    }
                });
            });
        });
    });
}

/// Mean and biased variance of `width` channels.
#[inline(always)]
fn statistics<T: Float>(
    size: Size,
    x: &[T],
    first: usize,
    width: usize,
    mean: &mut [f64; COLUMNS],
    var: &mut [f64; COLUMNS],
) {
    let count = size.count();
    if size.space > 1 {
        let planes = || (0..size.samples).map(|s| &x[size.at(s, first)..][..size.space]);
        for plane in planes() {
            mean[0] += sums(
                [plane],
                #[inline(always)]
                |x| x,
            )[0]
            .to_f64();
        }
        mean[0] /= count;
        let middle = T::from_f64(mean[0]);
        for plane in planes() {
            let [squares] = sums(
                [plane],
                #[inline(always)]
                |[x]| [(x - middle) * (x - middle)],
            );
            var[0] += squares.to_f64();
        }
        var[0] /= count;
        return;
    }
    let rows = || (0..size.samples).map(|s| &x[size.at(s, first)..][..width]);
    for row in rows() {
        for (sum, &x) in mean.iter_mut().zip(row) {
            *sum += x.to_f64();
        }
    }
    mean.iter_mut().for_each(|sum| *sum /= count);
    for row in rows() {
        for ((sum, &x), &mean) in var.iter_mut().zip(row).zip(mean.iter()) {
            *sum += (x.to_f64() - mean) * (x.to_f64() - mean);
        }
    }
    var.iter_mut().for_each(|sum| *sum /= count);
}

/// `x · factor + shift`, of one channel or of one number of each.
#[inline(always)]
fn affine<T: Float>(x: &[T], factor: &[T], shift: &[T], to: &mut [T]) {
    if let (&[factor], &[shift]) = (factor, shift) {
        for (to, &x) in to.iter_mut().zip(x) {
            *to = x * factor + shift;
        }
        return;
    }
    let pairs = factor.iter().zip(shift);
    for ((to, &x), (&factor, &shift)) in to.iter_mut().zip(x).zip(pairs) {
        *to = x * factor + shift;
    }
}

/// `gradient [N, C, S]`, `x`, mean and variance of each channel, perhaps `weight` → the gradients
/// of `x`, of the weight and of the bias.
pub(in crate::cpu) fn backward(
    eps: f64,
    inputs: &[View<'_>],
    outputs: &mut [ViewMut<'_>],
) -> Option<Result<()>> {
    computed!(inputs[0].dtype, run_grad(eps, inputs, outputs));
    Some(Ok(()))
}

fn run_grad<T: Float>(eps: f64, inputs: &[View<'_>], outputs: &mut [ViewMut<'_>]) {
    let size = Size::of(inputs[0]);
    let tier = Tier::best();
    let (g, x) = (staging::read::<T>(inputs[0]), staging::read::<T>(inputs[1]));
    let (means, vars) = (staging::read::<T>(inputs[2]), staging::read::<T>(inputs[3]));
    let weight = inputs.get(4).map(|w| staging::read::<T>(*w));
    let [out, weights, biases] = outputs else {
        unreachable!("three results are made");
    };
    staging::write::<T, _>(reborrow(out), |out| {
        staging::write::<T, _>(reborrow(weights), |weights| {
            staging::write::<T, _>(reborrow(biases), |biases| {
                let shared = (
                    Disjoint::new(out),
                    Disjoint::new(weights),
                    Disjoint::new(biases),
                );
                size.each(|first, width| {
                    let means = &means[first..][..width];
                    let (mut flat, mut steep) = ([0.0; COLUMNS], [0.0; COLUMNS]);
                    tier.run(
                        #[inline(always)]
                        || slopes(size, &g, &x, first, means, &mut flat, &mut steep),
                    );
                    let mut slope = [[T::ZERO; COLUMNS]; 3];
                    for i in 0..width {
                        let inverse = 1.0 / (vars[first + i].to_f64() + eps).sqrt();
                        let w = weight.as_ref().map_or(1.0, |w| w[first + i].to_f64());
                        let values = [
                            flat[i] / size.count(),
                            steep[i] * inverse * inverse / size.count(),
                            inverse * w,
                        ];
                        (0..3).for_each(|k| slope[k][i] = T::from_f64(values[k]));
                        // SAFETY: a channel is one item's.
                        unsafe {
                            shared.1.part(first + i, 1)[0] = T::from_f64(steep[i] * inverse);
                            shared.2.part(first + i, 1)[0] = T::from_f64(flat[i]);
                        }
                    }
                    let slope = [0, 1, 2].map(|k| &slope[k][..width]);
                    for sample in 0..size.samples {
                        let (at, n) = (size.at(sample, first), size.space * width);
                        // SAFETY: as above.
                        let to = unsafe { shared.0.part(at, n) };
                        let (g, x) = (&g[at..][..n], &x[at..][..n]);
                        tier.run(
                            #[inline(always)]
                            || inward(g, x, means, slope, to),
                        );
                    }
                });
            });
        });
    });
}

/// `Σ g` and `Σ g (x − mean)` of some channels.
#[inline(always)]
fn slopes<T: Float>(
    size: Size,
    g: &[T],
    x: &[T],
    first: usize,
    means: &[T],
    flat: &mut [f64; COLUMNS],
    steep: &mut [f64; COLUMNS],
) {
    for sample in 0..size.samples {
        let (at, n) = (size.at(sample, first), size.space * means.len());
        let (g, x) = (&g[at..][..n], &x[at..][..n]);
        if size.space > 1 {
            let mean = means[0];
            let [a, b] = sums(
                [g, x],
                #[inline(always)]
                |[g, x]| [g, g * (x - mean)],
            );
            flat[0] += a.to_f64();
            steep[0] += b.to_f64();
            continue;
        }
        let sums = flat.iter_mut().zip(steep.iter_mut());
        for ((&g, &x), (&mean, (flat, steep))) in g.iter().zip(x).zip(means.iter().zip(sums)) {
            *flat += g.to_f64();
            *steep += g.to_f64() * (x - mean).to_f64();
        }
    }
}

/// `(g − flat − (x − mean) · steep) · factor`, of one channel or of one number of each.
#[inline(always)]
fn inward<T: Float>(g: &[T], x: &[T], means: &[T], slope: [&[T]; 3], to: &mut [T]) {
    let pairs = g.iter().zip(x);
    if let (&[mean], [&[flat], &[steep], &[factor]]) = (means, slope) {
        for (to, (&g, &x)) in to.iter_mut().zip(pairs) {
            *to = (g - flat - (x - mean) * steep) * factor;
        }
        return;
    }
    for (i, (to, (&g, &x))) in to.iter_mut().zip(pairs).enumerate() {
        *to = (g - slope[0][i] - (x - means[i]) * slope[1][i]) * slope[2][i];
    }
}
