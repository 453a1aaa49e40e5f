//! Geometric transforms, with torchvision's defaults.

mod crop;
mod erasing;
mod flip;
mod random_crop;
mod size;
mod warp;

pub use crop::{CenterCrop, FiveCrop, TenCrop};
pub use erasing::{Erasing, RandomErasing};
pub use flip::{RandomHorizontalFlip, RandomVerticalFlip};
pub use random_crop::{RandomCrop, RandomResizedCrop};
pub use size::{Pad, Resize};
pub use warp::{Degrees, ElasticTransform, RandomAffine, RandomPerspective, RandomRotation};
