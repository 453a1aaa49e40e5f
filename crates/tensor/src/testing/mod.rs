//! Conformance: every primitive of a device against plain loops on the host.
//!
//! A backend's own tests call [`conformance`]; the loops know nothing of kernels.

mod convolution;
mod elementwise;
mod formulas;
mod host;
mod places;
mod product;
mod random;
mod reduction;
mod steps;

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
    elementwise::fills_and_casts(device);
    elementwise::unary(device);
    elementwise::binary(device);
    elementwise::in_place(device);
    elementwise::select(device);
    reduction::reduce(device);
    reduction::arg_reduce(device);
    reduction::scan(device);
    product::matmul(device);
    places::gather(device);
    places::scatter(device);
    places::sort(device);
    random::random(device);
    convolution::conv2d(device);
    convolution::max_pool2d(device);
    steps::sgd(device);
    steps::adam(device);
}
