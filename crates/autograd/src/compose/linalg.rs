//! Affine maps.

use ondol_tensor::Error;

use crate::{Tensor, raise};

/// `x · weightᵀ + bias`, `torch.nn.functional.linear`: `x [.., in]`, `weight [out, in]`, `bias [out]`.
///
/// ```
/// use ondol_autograd::{functional, tensor};
/// let y = functional::linear(&tensor!([1.0, 2.0]), &tensor!([[1.0, 1.0], [0.0, 3.0]]), None);
/// assert_eq!(y.to_vec::<f32>(), [3.0, 6.0]);
/// ```
///
/// # Panics
/// Where the last size of `x` is not `in`.
#[track_caller]
pub fn linear(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Tensor {
    let (from, w) = (x.shape(), weight.shape());
    let rule = match (from.last(), w.as_slice()) {
        (None, _) => Some("the input needs at least one dimension".to_owned()),
        (_, w) if w.len() != 2 => {
            Some("the weight must be a matrix [out_features, in_features]".to_owned())
        }
        (Some(&last), &[_, inner]) if last != inner => Some(format!(
            "the input's last size {last} must be the weight's in_features {inner}"
        )),
        _ => None,
    };
    if let Some(rule) = rule {
        raise(Error::Shape {
            op: "linear",
            lhs: from.to_vec(),
            rhs: w.to_vec(),
            rule,
        });
    }
    let y = x.matmul(&weight.t());
    match bias {
        Some(bias) => y.add(bias),
        None => y,
    }
}
