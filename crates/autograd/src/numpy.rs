//! Between tensors and `ndarray`, which is to Rust what NumPy is to Python.

use ndarray::{ArrayD, Dimension};
use ondol_tensor::{Array, Device, Element, Error};

use crate::Tensor;
use crate::place::{ok, raise};

impl<T: Element, D: Dimension> From<ndarray::Array<T, D>> for Tensor {
    /// Takes the elements over; copies only where they do not lie row-major.
    fn from(array: ndarray::Array<T, D>) -> Self {
        Tensor::from(Array::from(array))
    }
}

impl Tensor {
    /// A CPU tensor with the elements of an `ndarray`, `torch.from_numpy`; without a copy where they
    /// lie row-major. Nothing is shared afterwards: the tensor owns them.
    ///
    /// ```
    /// use ondol_autograd::Tensor;
    /// let x = Tensor::from_ndarray(ndarray::array![[1.0f32, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.sum_dim(0, false).to_vec::<f32>(), [4.0, 6.0]);
    /// ```
    pub fn from_ndarray<T: Element, D: Dimension>(array: ndarray::Array<T, D>) -> Tensor {
        Tensor::from(array)
    }

    /// A copy of the elements as an `ndarray`, `torch.Tensor.numpy(force=True)`: from any device,
    /// whether or not a gradient is required.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// let a = tensor!([[1.0, 2.0], [3.0, 4.0]]).t().to_ndarray::<f32>();
    /// assert_eq!(a[[0, 1]], 3.0);
    /// ```
    ///
    /// # Panics
    /// Where the dtype is not `T`'s.
    #[track_caller]
    pub fn to_ndarray<T: Element>(&self) -> ArrayD<T> {
        ok(self.value().to_ndarray())
    }

    /// The elements as an `ndarray`, `torch.Tensor.numpy`; without a copy where they came from a
    /// vector, lie row-major and nobody else holds them.
    ///
    /// # Panics
    /// Where the dtype is not `T`'s, the tensor is not on the CPU or requires a gradient, as in
    /// PyTorch: use `.cpu()` and `.detach()` first, or [`Tensor::to_ndarray`].
    #[track_caller]
    pub fn into_ndarray<T: Element>(self) -> ArrayD<T> {
        const OP: &str = "into_ndarray";
        if self.requires_grad() {
            raise(Error::Autograd {
                op: OP,
                message: "Can't call numpy() on Tensor that requires grad. Use .detach() first, or to_ndarray()".into(),
            });
        }
        let device: Device = self.device();
        if !device.is_cpu() {
            raise(Error::Device {
                device: device.name().to_owned(),
                message: "its tensors cannot become an ndarray; use .cpu() first, or to_ndarray()"
                    .into(),
            });
        }
        ok(self.into_value().into_ndarray())
    }
}
