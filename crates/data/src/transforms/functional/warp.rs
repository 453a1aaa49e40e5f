//! Seen from another side, and seen through water.

use ondol_autograd::Tensor;
use ondol_tensor::{Error, Result};

use super::affine::colour;
use super::convert::{pil_to_tensor, to_pil_image};
use super::matrix::perspective_coefficients;
use super::planes::as_batch;
use crate::transforms::kernel::grid::{Grid, Map};
use crate::transforms::kernel::{warp_bytes, warp_planes};
use crate::transforms::{Image, ImageLike, WarpOptions};

/// The picture as a plane seen from elsewhere, so that the four `startpoints` come to lie on the
/// `endpoints`, each `[x, y]`: top left, top right, bottom right, bottom left;
/// `torchvision.transforms.functional.perspective`.
///
/// # Errors
/// Points on a line; a mode that is not for this kind of picture, a colour with another number of
/// channels, an empty picture.
pub fn perspective<I: ImageLike>(
    img: &I,
    startpoints: [[isize; 2]; 4],
    endpoints: [[isize; 2]; 4],
    options: impl Into<WarpOptions>,
) -> Result<I> {
    const OP: &str = "perspective";
    let o = options.into();
    let [_, h, w] = img.dimensions()?;
    let coefficients = perspective_coefficients(startpoints, endpoints)?;
    let image = |x: &Image| {
        let fill = colour(OP, o.fill.as_ref(), x)?;
        let map = warp_bytes::Map::Perspective(coefficients.map(f64::from));
        warp_bytes::warp(OP, x, map, (h, w), o.interpolation, &fill)
    };
    let tensor = |x: &Tensor| {
        let grid = Grid::Maps(vec![Map::Perspective(coefficients)]);
        as_batch(OP, x, |x| {
            warp_planes::warp(OP, x, &grid, [h, w], o.interpolation, o.fill.as_ref())
        })
    };
    img.map(image, tensor)
}

/// Each pixel taken from a place moved by `displacement [1, H, W, 2]`, `(x, y)` in halves of the
/// picture's size; `torchvision.transforms.functional.elastic_transform`.
///
/// # Errors
/// A displacement of another size; a mode that is not for tensors, a colour with another number of
/// channels.
pub fn elastic_transform<I: ImageLike>(
    img: &I,
    displacement: &Tensor,
    options: impl Into<WarpOptions>,
) -> Result<I> {
    const OP: &str = "elastic_transform";
    let o = options.into();
    let [_, h, w] = img.dimensions()?;
    if displacement.shape() != [1, h, w, 2] {
        return Err(Error::value(
            OP,
            format!(
                "Argument displacement shape should be (1, {h}, {w}, 2), but given {}",
                displacement.shape()
            ),
        ));
    }
    let grid = Grid::Places(
        identity_grid(h, w)
            .to(displacement.device())
            .add(displacement),
    );
    let tensor = |x: &Tensor| {
        as_batch(OP, x, |x| {
            warp_planes::warp(OP, x, &grid, [h, w], o.interpolation, o.fill.as_ref())
        })
    };
    // torchvision has no other way for images either.
    img.map(
        |x: &Image| to_pil_image(&tensor(&pil_to_tensor(x)?)?),
        tensor,
    )
}

/// The grid `[1, H, W, 2]` that leaves a picture as it is.
pub(in crate::transforms) fn identity_grid(h: usize, w: usize) -> Tensor {
    let line = |n: usize| {
        let at = |i: usize| (2.0 * i as f64 + 1.0) / n as f64 - 1.0;
        (0..n).map(|i| at(i) as f32).collect::<Vec<f32>>()
    };
    let across = Tensor::from_vec(line(w), [1, 1, w]).expand(&[1, h, w][..]);
    let down = Tensor::from_vec(line(h), [1, h, 1]).expand(&[1, h, w][..]);
    Tensor::stack(&[across, down], -1)
}
