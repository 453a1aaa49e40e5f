//! Boxes, masks and points drawn on pictures.

mod boxes;
mod canvas;
mod color;
mod color_names;
mod keypoints;
mod masks;
mod polygon;
mod text;

pub use boxes::{Boxes, draw_bounding_boxes};
pub use color::Color;
pub use keypoints::{Keypoints, draw_keypoints};
pub use masks::{Masks, draw_segmentation_masks};
