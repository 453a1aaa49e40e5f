//! Two classes that no straight line parts.

use std::f64::consts::{PI, TAU};

use ondol_autograd::Tensor;
use ondol_tensor::{Array, Error, Result, default_generator};

use super::{normal, reordered, singles};

/// Two half circles that reach into each other, `sklearn.datasets.make_moons`.
///
/// Gives `x [n, 2]` of `f32` and `y [n]` of `i64`: class 0 is the upper one, around the origin, and
/// has `n / 2` points; class 1 the lower one. `noise` is the standard deviation of what is added to
/// each number, 0 for none. Order and noise come from the default generator.
///
/// # Panics
/// Where `noise` is negative.
///
/// ```
/// let (x, y) = ondol_data::make_moons(200, true, 0.1);
/// assert_eq!((x.shape().to_vec(), y.shape().to_vec()), (vec![200, 2], vec![200]));
/// ```
#[track_caller]
pub fn make_moons(n: usize, shuffle: bool, noise: f64) -> (Tensor, Tensor) {
    let (outer, inner) = (n / 2, n - n / 2);
    // Both ends belong to a moon.
    let angle = |i: usize, n: usize| PI * i as f64 / n.saturating_sub(1).max(1) as f64;
    let mut points = Vec::with_capacity(2 * n);
    for t in (0..outer).map(|i| angle(i, outer)) {
        points.extend([t.cos(), t.sin()]);
    }
    for t in (0..inner).map(|i| angle(i, inner)) {
        points.extend([1.0 - t.cos(), 0.5 - t.sin()]);
    }
    ondol_autograd::ok(finish("make_moons", points, outer, shuffle, noise))
}

/// A circle within a circle, `sklearn.datasets.make_circles`.
///
/// Gives `x [n, 2]` of `f32` and `y [n]` of `i64`: class 0 is the outer circle, of radius 1, and has
/// `n / 2` points; class 1 the inner one, of radius `factor` (scikit-learn's default is 0.8).
/// `noise` is the standard deviation of what is added to each number, 0 for none. Order and noise
/// come from the default generator.
///
/// # Panics
/// Where `noise` is negative, or `factor` is not on `[0, 1)`.
///
/// ```
/// let (x, y) = ondol_data::make_circles(100, false, 0.0, 0.5);
/// let radius = x.square().sum_dim(1, false).sqrt();
/// assert!((radius.i(0).item() - 1.0).abs() < 1e-6 && (radius.i(99).item() - 0.5).abs() < 1e-6);
/// assert_eq!(y.to_vec::<i64>()[49..51], [0, 1]);
/// ```
#[track_caller]
pub fn make_circles(n: usize, shuffle: bool, noise: f64, factor: f64) -> (Tensor, Tensor) {
    let (outer, inner) = (n / 2, n - n / 2);
    if !(0.0..1.0).contains(&factor) {
        let message = format!("factor must be on [0, 1), but got {factor}");
        ondol_autograd::raise(Error::value("make_circles", message));
    }
    let mut points = Vec::with_capacity(2 * n);
    for (n, radius) in [(outer, 1.0), (inner, factor)] {
        // The end is left out: it is the beginning.
        for t in (0..n).map(|i| TAU * i as f64 / n as f64) {
            points.extend([radius * t.cos(), radius * t.sin()]);
        }
    }
    ondol_autograd::ok(finish("make_circles", points, outer, shuffle, noise))
}

/// Points of two classes, the first `outer` of class 0, in their last order and with noise.
fn finish(
    op: &'static str,
    mut points: Vec<f64>,
    outer: usize,
    shuffle: bool,
    noise: f64,
) -> Result<(Tensor, Tensor)> {
    if noise < 0.0 || noise.is_nan() {
        let message = format!("noise must not be negative, but got {noise}");
        return Err(Error::value(op, message));
    }
    let n = points.len() / 2;
    let generator = default_generator();
    let mut y: Vec<i64> = (0..n).map(|i| i64::from(i >= outer)).collect();
    if shuffle {
        let order = generator.permutation(n);
        points = reordered(&points, 2, &order, None);
        y = order.iter().map(|&i| y[i]).collect();
    }
    if noise > 0.0 {
        for (x, e) in points.iter_mut().zip(normal(&generator, noise, 2 * n)?) {
            *x += e;
        }
    }
    Ok((
        Array::from_vec(singles(points), [n, 2])?.into(),
        Array::from_vec(y, [n])?.into(),
    ))
}
