//! Reading files that nothing is known of.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use ondol_tensor::{Array, Dict, Error, Result, Shape};

use super::header::{Header, Kind};
use crate::LoadOptions;
use crate::zip::Archive;

/// Reads an array that NumPy saved, `numpy.load`: little- or big-endian, in C's or Fortran's order.
///
/// `int8`, `int16` and `uint16` come as `i32` and `uint32` as `i64`, which hold every value.
///
/// ```
/// use ondol_serialize::{load_npy, save_npy};
/// use ondol_tensor::Array;
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("x.npy");
/// save_npy(&Array::from_vec(vec![1.0f32, 2.0], [2, 1])?, &path)?;
/// assert_eq!(load_npy(&path)?.shape(), &[2, 1]);
/// # Ok::<(), ondol_tensor::Error>(())
/// ```
///
/// # Errors
/// A file that cannot be read, is cut short, or holds what arrays do not: objects, text, complex
/// numbers, `uint64`. The message names the file and what is wrong with it.
pub fn load_npy(path: impl AsRef<Path>) -> Result<Array> {
    let path = path.as_ref();
    let io = |action| move |e: io::Error| Error::io(path, action, e);
    let file = File::open(path).map_err(io("open"))?;
    let metadata = file.metadata().map_err(io("open"))?;
    if !metadata.is_file() {
        return Err(Error::file(path, "is not a file"));
    }
    array(&mut BufReader::new(file), metadata.len(), path, "")
}

/// Reads the arrays of a `.npz`, stored or deflated, by name and in order, `numpy.load`.
///
/// # Errors
/// A file that cannot be read, is no archive, or is damaged (every entry's checksum is compared),
/// and what [`load_npy`] refuses.
pub fn load_npz(path: impl AsRef<Path>) -> Result<Dict> {
    load_npz_with(path.as_ref(), LoadOptions::default())
}

pub(crate) fn load_npz_with(path: &Path, options: LoadOptions) -> Result<Dict> {
    let mut archive = Archive::open(path)?;
    let mut arrays = Dict::new();
    for entry in archive.entries.clone() {
        let Some(name) = entry.name.strip_suffix(".npy") else {
            return Err(Error::file(
                path,
                format!("holds {:?}, which is not an array", entry.name),
            ));
        };
        let value = archive.read(path, &entry, options.verify, |from| {
            array(from, entry.size, path, name)
        })?;
        arrays.insert(name, value);
    }
    Ok(arrays)
}

/// An array from `length` bytes.
fn array(from: &mut dyn Read, length: u64, path: &Path, name: &str) -> Result<Array> {
    let bad = |message: String| match name {
        "" => Error::file(path, message),
        _ => Error::file(path, format!("{name:?}: {message}")),
    };
    let header = Header::read(from, length).map_err(bad)?;
    let mut sizes = header.shape.clone();
    if header.fortran {
        sizes.reverse();
    }
    let size = header.kind.size();
    let fill = |to: &mut [u8]| {
        from.read_exact(to)
            .map_err(|e| Error::io(path, "read", e))?;
        if header.big_endian && size > 1 {
            to.chunks_exact_mut(size).for_each(<[u8]>::reverse);
        }
        Ok(())
    };
    let array = elements(header.kind, sizes, fill).map_err(|e| match e {
        Error::Value { message, .. } => bad(message),
        other => other,
    })?;
    if header.fortran && array.ndim() > 1 {
        let order: Vec<isize> = (0..array.ndim() as isize).rev().collect();
        return array.permute(&order)?.contiguous();
    }
    Ok(array)
}

/// The elements as an array; `fill` gives their bytes, little-endian.
fn elements(
    kind: Kind,
    sizes: Vec<usize>,
    fill: impl FnOnce(&mut [u8]) -> Result<()>,
) -> Result<Array> {
    let shape = Shape::from(sizes);
    if let Kind::Own(dtype) = kind {
        return Array::read_bytes(shape, dtype, fill);
    }
    // The header was held against the file, so that this is no more than what is there.
    let size = kind.size();
    let mut bytes = vec![0; shape.numel() * size];
    fill(&mut bytes)?;
    let unsigned = |b: &[u8]| b.iter().rev().fold(0u32, |n, &b| n << 8 | u32::from(b));
    let elements = bytes.chunks_exact(size);
    match kind {
        Kind::Narrow { signed, bytes } => {
            // The sign bit is moved to the top and back.
            let unused = if signed { 32 - 8 * bytes as u32 } else { 0 };
            let number = |b| (unsigned(b) << unused) as i32 >> unused;
            Array::from_vec(elements.map(number).collect(), shape)
        }
        _ => Array::from_vec(elements.map(|b| i64::from(unsigned(b))).collect(), shape),
    }
}
