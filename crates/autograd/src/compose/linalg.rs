//! Affine and bilinear maps.

use ondol_tensor::Error;

use crate::autocast::lower;
use crate::{Tensor, raise};

/// `x · weightᵀ + bias`, `torch.nn.functional.linear`: `x [.., in]`, `weight [out, in]`, `bias [out]`;
/// a weight `[in]` gives one number for each `x`.
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
        (_, w) if !matches!(w.len(), 1 | 2) => {
            Some("the weight must be a matrix [out_features, in_features]".to_owned())
        }
        (Some(&last), &[.., inner]) if last != inner => Some(format!(
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
        Some(bias) => y.add(lower(bias)),
        None => y,
    }
}

/// `yₖ = x₁ᵀ Wₖ x₂ + bₖ`, `torch.nn.functional.bilinear`: `x1 [.., in1]`, `x2 [.., in2]`, `weight
/// [out, in1, in2]`, `bias [out]`.
///
/// # Panics
/// Where the leading sizes of `x1` and `x2` differ, or their last ones are not the weight's.
#[track_caller]
pub fn bilinear(x1: &Tensor, x2: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Tensor {
    let (a, b, w) = (x1.shape(), x2.shape(), weight.shape());
    let rule = match (a.split_last(), b.split_last(), &w[..]) {
        (None, _, _) | (_, None, _) => Some("the inputs need at least one dimension".to_owned()),
        (Some((last, _)), _, &[_, in1, _]) if *last != in1 => Some(format!(
            "input1 size does not match weight size: got {last} but expected {in1}"
        )),
        (_, Some((last, _)), &[_, _, in2]) if *last != in2 => Some(format!(
            "input2 size does not match weight size: got {last} but expected {in2}"
        )),
        (Some((_, a)), Some((_, b)), &[_, _, _]) if a != b => {
            Some("the inputs' leading sizes must be equal".to_owned())
        }
        (_, _, &[_, _, _]) => None,
        _ => Some("the weight must be [out_features, in1_features, in2_features]".to_owned()),
    };
    if let Some(rule) = rule {
        raise(Error::Shape {
            op: "bilinear",
            lhs: a.to_vec(),
            rhs: b.to_vec(),
            rule,
        });
    }
    let y = Tensor::einsum("...i,kij,...j->...k", &[x1, weight, x2]);
    match bias {
        Some(bias) => y.add(bias),
        None => y,
    }
}
