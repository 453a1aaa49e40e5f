//! Tensors that take dtype and device, and maybe the shape, of another.

use ondol_tensor::{Scalar, Shape};

use super::Options;
use crate::Tensor;

impl Tensor {
    pub(crate) fn like(&self) -> Options {
        let slot = self.read();
        Options {
            dtype: slot.value.dtype(),
            device: slot.value.device().clone(),
        }
    }

    /// Zeros of this tensor's shape, dtype and device, `torch.zeros_like`.
    #[track_caller]
    pub fn zeros_like(&self) -> Tensor {
        Tensor::zeros_with(self.shape(), self.like())
    }

    /// Ones of this tensor's shape, dtype and device, `torch.ones_like`.
    #[track_caller]
    pub fn ones_like(&self) -> Tensor {
        Tensor::ones_with(self.shape(), self.like())
    }

    /// One value in this tensor's shape, dtype and device, `torch.full_like`.
    #[track_caller]
    pub fn full_like(&self, value: impl Into<Scalar>) -> Tensor {
        Tensor::full_with(self.shape(), value, self.like())
    }

    /// [`Tensor::empty`] of this tensor's shape, dtype and device, `torch.empty_like`.
    #[track_caller]
    pub fn empty_like(&self) -> Tensor {
        Tensor::empty_with(self.shape(), self.like())
    }

    /// Zeros of another shape in this tensor's dtype and device, `torch.Tensor.new_zeros`.
    #[track_caller]
    pub fn new_zeros(&self, shape: impl Into<Shape>) -> Tensor {
        Tensor::zeros_with(shape, self.like())
    }

    /// Ones of another shape in this tensor's dtype and device, `torch.Tensor.new_ones`.
    #[track_caller]
    pub fn new_ones(&self, shape: impl Into<Shape>) -> Tensor {
        Tensor::ones_with(shape, self.like())
    }

    /// One value in another shape in this tensor's dtype and device, `torch.Tensor.new_full`.
    #[track_caller]
    pub fn new_full(&self, shape: impl Into<Shape>, value: impl Into<Scalar>) -> Tensor {
        Tensor::full_with(shape, value, self.like())
    }

    /// [`Tensor::empty`] of another shape in this tensor's dtype and device, `torch.Tensor.new_empty`.
    #[track_caller]
    pub fn new_empty(&self, shape: impl Into<Shape>) -> Tensor {
        Tensor::empty_with(shape, self.like())
    }
}
