//! Transforms of colour.

mod blur;
mod grayscale;
mod jitter;
mod maybe;

pub use blur::{GaussianBlur, SigmaRange};
pub use grayscale::{Grayscale, RandomGrayscale};
pub use jitter::{ColorJitter, JitterFactors, JitterRange};
pub use maybe::{
    RandomAdjustSharpness, RandomAutocontrast, RandomEqualize, RandomInvert, RandomPosterize,
    RandomSolarize,
};

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
