//! Softmax and its logarithm along any dimension, and their gradients.

use super::lanes::{Float, greatest, map_sum, sums};
use super::{computed, items};
use crate::cpu::parallel::Tier;
use crate::cpu::staging::{self, Disjoint};
use crate::cpu::strided::reborrow;
use crate::{Result, View, ViewMut};

/// Columns taken at a time where the dimension is not the last.
const COLUMNS: usize = 128;

/// Runs `f(place of the first element, columns)` for tiles of columns of `[outer, n, inner]` elements.
fn tiles([outer, n, inner]: [usize; 3], f: impl Fn(usize, usize) + Send + Sync) {
    let tiles = inner.div_ceil(COLUMNS);
    items(outer * tiles, n * COLUMNS.min(inner), |tile| {
        let (o, start) = (tile / tiles, tile % tiles * COLUMNS);
        f(o * n * inner + start, COLUMNS.min(inner - start));
    });
}

/// `x` → `eˣ / Σ eˣ` along `dim`, or the logarithm of it.
pub(in crate::cpu) fn forward(
    dim: usize,
    log: bool,
    x: View<'_>,
    out: &mut ViewMut<'_>,
) -> Option<Result<()>> {
    computed!(x.dtype, run(dim, log, x, out));
    Some(Ok(()))
}

fn run<T: Float>(dim: usize, log: bool, x: View<'_>, out: &mut ViewMut<'_>) {
    let (outer, n, inner) = staging::around(x.layout.shape(), dim);
    let tier = Tier::best();
    let x = staging::read::<T>(x);
    staging::write::<T, _>(reborrow(out), |out| {
        let out = Disjoint::new(out);
        if inner == 1 {
            items(outer, n, |row| {
                // SAFETY: a row is one item.
                let to = unsafe { out.part(row * n, n) };
                let x = &x[row * n..][..n];
                tier.run(
                    #[inline(always)]
                    || {
                        if tier.has_fma() {
                            softmax_row::<T, true>(log, x, to);
                        } else {
                            softmax_row::<T, false>(log, x, to);
                        }
                    },
                );
            });
            return;
        }
        tiles([outer, n, inner], |first, width| {
            let at = |r: usize| first + r * inner;
            tier.run(
                #[inline(always)]
                || {
                    // SAFETY: a tile of columns is one item, and its rows are taken one by one.
                    let to = |r: usize| unsafe { out.part(at(r), width) };
                    let from = |r: usize| &x[at(r)..][..width];
                    if tier.has_fma() {
                        softmax_columns::<T, true>(log, n, width, from, to);
                    } else {
                        softmax_columns::<T, false>(log, n, width, from, to);
                    }
                },
            );
        });
    });
}

#[inline(always)]
fn softmax_row<T: Float, const FMA: bool>(log: bool, x: &[T], to: &mut [T]) {
    let high = greatest(x);
    if log {
        let [total] = sums(
            [x],
            #[inline(always)]
            |[x]| [(x - high).exponential::<FMA>()],
        );
        let total = total.logarithm();
        to.iter_mut()
            .zip(x)
            .for_each(|(to, &x)| *to = x - high - total);
    } else {
        let total = map_sum(
            x,
            to,
            #[inline(always)]
            |x| (x - high).exponential::<FMA>(),
        );
        to.iter_mut().for_each(|to| *to = *to / total);
    }
}

#[inline(always)]
fn softmax_columns<'a, T: Float, const FMA: bool>(
    log: bool,
    n: usize,
    width: usize,
    from: impl Fn(usize) -> &'a [T],
    to: impl Fn(usize) -> &'a mut [T],
) {
    let (mut high, mut total) = ([T::LEAST; COLUMNS], [T::ZERO; COLUMNS]);
    let (high, total) = (&mut high[..width], &mut total[..width]);
    for r in 0..n {
        for (high, &x) in high.iter_mut().zip(from(r)) {
            *high = if x > *high { x } else { *high };
        }
    }
    for r in 0..n {
        let sums = total.iter_mut().zip(high.iter());
        for ((to, &x), (total, &high)) in to(r).iter_mut().zip(from(r)).zip(sums) {
            let y = x - high;
            let e = y.exponential::<FMA>();
            *to = if log { y } else { e };
            *total = *total + e;
        }
    }
    if log {
        total
            .iter_mut()
            .for_each(|total| *total = total.logarithm());
    }
    for r in 0..n {
        for (to, &total) in to(r).iter_mut().zip(total.iter()) {
            *to = if log { *to - total } else { *to / total };
        }
    }
}

/// `gradient`, `y` → the gradient of what [`forward`] made `y` of.
pub(in crate::cpu) fn backward(
    dim: usize,
    log: bool,
    gradient: View<'_>,
    y: View<'_>,
    out: &mut ViewMut<'_>,
) -> Option<Result<()>> {
    computed!(y.dtype, run_grad(dim, log, gradient, y, out));
    Some(Ok(()))
}

fn run_grad<T: Float>(
    dim: usize,
    log: bool,
    gradient: View<'_>,
    y: View<'_>,
    out: &mut ViewMut<'_>,
) {
    let (outer, n, inner) = staging::around(y.layout.shape(), dim);
    let tier = Tier::best();
    let (g, y) = (staging::read::<T>(gradient), staging::read::<T>(y));
    staging::write::<T, _>(reborrow(out), |out| {
        let out = Disjoint::new(out);
        if inner == 1 {
            items(outer, n, |row| {
                // SAFETY: a row is one item.
                let to = unsafe { out.part(row * n, n) };
                let (g, y) = (&g[row * n..][..n], &y[row * n..][..n]);
                tier.run(
                    #[inline(always)]
                    || {
                        if tier.has_fma() {
                            grad_row::<T, true>(log, g, y, to);
                        } else {
                            grad_row::<T, false>(log, g, y, to);
                        }
                    },
                );
            });
            return;
        }
        tiles([outer, n, inner], |first, width| {
            let at = |r: usize| first + r * inner;
            tier.run(
                #[inline(always)]
                || {
                    // SAFETY: a tile of columns is one item, and its rows are taken one by one.
                    let to = |r: usize| unsafe { out.part(at(r), width) };
                    let g = |r: usize| &g[at(r)..][..width];
                    let y = |r: usize| &y[at(r)..][..width];
                    if tier.has_fma() {
                        grad_columns::<T, true>(log, n, width, g, y, to);
                    } else {
                        grad_columns::<T, false>(log, n, width, g, y, to);
                    }
                },
            );
        });
    });
}

#[inline(always)]
fn grad_row<T: Float, const FMA: bool>(log: bool, g: &[T], y: &[T], to: &mut [T]) {
    if log {
        let [total] = sums(
            [g],
            #[inline(always)]
            |g| g,
        );
        for ((to, &g), &y) in to.iter_mut().zip(g).zip(y) {
            *to = g - y.exponential::<FMA>() * total;
        }
    } else {
        let [total] = sums(
            [g, y],
            #[inline(always)]
            |[g, y]| [g * y],
        );
        for ((to, &g), &y) in to.iter_mut().zip(g).zip(y) {
            *to = y * (g - total);
        }
    }
}

#[inline(always)]
fn grad_columns<'a, T: Float, const FMA: bool>(
    log: bool,
    n: usize,
    width: usize,
    g: impl Fn(usize) -> &'a [T],
    y: impl Fn(usize) -> &'a [T],
    to: impl Fn(usize) -> &'a mut [T],
) {
    let mut total = [T::ZERO; COLUMNS];
    let total = &mut total[..width];
    for r in 0..n {
        for ((total, &g), &y) in total.iter_mut().zip(g(r)).zip(y(r)) {
            *total = *total + if log { g } else { g * y };
        }
    }
    for r in 0..n {
        let pairs = g(r).iter().zip(y(r));
        for ((to, (&g, &y)), &total) in to(r).iter_mut().zip(pairs).zip(total.iter()) {
            *to = if log {
                g - y.exponential::<FMA>() * total
            } else {
                y * (g - total)
            };
        }
    }
}
