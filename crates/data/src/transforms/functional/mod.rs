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
mod noise;
mod normalize;
mod pad;
mod permute;
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
    grayscale_to_rgb, rgb_to_grayscale,
};
pub use convert::{
    convert_image_dtype, get_dimensions, get_image_num_channels, get_image_size, pil_to_tensor,
    to_dtype, to_pil_image, to_tensor,
};
pub use crop::{center_crop, crop, five_crop, resized_crop, ten_crop};
pub use erase::erase;
pub use filter::{KernelSize, adjust_sharpness, gaussian_blur};
pub use flip::{hflip, vflip};
pub use noise::gaussian_noise;
pub use normalize::normalize;
pub use pad::pad;
pub use permute::permute_channels;
pub use resize::resize;
pub use tone::{autocontrast, equalize, invert, posterize, solarize};
pub use warp::{elastic_transform, perspective};

pub(super) use affine::{from_middle, rotation};
pub(super) use color::{brightness, contrast, saturation, turned};
pub(super) use matrix::{inverse_affine, perspective_coefficients};
pub(super) use noise::with_noise;
pub(super) use tensors::Amount;
pub(super) use warp::identity_grid;
