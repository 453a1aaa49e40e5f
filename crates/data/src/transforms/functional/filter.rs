//! Blurred and sharpened.

use ondol_autograd::{PadMode, Tensor, functional as F};
use ondol_tensor::{Conv2dOptions, DType, Error, Result};

use super::bytes;
use super::color::{not_negative, recoloured};
use super::tensors::{Amount, blend, channels, wide};
use crate::transforms::{Image, ImageLike};

/// The image between smoothed (0), itself (1) and sharper,
/// `torchvision.transforms.functional.adjust_sharpness`.
///
/// It is smoothed by a window of 3 × 3 whose centre counts five times; the edge stays as it is, and so
/// does an image with fewer than three rows or columns.
///
/// # Errors
/// A negative factor; other than 1 or 3 channels; a tensor of fewer than three dimensions.
pub fn adjust_sharpness<I: ImageLike>(img: &I, sharpness_factor: f64) -> Result<I> {
    const OP: &str = "adjust_sharpness";
    not_negative(OP, "sharpness_factor", sharpness_factor)?;
    img.map(
        |image| {
            let (size, c) = ([image.height(), image.width()], image.channels());
            recoloured(OP, image, |p| {
                bytes::sharpness(p, size, c, sharpness_factor)
            })
        },
        |x| {
            channels(OP, x)?;
            if x.size(-1) <= 2 || x.size(-2) <= 2 || x.numel() == 0 {
                return Ok(x.clone());
            }
            Ok(blend(x, &smooth(x), Amount::One(sharpness_factor)))
        },
    )
}

/// Windows of 3 × 3 averaged, the centre counting five times; the edge as it is.
#[track_caller]
fn smooth(x: &Tensor) -> Tensor {
    let numbers = wide(x);
    let (h, w) = (x.size(-2), x.size(-1));
    let three = |x: &Tensor, dim: isize, length: usize| {
        let [a, b, c] = [0, 1, 2].map(|start| x.narrow(dim, start, length));
        a.add(b).add(c)
    };
    let inside = |x: &Tensor| x.narrow(-2, 1, h - 2).narrow(-1, 1, w - 2);
    let sum = three(&three(&numbers, -1, w - 2), -2, h - 2).add(inside(&numbers).mul(4.0));
    let mut middle = sum.div(13.0);
    if !x.is_floating_point() {
        middle = middle.round();
    }
    let edge = |dim: isize, at: usize| numbers.narrow(dim, at, 1);
    let (left, right) = (edge(-1, 0), edge(-1, w - 1));
    let rows = |x: &Tensor| x.narrow(-2, 1, h - 2);
    let middle = Tensor::cat(&[rows(&left), middle, rows(&right)], -1);
    Tensor::cat(&[edge(-2, 0), middle, edge(-2, h - 1)], -2)
}

/// Blurred by a Gaussian window of `kernel_size` (across, down) columns and rows, reflected at the
/// edge, `torchvision.transforms.functional.gaussian_blur`.
///
/// Without `sigma` it is `0.15 · kernel_size + 0.35`. Images of bytes are blurred as tensors of bytes
/// are, rounded to the nearest. Any number of channels.
///
/// ```
/// use ondol_autograd::tensor;
/// use ondol_data::transforms::functional;
/// let x = tensor!([[[0.0, 0.0, 1.0, 0.0, 0.0]]]);
/// let blurred = functional::gaussian_blur(&x, (3, 1), None)?;
/// assert!((blurred.sum().item() - 1.0).abs() < 1e-6 && blurred.max().item() < 0.6);
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
///
/// # Errors
/// A window that is not odd, or that reflects more than there is; a sigma that is not positive; a
/// tensor of fewer than three dimensions.
pub fn gaussian_blur<I: ImageLike>(
    img: &I,
    kernel_size: impl Into<KernelSize>,
    sigma: Option<[f64; 2]>,
) -> Result<I> {
    const OP: &str = "gaussian_blur";
    let KernelSize([across, down]) = kernel_size.into();
    if across % 2 == 0 || down % 2 == 0 {
        return Err(Error::value(
            OP,
            format!("kernel_size should have odd and positive integers. Got [{across}, {down}]"),
        ));
    }
    let sigma = sigma.unwrap_or([across, down].map(|size| size as f64 * 0.15 + 0.35));
    if !sigma.iter().all(|&s| s > 0.0) {
        return Err(Error::value(
            OP,
            format!("sigma should have positive values. Got {sigma:?}"),
        ));
    }
    let [_, height, width] = img.dimensions()?;
    for (size, dim, window) in [(height, 2, down), (width, 3, across)] {
        if window / 2 >= size && size > 0 {
            return Err(Error::value(
                OP,
                format!(
                    "Padding size should be less than the corresponding input dimension, but got: padding ({0}, {0}) at dimension {dim} of size {size}",
                    window / 2
                ),
            ));
        }
    }
    let windows = [window(across, sigma[0]), window(down, sigma[1])];
    img.map(
        |image| blur_bytes(image, &windows),
        |x| {
            if x.ndim() < 3 || x.dtype() == DType::Bool {
                return Err(Error::Input {
                    op: OP,
                    shape: x.shape().to_vec(),
                    rule: "expected an image tensor [..., C, H, W] of numbers".into(),
                });
            }
            match x.numel() {
                0 => Ok(x.clone()),
                _ => Ok(blur(x, &windows)),
            }
        },
    )
}

/// Columns and rows of a window: one number for both, or `(across, down)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KernelSize(pub(in crate::transforms) [usize; 2]);

impl From<usize> for KernelSize {
    fn from(size: usize) -> Self {
        KernelSize([size; 2])
    }
}
impl From<(usize, usize)> for KernelSize {
    fn from((across, down): (usize, usize)) -> Self {
        KernelSize([across, down])
    }
}
impl From<[usize; 2]> for KernelSize {
    fn from(sizes: [usize; 2]) -> Self {
        KernelSize(sizes)
    }
}

/// A Gaussian at whole places around 0, of sum 1.
fn window(size: usize, sigma: f64) -> Vec<f64> {
    let middle = (size as f64 - 1.0) * 0.5;
    let values: Vec<f64> = (0..size)
        .map(|i| (-0.5 * ((i as f64 - middle) / sigma).powi(2)).exp())
        .collect();
    let sum: f64 = values.iter().sum();
    values.iter().map(|v| v / sum).collect()
}

/// Across, then down: the window is the product of both.
#[track_caller]
fn blur(x: &Tensor, [across, down]: &[Vec<f64>; 2]) -> Tensor {
    let shape = x.shape();
    let (h, w) = (x.size(-2) as isize, x.size(-1) as isize);
    let planes = wide(x).reshape([-1, 1, h, w]);
    let (px, py) = ((across.len() / 2) as isize, (down.len() / 2) as isize);
    let mut out = F::pad(&planes, &[px, px, py, py], PadMode::Reflect);
    for (values, shape) in [
        (across, [1, 1, 1, across.len()]),
        (down, [1, 1, down.len(), 1]),
    ] {
        let weight = Tensor::from_vec(values.clone(), shape).to((out.dtype(), &out.device()));
        out = F::conv2d(&out, &weight, None, Conv2dOptions::default());
    }
    if !x.is_floating_point() {
        out = out.round();
    }
    out.to_dtype(x.dtype()).reshape(shape)
}

/// The same on bytes, in `f32`.
fn blur_bytes(image: &Image, [across, down]: &[Vec<f64>; 2]) -> Result<Image> {
    let (w, h, c) = (image.width(), image.height(), image.channels());
    let row = w * c;
    if image.pixels().is_empty() {
        return Ok(image.clone());
    }
    let narrow = |values: &[f64]| -> Vec<f32> { values.iter().map(|&v| v as f32).collect() };
    let (across, down) = (narrow(across), narrow(down));
    let reflected = |i: isize, size: usize| -> usize {
        let last = size as isize - 1;
        let i = i.abs();
        (if i > last { 2 * last - i } else { i }) as usize
    };
    let mut rows = vec![0.0f32; row * h];
    let half = (across.len() / 2) as isize;
    for (line, out) in image
        .pixels()
        .chunks_exact(row)
        .zip(rows.chunks_exact_mut(row))
    {
        for x in 0..w {
            for (k, weight) in across.iter().enumerate() {
                let from = reflected(x as isize + k as isize - half, w) * c;
                for (o, p) in out[x * c..(x + 1) * c]
                    .iter_mut()
                    .zip(&line[from..from + c])
                {
                    *o += weight * f32::from(*p);
                }
            }
        }
    }
    let half = (down.len() / 2) as isize;
    let mut pixels = Vec::with_capacity(row * h);
    let mut sum = vec![0.0f32; row];
    for y in 0..h {
        sum.fill(0.0);
        for (k, weight) in down.iter().enumerate() {
            let from = reflected(y as isize + k as isize - half, h) * row;
            for (s, v) in sum.iter_mut().zip(&rows[from..from + row]) {
                *s += weight * v;
            }
        }
        pixels.extend(sum.iter().map(|s| s.round_ties_even() as u8));
    }
    Image::new(w, h, c, pixels)
}
