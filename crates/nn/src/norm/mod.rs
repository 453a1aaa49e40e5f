//! Normalisation layers.

mod across;
mod batch;
mod instance;
mod layer;
mod response;
mod statistics;

pub use self::across::{Across, BatchAcross};
pub use self::batch::{BatchNorm1d, BatchNorm2d, BatchNorm3d};
pub use self::instance::{InstanceNorm1d, InstanceNorm2d, InstanceNorm3d};
pub use self::layer::{GroupNorm, LayerNorm, RMSNorm};
pub use self::response::LocalResponseNorm;
