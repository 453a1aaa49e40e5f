//! Normalisation of each sample by itself, over its last dimensions.

use ondol_autograd::{DType, Error, Shape, Tensor, fused, raise};

use super::{in_order, scaled, standardized, wide};

/// `(x − mean) / √(var + eps) · weight + bias` over the last dimensions, which are of
/// `normalized_shape`, as weight and bias are (PyTorch's `eps`: 1e-5);
/// `torch.nn.functional.layer_norm`, `torch.layer_norm`.
///
/// ```
/// use ondol_nn::{functional, tensor};
/// let y = functional::layer_norm(&tensor!([[1.0, 3.0], [5.0, 5.0]]), 2, None, None, 0.0001);
/// assert!((y.i((0, 1)).item() - 1.0).abs() < 1e-4 && y.i((1, 1)).item() == 0.0);
/// ```
///
/// # Panics
/// Where the input does not end in that shape.
#[track_caller]
pub fn layer_norm(
    x: &Tensor,
    normalized_shape: impl Into<Shape>,
    weight: Option<&Tensor>,
    bias: Option<&Tensor>,
    eps: f64,
) -> Tensor {
    let shape = normalized_shape.into();
    let dims = last_dims("layer_norm", x, &shape, [weight, bias]);
    if let Some(inputs) = in_order(x, weight, bias) {
        let dims = dims.clone();
        let composite =
            move |inputs: &[Tensor]| of_layer(&inputs[0], &dims, inputs.get(1), inputs.get(2), eps);
        if let Some(made) = fused::layer_norm(&inputs, shape.numel(), eps, composite) {
            return made.output;
        }
    }
    of_layer(x, &dims, weight, bias, eps)
}

#[track_caller]
fn of_layer(
    x: &Tensor,
    dims: &[isize],
    weight: Option<&Tensor>,
    bias: Option<&Tensor>,
    eps: f64,
) -> Tensor {
    let y = standardized(&wide(x), dims, eps);
    scaled(y, weight, bias).to_dtype(x.dtype())
}

/// `x / √(mean(x²) + eps) · weight` over the last dimensions, which are of `normalized_shape`;
/// without `eps` it is the dtype's own, as in PyTorch. `torch.nn.functional.rms_norm`,
/// `torch.rms_norm`.
///
/// ```
/// use ondol_nn::{functional, tensor};
/// let y = functional::rms_norm(&tensor!([3.0, 4.0]), 2, None, None);
/// assert!((y.i(0).item() - 3.0 / 12.5f64.sqrt()).abs() < 1e-6);
/// ```
///
/// # Panics
/// Where the input does not end in that shape.
#[track_caller]
pub fn rms_norm(
    x: &Tensor,
    normalized_shape: impl Into<Shape>,
    weight: Option<&Tensor>,
    eps: Option<f64>,
) -> Tensor {
    let dims = last_dims("rms_norm", x, &normalized_shape.into(), [weight, None]);
    let eps = eps.unwrap_or(match x.dtype() {
        DType::F64 => f64::EPSILON,
        _ => f64::from(f32::EPSILON),
    });
    let wide = wide(x);
    let mean = wide.square().mean_dim(&dims[..], true);
    scaled(wide.mul(mean.add(eps).rsqrt()), weight, None).to_dtype(x.dtype())
}

/// The last dimensions, which must have that shape, as the parameters must.
#[track_caller]
fn last_dims(
    op: &'static str,
    x: &Tensor,
    shape: &Shape,
    parameters: [Option<&Tensor>; 2],
) -> Vec<isize> {
    let from = x.shape();
    let error = |rhs: &Shape, rule: String| Error::Shape {
        op,
        lhs: from.to_vec(),
        rhs: rhs.to_vec(),
        rule,
    };
    if shape.ndim() == 0 {
        raise(error(
            shape,
            "Expected normalized_shape to be at least 1-dimensional".into(),
        ));
    }
    if from.ndim() < shape.ndim() || from[from.ndim() - shape.ndim()..] != shape[..] {
        let sizes: Vec<String> = shape.iter().map(ToString::to_string).collect();
        raise(error(
            shape,
            format!(
                "Given normalized_shape={shape}, expected input with shape [*, {}]",
                sizes.join(", ")
            ),
        ));
    }
    for parameter in parameters.into_iter().flatten() {
        if parameter.shape() != *shape {
            raise(error(
                &parameter.shape(),
                format!("Expected weight and bias to be of same shape as normalized_shape={shape}"),
            ));
        }
    }
    (1..=shape.ndim() as isize).map(|d| -d).collect()
}
