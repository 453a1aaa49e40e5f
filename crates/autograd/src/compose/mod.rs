//! Composites: written in tensor operations, without kernels.

mod addmm;
mod conv;
mod distance;
mod einsum;
mod linalg;
mod pool;
mod products;
mod softmax;
mod stats;

pub(crate) use distance::length;
pub use products::ContractDims;

/// Functions of `torch.nn.functional` that need no module.
pub mod functional {
    pub use super::conv::conv2d;
    pub use super::distance::{cosine_similarity, normalize, pairwise_distance};
    pub use super::linalg::{bilinear, linear};
    pub use super::pool::{max_pool2d, max_pool2d_with_indices};
}
