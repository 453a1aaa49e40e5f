//! Composites: written in tensor operations, without kernels.

mod addmm;
mod arrange;
mod combine;
mod conv;
mod difference;
mod dims;
mod distance;
mod einsum;
mod grid;
mod histogram;
mod linalg;
mod mask;
mod norm;
mod pad;
mod part;
mod pieces;
mod pool;
mod products;
mod quantile;
mod rank;
mod rows;
mod search;
mod size;
mod softmax;
mod stats;
mod triangle;
mod unique;

pub use conv::{ConvOptions, ConvTransposeOptions, Padding};
pub use grid::Indexing;
pub use pad::PadMode;
pub use pieces::Sections;
pub use pool::{AvgPoolOptions, OutputSize, PoolOptions};
pub use products::ContractDims;
pub use quantile::Interpolation;
pub use size::Size;

/// Functions of torch.nn.functional that need no module.
pub mod functional {
    pub use super::conv::{
        conv_transpose1d, conv_transpose2d, conv_transpose3d, conv1d, conv2d, conv3d, fold, unfold,
    };
    pub use super::distance::{cosine_similarity, normalize, pairwise_distance};
    pub use super::linalg::{bilinear, linear};
    pub use super::pad::pad;
    pub use super::pool::{
        adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d, adaptive_max_pool1d,
        adaptive_max_pool1d_with_indices, adaptive_max_pool2d, adaptive_max_pool2d_with_indices,
        adaptive_max_pool3d, adaptive_max_pool3d_with_indices, avg_pool1d, avg_pool2d, avg_pool3d,
        lp_pool1d, lp_pool2d, lp_pool3d, max_pool1d, max_pool1d_with_indices, max_pool2d,
        max_pool2d_with_indices, max_pool3d, max_pool3d_with_indices, max_unpool1d, max_unpool2d,
        max_unpool3d,
    };
}
