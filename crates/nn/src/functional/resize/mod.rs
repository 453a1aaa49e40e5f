//! Other sizes, and other places, of the same picture.

mod grid;
mod interpolate;
mod options;

pub use self::grid::{GridMode, GridOptions, GridPadding, affine_grid, grid_sample};
pub use self::interpolate::{interpolate, upsample};
pub use self::options::{Interpolate, InterpolateMode, PerDim};
