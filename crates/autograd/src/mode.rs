//! Whether operations are recorded, per thread.

use std::cell::Cell;
use std::marker::PhantomData;

#[derive(Clone, Copy)]
struct Mode {
    enabled: bool,
    inference: bool,
}

thread_local! {
    static MODE: Cell<Mode> = const { Cell::new(Mode { enabled: true, inference: false }) };
}

/// Whether operations on this thread are recorded, `torch.is_grad_enabled`. Never in
/// [`inference_mode`], where PyTorch may say `True` and records nothing all the same.
pub fn is_grad_enabled() -> bool {
    let mode = MODE.get();
    mode.enabled && !mode.inference
}

/// Whether this thread is in [`inference_mode`], `torch.is_inference_mode_enabled`.
pub fn is_inference_mode_enabled() -> bool {
    MODE.get().inference
}

/// Restores the mode when dropped.
#[must_use = "the mode lasts until the guard is dropped"]
pub struct GradGuard {
    before: Mode,
    // The mode belongs to this thread, so the guard must stay on it.
    _here: PhantomData<*const ()>,
}

impl GradGuard {
    pub(crate) fn set(enabled: bool) -> GradGuard {
        let inference = MODE.get().inference;
        GradGuard::both(Mode { enabled, inference })
    }

    fn both(mode: Mode) -> GradGuard {
        GradGuard {
            before: MODE.replace(mode),
            _here: PhantomData,
        }
    }
}

impl Drop for GradGuard {
    fn drop(&mut self) {
        MODE.set(self.before);
    }
}

/// Records nothing until the guard is dropped, `with torch.no_grad():`.
///
/// ```
/// use ondol_autograd::{is_grad_enabled, no_grad_guard};
/// {
///     let _guard = no_grad_guard();
///     assert!(!is_grad_enabled());
/// }
/// assert!(is_grad_enabled());
/// ```
pub fn no_grad_guard() -> GradGuard {
    GradGuard::set(false)
}

/// Records again until the guard is dropped, `with torch.enable_grad():`.
pub fn enable_grad_guard() -> GradGuard {
    GradGuard::set(true)
}

/// Records or not until the guard is dropped, `torch.set_grad_enabled` as a context. In PyTorch a
/// bare call lasts for ever; here `std::mem::forget` of the guard does.
///
/// ```
/// use ondol_autograd::{set_grad_enabled, tensor};
/// let x = tensor!(1.0).requires_grad_(true);
/// for training in [false, true] {
///     let _mode = set_grad_enabled(training);
///     assert_eq!(x.mul(2.0).requires_grad(), training);
/// }
/// ```
pub fn set_grad_enabled(enabled: bool) -> GradGuard {
    GradGuard::set(enabled)
}

/// Runs `f` without recording, `torch.no_grad`.
pub fn no_grad<T>(f: impl FnOnce() -> T) -> T {
    let _guard = no_grad_guard();
    f()
}

/// Runs `f` with recording, `torch.enable_grad`.
pub fn enable_grad<T>(f: impl FnOnce() -> T) -> T {
    let _guard = enable_grad_guard();
    f()
}

/// Runs `f` without recording, whatever [`enable_grad`] says within; `torch.inference_mode`.
///
/// It differs from [`no_grad`] in nothing else. PyTorch saves version counters with it and refuses
/// its tensors in later graphs; here there are no counters to save, and the tensors are ordinary
/// ones.
///
/// ```
/// use ondol_autograd::{enable_grad, inference_mode, is_inference_mode_enabled, tensor};
/// let x = tensor!(1.0).requires_grad_(true);
/// let y = inference_mode(|| {
///     assert!(is_inference_mode_enabled());
///     enable_grad(|| x.mul(2.0))
/// });
/// assert!(!y.requires_grad());
/// ```
pub fn inference_mode<T>(f: impl FnOnce() -> T) -> T {
    let _guard = inference_mode_guard(true);
    f()
}

/// [`inference_mode`] until the guard is dropped, `with torch.inference_mode(mode):`; `false`
/// records again within it.
///
/// ```
/// use ondol_autograd::{inference_mode_guard, is_grad_enabled};
/// let _inference = inference_mode_guard(true);
/// assert!(!is_grad_enabled());
/// {
///     let _normal = inference_mode_guard(false);
///     assert!(is_grad_enabled());
/// }
/// assert!(!is_grad_enabled());
/// ```
pub fn inference_mode_guard(mode: bool) -> GradGuard {
    GradGuard::both(Mode {
        enabled: !mode,
        inference: mode,
    })
}
