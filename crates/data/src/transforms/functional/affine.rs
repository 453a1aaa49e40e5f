//! Turned, moved, scaled and sheared.

use ondol_autograd::Tensor;
use ondol_tensor::{Error, Result};

use super::matrix::{grown, inverse_affine, pillow_rotation};
use super::planes::as_batch;
use crate::transforms::kernel::grid::{Grid, Map};
use crate::transforms::kernel::{warp_bytes, warp_planes};
use crate::transforms::{AffineOptions, Fill, Image, ImageLike, RotateOptions};

/// A center counted from the picture's middle.
pub(in crate::transforms) fn from_middle(
    center: Option<(f64, f64)>,
    h: usize,
    w: usize,
) -> (f64, f64) {
    center.map_or((0.0, 0.0), |(x, y)| {
        (x - w as f64 * 0.5, y - h as f64 * 0.5)
    })
}

/// The bytes of a colour; black where there is none.
pub(super) fn colour(op: &'static str, fill: Option<&Fill>, x: &Image) -> Result<Vec<u8>> {
    match fill {
        Some(fill) => fill.bytes(op, x.channels()),
        None => Ok(vec![0; x.channels()]),
    }
}

/// The picture turned counter-clockwise by `angle` degrees, `torchvision.transforms.functional.rotate`.
///
/// ```
/// use ondol_data::transforms::{Image, RotateOptions, functional};
/// let image = Image::new(2, 1, 1, vec![1, 2])?;
/// let turned = functional::rotate(&image, 90.0, RotateOptions::new().expand(true))?;
/// assert_eq!((turned.width(), turned.height(), turned.pixels()), (1, 2, &[2, 1][..]));
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
///
/// # Errors
/// A mode that is not for this kind of picture, a colour with another number of channels, an empty
/// picture.
pub fn rotate<I: ImageLike>(img: &I, angle: f64, options: impl Into<RotateOptions>) -> Result<I> {
    const OP: &str = "rotate";
    let o = options.into();
    let [_, h, w] = img.dimensions()?;
    let image = |x: &Image| {
        let fill = colour(OP, o.fill.as_ref(), x)?;
        let angle = angle.rem_euclid(360.0);
        if o.center.is_none() {
            if let Some(turned) = quarters(x, angle, o.expand) {
                return turned;
            }
        }
        let (matrix, size) = pillow_rotation((h, w), angle, o.expand, o.center);
        let map = warp_bytes::Map::Affine(matrix);
        warp_bytes::warp(OP, x, map, size, o.interpolation, &fill)
    };
    let tensor = |x: &Tensor| {
        let matrix = rotation(angle, o.center, h, w);
        let (oh, ow) = if o.expand {
            grown(matrix, h, w)
        } else {
            (h, w)
        };
        let grid = Grid::Maps(vec![Map::affine(matrix)]);
        as_batch(OP, x, |x| {
            warp_planes::warp(OP, x, &grid, [oh, ow], o.interpolation, o.fill.as_ref())
        })
    };
    img.map(image, tensor)
}

/// The matrix of a rotation about a center of a tensor `[…, h, w]`.
pub(in crate::transforms) fn rotation(
    angle: f64,
    center: Option<(f64, f64)>,
    h: usize,
    w: usize,
) -> [f64; 6] {
    // The other way round than an affine map's angle.
    inverse_affine(
        from_middle(center, h, w),
        -angle,
        (0.0, 0.0),
        1.0,
        (0.0, 0.0),
    )
}

/// Turns that need no arithmetic.
fn quarters(x: &Image, angle: f64, expand: bool) -> Option<Result<Image>> {
    let (w, h, c) = (x.width(), x.height(), x.channels());
    let sides_fit = expand || w == h;
    if angle == 0.0 {
        return Some(Ok(x.clone()));
    }
    let pixel = |row: usize, column: usize| &x.pixels()[(row * w + column) * c..][..c];
    let (width, height) = if angle == 180.0 { (w, h) } else { (h, w) };
    if !(angle == 180.0 || sides_fit && (angle == 90.0 || angle == 270.0)) {
        return None;
    }
    let mut pixels = Vec::with_capacity(x.pixels().len());
    for row in 0..height {
        for column in 0..width {
            pixels.extend_from_slice(match angle {
                180.0 => pixel(h - 1 - row, w - 1 - column),
                90.0 => pixel(column, w - 1 - row),
                _ => pixel(h - 1 - column, row),
            });
        }
    }
    Some(Image::new(width, height, c, pixels))
}

/// The picture turned clockwise by `angle` degrees, sheared by degrees parallel to x and y, scaled,
/// and moved by `translate` pixels `(x, y)`; `torchvision.transforms.functional.affine`.
///
/// # Errors
/// A scale that is not positive; a mode that is not for this kind of picture, a colour with another
/// number of channels, an empty picture.
pub fn affine<I: ImageLike>(
    img: &I,
    angle: f64,
    translate: (isize, isize),
    scale: f64,
    shear: (f64, f64),
    options: impl Into<AffineOptions>,
) -> Result<I> {
    const OP: &str = "affine";
    let o = options.into();
    if !(scale > 0.0) {
        return Err(Error::value(OP, "Argument scale should be positive"));
    }
    let [_, h, w] = img.dimensions()?;
    let translate = (translate.0 as f64, translate.1 as f64);
    let image = |x: &Image| {
        let fill = colour(OP, o.fill.as_ref(), x)?;
        let middle = (w as f64 * 0.5, h as f64 * 0.5);
        let matrix = inverse_affine(o.center.unwrap_or(middle), angle, translate, scale, shear);
        let map = warp_bytes::Map::Affine(matrix);
        warp_bytes::warp(OP, x, map, (h, w), o.interpolation, &fill)
    };
    let tensor = |x: &Tensor| {
        let center = from_middle(o.center, h, w);
        let matrix = inverse_affine(center, angle, translate, scale, shear);
        let grid = Grid::Maps(vec![Map::affine(matrix)]);
        as_batch(OP, x, |x| {
            warp_planes::warp(OP, x, &grid, [h, w], o.interpolation, o.fill.as_ref())
        })
    };
    img.map(image, tensor)
}
