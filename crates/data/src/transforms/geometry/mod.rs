//! Geometric transforms, with torchvision's defaults.

mod crop;
mod elastic;
mod erasing;
mod flip;
mod random_crop;
mod random_size;
mod size;
mod warp;

pub use crop::{CenterCrop, FiveCrop, TenCrop};
pub use elastic::ElasticTransform;
pub use erasing::{Erasing, RandomErasing};
pub use flip::{RandomHorizontalFlip, RandomVerticalFlip};
pub use random_crop::{RandomCrop, RandomResizedCrop};
pub use random_size::{RandomResize, RandomShortestSize, RandomZoomOut, ScaleJitter};
pub use size::{Pad, Resize};
pub use warp::{Degrees, RandomAffine, RandomPerspective, RandomRotation};
