//! Picture files to tensors.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, ImageReader};
use ondol_autograd::Tensor;
use ondol_tensor::{Array, Error, Result};

use super::pixels::Pixels;

/// Which channels a picture is read in, `torchvision.io.ImageReadMode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ImageReadMode {
    /// As the file has them: 1, 2, 3 or 4.
    #[default]
    Unchanged,
    /// Grey.
    Gray,
    /// Grey and alpha.
    GrayAlpha,
    /// Red, green and blue.
    Rgb,
    /// Red, green, blue and alpha.
    Rgba,
}

/// A picture file's content to a tensor `[channels, H, W]` of `u8`, `torchvision.io.decode_image`.
///
/// PNG, JPEG, BMP, PPM and PGM are read, known by their content. Pictures of 16 bits give `i32`, as there
/// is no unsigned type of 16 bits. The colours of a palette are looked up in every mode. PNG is
/// torchvision's to the bit; JPEG differs by a little, as every decoder rounds its own way.
///
/// # Errors
/// What is no such file, or not a whole one; a JPEG asked for with alpha.
pub fn decode_image(file: &[u8], mode: ImageReadMode) -> Result<Tensor> {
    decode(file, mode).map_err(|why| Error::data(format!("decode_image: {why}")))
}

/// The tensor, or why there is none.
pub(super) fn decode(file: &[u8], mode: ImageReadMode) -> Result<Tensor, String> {
    let pixels = pixels(file)?;
    let jpeg = image::guess_format(file).is_ok_and(|f| f == ImageFormat::Jpeg);
    let channels = match mode {
        ImageReadMode::Unchanged => pixels.channels,
        ImageReadMode::Gray => 1,
        ImageReadMode::GrayAlpha => 2,
        ImageReadMode::Rgb => 3,
        ImageReadMode::Rgba => 4,
    };
    if jpeg && channels % 2 == 0 {
        return Err("a JPEG file has no alpha; read it as Unchanged, Gray or Rgb".into());
    }
    let pixels = pixels.with_channels(channels, jpeg);
    let area = pixels.width * pixels.height;
    let planes = || (0..channels * area).map(|i| pixels.values[i % area * channels + i / area]);
    let shape = [channels, pixels.height, pixels.width];
    let array = if pixels.max > 255 {
        Array::from_vec(planes().map(i32::from).collect(), shape)
    } else {
        Array::from_vec(planes().map(|v| v as u8).collect(), shape)
    };
    array.map(Tensor::from).map_err(|e| e.to_string())
}

/// The pixels of a file, or why there are none.
pub(super) fn pixels(file: &[u8]) -> Result<Pixels, String> {
    let reader = ImageReader::new(Cursor::new(file));
    let reader = reader.with_guessed_format().map_err(|e| e.to_string())?;
    match reader.format() {
        Some(ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::Bmp | ImageFormat::Pnm) => {}
        Some(other) => {
            return Err(format!(
                "a {other:?} file, which this build does not read; expected PNG, JPEG, BMP, PPM or PGM"
            ));
        }
        None => {
            return Err(format!(
                "no picture file ({} bytes); expected PNG, JPEG, BMP, PPM or PGM",
                file.len()
            ));
        }
    }
    let image = reader
        .decode()
        .map_err(|e| format!("a damaged or truncated picture file ({e})"))?;
    let (width, height) = (image.width() as usize, image.height() as usize);
    let channels = usize::from(image.color().channel_count());
    let wide = |values: Vec<u8>| values.into_iter().map(u16::from).collect();
    let (max, values) = match image {
        DynamicImage::ImageLuma8(i) => (255, wide(i.into_raw())),
        DynamicImage::ImageLumaA8(i) => (255, wide(i.into_raw())),
        DynamicImage::ImageRgb8(i) => (255, wide(i.into_raw())),
        DynamicImage::ImageRgba8(i) => (255, wide(i.into_raw())),
        DynamicImage::ImageLuma16(i) => (u16::MAX, i.into_raw()),
        DynamicImage::ImageLumaA16(i) => (u16::MAX, i.into_raw()),
        DynamicImage::ImageRgb16(i) => (u16::MAX, i.into_raw()),
        DynamicImage::ImageRgba16(i) => (u16::MAX, i.into_raw()),
        other => return Err(format!("pixels of the type {:?}", other.color())),
    };
    Ok(Pixels {
        width,
        height,
        channels,
        max,
        values,
    })
}
