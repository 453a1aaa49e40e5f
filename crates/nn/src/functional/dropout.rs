//! Dropout.

use ondol_autograd::{Distribution, Error, Tensor, default_generator, raise};

/// Sets each element to 0 with probability `p` and multiplies the others by `1/(1−p)`,
/// `torch.nn.functional.dropout`; `x` itself when not training. The gradient goes through those
/// that were kept.
///
/// # Panics
/// Where `p` is not on `[0, 1]`.
#[track_caller]
pub fn dropout(x: &Tensor, p: f64, training: bool) -> Tensor {
    check_probability(p);
    if !training || p == 0.0 {
        return x.clone();
    }
    // All are dropped: the factor of those kept would be 1/0.
    if p == 1.0 {
        return x.mul(x.zeros_like());
    }
    let keep = Distribution::Bernoulli { p: 1.0 - p };
    let mask = Tensor::random_with(
        keep,
        x.shape(),
        (x.dtype(), &x.device()),
        default_generator(),
    );
    x.mul(mask.mul_(1.0 / (1.0 - p)))
}

#[track_caller]
pub(crate) fn check_probability(p: f64) {
    if !(0.0..=1.0).contains(&p) {
        raise(Error::value(
            "dropout",
            format!("dropout probability has to be between 0 and 1, but got {p}"),
        ));
    }
}
