//! Activations that write over their input.

use ondol_autograd::Tensor;

use super::{celu, elu, hardtanh, leaky_relu, rrelu, selu, threshold};

/// [`elu`] in place, `torch.nn.functional.elu_`.
///
/// ```
/// use ondol_nn::{functional, tensor};
/// let x = tensor!([-1.0, 2.0]);
/// functional::elu_(&x, 1.0);
/// assert_eq!(x.to_vec::<f32>(), [(-1f32).exp_m1(), 2.0]);
/// ```
#[track_caller]
pub fn elu_(x: &Tensor, alpha: f64) -> Tensor {
    x.copy_(&elu(x, alpha))
}

/// [`celu`] in place, `torch.nn.functional.celu_`, `torch.celu_`.
#[track_caller]
pub fn celu_(x: &Tensor, alpha: f64) -> Tensor {
    x.copy_(&celu(x, alpha))
}

/// [`selu`] in place, `torch.nn.functional.selu_`, `torch.selu_`.
#[track_caller]
pub fn selu_(x: &Tensor) -> Tensor {
    x.copy_(&selu(x))
}

/// [`hardtanh`] in place, `torch.nn.functional.hardtanh_`.
#[track_caller]
pub fn hardtanh_(x: &Tensor, min: f64, max: f64) -> Tensor {
    x.copy_(&hardtanh(x, min, max))
}

/// [`leaky_relu`] in place, `torch.nn.functional.leaky_relu_`.
#[track_caller]
pub fn leaky_relu_(x: &Tensor, negative_slope: f64) -> Tensor {
    x.copy_(&leaky_relu(x, negative_slope))
}

/// [`rrelu`] in place, `torch.nn.functional.rrelu_`, `torch.rrelu_`.
#[track_caller]
pub fn rrelu_(x: &Tensor, lower: f64, upper: f64, training: bool) -> Tensor {
    x.copy_(&rrelu(x, lower, upper, training))
}

/// [`threshold()`] in place, `torch.nn.functional.threshold_`, `torch.threshold_`.
#[track_caller]
pub fn threshold_(x: &Tensor, at: f64, value: f64) -> Tensor {
    x.copy_(&threshold(x, at, value))
}

/// `max(x, 0)` in place, `torch.nn.functional.relu_`.
#[track_caller]
pub fn relu_(x: &Tensor) -> Tensor {
    x.relu_()
}
