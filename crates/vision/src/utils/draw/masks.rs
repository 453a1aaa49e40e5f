//! Masks laid over a picture.

use ondol_autograd::{DType, Tensor, ok};
use ondol_tensor::{Array, Error, Result};

use super::canvas::check;
use super::color::{Color, Colors, color_builders};

/// How [`draw_segmentation_masks`] draws; the defaults are torchvision's.
#[derive(Clone, Debug, PartialEq)]
pub struct Masks {
    alpha: f64,
    colors: Colors,
}

impl Default for Masks {
    fn default() -> Self {
        Masks {
            alpha: 0.8,
            colors: Colors::Palette,
        }
    }
}

impl Masks {
    /// Four fifths of a colour of torchvision's palette.
    pub fn new() -> Self {
        Masks::default()
    }

    color_builders!(color, colors, colors, "masks");

    /// How much a mask covers: 0 nothing, 1 all.
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }
}

/// Masks laid over a picture, `torchvision.utils.draw_segmentation_masks`:
/// `image·(1 − alpha) + colour·alpha` where a mask is true, black for the colour where several are, and
/// the image where none is.
///
/// `image` is `[3, H, W]` of `u8`, or of a float type in `0..=1`; `masks` is `[N, H, W]` or `[H, W]` of
/// `bool`. Gives the image's shape and type; without a mask, the image itself.
///
/// # Panics
/// Where the image, the masks or the number of colours is another.
///
/// ```
/// use ondol_autograd::{Tensor, tensor};
/// use ondol_vision::utils::{Masks, draw_segmentation_masks};
/// let mask = tensor!([[true, false]]);
/// let options = Masks::new().alpha(0.5).color("red");
/// let drawn = draw_segmentation_masks(&Tensor::ones([3, 1, 2]), &mask, &options);
/// assert_eq!(drawn.to_vec::<f32>(), [1.0, 1.0, 0.5, 1.0, 0.5, 1.0]);
/// ```
#[track_caller]
pub fn draw_segmentation_masks(image: &Tensor, masks: &Tensor, options: &Masks) -> Tensor {
    ok(draw(image, masks, options))
}

fn draw(image: &Tensor, masks: &Tensor, options: &Masks) -> Result<Tensor> {
    let op = "draw_segmentation_masks";
    let refuse = |message: String| Err(Error::value(op, message));
    check(op, image, &[3])?;
    let (shape, dtype) = (image.shape(), image.dtype());
    let sizes = masks.shape();
    let (count, size) = match sizes[..] {
        [h, w] => (1, [h, w]),
        [n, h, w] => (n, [h, w]),
        _ => return refuse(format!("got masks {sizes:?}, expected [N, H, W] or [H, W]")),
    };
    if masks.dtype() != DType::Bool {
        return refuse(format!("the masks are of {}, expected bool", masks.dtype()));
    }
    if size != shape[1..] {
        return refuse(format!(
            "masks {sizes:?} on an image {shape:?}; both need the same height and width"
        ));
    }
    if count == 0 {
        return Ok(image.detach());
    }
    let colors = options.colors.resolve(op, count)?;
    let masks = masks
        .detach()
        .cpu()
        .to_dtype(DType::U8)
        .contiguous()
        .to_vec::<u8>();
    let values = image
        .detach()
        .cpu()
        .to_dtype(DType::F32)
        .contiguous()
        .to_vec::<f32>();
    let scale = if dtype == DType::U8 { 1.0 } else { 255.0 };
    let (keep, lay) = ((1.0 - options.alpha) as f32, options.alpha as f32);
    let area = size[0] * size[1];
    // Of every pixel the last mask over it, or that there are several.
    let over: Vec<Option<[f32; 3]>> = (0..area)
        .map(|i| {
            let mut there = (0..count).filter(|m| masks[m * area + i] != 0);
            let first = there.next()?;
            let color = match there.next() {
                None => colors[first],
                Some(_) => [0; 3],
            };
            Some(color.map(|c| (f64::from(c) / scale) as f32))
        })
        .collect();
    let mixed = values.iter().enumerate().map(|(i, &x)| {
        let above = over[i % area].map_or(x, |color| color[i / area]);
        x * keep + above * lay
    });
    let array = if dtype == DType::U8 {
        Array::from_vec(mixed.map(|x| x as u8).collect::<Vec<u8>>(), shape)?
    } else {
        Array::from_vec(mixed.collect::<Vec<f32>>(), shape)?
    };
    Ok(Tensor::from(array).to_dtype(dtype))
}
