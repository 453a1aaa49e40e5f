//! Dropout: elements or whole channels become 0 at random.

use ondol_autograd::{Distribution, Error, Shape, Tensor, default_generator, raise};

/// Sets each element to 0 with probability `p` and multiplies the others by `1/(1−p)`,
/// `torch.nn.functional.dropout`, `torch.dropout`; `x` itself when not training. The gradient goes
/// through those that were kept.
///
/// # Panics
/// Where `p` is not on `[0, 1]`.
#[track_caller]
pub fn dropout(x: &Tensor, p: f64, training: bool) -> Tensor {
    check_probability(p);
    if !training || p == 0.0 {
        return x.clone();
    }
    masked(x, p, x.shape())
}

/// [`dropout`] of whole channels of `x [N, C, L]` (or `[C, L]`), `torch.nn.functional.dropout1d`.
///
/// ```
/// use ondol_nn::{Tensor, functional};
/// let y = functional::dropout1d(&Tensor::ones([3, 4]), 0.5, true);
/// assert!(y.to_vec::<f32>().chunks(4).all(|channel| channel.iter().all(|x| *x == channel[0])));
/// ```
///
/// # Panics
/// Where `p` is not on `[0, 1]`, or on another number of dimensions.
#[track_caller]
pub fn dropout1d(x: &Tensor, p: f64, training: bool) -> Tensor {
    channels("dropout1d", x, p, training, [2, 3])
}

/// [`dropout`] of whole channels of `x [N, C, H, W]`, or of `[N, C, L]`, as in PyTorch;
/// `torch.nn.functional.dropout2d`.
///
/// # Panics
/// Where `p` is not on `[0, 1]`, or on another number of dimensions.
#[track_caller]
pub fn dropout2d(x: &Tensor, p: f64, training: bool) -> Tensor {
    channels("dropout2d", x, p, training, [3, 4])
}

/// [`dropout`] of whole channels of `x [N, C, D, H, W]` (or `[C, D, H, W]`),
/// `torch.nn.functional.dropout3d`.
///
/// # Panics
/// Where `p` is not on `[0, 1]`, or on another number of dimensions.
#[track_caller]
pub fn dropout3d(x: &Tensor, p: f64, training: bool) -> Tensor {
    channels("dropout3d", x, p, training, [4, 5])
}

/// [`dropout`] to the value where [`crate::functional::selu`] ends, and scaled so that mean and
/// variance of a normal input stay; `torch.nn.functional.alpha_dropout`, `torch.alpha_dropout`.
///
/// # Panics
/// Where `p` is not on `[0, 1]`.
#[track_caller]
pub fn alpha_dropout(x: &Tensor, p: f64, training: bool) -> Tensor {
    check_probability(p);
    if !training || p == 0.0 {
        return x.clone();
    }
    saturated(x, p, x.shape())
}

/// [`alpha_dropout`] of whole channels of `x [N, C, ..]`,
/// `torch.nn.functional.feature_alpha_dropout`, `torch.feature_alpha_dropout`.
///
/// # Panics
/// Where `p` is not on `[0, 1]`, or on fewer than two dimensions.
#[track_caller]
pub fn feature_alpha_dropout(x: &Tensor, p: f64, training: bool) -> Tensor {
    check_probability(p);
    if !training || p == 0.0 {
        return x.clone();
    }
    if x.ndim() < 2 {
        raise(Error::Input {
            op: "feature_alpha_dropout",
            shape: x.shape().to_vec(),
            rule: "Feature dropout requires at least 2 dimensions in the input".into(),
        });
    }
    saturated(x, p, each_channel(x, 2))
}

/// The shape of a mask that is the same along all but the first dimensions.
fn each_channel(x: &Tensor, first: usize) -> Shape {
    let shape = x.shape();
    let kept = shape.iter().take(first).copied();
    kept.chain(std::iter::repeat(1))
        .take(shape.ndim())
        .collect()
}

#[track_caller]
fn channels(op: &'static str, x: &Tensor, p: f64, training: bool, ndims: [usize; 2]) -> Tensor {
    check_probability(p);
    if !ndims.contains(&x.ndim()) {
        raise(Error::Input {
            op,
            shape: x.shape().to_vec(),
            rule: format!(
                "Expected {}D or {}D input, but received a {}D input",
                ndims[0],
                ndims[1],
                x.ndim()
            ),
        });
    }
    if !training || p == 0.0 {
        return x.clone();
    }
    // PyTorch takes [N, C, L] for [C, H, W] here.
    let batched = x.ndim() == ndims[1] || op == "dropout2d";
    masked(x, p, each_channel(x, if batched { 2 } else { 1 }))
}

/// Kept with probability `1 − p`, as 1 and 0 of the input's dtype.
#[track_caller]
fn kept(x: &Tensor, p: f64, shape: Shape) -> Tensor {
    let keep = Distribution::Bernoulli { p: 1.0 - p };
    Tensor::random_with(keep, shape, (x.dtype(), &x.device()), &default_generator())
}

#[track_caller]
fn masked(x: &Tensor, p: f64, shape: Shape) -> Tensor {
    // All are dropped: the factor of those kept would be 1/0.
    if p == 1.0 {
        return x.mul(x.zeros_like());
    }
    x.mul(kept(x, p, shape).mul_(1.0 / (1.0 - p)))
}

#[track_caller]
fn saturated(x: &Tensor, p: f64, shape: Shape) -> Tensor {
    if p == 1.0 {
        return x.mul(x.zeros_like());
    }
    const LIMIT: f64 = 1.758_099_340_847_376_6;
    let scale = 1.0 / ((LIMIT * LIMIT * p + 1.0) * (1.0 - p)).sqrt();
    let kept = kept(x, p, shape);
    let shift = kept.sub(1.0).mul(LIMIT * scale).add(LIMIT * scale * p);
    x.mul(kept.mul(scale)).add(shift)
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
