//! Conformance: every primitive of a device against plain loops on the host.
//!
//! A backend's own tests call [`conformance`]; the loops know nothing of kernels.

mod host;
mod reduction;

use crate::Device;

/// Runs every primitive through [`crate::Array`] on `device` and compares with loops over host
/// vectors in `f64` and `i64`: all variants of all operations, in the dtypes they take, on
/// contiguous, transposed, sliced, flipped, broadcast, empty and 0-dim operands, and in place.
///
/// # Panics
/// At the first disagreement, naming operation, dtype and shape.
///
/// ```no_run
/// let device = "cpu".parse().unwrap();
/// ondol_tensor::testing::conformance(&device);
/// ```
pub fn conformance(device: &Device) {
    reduction::reduce(device);
    reduction::arg_reduce(device);
    reduction::scan(device);
}
