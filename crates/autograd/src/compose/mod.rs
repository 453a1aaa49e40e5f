//! Composites: written in tensor operations, without kernels.

mod conv;
mod difference;
mod linalg;
mod norm;
mod pool;
mod softmax;
mod stats;

/// Functions of `torch.nn.functional` that need no module.
pub mod functional {
    pub use super::conv::conv2d;
    pub use super::linalg::linear;
    pub use super::pool::{max_pool2d, max_pool2d_with_indices};
}
