//! Affine and bilinear maps.

use ondol_tensor::{Array, Error, Fused};

use crate::autocast::{is_autocast_enabled, lower};
use crate::{Op, Tensor, is_grad_enabled, ok, raise};

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
    if let Some(y) = fused(x, weight, bias) {
        return y;
    }
    let y = x.matmul(&weight.t());
    match bias {
        Some(bias) => y.add(lower(bias)),
        None => y,
    }
}

/// Whether a gradient is numbers only: no graph of it is made, and no dtype changed.
fn plain() -> bool {
    !is_grad_enabled() && !is_autocast_enabled()
}

/// The affine map in one operation, where the backend has one for these operands. Without a bias it is
/// a product, whose gradient by the weight is made in the weight's own layout.
#[track_caller]
fn fused(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Option<Tensor> {
    let fits = |bias: &Tensor| bias.shape()[..] == [weight.size(0)];
    if is_autocast_enabled() || weight.ndim() != 2 || !bias.is_none_or(fits) {
        return None;
    }
    let shape = x.shape();
    if shape.ndim() != 2 {
        // A batch of rows is more rows.
        let rows = shape[..shape.ndim() - 1].iter().product::<usize>();
        let y = fused(&x.reshape([rows, weight.size(1)]), weight, bias)?;
        let last = shape.ndim() - 1;
        return Some(y.reshape(shape.with(last, weight.size(0))));
    }
    let (a, w) = (x.value(), weight.value());
    let value = match bias {
        Some(bias) => ok(Array::fused(&Fused::Linear, &[&a, &w, &bias.value()])?).swap_remove(0),
        None if a.dtype() != w.dtype() || !a.dtype().is_floating_point() => return None,
        None => ok(w.transpose(0, 1).and_then(|w| a.matmul(&w))),
    };
    crate::watch::multiplied(value.numel() * weight.size(1));
    let op = Op::new("linear", [x, weight].into_iter().chain(bias));
    let (left, right) = (op.needs(0), op.needs(1));
    if !left && !right && !(bias.is_some() && op.needs(2)) {
        return Some(Tensor::from(value));
    }
    let w = left.then(|| weight.snapshot());
    let a = right.then(|| x.snapshot());
    // The engine sums the bias' gradient over the rows.
    let mut op = if bias.is_some() {
        op.rule(2, Tensor::clone)
    } else {
        op
    };
    if let Some(w) = w {
        op = op.rule(0, move |g| match plain() {
            true => Tensor::from(ok(g.value().matmul(&w.value()))),
            false => g.product(&w),
        });
    }
    if let Some(a) = a {
        op = op.rule(1, move |g| match plain() {
            true => Tensor::from(ok(g
                .value()
                .transpose(0, 1)
                .and_then(|g| g.matmul(&a.value())))),
            false => g.transpose(0, 1).product(&a),
        });
    }
    Some(op.output(value))
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
