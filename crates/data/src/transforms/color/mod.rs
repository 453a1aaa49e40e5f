//! Transforms of colour.

mod blur;
mod distort;
mod grayscale;
mod jitter;
mod maybe;
mod noise;

pub use blur::{GaussianBlur, SigmaRange};
pub use distort::{RandomChannelPermutation, RandomPhotometricDistort};
pub use grayscale::{Grayscale, RGB, RandomGrayscale};
pub use jitter::{ColorJitter, JitterFactors, JitterRange};
pub use maybe::{
    RandomAdjustSharpness, RandomAutocontrast, RandomEqualize, RandomInvert, RandomPosterize,
    RandomSolarize,
};
pub use noise::GaussianNoise;

use ondol_autograd::raise;
use ondol_tensor::Error;

/// A probability, or the caller's error.
#[track_caller]
pub(super) fn probability(op: &'static str, p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        raise(Error::value(
            op,
            format!("`p` should be a floating point value in the interval [0.0, 1.0], got {p:?}"),
        ));
    }
    p
}
