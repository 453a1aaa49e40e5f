//! Transforms as functions, `torchvision.transforms.functional`.
//!
//! Each takes an [`Image`](super::Image), a tensor `[…, C, H, W]`, a [`Picture`](super::Picture) or
//! a batch, and gives the same kind back; see [`ImageLike`](super::ImageLike). Images of bytes follow
//! Pillow's rules to the byte, tensors torchvision's.

mod flip;

pub use flip::{hflip, vflip};
