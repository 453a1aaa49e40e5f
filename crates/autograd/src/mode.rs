//! Whether operations are recorded, per thread.

use std::cell::Cell;

thread_local! {
    static ENABLED: Cell<bool> = const { Cell::new(true) };
}

/// Whether operations on this thread are recorded, `torch.is_grad_enabled`.
pub fn is_grad_enabled() -> bool {
    ENABLED.get()
}

/// Restores the mode when dropped.
#[must_use = "the mode lasts until the guard is dropped"]
pub struct GradGuard {
    before: bool,
    // The mode belongs to this thread, so the guard must stay on it.
    _here: std::marker::PhantomData<*const ()>,
}

impl GradGuard {
    pub(crate) fn set(enabled: bool) -> GradGuard {
        GradGuard {
            before: ENABLED.replace(enabled),
            _here: std::marker::PhantomData,
        }
    }
}

impl Drop for GradGuard {
    fn drop(&mut self) {
        ENABLED.set(self.before);
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
