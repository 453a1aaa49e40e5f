//! Tones inverted, of fewer bits, solarized, stretched, equalized.

use ondol_tensor::{DType, Error, Result};

use super::color::recoloured;
use super::tensors::{bound, channels, from_unit, to_unit};
use super::{bytes, tone_tensor};
use crate::transforms::ImageLike;

/// The negative: the greatest value minus each, `torchvision.transforms.functional.invert`.
///
/// # Errors
/// Other than 1 or 3 channels; a tensor of fewer than three dimensions.
pub fn invert<I: ImageLike>(img: &I) -> Result<I> {
    const OP: &str = "invert";
    img.map(
        |image| recoloured(OP, image, |p| bytes::look_up(p, &bytes::table(|p| !p))),
        |x| {
            channels(OP, x)?;
            Ok(tone_tensor::invert(x))
        },
    )
}

/// The highest `bits` of each byte, `torchvision.transforms.functional.posterize`.
///
/// Floats from 0 to 1 get `2^bits` levels, as `torchvision.transforms.v2.functional.posterize` has it.
///
/// ```
/// use ondol_data::transforms::{Image, functional};
/// let image = Image::new(2, 1, 1, vec![63, 200])?;
/// assert_eq!(functional::posterize(&image, 2)?.pixels(), [0, 192]);
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
///
/// # Errors
/// More than 8 bits; other than 1 or 3 channels; a tensor of fewer than three dimensions.
pub fn posterize<I: ImageLike>(img: &I, bits: u32) -> Result<I> {
    const OP: &str = "posterize";
    if bits > 8 {
        return Err(Error::value(
            OP,
            format!("The number if bits should be between 0 and 8. Got {bits}"),
        ));
    }
    let mask = !(0xFFu8.checked_shr(bits).unwrap_or(0));
    img.map(
        |image| recoloured(OP, image, |p| p.iter_mut().for_each(|p| *p &= mask)),
        |x| {
            channels(OP, x)?;
            Ok(tone_tensor::posterize(x, bits))
        },
    )
}

/// All that reaches `threshold` inverted, `torchvision.transforms.functional.solarize`.
///
/// The threshold is from 0 to 255 for bytes, from 0 to 1 for floats.
///
/// # Errors
/// Of a tensor, a threshold above the dtype's bound; other than 1 or 3 channels; fewer than three
/// dimensions.
pub fn solarize<I: ImageLike>(img: &I, threshold: f64) -> Result<I> {
    const OP: &str = "solarize";
    let turned = bytes::table(|p| match f64::from(p) < threshold {
        true => p,
        false => !p,
    });
    img.map(
        |image| recoloured(OP, image, |p| bytes::look_up(p, &turned)),
        |x| {
            channels(OP, x)?;
            let bound = bound(x.dtype());
            if threshold > bound {
                return Err(Error::value(
                    OP,
                    format!("Threshold should be less than bound of img, which is {bound}: got {threshold}"),
                ));
            }
            Ok(tone_tensor::solarize(x, threshold))
        },
    )
}

/// Each channel stretched, so that its darkest pixel is black and its lightest white,
/// `torchvision.transforms.functional.autocontrast`. A channel of one value stays.
///
/// # Errors
/// Other than 1 or 3 channels; a tensor of fewer than three dimensions.
pub fn autocontrast<I: ImageLike>(img: &I) -> Result<I> {
    const OP: &str = "autocontrast";
    img.map(
        |image| {
            let c = image.channels();
            recoloured(OP, image, |p| bytes::autocontrast(p, c))
        },
        |x| {
            channels(OP, x)?;
            match x.numel() {
                0 => Ok(x.clone()),
                _ => Ok(tone_tensor::autocontrast(x)),
            }
        },
    )
}

/// Each channel's tones spread, so that every tone is as frequent as may be,
/// `torchvision.transforms.functional.equalize`.
///
/// Other tensors than of bytes go through bytes and back, as in
/// `torchvision.transforms.v2.functional.equalize`.
///
/// # Errors
/// Other than 1 or 3 channels; a tensor of fewer than three dimensions.
pub fn equalize<I: ImageLike>(img: &I) -> Result<I> {
    const OP: &str = "equalize";
    img.map(
        |image| {
            let c = image.channels();
            recoloured(OP, image, |p| bytes::equalize(p, c))
        },
        |x| {
            channels(OP, x)?;
            match x.dtype() {
                _ if x.numel() == 0 => Ok(x.clone()),
                DType::U8 => Ok(tone_tensor::equalize(x)),
                dtype if dtype.is_floating_point() => {
                    let bytes = from_unit(x, DType::U8);
                    Ok(to_unit(&tone_tensor::equalize(&bytes)).to_dtype(dtype))
                }
                other => Err(Error::DType {
                    op: OP,
                    got: other.to_string(),
                    expected: "an image tensor of u8 or of floats".into(),
                }),
            }
        },
    )
}
