//! Between images of bytes, tensors of bytes and tensors of floats.

use ondol_autograd::Tensor;
use ondol_tensor::{Array, DType, Error, Result};

use crate::transforms::tensor::planes;
use crate::transforms::{Image, ImageLike};

/// Channels, height and width, `torchvision.transforms.functional.get_dimensions`.
///
/// # Errors
/// A tensor of fewer than two dimensions.
pub fn get_dimensions<I: ImageLike>(img: &I) -> Result<[usize; 3]> {
    img.dimensions()
}

/// Width and height, `torchvision.transforms.functional.get_image_size`.
///
/// # Errors
/// A tensor of fewer than two dimensions.
pub fn get_image_size<I: ImageLike>(img: &I) -> Result<[usize; 2]> {
    let [_, height, width] = img.dimensions()?;
    Ok([width, height])
}

/// How many channels there are, `torchvision.transforms.functional.get_image_num_channels`.
///
/// # Errors
/// A tensor of fewer than two dimensions.
pub fn get_image_num_channels<I: ImageLike>(img: &I) -> Result<usize> {
    Ok(img.dimensions()?[0])
}

/// An image as `f32 [C, H, W]` from 0 to 1, `torchvision.transforms.functional.to_tensor`.
///
/// # Errors
/// None that a whole image can cause.
pub fn to_tensor(image: &Image) -> Result<Tensor> {
    let (h, w, c) = (image.height(), image.width(), image.channels());
    let values = planes(image.pixels(), 1, w * h, c);
    Ok(Tensor::from(Array::from_vec(values, [c, h, w])?))
}

/// An image's bytes as `u8 [C, H, W]`, `torchvision.transforms.functional.pil_to_tensor`.
///
/// # Errors
/// None that a whole image can cause.
pub fn pil_to_tensor(image: &Image) -> Result<Tensor> {
    let (h, w, c) = (image.height(), image.width(), image.channels());
    let mut bytes: Vec<u8> = Vec::with_capacity(image.pixels().len());
    for channel in 0..c {
        bytes.extend(image.pixels().iter().skip(channel).step_by(c));
    }
    Ok(Tensor::from(Array::from_vec(bytes, [c, h, w])?))
}

/// A tensor `[C, H, W]` or `[H, W]` of bytes, or of floats from 0 to 1 (times 255 and truncated), as an
/// image, `torchvision.transforms.functional.to_pil_image`.
///
/// ```
/// use ondol_data::transforms::{Image, functional};
/// let image = Image::new(2, 1, 3, vec![1, 2, 3, 4, 5, 6])?;
/// let tensor = functional::to_tensor(&image)?;
/// assert_eq!(functional::to_pil_image(&tensor)?, image);
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
///
/// # Errors
/// A tensor of another shape or dtype, or of more than 4 channels.
pub fn to_pil_image(pic: &Tensor) -> Result<Image> {
    const OP: &str = "to_pil_image";
    let shape = pic.shape();
    let (c, h, w) = match *shape {
        [h, w] => (1, h, w),
        [c, h, w] => (c, h, w),
        _ => {
            return Err(Error::Input {
                op: OP,
                shape: shape.to_vec(),
                rule: format!(
                    "pic should be 2/3 dimensional. Got {} dimensions.",
                    shape.ndim()
                ),
            });
        }
    };
    if c > 4 {
        return Err(Error::Input {
            op: OP,
            shape: shape.to_vec(),
            rule: format!("pic should not have > 4 channels. Got {c} channels."),
        });
    }
    let value = pic.value();
    let bytes: Vec<u8> = match value.dtype() {
        DType::U8 => value.to_vec()?,
        // Whole parts, and from 256 on what is left of them, as a cast to bytes gives.
        dtype if dtype.is_floating_point() => {
            let values = value.cast(DType::F32)?.to_vec::<f32>()?;
            values
                .into_iter()
                .map(|v| (v * 255.0) as i64 as u8)
                .collect()
        }
        dtype => {
            return Err(Error::DType {
                op: OP,
                got: dtype.to_string(),
                expected: "a tensor of u8 or of floats".into(),
            });
        }
    };
    let area = h * w;
    let mut pixels = vec![0; bytes.len()];
    for (channel, plane) in bytes.chunks_exact(area.max(1)).enumerate() {
        for (to, from) in pixels.iter_mut().skip(channel).step_by(c).zip(plane) {
            *to = *from;
        }
    }
    Image::new(w, h, c, pixels)
}

/// The greatest value of a dtype; 1 for floats.
fn greatest(dtype: DType) -> f64 {
    match dtype {
        DType::U8 => 255.0,
        DType::I32 => f64::from(i32::MAX),
        DType::I64 => i64::MAX as f64,
        _ => 1.0,
    }
}

/// A tensor in another dtype with its values scaled, so that the greatest becomes the greatest,
/// `torchvision.transforms.functional.convert_image_dtype`.
///
/// ```
/// use ondol_autograd::{DType, tensor};
/// use ondol_data::transforms::functional;
/// let x = functional::convert_image_dtype(&tensor!([[0.0, 0.5, 1.0]]), DType::U8)?;
/// assert_eq!(x.to_vec::<u8>(), [0, 127, 255]);
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
///
/// # Errors
/// Floats to integers that they cannot count up to.
pub fn convert_image_dtype(image: &Tensor, dtype: DType) -> Result<Tensor> {
    let from = image.dtype();
    if from == dtype {
        return Ok(image.clone());
    }
    if from.is_floating_point() {
        if dtype.is_floating_point() {
            return Ok(image.to_dtype(dtype));
        }
        if matches!(
            (from, dtype),
            (DType::F32, DType::I32 | DType::I64) | (DType::F64, DType::I64)
        ) {
            return Err(Error::value(
                "convert_image_dtype",
                format!("The cast from {from} to {dtype} cannot be performed safely."),
            ));
        }
        // So that each integer stands for an equal part of 0 to 1.
        return Ok(image.mul(greatest(dtype) + 1.0 - 1e-3).to_dtype(dtype));
    }
    if dtype.is_floating_point() {
        return Ok(image.to_dtype(dtype).div(greatest(from)));
    }
    let (most, least) = (
        greatest(from).max(greatest(dtype)),
        greatest(from).min(greatest(dtype)),
    );
    let factor = ((most + 1.0) / (least + 1.0)).floor() as i64;
    Ok(if greatest(from) > greatest(dtype) {
        image.floor_divide(factor).to_dtype(dtype)
    } else {
        image.to_dtype(dtype).mul(factor)
    })
}

/// A tensor in another dtype, `torchvision.transforms.v2.functional.to_dtype`: with `scale` as
/// [`convert_image_dtype`], else the numbers as they are.
///
/// # Errors
/// With `scale`, floats to integers that they cannot count up to.
pub fn to_dtype(image: &Tensor, dtype: DType, scale: bool) -> Result<Tensor> {
    match scale {
        true => convert_image_dtype(image, dtype),
        false => Ok(image.to_dtype(dtype)),
    }
}
