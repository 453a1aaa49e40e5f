//! What a tensor does, seen from outside.

mod autocast;
mod engine;
mod handles;
mod linalg;
mod making;
mod modes;
mod numpy;
mod operators;
mod printing;
mod promotion;
mod promotion_table;
mod random;
mod second;
mod shapes;
mod writes;

use ondol_autograd::Tensor;

/// The numbers of an `f32` tensor.
pub(crate) fn floats(t: &Tensor) -> Vec<f32> {
    t.to_vec()
}

/// The gradient of an `f32` tensor.
pub(crate) fn slope(t: &Tensor) -> Vec<f32> {
    floats(&t.grad().expect("there is a gradient"))
}
