//! Transforms as functions, `torchvision.transforms.functional`.
//!
//! Each takes an [`Image`](super::Image), a tensor `[…, C, H, W]`, a [`Picture`](super::Picture) or
//! a batch, and gives the same kind back; see [`ImageLike`](super::ImageLike). Images of bytes follow
//! Pillow's rules to the byte, tensors torchvision's.

mod bytes;
mod color;
mod filter;
mod flip;
mod hue;
mod tensors;
mod tone;
mod tone_tensor;

pub use color::{
    adjust_brightness, adjust_contrast, adjust_gamma, adjust_hue, adjust_saturation,
    rgb_to_grayscale,
};
pub use filter::{KernelSize, adjust_sharpness, gaussian_blur};
pub use flip::{hflip, vflip};
pub use tone::{autocontrast, equalize, invert, posterize, solarize};
