//! Brightness, contrast, saturation, hue, gamma and grey.

use ondol_autograd::Tensor;
use ondol_tensor::{Error, Result};

use super::tensors::{Amount, blend, channels, cut, from_unit, grey, to_unit, wide};
use super::{bytes, hue};
use crate::transforms::{Image, ImageLike};

/// A copy whose bytes `f` changed; for one or three channels.
pub(super) fn recoloured(
    op: &'static str,
    image: &Image,
    f: impl FnOnce(&mut [u8]),
) -> Result<Image> {
    image_channels(op, image)?;
    let mut out = image.clone();
    f(out.pixels_mut());
    Ok(out)
}

/// One or three channels.
fn image_channels(op: &'static str, image: &Image) -> Result<usize> {
    match image.channels() {
        c @ (1 | 3) => Ok(c),
        c => Err(Error::value(
            op,
            format!("Input image permitted channel values are [1, 3], but found {c}"),
        )),
    }
}

/// A factor that may not be negative, nor NaN.
pub(super) fn not_negative(op: &'static str, name: &str, factor: f64) -> Result<()> {
    match factor >= 0.0 {
        true => Ok(()),
        false => Err(Error::value(
            op,
            format!("{name} ({factor:?}) is not non-negative."),
        )),
    }
}

/// The image between black (0), itself (1) and brighter,
/// `torchvision.transforms.functional.adjust_brightness`: `factor · x`, cut to the dtype's bounds.
///
/// ```
/// use ondol_data::transforms::{Image, functional};
/// let image = Image::new(1, 1, 3, vec![0, 100, 200])?;
/// assert_eq!(functional::adjust_brightness(&image, 1.5)?.pixels(), [0, 150, 255]);
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
///
/// # Errors
/// A negative factor; other than 1 or 3 channels; a tensor of fewer than three dimensions.
pub fn adjust_brightness<I: ImageLike>(img: &I, brightness_factor: f64) -> Result<I> {
    const OP: &str = "adjust_brightness";
    not_negative(OP, "brightness_factor", brightness_factor)?;
    img.map(
        |image| recoloured(OP, image, |p| bytes::brightness(p, brightness_factor)),
        |x| brightness(x, Amount::One(brightness_factor)),
    )
}

/// The image between its mean grey (0), itself (1) and more contrast,
/// `torchvision.transforms.functional.adjust_contrast`. Each image of a batch has its own mean.
///
/// # Errors
/// A negative factor; other than 1 or 3 channels; a tensor of fewer than three dimensions.
pub fn adjust_contrast<I: ImageLike>(img: &I, contrast_factor: f64) -> Result<I> {
    const OP: &str = "adjust_contrast";
    not_negative(OP, "contrast_factor", contrast_factor)?;
    img.map(
        |image| {
            let c = image.channels();
            recoloured(OP, image, |p| bytes::contrast(p, c, contrast_factor))
        },
        |x| contrast(x, Amount::One(contrast_factor)),
    )
}

/// The image between its grey (0), itself (1) and more colour,
/// `torchvision.transforms.functional.adjust_saturation`. A grey image stays as it is.
///
/// # Errors
/// A negative factor; other than 1 or 3 channels; a tensor of fewer than three dimensions.
pub fn adjust_saturation<I: ImageLike>(img: &I, saturation_factor: f64) -> Result<I> {
    const OP: &str = "adjust_saturation";
    not_negative(OP, "saturation_factor", saturation_factor)?;
    img.map(
        |image| match image_channels(OP, image)? {
            3 => recoloured(OP, image, |p| bytes::saturation(p, saturation_factor)),
            _ => Ok(image.clone()),
        },
        |x| saturation(x, Amount::One(saturation_factor)),
    )
}

/// The hue of the image turned by `hue_factor` of the circle, from -0.5 to 0.5,
/// `torchvision.transforms.functional.adjust_hue`. A grey image stays as it is.
///
/// Tensors are turned in `f32`; images of bytes, as Pillow has it, by whole 255ths of the circle.
///
/// # Errors
/// A factor outside of -0.5 and 0.5; other than 1 or 3 channels; a tensor of fewer than three
/// dimensions.
pub fn adjust_hue<I: ImageLike>(img: &I, hue_factor: f64) -> Result<I> {
    const OP: &str = "adjust_hue";
    if !(-0.5..=0.5).contains(&hue_factor) {
        return Err(Error::value(
            OP,
            format!("hue_factor ({hue_factor:?}) is not in [-0.5, 0.5]."),
        ));
    }
    img.map(
        |image| match image_channels(OP, image)? {
            3 => recoloured(OP, image, |p| bytes::hue(p, hue_factor)),
            _ => Ok(image.clone()),
        },
        |x| turned(x, Amount::One(hue_factor)),
    )
}

/// Tensors brighter, each picture by its own factor where there are several.
pub(in crate::transforms) fn brightness(x: &Tensor, factor: Amount) -> Result<Tensor> {
    channels("adjust_brightness", x)?;
    Ok(cut(&factor.times(&wide(x), |factor| factor), x.dtype()))
}

/// Tensors of more contrast.
pub(in crate::transforms) fn contrast(x: &Tensor, factor: Amount) -> Result<Tensor> {
    let greys = match channels("adjust_contrast", x)? {
        3 => wide(&grey(x)),
        _ => wide(x),
    };
    Ok(blend(x, &greys.mean_dim([-3, -2, -1], true), factor))
}

/// Tensors of more colour.
pub(in crate::transforms) fn saturation(x: &Tensor, factor: Amount) -> Result<Tensor> {
    match channels("adjust_saturation", x)? {
        3 => Ok(blend(x, &grey(x), factor)),
        _ => Ok(x.clone()),
    }
}

/// Tensors whose hue is turned.
pub(in crate::transforms) fn turned(x: &Tensor, factor: Amount) -> Result<Tensor> {
    match channels("adjust_hue", x)? {
        3 if x.numel() > 0 => Ok(from_unit(&hue::turn(&to_unit(x), factor), x.dtype())),
        _ => Ok(x.clone()),
    }
}

/// `gain · x^gamma` for numbers from 0 to 1, `torchvision.transforms.functional.adjust_gamma`:
/// above 1 shadows get darker, below 1 lighter. Bytes are taken as their 255th part.
///
/// # Errors
/// A negative gamma; other than 1 or 3 channels; a tensor of fewer than three dimensions.
pub fn adjust_gamma<I: ImageLike>(img: &I, gamma: f64, gain: f64) -> Result<I> {
    const OP: &str = "adjust_gamma";
    if gamma.is_nan() || gamma < 0.0 {
        return Err(Error::value(
            OP,
            "Gamma should be a non-negative real number",
        ));
    }
    img.map(
        |image| recoloured(OP, image, |p| bytes::gamma(p, gamma, gain)),
        |x| {
            channels(OP, x)?;
            let unit = match x.is_floating_point() {
                true => x.clone(),
                false => to_unit(x),
            };
            let curved = unit.pow(gamma).mul(gain).clamp(0.0, 1.0);
            Ok(from_unit(&curved, x.dtype()))
        },
    )
}

/// The image's grey in one channel or in three alike,
/// `torchvision.transforms.functional.rgb_to_grayscale`, `torchvision.transforms.functional.to_grayscale`:
/// `.2989 R + .587 G + .114 B`.
///
/// Three channels of a tensor are one, expanded. A grey image is copied into three, as Pillow does
/// (for tensors torchvision's older function leaves it one).
///
/// # Errors
/// `num_output_channels` other than 1 or 3; an image of other than 1 or 3 channels; a tensor of fewer
/// than three dimensions.
pub fn rgb_to_grayscale<I: ImageLike>(img: &I, num_output_channels: usize) -> Result<I> {
    const OP: &str = "rgb_to_grayscale";
    if !matches!(num_output_channels, 1 | 3) {
        return Err(Error::value(
            OP,
            "num_output_channels should be either 1 or 3",
        ));
    }
    img.map(
        |image| {
            let c = image_channels(OP, image)?;
            let greys = bytes::grey(image.pixels(), c, num_output_channels);
            Image::new(image.width(), image.height(), num_output_channels, greys)
        },
        |x| {
            let one = match channels(OP, x)? {
                3 => grey(x),
                _ => x.clone(),
            };
            if num_output_channels == 1 {
                return Ok(one);
            }
            let mut shape = x.shape();
            let at = shape.ndim() - 3;
            shape[at] = 3;
            Ok(one.expand(shape))
        },
    )
}

/// A grey image in three channels alike; what has three stays as it is,
/// `torchvision.transforms.v2.functional.grayscale_to_rgb`.
///
/// # Errors
/// An image of other than 1 or 3 channels; a tensor of fewer than three dimensions.
pub fn grayscale_to_rgb<I: ImageLike>(img: &I) -> Result<I> {
    match img.dimensions()?[0] {
        3 => Ok(img.clone()),
        _ => rgb_to_grayscale(img, 3),
    }
}
