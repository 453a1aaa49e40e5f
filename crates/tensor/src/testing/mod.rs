//! Conformance: every primitive of a device against plain loops on the host.
//!
//! A backend's own tests call [`conformance`]; the loops know nothing of kernels.

mod composite;
mod convolution;
mod elementwise;
mod formulas;
mod host;
mod places;
mod product;
mod random;
mod reduction;
mod special;
mod steps;

use crate::Device;

/// A part of [`conformance`]: its name, and what runs it.
pub type Section = (&'static str, fn(&Device));

/// The parts of [`conformance`], one for each family of primitives.
pub const SECTIONS: &[Section] = &[
    ("fill and cast", elementwise::fills_and_casts),
    ("unary", elementwise::unary),
    ("binary and compare", elementwise::binary),
    ("in place", elementwise::in_place),
    ("select", elementwise::select),
    ("reduce", reduction::reduce),
    ("arg_reduce", reduction::arg_reduce),
    ("scan", reduction::scan),
    ("matmul", product::matmul),
    ("linear", product::linear),
    ("gather", places::gather),
    ("scatter", places::scatter),
    ("sort", places::sort),
    ("random", random::random),
    ("conv2d", convolution::conv2d),
    ("max_pool2d", convolution::max_pool2d),
    ("slopes", composite::slopes),
    ("softmax", composite::softmax),
    ("cross_entropy", composite::cross_entropy),
    ("binary_cross_entropy", composite::binary_cross_entropy),
    ("layer_norm", composite::layer_norm),
    ("batch_norm", composite::batch_norm),
    ("sgd", steps::sgd),
    ("adam", steps::adam),
];

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
    SECTIONS.iter().for_each(|(_, run)| run(device));
}
