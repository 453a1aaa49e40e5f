//! Picture files to tensors and back, the counterpart of `torchvision.io`.
//!
//! ```
//! use ondol_vision::io::{ImageReadMode, decode_image, encode_png};
//! use ondol_autograd::Tensor;
//! let image = Tensor::from_vec(vec![0u8, 128, 255], [1, 1, 3]);
//! let file = encode_png(&image)?;
//! let back = decode_image(&file, ImageReadMode::Rgb)?;
//! assert_eq!(back.shape(), [3, 1, 3]);
//! # Ok::<(), ondol_tensor::Error>(())
//! ```

mod decode;
mod encode;
mod pixels;

use std::fs;
use std::io::Write;
use std::path::Path;

use ondol_autograd::Tensor;
use ondol_data::transforms::Image;
use ondol_tensor::{Array, Error, Result};

use crate::temporary::temporary;

pub use decode::{ImageReadMode, decode_image};
pub(crate) use encode::encode_rgb;
pub use encode::{encode_jpeg, encode_png};

/// The bytes of a file as a tensor `[n]` of `u8`, `torchvision.io.read_file`.
///
/// # Errors
/// A file that cannot be read.
pub fn read_file(path: impl AsRef<Path>) -> Result<Tensor> {
    let bytes = read(path.as_ref())?;
    let size = bytes.len();
    Ok(Tensor::from(Array::from_vec(bytes, [size])?))
}

/// Writes a tensor `[n]` of `u8` to a file, `torchvision.io.write_file`. It appears whole or not at all.
///
/// # Errors
/// Another tensor; a file that cannot be written.
pub fn write_file(path: impl AsRef<Path>, bytes: &Tensor) -> Result<()> {
    if bytes.ndim() != 1 || bytes.dtype() != ondol_autograd::DType::U8 {
        return Err(Error::value(
            "write_file",
            format!("got {} {:?}, expected u8 [n]", bytes.dtype(), bytes.shape()),
        ));
    }
    let bytes = bytes.detach().cpu().contiguous().to_vec::<u8>();
    write_whole(path.as_ref(), &bytes)
}

/// Reads a picture from a file, `torchvision.io.read_image`: `[channels, H, W]` of `u8`.
///
/// It is known by its content, not by its name; see [`decode_image`].
///
/// # Errors
/// A file that cannot be read or is no whole picture; the file is named.
pub fn read_image(path: impl AsRef<Path>, mode: ImageReadMode) -> Result<Tensor> {
    let path = path.as_ref();
    decode::decode(&read(path)?, mode).map_err(|why| Error::file(path, why))
}

/// Writes a tensor `[1 or 3, H, W]` of `u8` to a PNG file, `torchvision.io.write_png`.
///
/// # Errors
/// Another tensor; a file that cannot be written. It appears whole or not at all.
pub fn write_png(image: &Tensor, path: impl AsRef<Path>) -> Result<()> {
    write_whole(path.as_ref(), &encode_png(image)?)
}

/// Writes a tensor `[1 or 3, H, W]` of `u8` to a JPEG file, `torchvision.io.write_jpeg`, in a quality of
/// 1 to 100; PyTorch's default is 75.
///
/// # Errors
/// Another tensor or quality; a file that cannot be written. It appears whole or not at all.
pub fn write_jpeg(image: &Tensor, path: impl AsRef<Path>, quality: u8) -> Result<()> {
    write_whole(path.as_ref(), &encode_jpeg(image, quality)?)
}

/// A picture in red, green and blue, as a folder's dataset wants it.
pub(crate) fn read_rgb(path: &Path) -> Result<Image> {
    let pixels = decode::pixels(&read(path)?).map_err(|why| Error::file(path, why))?;
    let pixels = pixels.eight_bits().with_channels(3, false);
    Image::new(
        pixels.width,
        pixels.height,
        3,
        pixels.values.iter().map(|&v| v as u8).collect(),
    )
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|e| Error::io(path, "read", e))
}

/// Under a temporary name first, so that nobody ever sees half a file.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy())
        .unwrap_or_default();
    let mut file = temporary(folder, &name).map_err(|e| Error::io(path, "create", e))?;
    file.write_all(bytes)
        .map_err(|e| Error::io(path, "write", e))?;
    file.persist(path)
        .map_err(|e| Error::io(path, "replace", e.error))?;
    Ok(())
}
