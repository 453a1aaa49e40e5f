//! Pictures with something around them.

use ondol_autograd::{PadMode, Tensor, functional};
use ondol_tensor::{Error, Result};

use super::window::{pick, window};
use crate::transforms::{Fill, Image, ImageLike, Padding, PaddingMode};

const OP: &str = "pad";

/// The picture with `padding` around it, `torchvision.transforms.functional.pad`.
///
/// `fill` is the colour of [`PaddingMode::Constant`]; a tensor takes one number only.
///
/// ```
/// use ondol_data::transforms::{Image, PaddingMode, functional};
/// let image = Image::new(3, 1, 1, vec![1, 2, 3])?;
/// let padded = functional::pad(&image, (2, 0), 0, PaddingMode::Symmetric)?;
/// assert_eq!(padded.pixels(), [2, 1, 1, 2, 3, 3, 2]);
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
///
/// # Errors
/// A colour with another number of channels, more to mirror than a tensor has, less than nothing left.
pub fn pad<I: ImageLike>(
    img: &I,
    padding: impl Into<Padding>,
    fill: impl Into<Fill>,
    padding_mode: PaddingMode,
) -> Result<I> {
    let [left, top, right, bottom] = padding.into().sides();
    let fill = fill.into();
    let [_, h, w] = img.dimensions()?;
    let grown = [h as isize + top + bottom, w as isize + left + right];
    let [Ok(height), Ok(width)] = grown.map(usize::try_from) else {
        return Err(Error::value(
            OP,
            format!(
                "padding ({left}, {top}, {right}, {bottom}) leaves less than nothing of a picture of height {h} and width {w}"
            ),
        ));
    };
    if padding_mode == PaddingMode::Constant {
        return img.map(
            |x: &Image| {
                window(
                    x,
                    [-top, -left],
                    [height, width],
                    &fill.bytes(OP, x.channels())?,
                )
            },
            |x: &Tensor| {
                let [fill] = fill.channels(OP, 1)?[..] else {
                    return Err(Error::value(OP, "Got inappropriate fill arg"));
                };
                Ok(functional::pad(
                    x,
                    &[left, right, top, bottom],
                    PadMode::Constant(fill),
                ))
            },
        );
    }
    let lines = |strict: bool| -> Result<[Vec<usize>; 2]> {
        Ok([
            sources(h, top, bottom, padding_mode, strict)?,
            sources(w, left, right, padding_mode, strict)?,
        ])
    };
    img.map(
        |x: &Image| {
            let [rows, columns] = lines(false)?;
            pick(x, &rows, &columns)
        },
        |x: &Tensor| {
            let [rows, columns] = lines(true)?;
            let index = |at: Vec<usize>| {
                let at: Vec<i64> = at.into_iter().map(|i| i as i64).collect();
                Tensor::from(at).to(x.device())
            };
            let mut out = x.clone();
            if (top, bottom) != (0, 0) {
                out = out.index_select(-2, &index(rows));
            }
            if (left, right) != (0, 0) {
                out = out.index_select(-1, &index(columns));
            }
            Ok(out)
        },
    )
}

/// Which of `size` lines stands where; `strict` where mirroring once has to do.
fn sources(
    size: usize,
    before: isize,
    after: isize,
    mode: PaddingMode,
    strict: bool,
) -> Result<Vec<usize>> {
    // What is cut off is cut off first, and is not mirrored.
    let (start, end) = ((-before).max(0), size as isize - (-after).max(0));
    let left = end - start;
    let most = before.max(after);
    let limit = match mode {
        PaddingMode::Reflect => left - 1,
        PaddingMode::Symmetric => left,
        _ => isize::MAX,
    };
    if most > 0 && (left <= 0 || strict && most > limit) {
        return Err(Error::value(
            OP,
            format!(
                "Padding size should be less than the corresponding input dimension, but got: padding ({before}, {after}) at a dimension of size {size}"
            ),
        ));
    }
    let place = |i: isize| {
        let inside = match mode {
            PaddingMode::Reflect => {
                let turn = (2 * (left - 1)).max(1);
                let i = i.rem_euclid(turn);
                if i < left { i } else { turn - i }
            }
            PaddingMode::Symmetric => {
                let i = i.rem_euclid(2 * left);
                if i < left { i } else { 2 * left - 1 - i }
            }
            _ => i.clamp(0, left - 1),
        };
        (start + inside) as usize
    };
    Ok((-before.max(0)..left + after.max(0)).map(place).collect())
}
