//! What transforms can be told.

mod fill;
mod modes;
mod padding;
pub(super) mod repr;
mod size;

pub use fill::Fill;
pub use modes::{InterpolationMode, PaddingMode};
pub use padding::Padding;
pub use size::ImageSize;
