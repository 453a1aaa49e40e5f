//! Parts of a picture.

use ondol_autograd::{PadMode, Tensor, functional};
use ondol_tensor::{Error, Result};

use super::pad::pad;
use super::window::window;
use super::{hflip, resize, vflip};
use crate::transforms::{Image, ImageLike, ImageSize, PaddingMode, ResizeOptions};

/// The part of `height` rows and `width` columns from row `top` and column `left` on,
/// `torchvision.transforms.functional.crop`. What lies outside of the picture is 0.
///
/// ```
/// use ondol_data::transforms::{Image, functional};
/// let image = Image::new(2, 2, 1, vec![1, 2, 3, 4])?;
/// assert_eq!(functional::crop(&image, 1, -1, 1, 2)?.pixels(), [0, 3]);
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
///
/// # Errors
/// A tensor of fewer than two dimensions.
pub fn crop<I: ImageLike>(
    img: &I,
    top: isize,
    left: isize,
    height: usize,
    width: usize,
) -> Result<I> {
    img.dimensions()?;
    img.map(
        |x: &Image| window(x, [top, left], [height, width], &vec![0; x.channels()]),
        |x: &Tensor| Ok(crop_tensor(x, [top, left], [height, width])),
    )
}

fn crop_tensor(x: &Tensor, from: [isize; 2], size: [usize; 2]) -> Tensor {
    let n = x.ndim();
    let mut out = x.clone();
    let mut amounts = Vec::new();
    for d in [1, 0] {
        let have = x.shape()[n - 2 + d] as isize;
        let (start, end) = (from[d], from[d] + size[d] as isize);
        let (inner, last) = (start.clamp(0, have), end.clamp(0, have));
        out = out.narrow(d as isize - 2, inner as usize, (last - inner) as usize);
        // All of it may lie to one side.
        let before = (inner - start).min(size[d] as isize);
        amounts.extend([before, size[d] as isize - (last - inner) - before]);
    }
    if amounts.iter().all(|&n| n == 0) {
        return out;
    }
    functional::pad(&out, &amounts, PadMode::Constant(0.0))
}

/// The part in the middle, `torchvision.transforms.functional.center_crop`; a picture that is too small
/// is padded with 0.
///
/// # Errors
/// A tensor of fewer than two dimensions.
pub fn center_crop<I: ImageLike>(img: &I, output_size: impl Into<ImageSize>) -> Result<I> {
    let (height, width) = output_size.into().square();
    let [_, h, w] = img.dimensions()?;
    let (more_h, more_w) = (height.saturating_sub(h), width.saturating_sub(w));
    let padded = if more_h + more_w > 0 {
        let [left, top] = [more_w / 2, more_h / 2].map(|n| n as isize);
        let [right, bottom] = [more_w.div_ceil(2), more_h.div_ceil(2)].map(|n| n as isize);
        Some(pad(
            img,
            [left, top, right, bottom],
            0,
            PaddingMode::Constant,
        )?)
    } else {
        None
    };
    let img = padded.as_ref().unwrap_or(img);
    let [_, h, w] = img.dimensions()?;
    let start = |have: usize, want: usize| ((have - want) as f64 / 2.0).round_ties_even() as isize;
    crop(img, start(h, height), start(w, width), height, width)
}

/// A part in another size, `torchvision.transforms.functional.resized_crop`.
///
/// # Errors
/// As [`crop`] and [`resize`].
pub fn resized_crop<I: ImageLike>(
    img: &I,
    top: isize,
    left: isize,
    height: usize,
    width: usize,
    size: impl Into<ImageSize>,
    options: impl Into<ResizeOptions>,
) -> Result<I> {
    resize(&crop(img, top, left, height, width)?, size, options)
}

/// The four corners and the middle: top left, top right, bottom left, bottom right, center;
/// `torchvision.transforms.functional.five_crop`.
///
/// # Errors
/// A crop larger than the picture.
pub fn five_crop<I: ImageLike>(img: &I, size: impl Into<ImageSize>) -> Result<[I; 5]> {
    let (height, width) = size.into().square();
    let [_, h, w] = img.dimensions()?;
    if width > w || height > h {
        return Err(Error::value(
            "five_crop",
            format!("Requested crop size ({height}, {width}) is bigger than input size ({h}, {w})"),
        ));
    }
    let (right, bottom) = ((w - width) as isize, (h - height) as isize);
    let at = |top, left| crop(img, top, left, height, width);
    Ok([
        at(0, 0)?,
        at(0, right)?,
        at(bottom, 0)?,
        at(bottom, right)?,
        center_crop(img, (height, width))?,
    ])
}

/// [`five_crop`] of the picture and of its mirror image, from left to right or upside down;
/// `torchvision.transforms.functional.ten_crop`.
///
/// # Errors
/// A crop larger than the picture.
pub fn ten_crop<I: ImageLike>(
    img: &I,
    size: impl Into<ImageSize>,
    vertical_flip: bool,
) -> Result<[I; 10]> {
    let size = size.into();
    let [a, b, c, d, e] = five_crop(img, size)?;
    let mirrored = if vertical_flip {
        vflip(img)?
    } else {
        hflip(img)?
    };
    let [f, g, h, i, j] = five_crop(&mirrored, size)?;
    Ok([a, b, c, d, e, f, g, h, i, j])
}
