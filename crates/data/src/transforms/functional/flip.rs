//! Mirror images.

use ondol_autograd::Tensor;
use ondol_tensor::Result;

use crate::transforms::{Image, ImageLike};

/// The picture mirrored from left to right, `torchvision.transforms.functional.hflip`.
///
/// ```
/// use ondol_data::transforms::{Image, functional};
/// let image = Image::new(3, 1, 1, vec![1, 2, 3])?;
/// assert_eq!(functional::hflip(&image)?.pixels(), [3, 2, 1]);
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
///
/// # Errors
/// A tensor of fewer than two dimensions.
pub fn hflip<I: ImageLike>(img: &I) -> Result<I> {
    img.dimensions()?;
    let image = |x: &Image| {
        let (row, c) = (x.width() * x.channels(), x.channels());
        let mut pixels = Vec::with_capacity(x.pixels().len());
        for line in x.pixels().chunks_exact(row.max(1)) {
            match c {
                1 => pixels.extend(line.iter().rev()),
                3 => pixels.extend(line.as_chunks::<3>().0.iter().rev().flatten()),
                _ => line
                    .rchunks_exact(c)
                    .for_each(|pixel| pixels.extend_from_slice(pixel)),
            }
        }
        Image::new(x.width(), x.height(), c, pixels)
    };
    img.map(image, |x: &Tensor| Ok(x.flip([-1])))
}

/// The picture upside down, `torchvision.transforms.functional.vflip`.
///
/// # Errors
/// A tensor of fewer than two dimensions.
pub fn vflip<I: ImageLike>(img: &I) -> Result<I> {
    img.dimensions()?;
    let image = |x: &Image| {
        let row = (x.width() * x.channels()).max(1);
        let mut pixels = Vec::with_capacity(x.pixels().len());
        for line in x.pixels().rchunks_exact(row) {
            pixels.extend_from_slice(line);
        }
        Image::new(x.width(), x.height(), x.channels(), pixels)
    };
    img.map(image, |x: &Tensor| Ok(x.flip([-2])))
}
