//! Whether tensors are equal, or nearly.

use crate::Tensor;
use crate::ops::arithmetic::same_dtype;

impl Tensor {
    /// Whether `|self - other| <= atol + rtol |other|`, element by element, `torch.isclose`; equal
    /// infinities are close, and with `equal_nan` two NaN too. PyTorch's defaults are `1e-5`, `1e-8`
    /// and `false`.
    ///
    /// # Panics
    /// Where the dtypes differ.
    #[track_caller]
    pub fn isclose(&self, other: &Tensor, rtol: f64, atol: f64, equal_nan: bool) -> Tensor {
        same_dtype("isclose", self, other);
        let (a, b) = (self.detach(), other.detach());
        let mut close = a.eq(&b);
        if equal_nan {
            close = close.logical_or(a.isnan().logical_and(b.isnan()));
        }
        if a.dtype() == ondol_tensor::DType::Bool {
            return close;
        }
        let off = a.sub(&b).abs();
        let allowed = b.abs().mul(rtol).add(atol);
        close.logical_or(off.isfinite().logical_and(off.le(allowed)))
    }

    /// Whether all elements are close, `torch.allclose`; see [`Tensor::isclose`].
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// let x = tensor!([1.0, 2.0]);
    /// assert!(x.allclose(&(&x + 1e-7), 1e-5, 1e-8, false));
    /// ```
    #[track_caller]
    pub fn allclose(&self, other: &Tensor, rtol: f64, atol: f64, equal_nan: bool) -> bool {
        let close = self.isclose(other, rtol, atol, equal_nan);
        close.all().item_as::<bool>()
    }

    /// Whether shapes and all elements are equal, `torch.equal`; NaN is not equal to itself.
    #[track_caller]
    pub fn equal(&self, other: &Tensor) -> bool {
        self.shape() == other.shape() && self.detach().eq(other.detach()).all().item_as::<bool>()
    }

    /// The norm of the difference, `torch.dist`: see [`Tensor::vector_norm`] for `p`.
    #[track_caller]
    pub fn dist(&self, other: &Tensor, p: f64) -> Tensor {
        self.sub(other).vector_norm(p, .., false)
    }
}
