//! Composites: written in tensor operations, without kernels.

mod arrange;
mod combine;
mod conv;
mod dims;
mod grid;
mod histogram;
mod linalg;
mod mask;
mod pad;
mod part;
mod pieces;
mod pool;
mod quantile;
mod rank;
mod rows;
mod search;
mod softmax;
mod stats;
mod triangle;
mod unique;

pub use grid::Indexing;
pub use pad::PadMode;
pub use pieces::Sections;
pub use quantile::Interpolation;

/// Functions of `torch.nn.functional` that need no module.
pub mod functional {
    pub use super::conv::conv2d;
    pub use super::linalg::linear;
    pub use super::pad::pad;
    pub use super::pool::{max_pool2d, max_pool2d_with_indices};
}
