//! Pictures to look at, the counterpart of `torchvision.utils`.

mod draw;
mod flow;
mod grid;
mod preview;

pub use draw::{
    Boxes, Color, Keypoints, Masks, draw_bounding_boxes, draw_keypoints, draw_segmentation_masks,
};
pub use flow::flow_to_image;
pub use grid::{Grid, make_grid, save_image};
pub use preview::{Preview, preview};
