//! What transforms can be told.

mod fill;
mod modes;
mod padding;
pub(super) mod repr;
mod settings;
mod size;

pub use fill::Fill;
pub use modes::{InterpolationMode, PaddingMode};
pub use padding::Padding;
pub use settings::{AffineOptions, ResizeOptions, RotateOptions, WarpOptions};
pub use size::ImageSize;
