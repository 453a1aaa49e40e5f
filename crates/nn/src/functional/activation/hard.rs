//! Activations of straight pieces. Where they meet, the gradients are PyTorch's.

use ondol_autograd::{Distribution, Error, Op, Tensor, default_generator, no_grad_guard, raise};

/// `max(x, 0)`, `torch.nn.functional.relu`.
#[track_caller]
pub fn relu(x: &Tensor) -> Tensor {
    x.relu()
}

/// `min(max(x, 0), 6)`, `torch.nn.functional.relu6`.
#[track_caller]
pub fn relu6(x: &Tensor) -> Tensor {
    hardtanh(x, 0.0, 6.0)
}

/// `x` kept within `[min, max]` (PyTorch: −1 and 1), `torch.nn.functional.hardtanh`. Unlike a clamp's,
/// its gradient is 0 at the bounds.
///
/// ```
/// use ondol_nn::{functional, tensor};
/// let y = functional::hardtanh(&tensor!([-3.0, 0.5, 3.0]), -1.0, 1.0);
/// assert_eq!(y.to_vec::<f32>(), [-1.0, 0.5, 1.0]);
/// ```
///
/// # Panics
/// Where `min` is above `max`.
#[track_caller]
pub fn hardtanh(x: &Tensor, min: f64, max: f64) -> Tensor {
    if min > max {
        raise(Error::value(
            "hardtanh",
            format!("min_val cannot be greater than max_val: {min} and {max}"),
        ));
    }
    let value = {
        let _guard = no_grad_guard();
        x.clamp(min, max)
    };
    let at = x.snapshot();
    Op::new("hardtanh", [x])
        .rule(0, move |g| {
            g.masked_fill(&at.le(min).logical_or(at.ge(max)), 0.0)
        })
        .output(value.value())
}

/// `min(max(x + 3, 0), 6) / 6`, `torch.nn.functional.hardsigmoid`.
#[track_caller]
pub fn hardsigmoid(x: &Tensor) -> Tensor {
    relu6(&x.add(3.0)).div(6.0)
}

/// `x·hardsigmoid(x)`, `torch.nn.functional.hardswish`.
#[track_caller]
pub fn hardswish(x: &Tensor) -> Tensor {
    // Above 3 it is x itself: the product's slope there would be NaN where x is infinite.
    Tensor::where_(&x.ge(3.0), x, x.mul(hardsigmoid(x)))
}

/// `x` above 0 and `negative_slope·x` below (PyTorch: 0.01), `torch.nn.functional.leaky_relu`.
///
/// ```
/// use ondol_nn::{functional, tensor};
/// assert_eq!(functional::leaky_relu(&tensor!([-2.0, 2.0]), 0.5).to_vec::<f32>(), [-1.0, 2.0]);
/// ```
#[track_caller]
pub fn leaky_relu(x: &Tensor, negative_slope: f64) -> Tensor {
    Tensor::where_(&x.gt(0.0), x, x.mul(negative_slope))
}

/// `x` above 0 and `weight·x` below, `torch.nn.functional.prelu`, `torch.prelu`: a weight of one
/// element, or one for each channel of `x [N, C, ..]`.
///
/// # Panics
/// Where there is another number of weights.
#[track_caller]
pub fn prelu(x: &Tensor, weight: &Tensor) -> Tensor {
    let channels = if x.ndim() > 1 { x.size(1) } else { 1 };
    let weights = weight.numel();
    if weight.ndim() > 1 || (weights != 1 && weights != channels) {
        raise(Error::Shape {
            op: "prelu",
            lhs: x.shape().to_vec(),
            rhs: weight.shape().to_vec(),
            rule: format!(
                "Mismatch of parameter numbers and input channel size. Found parameter numbers = {weights} and channel size = {channels}"
            ),
        });
    }
    let weight = if x.ndim() > 1 {
        let mut beside = vec![1usize; x.ndim() - 1];
        beside[0] = weights;
        weight.reshape(&beside[..])
    } else {
        weight.reshape(())
    };
    x.relu().add(x.clamp_max(0.0).mul(weight))
}

/// [`leaky_relu`] with slopes drawn uniformly from `[lower, upper)` (PyTorch: 1/8 and 1/3) for each
/// element in training, and their mean otherwise; `torch.nn.functional.rrelu`, `torch.rrelu`.
///
/// # Panics
/// Where `lower` is above `upper`.
#[track_caller]
pub fn rrelu(x: &Tensor, lower: f64, upper: f64, training: bool) -> Tensor {
    if lower > upper {
        raise(Error::value(
            "rrelu",
            format!(
                "Lower bound should be less than or equal to the upper bound: {lower} and {upper}"
            ),
        ));
    }
    if !training {
        return leaky_relu(x, (lower + upper) / 2.0);
    }
    let uniform = Distribution::Uniform {
        low: lower,
        high: upper,
    };
    let slopes = Tensor::random_with(
        uniform,
        x.shape(),
        (x.dtype(), &x.device()),
        &default_generator(),
    );
    Tensor::where_(&x.gt(0.0), x, x.mul(slopes))
}

/// `x` above `threshold`, else `value`, `torch.nn.functional.threshold`.
#[track_caller]
pub fn threshold(x: &Tensor, threshold: f64, value: f64) -> Tensor {
    x.masked_fill(&x.le(threshold), value)
}

/// `x` outside of `[−lambda, lambda]` (PyTorch: 0.5), else 0, `torch.nn.functional.hardshrink`,
/// `torch.hardshrink`.
#[track_caller]
pub fn hardshrink(x: &Tensor, lambda: f64) -> Tensor {
    x.masked_fill(&x.abs().le(lambda), 0.0)
}

/// `x` drawn towards 0 by `lambda` (PyTorch: 0.5), `torch.nn.functional.softshrink`.
///
/// # Panics
/// Where `lambda` is below 0.
#[track_caller]
pub fn softshrink(x: &Tensor, lambda: f64) -> Tensor {
    if lambda.is_nan() || lambda < 0.0 {
        raise(Error::value(
            "softshrink",
            format!("lambda must be greater or equal to 0, but found to be {lambda}"),
        ));
    }
    x.sub(x.clamp(-lambda, lambda))
}
