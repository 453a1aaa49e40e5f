//! Losses of differences.

use ondol_autograd::{Error, Tensor, autocast_to_single, raise};

use super::{Reduction, check_same_size};

/// `(input − target)²`, `torch.nn.functional.mse_loss`.
///
/// # Panics
/// Where the sizes differ. PyTorch warns and broadcasts: `[80, 1]` with `[80]` would become 6400
/// differences instead of 80.
#[track_caller]
pub fn mse_loss(input: &Tensor, target: &Tensor, reduction: Reduction) -> Tensor {
    let (input, target) = (&autocast_to_single(input), &autocast_to_single(target));
    check_same_size("mse_loss", input, target);
    reduction.of(&input.sub(target).square())
}

/// `|input − target|`, `torch.nn.functional.l1_loss`.
///
/// # Panics
/// Where the sizes differ.
#[track_caller]
pub fn l1_loss(input: &Tensor, target: &Tensor, reduction: Reduction) -> Tensor {
    let (input, target) = (&autocast_to_single(input), &autocast_to_single(target));
    check_same_size("l1_loss", input, target);
    reduction.of(&input.sub(target).abs())
}

/// `d² / (2·beta)` where `|d| < beta` and `|d| − beta/2` beyond, for `d = input − target` (PyTorch's
/// `beta`: 1), `torch.nn.functional.smooth_l1_loss`.
///
/// ```
/// use ondol_nn::{functional::{Reduction, smooth_l1_loss}, tensor};
/// let loss = smooth_l1_loss(&tensor!([0.5, 3.0]), &tensor!([0.0, 0.0]), 1.0, Reduction::None);
/// assert_eq!(loss.to_vec::<f32>(), [0.125, 2.5]);
/// ```
///
/// # Panics
/// Where the sizes differ, or `beta` is below 0.
#[track_caller]
pub fn smooth_l1_loss(input: &Tensor, target: &Tensor, beta: f64, reduction: Reduction) -> Tensor {
    let (input, target) = (&autocast_to_single(input), &autocast_to_single(target));
    check_same_size("smooth_l1_loss", input, target);
    if beta.is_nan() || beta < 0.0 {
        raise(Error::value(
            "smooth_l1_loss",
            "smooth_l1_loss does not support negative values for beta.",
        ));
    }
    if beta == 0.0 {
        return l1_loss(input, target, reduction);
    }
    let (near, beyond) = bounded(input, target, beta);
    reduction.of(&near.square().mul(0.5 / beta).add(beyond))
}

/// `d²/2` where `|d| ≤ delta` and `delta·(|d| − delta/2)` beyond, for `d = input − target`
/// (PyTorch's `delta`: 1), `torch.nn.functional.huber_loss`.
///
/// ```
/// use ondol_nn::{functional::{Reduction, huber_loss}, tensor};
/// let loss = huber_loss(&tensor!([0.5, 3.0]), &tensor!([0.0, 0.0]), 2.0, Reduction::None);
/// assert_eq!(loss.to_vec::<f32>(), [0.125, 4.0]);
/// ```
///
/// # Panics
/// Where the sizes differ, or `delta` is not above 0.
#[track_caller]
pub fn huber_loss(input: &Tensor, target: &Tensor, delta: f64, reduction: Reduction) -> Tensor {
    let (input, target) = (&autocast_to_single(input), &autocast_to_single(target));
    check_same_size("huber_loss", input, target);
    if delta.is_nan() || delta <= 0.0 {
        raise(Error::value(
            "huber_loss",
            "huber_loss does not support non-positive values for delta.",
        ));
    }
    let (near, beyond) = bounded(input, target, delta);
    reduction.of(&near.square().mul(0.5).add(beyond.mul(delta)))
}

/// The difference kept within a bound, and how far it is beyond.
#[track_caller]
fn bounded(input: &Tensor, target: &Tensor, bound: f64) -> (Tensor, Tensor) {
    let difference = input.sub(target);
    let near = difference.clamp(-bound, bound);
    let beyond = difference.sub(&near).abs();
    (near, beyond)
}
