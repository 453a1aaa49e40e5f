//! Normalisation.

mod batch;
mod groups;
mod layer;
mod response;

use ondol_autograd::{DType, Tensor};

pub(crate) use self::batch::check_batch;
pub use self::batch::{RunningStats, batch_norm};
pub use self::groups::{group_norm, instance_norm};
pub use self::layer::{layer_norm, rms_norm};
pub use self::response::local_response_norm;

/// The tensor in a precision that sums of squares can be trusted in.
#[track_caller]
pub(crate) fn wide(x: &Tensor) -> Tensor {
    match x.dtype() {
        DType::F16 | DType::BF16 => x.float(),
        _ => x.clone(),
    }
}

/// `(x − mean) / √(var + eps)` along dimensions that are kept.
#[track_caller]
fn standardized(x: &Tensor, dims: &[isize], eps: f64) -> Tensor {
    let centred = x.sub(x.mean_dim(dims, true));
    let var = centred.square().mean_dim(dims, true);
    centred.mul(var.add(eps).rsqrt())
}

/// `x · weight + bias` where they are there.
#[track_caller]
fn scaled(x: Tensor, weight: Option<&Tensor>, bias: Option<&Tensor>) -> Tensor {
    let x = match weight {
        Some(weight) => x.mul(weight),
        None => x,
    };
    match bias {
        Some(bias) => x.add(bias),
        None => x,
    }
}

/// Input, weight and bias as an operation that does all at once takes them; `None` for a bias
/// without a weight, which none does.
fn in_order<'a>(
    x: &'a Tensor,
    weight: Option<&'a Tensor>,
    bias: Option<&'a Tensor>,
) -> Option<Vec<&'a Tensor>> {
    match (weight, bias) {
        (Some(weight), Some(bias)) => Some(vec![x, weight, bias]),
        (Some(weight), None) => Some(vec![x, weight]),
        (None, None) => Some(vec![x]),
        (None, Some(_)) => None,
    }
}
