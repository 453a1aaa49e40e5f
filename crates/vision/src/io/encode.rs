//! Tensors to picture files.

use std::io::Cursor;
use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageFormat};
use ondol_autograd::{DType, Tensor};
use ondol_tensor::{Error, Result};

/// A tensor `[1 or 3, H, W]` of `u8` to the content of a PNG file, `torchvision.io.encode_png`.
///
/// # Errors
/// Another tensor.
pub fn encode_png(image: &Tensor) -> Result<Vec<u8>> {
    let flat = Flat::of("encode_png", image)?;
    let mut file = Cursor::new(Vec::new());
    let (width, height) = flat.sides()?;
    image::write_buffer_with_format(
        &mut file,
        &flat.bytes,
        width,
        height,
        flat.color(),
        ImageFormat::Png,
    )
    .map_err(|e| Error::value("encode_png", e.to_string()))?;
    Ok(file.into_inner())
}

/// A tensor `[1 or 3, H, W]` of `u8` to the content of a JPEG file, `torchvision.io.encode_jpeg`, in a
/// quality of 1 to 100; PyTorch's default is 75.
///
/// # Errors
/// Another tensor or quality.
pub fn encode_jpeg(image: &Tensor, quality: u8) -> Result<Vec<u8>> {
    if !(1..=100).contains(&quality) {
        return Err(Error::value(
            "encode_jpeg",
            format!("quality {quality}; expected 1 to 100"),
        ));
    }
    let flat = Flat::of("encode_jpeg", image)?;
    let (width, height) = flat.sides()?;
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, quality)
        .encode(&flat.bytes, width, height, flat.color())
        .map_err(|e| Error::value("encode_jpeg", e.to_string()))?;
    Ok(file)
}

/// Pixels in the order of files.
struct Flat {
    op: &'static str,
    bytes: Vec<u8>,
    channels: usize,
    width: usize,
    height: usize,
}

impl Flat {
    fn of(op: &'static str, image: &Tensor) -> Result<Flat> {
        let shape = image.shape();
        let (channels, height, width) = match shape[..] {
            [c @ (1 | 3), h, w] if h * w > 0 => (c, h, w),
            _ => {
                return Err(Error::value(
                    op,
                    format!("got {shape:?}, expected [1 or 3, H, W]"),
                ));
            }
        };
        if image.dtype() != DType::U8 {
            return Err(Error::value(
                op,
                format!("got {}, expected u8", image.dtype()),
            ));
        }
        let pixels = image.detach().cpu().permute([1, 2, 0]).contiguous();
        Ok(Flat {
            op,
            bytes: pixels.to_vec::<u8>(),
            channels,
            width,
            height,
        })
    }

    fn sides(&self) -> Result<(u32, u32)> {
        let side = |n: usize| {
            u32::try_from(n).map_err(|_| Error::value(self.op, format!("{n} pixels are too many")))
        };
        Ok((side(self.width)?, side(self.height)?))
    }

    fn color(&self) -> ExtendedColorType {
        match self.channels {
            1 => ExtendedColorType::L8,
            _ => ExtendedColorType::Rgb8,
        }
    }
}

/// A picture of three bytes a pixel to the content of the file that `path` names by its extension.
pub(crate) fn encode_rgb(
    path: &Path,
    bytes: &[u8],
    width: usize,
    height: usize,
) -> Result<Vec<u8>> {
    let extension = path
        .extension()
        .map(|e| e.to_string_lossy().to_ascii_lowercase());
    let format = match extension.as_deref() {
        Some("png") => ImageFormat::Png,
        Some("jpg" | "jpeg") => ImageFormat::Jpeg,
        Some("ppm") => {
            let mut file = format!("P6\n{width} {height}\n255\n").into_bytes();
            file.extend(bytes);
            return Ok(file);
        }
        other => {
            let other = other.unwrap_or("none");
            return Err(Error::file(
                path,
                format!("extension {other}; expected png, jpg, jpeg or ppm"),
            ));
        }
    };
    let side = |pixels: usize| {
        u32::try_from(pixels)
            .map_err(|_| Error::file(path, format!("{pixels} pixels in a row are too many")))
    };
    let mut file = Cursor::new(Vec::new());
    image::write_buffer_with_format(
        &mut file,
        bytes,
        side(width)?,
        side(height)?,
        ExtendedColorType::Rgb8,
        format,
    )
    .map_err(|e| Error::file(path, format!("cannot be encoded: {e}")))?;
    Ok(file.into_inner())
}
