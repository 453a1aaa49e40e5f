//! How far to go along a direction.

use ondol_tensor::{Array, Result};

/// Enough descent for the length of the step.
const DESCENT: f64 = 1e-4;
/// How much flatter than at the start the end must be.
const CURVATURE: f64 = 0.9;

/// What is known at length `t`: the loss, its gradient, and its slope along the direction.
#[derive(Clone)]
pub(super) struct Point {
    pub(super) t: f64,
    pub(super) f: f64,
    pub(super) g: Array,
    pub(super) slope: f64,
}

/// The least point of the cubic through two points with their slopes, within bounds.
fn cubic(a: &Point, b: &Point, bounds: Option<(f64, f64)>) -> f64 {
    let (low, high) = bounds.unwrap_or((a.t.min(b.t), a.t.max(b.t)));
    let mean = a.slope + b.slope - 3.0 * (a.f - b.f) / (a.t - b.t);
    let square = mean * mean - a.slope * b.slope;
    // NaN too goes to the middle.
    if square.is_nan() || square < 0.0 {
        return (low + high) / 2.0;
    }
    let root = square.sqrt();
    let (left, right) = if a.t <= b.t { (a, b) } else { (b, a) };
    let share = (right.slope + root - mean) / (right.slope - left.slope + 2.0 * root);
    (right.t - (right.t - left.t) * share).max(low).min(high)
}

/// A length that satisfies the strong Wolfe conditions, and how many points were computed.
///
/// `limits` are the greatest element of the direction, the least change, and the greatest number of
/// tries.
pub(super) fn strong_wolfe(
    at: &mut dyn FnMut(f64) -> Result<Point>,
    start: Point,
    t: f64,
    (greatest, tolerance, most): (f64, f64, usize),
) -> Result<(Point, usize)> {
    let too_high = |p: &Point| p.f > start.f + DESCENT * p.t * start.slope;
    let flat = |p: &Point| p.slope.abs() <= -CURVATURE * start.slope;

    // Go on until a least point lies between two lengths.
    let (mut before, mut new) = (start.clone(), at(t)?);
    let (mut calls, mut tries) = (1, 0);
    let mut found = false;
    while tries < most {
        if too_high(&new) || (tries > 1 && new.f >= before.f) {
            found = true;
            break;
        }
        if flat(&new) {
            return Ok((new, calls));
        }
        if new.slope >= 0.0 {
            found = true;
            break;
        }
        let bounds = (new.t + 0.01 * (new.t - before.t), new.t * 10.0);
        let t = cubic(&before, &new, Some(bounds));
        before = std::mem::replace(&mut new, at(t)?);
        calls += 1;
        tries += 1;
    }
    let mut ends = if found {
        [before, new]
    } else {
        [start.clone(), new]
    };

    // Narrow it down.
    let mut little = false;
    let mut low = usize::from(ends[0].f > ends[1].f);
    while tries < most {
        let (least, widest) = (ends[0].t.min(ends[1].t), ends[0].t.max(ends[1].t));
        if (widest - least) * greatest < tolerance {
            break;
        }
        let mut t = cubic(&ends[0], &ends[1], None);
        let margin = 0.1 * (widest - least);
        let near = (widest - t).min(t - least) < margin;
        if near && (little || t >= widest || t <= least) {
            t = if (t - widest).abs() < (t - least).abs() {
                widest - margin
            } else {
                least + margin
            };
            little = false;
        } else {
            little = near;
        }
        let new = at(t)?;
        calls += 1;
        tries += 1;
        let high = 1 - low;
        if too_high(&new) || new.f >= ends[low].f {
            ends[high] = new;
            low = usize::from(ends[0].f > ends[1].f);
            continue;
        }
        let done = flat(&new);
        if !done && new.slope * (ends[high].t - ends[low].t) >= 0.0 {
            ends[high] = ends[low].clone();
        }
        ends[low] = new;
        if done {
            break;
        }
    }
    let [first, second] = ends;
    Ok((if low == 0 { first } else { second }, calls))
}
