//! Composites: written in tensor operations, without kernels.

mod conv;
mod linalg;
mod pool;
mod size;
mod softmax;
mod stats;

pub use conv::{ConvOptions, ConvTransposeOptions, Padding};
pub use pool::{AvgPoolOptions, OutputSize, PoolOptions};
pub use size::Size;

/// Functions of torch.nn.functional that need no module.
pub mod functional {
    pub use super::conv::{
        conv_transpose1d, conv_transpose2d, conv_transpose3d, conv1d, conv2d, conv3d, fold, unfold,
    };
    pub use super::linalg::linear;
    pub use super::pool::{
        adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d, adaptive_max_pool1d,
        adaptive_max_pool1d_with_indices, adaptive_max_pool2d, adaptive_max_pool2d_with_indices,
        adaptive_max_pool3d, adaptive_max_pool3d_with_indices, avg_pool1d, avg_pool2d, avg_pool3d,
        lp_pool1d, lp_pool2d, lp_pool3d, max_pool1d, max_pool1d_with_indices, max_pool2d,
        max_pool2d_with_indices, max_pool3d, max_pool3d_with_indices, max_unpool1d, max_unpool2d,
        max_unpool3d,
    };
}
