//! One tensor or several, as functions give them.

use ondol_tensor::Error;

use crate::Tensor;
use crate::place::raise;

/// What a function of tensors may give: a [`Tensor`], a pair or triple, an array or a `Vec` of them.
pub trait Tensors: Sized {
    /// The tensors, in order.
    fn into_vec(self) -> Vec<Tensor>;

    /// The same again from as many tensors.
    ///
    /// # Panics
    /// On another number of tensors.
    #[track_caller]
    fn from_vec(tensors: Vec<Tensor>) -> Self;
}

impl Tensors for Vec<Tensor> {
    fn into_vec(self) -> Vec<Tensor> {
        self
    }

    fn from_vec(tensors: Vec<Tensor>) -> Self {
        tensors
    }
}

#[track_caller]
fn exactly<const N: usize>(tensors: Vec<Tensor>) -> [Tensor; N] {
    match tensors.try_into() {
        Ok(array) => array,
        Err(tensors) => raise(Error::value(
            "from_vec",
            format!("expected {N} tensors, got {}", tensors.len()),
        )),
    }
}

impl<const N: usize> Tensors for [Tensor; N] {
    fn into_vec(self) -> Vec<Tensor> {
        self.into()
    }

    #[track_caller]
    fn from_vec(tensors: Vec<Tensor>) -> Self {
        exactly(tensors)
    }
}

impl Tensors for Tensor {
    fn into_vec(self) -> Vec<Tensor> {
        vec![self]
    }

    #[track_caller]
    fn from_vec(tensors: Vec<Tensor>) -> Self {
        let [one] = exactly(tensors);
        one
    }
}

impl Tensors for (Tensor, Tensor) {
    fn into_vec(self) -> Vec<Tensor> {
        vec![self.0, self.1]
    }

    #[track_caller]
    fn from_vec(tensors: Vec<Tensor>) -> Self {
        exactly::<2>(tensors).into()
    }
}

impl Tensors for (Tensor, Tensor, Tensor) {
    fn into_vec(self) -> Vec<Tensor> {
        vec![self.0, self.1, self.2]
    }

    #[track_caller]
    fn from_vec(tensors: Vec<Tensor>) -> Self {
        exactly::<3>(tensors).into()
    }
}
