//! Cross-entropy of probabilities and truths.

use super::computed;
use super::lanes::Float;
use crate::cpu::parallel::{self, CHUNK_COMPUTE, PARALLEL_COMPUTE};
use crate::cpu::staging::{self, Disjoint, Scratch};
use crate::cpu::strided::reborrow;
use crate::fused::Reduced;
use crate::{Error, Result, View, ViewMut};

/// PyTorch's bound for a logarithm.
const LEAST_LOG: f64 = -100.0;
/// PyTorch's bound for the slope's divisor.
const LEAST_SLOPE: f64 = 1e-12;

/// `p`, `y` → `−(y·ln p + (1−y)·ln(1−p))`, the logarithms no less than −100.
pub(in crate::cpu) fn forward(
    reduced: Reduced,
    p: View<'_>,
    y: View<'_>,
    out: &mut ViewMut<'_>,
) -> Option<Result<()>> {
    Some(computed!(p.dtype, run(reduced, p, y, out)))
}

fn run<T: Float>(reduced: Reduced, p: View<'_>, y: View<'_>, out: &mut ViewMut<'_>) -> Result<()> {
    let (p, y) = (staging::read::<T>(p), staging::read::<T>(y));
    // A NaN lies nowhere.
    let on = |p: &T| *p >= T::ZERO && *p <= T::ONE;
    if let Some(place) = p.iter().position(|p| !on(p)) {
        return Err(Error::value(
            "binary_cross_entropy",
            format!(
                "all elements of input should be between 0 and 1, but element {place} is {}; \
                 apply sigmoid() first, or use binary_cross_entropy_with_logits",
                p[place].to_f64()
            ),
        ));
    }
    let least = T::from_f64(LEAST_LOG);
    let bounded = |x: T| if x < least { least } else { x };
    let loss = move |p: T, y: T| {
        let (not, yes) = (bounded((-p).log_of_one_more()), bounded(p.logarithm()));
        (y - T::ONE) * not - y * yes
    };
    let n = p.len();
    let parallel = n >= PARALLEL_COMPUTE;
    if reduced == Reduced::Each {
        staging::write::<T, _>(reborrow(out), |out| {
            parallel::split_mut(out, CHUNK_COMPUTE, parallel, |start, part| {
                for (i, to) in part.iter_mut().enumerate() {
                    *to = loss(p[start + i], y[start + i]);
                }
            });
        });
        return Ok(());
    }
    let total = if parallel {
        let mut chunks = Scratch::<f64>::new(n.div_ceil(CHUNK_COMPUTE));
        parallel::split_mut(&mut chunks, 1, true, |chunk, sum| {
            let range = chunk * CHUNK_COMPUTE..n.min((chunk + 1) * CHUNK_COMPUTE);
            sum[0] = range.map(|i| loss(p[i], y[i]).to_f64()).sum();
        });
        chunks.iter().sum::<f64>()
    } else {
        p.iter().zip(&*y).map(|(&p, &y)| loss(p, y).to_f64()).sum()
    };
    let total = match reduced {
        Reduced::Mean => total / n as f64,
        _ => total,
    };
    staging::write::<T, _>(reborrow(out), |out| out[0] = T::from_f64(total));
    Ok(())
}

/// The gradient (of each loss, or of their sum or mean), `p`, `y` → the gradient of `p`.
pub(in crate::cpu) fn backward(
    reduced: Reduced,
    gradient: View<'_>,
    p: View<'_>,
    y: View<'_>,
    out: &mut ViewMut<'_>,
) -> Option<Result<()>> {
    computed!(p.dtype, run_grad(reduced, gradient, p, y, out));
    Some(Ok(()))
}

fn run_grad<T: Float>(
    reduced: Reduced,
    gradient: View<'_>,
    p: View<'_>,
    y: View<'_>,
    out: &mut ViewMut<'_>,
) {
    let g = staging::read::<T>(gradient);
    let (p, y) = (staging::read::<T>(p), staging::read::<T>(y));
    let least = T::from_f64(LEAST_SLOPE);
    let slope = |p: T, y: T, g: T| {
        let divisor = p * (T::ONE - p);
        g * ((p - y) / if divisor < least { least } else { divisor })
    };
    let n = p.len();
    let one = match reduced {
        Reduced::Each => None,
        Reduced::Sum => Some(g[0]),
        Reduced::Mean => Some(g[0] / T::from_f64(n as f64)),
    };
    staging::write::<T, _>(reborrow(out), |out| {
        let out = Disjoint::new(out);
        parallel::tasks(n.div_ceil(CHUNK_COMPUTE), n >= PARALLEL_COMPUTE, |task| {
            let start = task * CHUNK_COMPUTE;
            let len = CHUNK_COMPUTE.min(n - start);
            // SAFETY: a chunk is one task.
            let to = unsafe { out.part(start, len) };
            for (i, to) in to.iter_mut().enumerate() {
                let at = start + i;
                *to = slope(p[at], y[at], one.unwrap_or_else(|| g[at]));
            }
        });
    });
}
