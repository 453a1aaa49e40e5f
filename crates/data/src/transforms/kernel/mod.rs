//! The loops behind the geometric transforms: bytes as Pillow has it, floats as torchvision.

pub(super) mod bytes;
pub(super) mod grid;
pub(super) mod planes;
pub(super) mod taps;
pub(super) mod warp_bytes;
pub(super) mod warp_planes;
