//! Transforms as functions, `torchvision.transforms.functional`.
//!
//! Each takes an [`Image`](super::Image), a tensor `[…, C, H, W]`, a [`Picture`](super::Picture) or
//! a batch, and gives the same kind back; see [`ImageLike`](super::ImageLike). Images of bytes follow
//! Pillow's rules to the byte, tensors torchvision's.

mod affine;
mod bytes;
mod color;
mod convert;
mod crop;
mod erase;
mod filter;
mod flip;
mod hue;
mod matrix;
mod normalize;
mod pad;
pub(super) mod planes;
mod resize;
mod tensors;
mod tone;
mod tone_tensor;
mod warp;
mod window;

pub use affine::{affine, rotate};
pub use color::{
    adjust_brightness, adjust_contrast, adjust_gamma, adjust_hue, adjust_saturation,
    rgb_to_grayscale,
};
pub use convert::{
    convert_image_dtype, get_dimensions, get_image_num_channels, get_image_size, pil_to_tensor,
    to_pil_image, to_tensor,
};
pub use crop::{center_crop, crop, five_crop, resized_crop, ten_crop};
pub use erase::erase;
pub use filter::{KernelSize, adjust_sharpness, gaussian_blur};
pub use flip::{hflip, vflip};
pub use normalize::normalize;
pub use pad::pad;
pub use resize::resize;
pub use tone::{autocontrast, equalize, invert, posterize, solarize};
pub use warp::{elastic_transform, perspective};

pub(super) use affine::{from_middle, rotation};
pub(super) use matrix::{inverse_affine, perspective_coefficients};
pub(super) use resize::{by_matrices, taps};
pub(super) use warp::identity;
