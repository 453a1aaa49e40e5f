//! Cross-entropy of logits and classes: log-softmax and the pick of one element in one pass.

use super::lanes::{Float, greatest, sums};
use super::{computed, items};
use crate::cpu::parallel::Tier;
use crate::cpu::staging::{self, Disjoint, Scratch};
use crate::cpu::strided::reborrow;
use crate::fused::Reduced;
use crate::{Error, Result, View, ViewMut};

/// Whether every target is a class or ignored.
fn check(targets: &[i64], classes: usize, ignore: i64) -> Result<()> {
    let wrong = targets
        .iter()
        .position(|&y| y != ignore && !usize::try_from(y).is_ok_and(|y| y < classes));
    match wrong {
        None => Ok(()),
        Some(place) => Err(Error::value(
            "cross_entropy",
            format!(
                "Target {} is out of bounds: it is element {place}, and there are {classes} classes",
                targets[place]
            ),
        )),
    }
}

/// `x [N, C]`, `target [N]` → `−ln softmax(x)_target` of each row (0 where ignored), their sum or
/// their mean; each row's greatest element, and `Σ eˣ` divided by `e` to that.
pub(in crate::cpu) fn forward(
    reduced: Reduced,
    ignore: i64,
    x: View<'_>,
    target: View<'_>,
    outputs: &mut [ViewMut<'_>],
) -> Option<Result<()>> {
    Some(computed!(x.dtype, run(reduced, ignore, x, target, outputs)))
}

fn run<T: Float>(
    reduced: Reduced,
    ignore: i64,
    x: View<'_>,
    target: View<'_>,
    outputs: &mut [ViewMut<'_>],
) -> Result<()> {
    let classes = x.layout.shape()[1];
    let targets = staging::read::<i64>(target);
    check(&targets, classes, ignore)?;
    let tier = Tier::best();
    let x = staging::read::<T>(x);
    let [losses, highs, totals] = outputs else {
        unreachable!("three results are made");
    };
    let rows = targets.len();
    let mut each = Scratch::<T>::new(rows);
    {
        let each = Disjoint::new(&mut each);
        staging::write::<T, _>(reborrow(highs), |highs| {
            staging::write::<T, _>(reborrow(totals), |totals| {
                let (highs, totals) = (Disjoint::new(highs), Disjoint::new(totals));
                items(rows, classes, |row| {
                    let x = &x[row * classes..][..classes];
                    let (high, total) = tier.run(
                        #[inline(always)]
                        || {
                            let high = greatest(x);
                            let total = if tier.has_fma() {
                                total::<T, true>(x, high)
                            } else {
                                total::<T, false>(x, high)
                            };
                            (high, total)
                        },
                    );
                    let loss = if targets[row] == ignore {
                        T::ZERO
                    } else {
                        total.logarithm() - (x[targets[row] as usize] - high)
                    };
                    // SAFETY: a row is one item.
                    unsafe {
                        each.part(row, 1)[0] = loss;
                        highs.part(row, 1)[0] = high;
                        totals.part(row, 1)[0] = total;
                    }
                });
            });
        });
    }
    staging::write::<T, _>(reborrow(losses), |losses| {
        if reduced == Reduced::Each {
            return losses.copy_from_slice(&each);
        }
        let sum: f64 = each.iter().map(|loss| loss.to_f64()).sum();
        losses[0] = T::from_f64(match reduced {
            Reduced::Mean => sum / kept(&targets, ignore),
            _ => sum,
        });
    });
    Ok(())
}

/// How many targets are not ignored.
fn kept(targets: &[i64], ignore: i64) -> f64 {
    targets.iter().filter(|&&y| y != ignore).count() as f64
}

#[inline(always)]
fn total<T: Float, const FMA: bool>(x: &[T], high: T) -> T {
    let [total] = sums(
        [x],
        #[inline(always)]
        |[x]| [(x - high).exponential::<FMA>()],
    );
    total
}

/// The gradient (of each row's loss, or of their sum or mean), `x`, the two other results of
/// [`forward`], `target` → the gradient of `x`.
pub(in crate::cpu) fn backward(
    reduced: Reduced,
    ignore: i64,
    inputs: &[View<'_>],
    out: &mut ViewMut<'_>,
) -> Option<Result<()>> {
    Some(computed!(out.dtype, run_grad(reduced, ignore, inputs, out)))
}

fn run_grad<T: Float>(
    reduced: Reduced,
    ignore: i64,
    inputs: &[View<'_>],
    out: &mut ViewMut<'_>,
) -> Result<()> {
    let &[gradient, x, highs, totals, target] = inputs else {
        unreachable!("five operands are given");
    };
    let classes = x.layout.shape()[1];
    let targets = staging::read::<i64>(target);
    check(&targets, classes, ignore)?;
    let tier = Tier::best();
    let (g, x) = (staging::read::<T>(gradient), staging::read::<T>(x));
    let (highs, totals) = (staging::read::<T>(highs), staging::read::<T>(totals));
    let one = match reduced {
        Reduced::Each => None,
        Reduced::Sum => Some(g[0]),
        Reduced::Mean => Some(g[0] / T::from_f64(kept(&targets, ignore))),
    };
    staging::write::<T, _>(reborrow(out), |out| {
        let out = Disjoint::new(out);
        items(targets.len(), classes, |row| {
            // SAFETY: a row is one item.
            let to = unsafe { out.part(row * classes, classes) };
            if targets[row] == ignore {
                to.fill(T::ZERO);
                return;
            }
            let (x, high) = (&x[row * classes..][..classes], highs[row]);
            let g = one.unwrap_or_else(|| g[row]);
            let share = g / totals[row];
            tier.run(
                #[inline(always)]
                || {
                    if tier.has_fma() {
                        shares::<T, true>(x, high, share, to);
                    } else {
                        shares::<T, false>(x, high, share, to);
                    }
                },
            );
            let at = targets[row] as usize;
            to[at] = to[at] - g;
        });
    });
    Ok(())
}

#[inline(always)]
fn shares<T: Float, const FMA: bool>(x: &[T], high: T, share: T, to: &mut [T]) {
    for (to, &x) in to.iter_mut().zip(x) {
        *to = (x - high).exponential::<FMA>() * share;
    }
}
