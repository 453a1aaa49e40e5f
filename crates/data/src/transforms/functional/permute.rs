//! Channels in another order.

use ondol_autograd::Tensor;
use ondol_tensor::{Error, Result};

use crate::transforms::{Image, ImageLike};

/// The channels in the order `permutation`,
/// `torchvision.transforms.v2.functional.permute_channels`.
///
/// ```
/// use ondol_data::transforms::{Image, functional};
/// let image = Image::new(1, 1, 3, vec![1, 2, 3])?;
/// assert_eq!(functional::permute_channels(&image, &[2, 0, 1])?.pixels(), [3, 1, 2]);
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
///
/// # Errors
/// What is no order of the picture's channels.
pub fn permute_channels<I: ImageLike>(img: &I, permutation: &[usize]) -> Result<I> {
    let [channels, ..] = img.dimensions()?;
    let mut seen = vec![false; channels];
    let fits = |&c: &usize| c < channels && !std::mem::replace(&mut seen[c], true);
    if permutation.len() != channels || !permutation.iter().all(fits) {
        return Err(Error::value(
            "permute_channels",
            format!("{permutation:?} is no order of {channels} channels"),
        ));
    }
    let image = |x: &Image| {
        let pixels = x.pixels().chunks_exact(channels.max(1));
        let pixels = pixels.flat_map(|pixel| permutation.iter().map(|&c| pixel[c]));
        Image::new(x.width(), x.height(), channels, pixels.collect())
    };
    let at: Vec<i64> = permutation.iter().map(|&c| c as i64).collect();
    img.map(image, |x: &Tensor| match x.ndim() {
        2 => Ok(x.clone()),
        _ => Ok(x.index_select(-3, &Tensor::from(at.clone()).to(x.device()))),
    })
}
