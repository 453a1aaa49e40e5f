//! Anomaly detection: a gradient that is not a number is stopped where it is made.

use std::cell::Cell;
use std::marker::PhantomData;

use ondol_tensor::{Compare, Error, Reduce, Result};

use crate::Tensor;
use crate::node::Node;

#[derive(Clone, Copy)]
struct Anomaly {
    enabled: bool,
    check_nan: bool,
}

thread_local! {
    static ANOMALY: Cell<Anomaly> = const { Cell::new(Anomaly { enabled: false, check_nan: true }) };
}

/// Restores what was before when dropped.
#[must_use = "the mode lasts until the guard is dropped"]
pub struct AnomalyGuard {
    before: Anomaly,
    // The mode belongs to this thread, so the guard must stay on it.
    _here: PhantomData<*const ()>,
}

impl Drop for AnomalyGuard {
    fn drop(&mut self) {
        ANOMALY.set(self.before);
    }
}

/// Looks for anomalies in the backwards of this thread, or stops looking, until the guard is
/// dropped; `torch.autograd.set_detect_anomaly(mode, check_nan)`,
/// `torch.autograd.set_detect_anomaly`.
///
/// A gradient with a NaN in it raises an error that names the operation whose rule made it, and the
/// line of its forward. `check_nan` of `false` looks for nothing: the forward's line, for which
/// PyTorch needs the mode, is in every error of a backward anyway. PyTorch's mode holds for all
/// threads. Each gradient is read back from its device, which is slow: a mode for debugging.
pub fn set_detect_anomaly(mode: bool, check_nan: bool) -> AnomalyGuard {
    let new = Anomaly {
        enabled: mode,
        check_nan,
    };
    AnomalyGuard {
        before: ANOMALY.replace(new),
        _here: PhantomData,
    }
}

/// Runs `f` with backwards that stop at the first NaN, `torch.autograd.detect_anomaly`.
///
/// ```
/// use ondol_autograd::{catch, detect_anomaly, tensor};
/// let x = tensor!([-1.0, 4.0]).requires_grad_(true);
/// let y = x.sqrt().sum();
/// let error = catch(|| detect_anomaly(|| y.backward())).unwrap_err();
/// assert!(error.to_string().starts_with("sqrt: its backward returned nan values in its 0th output"));
/// ```
pub fn detect_anomaly<T>(f: impl FnOnce() -> T) -> T {
    let _guard = set_detect_anomaly(true, true);
    f()
}

/// Whether backwards of this thread look for anomalies, `torch.is_anomaly_enabled`.
pub fn is_anomaly_enabled() -> bool {
    ANOMALY.get().enabled
}

/// Whether they look for NaN, `torch.is_anomaly_check_nan_enabled`.
pub fn is_anomaly_check_nan_enabled() -> bool {
    ANOMALY.get().check_nan
}

pub(crate) fn checks_nan() -> bool {
    let anomaly = ANOMALY.get();
    anomaly.enabled && anomaly.check_nan
}

/// Fails on a gradient for input `input` that is not a number.
pub(crate) fn check(node: &Node, input: usize, gradient: &Tensor) -> Result<()> {
    let value = gradient.value();
    if !value.dtype().is_floating_point() || value.numel() == 0 {
        return Ok(());
    }
    // NaN alone differs from itself.
    let nans = value.compare(Compare::Ne, &value)?;
    let all: Vec<isize> = (0..nans.ndim() as isize).collect();
    if nans.reduce(Reduce::Any, &all, false)?.item()? == 0.0 {
        return Ok(());
    }
    Err(Error::Autograd {
        op: node.name,
        message: format!("its backward returned nan values in its {input}th output"),
    })
}
