//! Saves a tree of state to a file and loads it back.
//!
//! The extension says the format. Ondol's own is `.ond`: every [`Value`] comes back as it was, bit
//! for bit; arrays that share memory are written once and share it again; a damaged file is an
//! error, never wrong numbers. NumPy's are `.npy`, one array, and `.npz`, arrays by name.
//!
//! ```
//! use ondol_serialize::{load, save};
//! use ondol_tensor::{Array, Dict, Value};
//! # let folder = tempfile::tempdir().unwrap();
//! # let path = folder.path().join("model.ond");
//! let mut state = Dict::new();
//! state.insert("weight", Array::from_vec(vec![1.0f32, 2.0, 3.0, 4.0], [2, 2])?);
//! state.insert("epoch", 7i64);
//! save(&state, &path)?;
//!
//! let state: Value = load(&path)?;
//! assert_eq!(state.get("weight")?.as_tensor()?.to_vec::<f32>()?, [1.0, 2.0, 3.0, 4.0]);
//! assert_eq!(state.get("epoch")?.as_int()?, 7);
//! # Ok::<(), ondol_tensor::Error>(())
//! ```
#![deny(unsafe_code)]

pub mod atomic;
mod native;
mod npy;
mod zip;

pub use npy::{load_npy, load_npz, save_npy, save_npz, save_npz_compressed};

use std::path::Path;

use ondol_tensor::{Error, Result, ToValue, Value};

/// How [`load_with`] reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadOptions {
    /// Whether the checksums of the arrays' data are verified. Without it a large file loads
    /// faster, and a bit that flipped on the disk becomes a wrong number. The header is always
    /// verified. Default: `true`.
    pub verify: bool,
}

impl Default for LoadOptions {
    fn default() -> Self {
        LoadOptions { verify: true }
    }
}

/// Writes state to a file, `torch.save`; the extension says the format: `.ond`, or NumPy's `.npy`
/// for one array and `.npz` for a flat dictionary of arrays.
///
/// The file appears whole or not at all, and one that is there already stays as it was until then.
/// A view is written without the rest of its buffer. In a `.ond`, values nest at most 128 deep, and
/// there are at most 2²⁰ of them (an array counts as one).
///
/// # Errors
/// Another extension; a folder that does not exist; whatever the operating system refuses; values
/// beyond those limits, or that NumPy's formats do not hold.
pub fn save(value: &(impl ToValue + ?Sized), path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    let value = value.to_value();
    match format_of(path)? {
        Format::Native => native::save(&value, path),
        Format::Npz => npy::save_npz(&value, path),
        Format::Npy => match &value {
            Value::Tensor(array) => npy::save_npy(array, path),
            other => Err(Error::file(
                path,
                format!("a .npy holds one array, and this is a {}", other.kind()),
            )),
        },
    }
}

/// Reads what [`save`] or NumPy wrote, `torch.load`; arrays come to the CPU.
///
/// Nothing in the file is believed and nothing in it is executed: every size is held against the
/// file's own, and every byte of data against its checksum, which all but `.npy` have.
///
/// # Errors
/// Another extension; a file that cannot be read, is of another format, is cut short or damaged.
/// The message names the file and what is wrong with it.
pub fn load(path: impl AsRef<Path>) -> Result<Value> {
    load_with(path, LoadOptions::default())
}

/// [`load`], with options.
///
/// ```
/// use ondol_serialize::{LoadOptions, load_with, save};
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("step.ond");
/// save(&ondol_tensor::Value::Int(3), &path)?;
/// assert_eq!(load_with(&path, LoadOptions { verify: false })?.as_int()?, 3);
/// # Ok::<(), ondol_tensor::Error>(())
/// ```
///
/// # Errors
/// As for [`load`].
pub fn load_with(path: impl AsRef<Path>, options: LoadOptions) -> Result<Value> {
    let path = path.as_ref();
    match format_of(path)? {
        Format::Native => native::load(path, options),
        Format::Npz => npy::load_npz_with(path, options).map(Value::Dict),
        Format::Npy => npy::load_npy(path).map(Value::Tensor),
    }
}

/// The formats this version knows.
enum Format {
    Native,
    Npy,
    Npz,
}

/// The format that a file's extension says.
fn format_of(path: &Path) -> Result<Format> {
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    let message = match extension.as_deref() {
        Some("ond") => return Ok(Format::Native),
        Some("npy") => return Ok(Format::Npy),
        Some("npz") => return Ok(Format::Npz),
        Some(planned @ ("pt" | "pth" | "safetensors")) => format!(
            "this version reads and writes `.ond`, `.npy` and `.npz` files; `.{planned}` is planned"
        ),
        Some(other) => format!("`.{other}` is not the extension of a known format; use `.ond`"),
        None => "the name has no extension, which says the format; use `.ond`".to_owned(),
    };
    Err(Error::file(path, message))
}
