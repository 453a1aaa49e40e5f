//! Writing files that NumPy reads.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use ondol_tensor::{Array, Device, Error, Key, Result, ToValue, Value};

use super::header::Header;
use crate::atomic;
use crate::zip;

/// Writes an array as NumPy does, `numpy.save`.
///
/// The file appears whole or not at all.
///
/// # Errors
/// `bf16`, which NumPy has not; a folder that does not exist; whatever the operating system refuses.
pub fn save_npy(array: &Array, path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    let (header, array) = prepared(array, path, "")?;
    let bytes = data(&array)?;
    atomic::write(path, |to| {
        to.write_all(&header)?;
        to.write_all(&bytes)
    })
}

/// Writes a dictionary of arrays by name, `numpy.savez`.
///
/// # Errors
/// A value that is not a dictionary whose keys are text and whose values are arrays, and what
/// [`save_npy`] refuses.
pub fn save_npz(arrays: &(impl ToValue + ?Sized), path: impl AsRef<Path>) -> Result<()> {
    write(&arrays.to_value(), path.as_ref(), false)
}

/// As [`save_npz`], deflated, `numpy.savez_compressed`.
///
/// # Errors
/// As for [`save_npz`].
pub fn save_npz_compressed(arrays: &(impl ToValue + ?Sized), path: impl AsRef<Path>) -> Result<()> {
    write(&arrays.to_value(), path.as_ref(), true)
}

fn write(value: &Value, path: &Path, deflate: bool) -> Result<()> {
    let refuse = |message: String| Error::file(path, message);
    let Value::Dict(dict) = value else {
        return Err(refuse(format!(
            "a .npz holds a dictionary of arrays, and this is a {}",
            value.kind()
        )));
    };
    let mut entries = Vec::with_capacity(dict.len());
    for (key, value) in dict.iter() {
        let (Key::Str(name), Value::Tensor(array)) = (key, value) else {
            return Err(refuse(format!(
                "a .npz holds arrays by names, flat; {key} is a {}{}",
                value.kind(),
                if matches!(key, Key::Int(_)) {
                    " and its key a number"
                } else {
                    ""
                }
            )));
        };
        entries.push((format!("{name}.npy"), prepared(array, path, name)?));
    }
    atomic::write(path, |to| {
        let mut archive = zip::Writer::new(to);
        for (name, (header, array)) in &entries {
            let bytes = data(array).map_err(io::Error::other)?;
            archive.entry(name, &[header, &bytes], deflate)?;
        }
        archive.finish()
    })
}

/// The header of an array, and the array row-major on the host.
fn prepared(array: &Array, path: &Path, name: &str) -> Result<(Vec<u8>, Array)> {
    let header = Header::write(array.dtype(), array.shape()).map_err(|message| {
        Error::file(
            path,
            if name.is_empty() {
                message
            } else {
                format!("{name:?}: {message}")
            },
        )
    })?;
    Ok((header, array.to_device(&Device::cpu())?.contiguous()?))
}

fn data(array: &Array) -> Result<Cow<'_, [u8]>> {
    let start = if array.numel() == 0 {
        0
    } else {
        array.layout().offset()
    };
    array.storage_bytes(start..start + array.numel())
}
