//! Matrix products and convolutions in half precision, the rest as it was: mixed precision.

use std::cell::Cell;
use std::marker::PhantomData;

use ondol_tensor::{DType, Error};

use crate::{Tensor, raise};

thread_local! {
    static DTYPE: Cell<Option<DType>> = const { Cell::new(None) };
}

/// The dtype that [`autocast`] casts to on this thread, `torch.get_autocast_dtype`; `None` outside.
pub fn autocast_dtype() -> Option<DType> {
    DTYPE.get()
}

/// Whether this thread is in [`autocast`], `torch.is_autocast_enabled`.
pub fn is_autocast_enabled() -> bool {
    autocast_dtype().is_some()
}

/// Restores the mode when dropped.
#[must_use = "the mode lasts until the guard is dropped"]
pub struct AutocastGuard {
    before: Option<DType>,
    // The mode belongs to this thread, so the guard must stay on it.
    _here: PhantomData<*const ()>,
}

impl AutocastGuard {
    pub(crate) fn set(dtype: Option<DType>) -> AutocastGuard {
        AutocastGuard {
            before: DTYPE.replace(dtype),
            _here: PhantomData,
        }
    }
}

impl Drop for AutocastGuard {
    fn drop(&mut self) {
        DTYPE.set(self.before);
    }
}

/// Runs `f` in mixed precision, `torch.autocast`, `torch.amp.autocast`.
///
/// Matrix products, [`linear`](crate::functional::linear) and convolutions cast `f32` operands to
/// `dtype` and give results of it; losses compute in `f32`. Everything else goes by the dtypes it is
/// given, and `f64` stays what it is: PyTorch's lists for the CPU, on every device. Sums within a
/// product are kept in `f32`. Parameters keep their dtype, and so do their gradients.
///
/// Call `backward` outside: each gradient goes back in the dtype of its forward. With `f16`, small
/// gradients vanish; scale the loss (`GradScaler` in `ondol-optim`).
///
/// ```
/// use ondol_autograd::{DType, Tensor, autocast};
/// let w = Tensor::randn([3, 4]).requires_grad_(true);
/// let y = autocast(DType::BF16, || Tensor::ones([2, 3]).mm(&w));
/// assert_eq!(y.dtype(), DType::BF16);
/// y.float().sum().backward();
/// assert_eq!(w.grad().unwrap().dtype(), DType::F32);
/// ```
///
/// # Panics
/// On a dtype that is neither `f16` nor `bf16`.
#[track_caller]
pub fn autocast<T>(dtype: DType, f: impl FnOnce() -> T) -> T {
    let _guard = autocast_guard(dtype);
    f()
}

/// [`autocast`] until the guard is dropped, `with torch.autocast(...)`; `None` goes without again,
/// as PyTorch's `enabled=False`.
///
/// # Panics
/// As [`autocast`].
#[track_caller]
pub fn autocast_guard(dtype: impl Into<Option<DType>>) -> AutocastGuard {
    let dtype = dtype.into();
    if let Some(other) = dtype.filter(|d| !matches!(d, DType::F16 | DType::BF16)) {
        raise(Error::DType {
            op: "autocast",
            got: other.to_string(),
            expected: "f16 or bf16".into(),
        });
    }
    AutocastGuard::set(dtype)
}

/// An operand of a product: in the lower dtype where that is on.
#[track_caller]
pub(crate) fn lower(tensor: &Tensor) -> Tensor {
    match autocast_dtype() {
        Some(dtype) if casts(tensor) => tensor.to_dtype(dtype),
        _ => tensor.clone(),
    }
}

/// What a loss computes with: `f32` where [`autocast`] is on and the tensor is of half precision.
/// For functions of your own that need the range of `f32`.
#[track_caller]
pub fn autocast_to_single(tensor: &Tensor) -> Tensor {
    if is_autocast_enabled() && casts(tensor) {
        tensor.to_dtype(DType::F32)
    } else {
        tensor.clone()
    }
}

/// Whether the mode concerns a tensor: `f64` and what is not floating stay as they are.
fn casts(tensor: &Tensor) -> bool {
    matches!(tensor.dtype(), DType::F32 | DType::F16 | DType::BF16)
}
