//! Keeping gradients within bounds.

use std::borrow::Borrow;

use ondol_autograd::{Tensor, ok, update};
use ondol_tensor::{Array, Binary, Compare, DType, Error, Reduce, Result, Unary};

use crate::math::wide;

/// The norm of all gradients together, which are then scaled so that it is at most `max_norm`; returns
/// it as it was. `torch.nn.utils.clip_grad_norm_`.
///
/// ```text
/// g ← g min(1, max_norm / (‖g‖ + 1e-6))
/// ```
///
/// `norm_type` is the norm's order: 2 is the Euclidean one, `f64::INFINITY` the greatest size. Call it
/// between `backward()` and `step()`. Nothing is read back from the device, except to tell whether the
/// norm is finite where `error_if_nonfinite`.
///
/// # Panics
/// Where the norm is infinite or NaN and `error_if_nonfinite` is true.
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_optim::clip_grad_norm_;
/// let w = Tensor::from_vec(vec![3.0f32, 4.0], [2]).requires_grad_(true);
/// (w.square().sum() * 0.5).backward();
/// let norm = clip_grad_norm_([&w], 1.0, 2.0, false);
/// assert_eq!(norm.item(), 5.0);
/// assert!((w.grad().unwrap().square().sum().item() - 1.0).abs() < 1e-5);
/// ```
#[track_caller]
pub fn clip_grad_norm_(
    parameters: impl IntoIterator<Item = impl Borrow<Tensor>>,
    max_norm: f64,
    norm_type: f64,
    error_if_nonfinite: bool,
) -> Tensor {
    let grads = gradients(parameters);
    let norm = ok(total_norm(&grads, norm_type, error_if_nonfinite));
    ok(scale_down(&grads, max_norm, &norm));
    Tensor::from(norm)
}

/// The norm of all tensors together, `torch.nn.utils.get_total_norm`; 0 of none.
///
/// Half types are summed in `f32`, and the norm is `f32` then.
///
/// # Panics
/// Where the norm is infinite or NaN and `error_if_nonfinite` is true.
///
/// ```
/// use ondol_autograd::tensor;
/// use ondol_optim::get_total_norm;
/// assert_eq!(get_total_norm([tensor!([3.0]), tensor!([[4.0]])], 2.0, false).item(), 5.0);
/// ```
#[track_caller]
pub fn get_total_norm(
    tensors: impl IntoIterator<Item = impl Borrow<Tensor>>,
    norm_type: f64,
    error_if_nonfinite: bool,
) -> Tensor {
    let tensors: Vec<Tensor> = tensors.into_iter().map(|t| t.borrow().clone()).collect();
    Tensor::from(ok(total_norm(&tensors, norm_type, error_if_nonfinite)))
}

/// Scales the gradients as [`clip_grad_norm_`] does, by a norm that is known already,
/// `torch.nn.utils.clip_grads_with_norm_`.
///
/// # Panics
/// Where the norm has more than one element.
#[track_caller]
pub fn clip_grads_with_norm_(
    parameters: impl IntoIterator<Item = impl Borrow<Tensor>>,
    max_norm: f64,
    total_norm: &Tensor,
) {
    ok(scale_down(
        &gradients(parameters),
        max_norm,
        &total_norm.value(),
    ));
}

/// Cuts each element of the gradients to `[-clip_value, clip_value]`,
/// `torch.nn.utils.clip_grad_value_`. NaN stays NaN.
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_optim::clip_grad_value_;
/// let w = Tensor::from_vec(vec![3.0f32, -0.5], [2]).requires_grad_(true);
/// w.square().sum().backward();
/// clip_grad_value_([&w], 2.0);
/// assert_eq!(w.grad().unwrap().to_vec::<f32>(), [2.0, -1.0]);
/// ```
#[track_caller]
pub fn clip_grad_value_(
    parameters: impl IntoIterator<Item = impl Borrow<Tensor>>,
    clip_value: f64,
) {
    for grad in gradients(parameters) {
        ok(change(&grad, |g| {
            g.binary_scalar_(Binary::Maximum, -clip_value)?;
            g.binary_scalar_(Binary::Minimum, clip_value)
        }));
    }
}

fn gradients(parameters: impl IntoIterator<Item = impl Borrow<Tensor>>) -> Vec<Tensor> {
    let grads = parameters.into_iter().map(|p| p.borrow().grad());
    grads.flatten().collect()
}

/// Writes to a tensor's numbers, outside of any graph.
pub(crate) fn change(tensor: &Tensor, f: impl Fn(&mut Array) -> Result<()>) -> Result<()> {
    update(std::slice::from_ref(tensor), |arrays| {
        arrays.iter_mut().try_for_each(|array| f(array))
    })
}

fn total_norm(tensors: &[Tensor], order: f64, error_if_nonfinite: bool) -> Result<Array> {
    let mut norms = Vec::with_capacity(tensors.len());
    for tensor in tensors {
        let norm = norm(&tensor.value(), order)?.reshape([1])?;
        norms.push(match norms.first() {
            Some(first) => norm.to_device(Array::device(first))?,
            None => norm,
        });
    }
    if norms.is_empty() {
        return Ok(Array::scalar(0f32));
    }
    let total = norm(&Array::cat(&norms.iter().collect::<Vec<_>>(), 0)?, order)?;
    if error_if_nonfinite && !total.item()?.is_finite() {
        return Err(Error::value(
            "clip_grad_norm_",
            format!(
                "The total norm of order {order} for gradients from `parameters` is non-finite, so it cannot be \
                 clipped. To scale the gradients by the non-finite norm anyway, pass false for error_if_nonfinite"
            ),
        ));
    }
    Ok(total)
}

/// The norm of any order.
fn norm(a: &Array, order: f64) -> Result<Array> {
    if order == 2.0 {
        return crate::math::norm(a);
    }
    let size = wide(a)?.unary(Unary::Abs)?;
    if order.is_infinite() {
        if a.numel() == 0 {
            return Array::zeros([], size.dtype(), a.device());
        }
        let op = if order > 0.0 {
            Reduce::Max
        } else {
            Reduce::Min
        };
        return size.reduce(op, &[], false);
    }
    if order == 0.0 {
        let there = size.compare_scalar(Compare::Ne, 0.0)?.cast(size.dtype())?;
        return there.reduce(Reduce::Sum, &[], false);
    }
    if order == 1.0 {
        return size.reduce(Reduce::Sum, &[], false);
    }
    size.binary_scalar(Binary::Pow, order)?
        .reduce(Reduce::Sum, &[], false)?
        .binary_scalar(Binary::Pow, 1.0 / order)
}

fn scale_down(grads: &[Tensor], max_norm: f64, norm: &Array) -> Result<()> {
    if grads.is_empty() {
        return Ok(());
    }
    let mut factor = wide(norm)?.binary_scalar(Binary::Add, 1e-6)?;
    factor = factor.scalar_binary(Binary::Div, max_norm)?;
    factor.binary_scalar_(Binary::Minimum, 1.0)?;
    let factor = factor.reshape([])?;
    for grad in grads {
        change(grad, |g| multiply_(g, &factor.to_device(g.device())?))?;
    }
    Ok(())
}

/// `a ← a · factor` with a number on the device; half types in `f32`, rounded once.
pub(crate) fn multiply_(a: &mut Array, factor: &Array) -> Result<()> {
    if matches!(a.dtype(), DType::F16 | DType::BF16) {
        let product = wide(a)?.binary(Binary::Mul, factor)?;
        *a = product.cast(a.dtype())?;
        return Ok(());
    }
    a.binary_(Binary::Mul, &factor.cast(a.dtype())?)
}
