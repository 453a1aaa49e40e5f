//! What a tensor does, seen from outside.

mod engine;
mod handles;
mod linalg;
mod making;
mod modes;
mod operators;
mod printing;
mod promotion;
mod second;
mod shapes;

use ondol_autograd::Tensor;

/// The numbers of an `f32` tensor.
pub(crate) fn floats(t: &Tensor) -> Vec<f32> {
    t.to_vec()
}

/// The gradient of an `f32` tensor.
pub(crate) fn slope(t: &Tensor) -> Vec<f32> {
    floats(&t.grad().expect("there is a gradient"))
}
