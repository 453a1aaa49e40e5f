//! Pictures side by side.

use std::path::Path;

use ondol_autograd::{DType, Tensor, ok};
use ondol_tensor::{Array, Error, Result};

use crate::io::{encode_rgb, write_whole};

/// How [`make_grid`] lays pictures out; the defaults are torchvision's.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    nrow: usize,
    padding: usize,
    normalize: bool,
    value_range: Option<(f32, f32)>,
    scale_each: bool,
    pad_value: f32,
}

impl Default for Grid {
    fn default() -> Self {
        Grid {
            nrow: 8,
            padding: 2,
            normalize: false,
            value_range: None,
            scale_each: false,
            pad_value: 0.0,
        }
    }
}

impl Grid {
    /// Eight pictures in a row, two black pixels between them, values as they are.
    pub fn new() -> Self {
        Grid::default()
    }

    /// How many pictures stand in a row, at least 1.
    pub fn nrow(mut self, nrow: usize) -> Self {
        self.nrow = nrow;
        self
    }

    /// How many pixels lie between pictures and around them.
    pub fn padding(mut self, padding: usize) -> Self {
        self.padding = padding;
        self
    }

    /// Whether to bring the values to `0..=1`: `(clamp(x, low, high) − low) / max(high − low, 1e-5)`.
    pub fn normalize(mut self, on: bool) -> Self {
        self.normalize = on;
        self
    }

    /// The low and high that `normalize` uses instead of the least and greatest value.
    pub fn value_range(mut self, low: f32, high: f32) -> Self {
        self.value_range = Some((low, high));
        self
    }

    /// Whether `normalize` takes each picture's own least and greatest value.
    pub fn scale_each(mut self, on: bool) -> Self {
        self.scale_each = on;
        self
    }

    /// The value between the pictures.
    pub fn pad_value(mut self, value: f32) -> Self {
        self.pad_value = value;
        self
    }
}

/// Pictures side by side as one, `torchvision.utils.make_grid`.
///
/// Takes `[B, C, H, W]`, `[C, H, W]` or `[H, W]` of any float type and gives `f32`
/// `[C, (H + padding)·rows + padding, (W + padding)·columns + padding]` with `columns = min(nrow, B)`.
/// Bytes (`u8`) give bytes. One channel becomes three; a single picture comes back without padding;
/// nothing is differentiated.
///
/// # Panics
/// Where the tensor has another number of dimensions, no picture in it or another type, `nrow` is 0, or
/// bytes are to be normalised.
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_vision::utils::{Grid, make_grid};
/// let grid = make_grid(&Tensor::zeros([10, 1, 28, 28]), &Grid::new().nrow(5));
/// assert_eq!(grid.shape(), [3, 62, 152]);
/// ```
#[track_caller]
pub fn make_grid(images: &Tensor, grid: &Grid) -> Tensor {
    let (pixels, shape) = ok(lay_out("make_grid", images, grid, true));
    if images.dtype() == DType::U8 {
        let bytes: Vec<u8> = pixels.into_iter().map(|x| x as u8).collect();
        return Tensor::from(ok(Array::from_vec(bytes, shape)));
    }
    Tensor::from(ok(Array::from_vec(pixels, shape)))
}

/// Writes pictures to a file as one, `torchvision.utils.save_image`: PNG, JPEG or PPM by its extension.
///
/// A value `x` becomes the byte `clamp(255·x + 0.5, 0, 255)`, so `0..=1` is what can be seen. The file
/// appears whole or not at all.
///
/// # Errors
/// Another extension, a tensor [`make_grid`] cannot take or that has neither 1 nor 3 channels, a file
/// that cannot be written.
pub fn save_image(images: &Tensor, path: impl AsRef<Path>, grid: &Grid) -> Result<()> {
    let path = path.as_ref();
    let (values, [channels, height, width]) = lay_out("save_image", images, grid, false)?;
    if channels != 3 {
        return Err(Error::value(
            "save_image",
            format!("{channels} channels; expected 1 or 3"),
        ));
    }
    let area = height * width;
    let byte = |x: f32| (x * 255.0 + 0.5).clamp(0.0, 255.0) as u8;
    let bytes: Vec<u8> = (0..area)
        .flat_map(|i| [0, 1, 2].map(|c| byte(values[c * area + i])))
        .collect();
    write_whole(path, &encode_rgb(path, &bytes, width, height)?)
}

/// The grid's values and its shape.
pub(super) fn lay_out(
    op: &'static str,
    images: &Tensor,
    grid: &Grid,
    bytes: bool,
) -> Result<(Vec<f32>, [usize; 3])> {
    let refuse = |message: String| Err(Error::value(op, message));
    let shape = images.value().shape().to_vec();
    let (count, channels, height, width) = match shape[..] {
        [h, w] => (1, 1, h, w),
        [c, h, w] => (1, c, h, w),
        [b, c, h, w] => (b, c, h, w),
        _ => {
            return refuse(format!(
                "got {shape:?}, expected [B, C, H, W], [C, H, W] or [H, W]"
            ));
        }
    };
    let is_bytes = bytes && images.dtype() == DType::U8 && !grid.normalize;
    if !images.dtype().is_floating_point() && !is_bytes {
        return refuse(format!(
            "got {}, expected a float type; write x.float() / 255 first",
            images.dtype()
        ));
    }
    if count == 0 || grid.nrow == 0 {
        return refuse(format!(
            "{count} pictures with nrow {}; expected at least 1 of both",
            grid.nrow
        ));
    }
    let mut values = images
        .detach()
        .cpu()
        .to_dtype(DType::F32)
        .contiguous()
        .to_vec::<f32>();
    let area = height * width;
    let picture = channels * area;
    if grid.normalize && picture > 0 {
        let piece = if grid.scale_each {
            picture
        } else {
            values.len()
        };
        values
            .chunks_mut(piece)
            .for_each(|values| normalize(values, grid.value_range));
    }

    let (columns, padding) = if count == 1 {
        (1, 0)
    } else {
        (grid.nrow.min(count), grid.padding)
    };
    let rows = count.div_ceil(columns);
    let planes = if channels == 1 { 3 } else { channels };
    let shape = [
        planes,
        rows * (height + padding) + padding,
        columns * (width + padding) + padding,
    ];
    let mut out = vec![grid.pad_value; shape.iter().product()];
    for i in 0..count {
        let top = i / columns * (height + padding) + padding;
        let left = i % columns * (width + padding) + padding;
        for plane in 0..planes {
            // A grey picture is the same in all three.
            let from = i * picture + plane % channels.max(1) * area;
            for y in 0..height {
                let to = (plane * shape[1] + top + y) * shape[2] + left;
                out[to..to + width]
                    .copy_from_slice(&values[from + y * width..from + (y + 1) * width]);
            }
        }
    }
    Ok((out, shape))
}

fn normalize(values: &mut [f32], range: Option<(f32, f32)>) {
    let (low, high) = range.unwrap_or_else(|| {
        let wider = |(low, high): (f32, f32), &x: &f32| (low.min(x), high.max(x));
        values
            .iter()
            .fold((f32::INFINITY, f32::NEG_INFINITY), wider)
    });
    let scale = (high - low).max(1e-5);
    for x in values {
        // Not `clamp`, which panics where a user's low is above high.
        *x = (x.max(low).min(high) - low) / scale;
    }
}
