//! Saves a tree of state to a file and loads it back.
//!
//! The extension says the format:
//!
//! | extension | what it is | what it holds | data |
//! |---|---|---|---|
//! | `.pt`, `.pth` | PyTorch's own, a zip archive with a pickle in it | any [`Value`]; arrays that share memory share it again | read from PyTorch, also its format from before 1.6; what is written opens there with `weights_only=True` and `mmap=True` |
//! | `.safetensors` | Hugging Face's | one dictionary of arrays | see [`safetensors`] |
//! | `.npy`, `.npz` | NumPy's: one array, and arrays by name in a zip archive | one array; a flat dictionary of arrays | see [`load_npy`], [`load_npz`] |
//! | `.ond` | Ondol's own | any [`Value`]; arrays that share memory share it again | with checksums of all that is in it |
//!
//! Arrays come back bit for bit. What a file says is not believed and not executed: every size is
//! held against the file's own before anything is allocated, a pickle is read by an interpreter
//! that knows the few instructions and names of a state dict and refuses all others, and a file
//! that is damaged, cut short or of another format is an error that names it and says why.
//!
//! What PyTorch has and a [`Value`] has not: the class of a dictionary (an `OrderedDict` and its
//! `_metadata` become a plain one), `requires_grad` and the class `Parameter`. Sets, bytes, complex
//! numbers and tensors of other dtypes are errors that name the key; the integers among them
//! can become `i64`, see [`LoadOptions::widen`].
//!
//! The command `ondol-weights` of this crate inspects files, converts and compares them.
//!
//! ```
//! use ondol_serialize::{load, save};
//! use ondol_tensor::{Array, Dict, Value};
//! # let folder = tempfile::tempdir().unwrap();
//! # let path = folder.path().join("model.pt");
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
mod elements;
mod fill;
mod limits;
mod mmap;
mod native;
mod npy;
mod options;
mod pieces;
mod pt;
pub mod safetensors;
mod sniff;
mod source;
mod trail;
mod walk;
mod zip;

pub use npy::{load_npy, load_npz, save_npy, save_npz, save_npz_compressed};

use std::path::Path;

use ondol_tensor::{Error, Result, ToValue, Value};

pub use options::LoadOptions;

/// What is wrong with a file or a value; the path is put before it where it is known.
type Checked<T> = std::result::Result<T, String>;

/// Writes state to a file, `torch.save`; the extension says the format, see the [crate](self)'s page.
///
/// The file appears whole or not at all, and one that is there already stays as it was until then.
/// A view is written without the rest of its buffer. In a `.ond`, values nest at most 128 deep, and
/// there are at most 2²⁰ of them (an array counts as one).
///
/// # Errors
/// Another extension; a value that the format cannot hold; a folder that does not exist; whatever
/// the operating system refuses; values beyond those limits.
pub fn save(value: &(impl ToValue + ?Sized), path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    let value = &value.to_value();
    match extension(path)?.as_str() {
        "ond" => native::save(value, path),
        "pt" | "pth" => pt::save(value, path),
        "safetensors" => safetensors::save(value, path, [("format", "pt")]),
        "npz" => npy::save_npz(value, path),
        "npy" => match value {
            Value::Tensor(array) => npy::save_npy(array, path),
            other => Err(Error::file(
                path,
                format!("a .npy holds one array, and this is a {}", other.kind()),
            )),
        },
        other => Err(unknown(path, other)),
    }
}

/// Reads what [`save`] or PyTorch wrote, `torch.load`; arrays come to the CPU.
///
/// Nothing in the file is believed and nothing in it is executed, see the [crate](self)'s page.
///
/// # Errors
/// Another extension; a file that cannot be read, is of another format, is cut short or damaged;
/// one that holds what a [`Value`] cannot. The message names the file, the key and what is wrong.
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
/// assert_eq!(load_with(&path, LoadOptions::new().verify(false))?.as_int()?, 3);
/// # Ok::<(), ondol_tensor::Error>(())
/// ```
///
/// # Errors
/// As for [`load`].
pub fn load_with(path: impl AsRef<Path>, options: LoadOptions) -> Result<Value> {
    let path = path.as_ref();
    match extension(path)?.as_str() {
        "ond" => native::load(path, options),
        "pt" | "pth" => pt::load(path, options),
        "safetensors" => safetensors::load(path, options),
        "npz" => npy::load_npz_with(path, options).map(Value::Dict),
        "npy" => npy::load_npy(path).map(Value::Tensor),
        other => Err(unknown(path, other)),
    }
}

/// The extensions of the formats this version knows.
const KNOWN: &str = "`.pt`, `.pth`, `.safetensors`, `.npz`, `.npy` and `.ond`";

/// What says the format, in lower case.
fn extension(path: &Path) -> Result<String> {
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    extension.ok_or_else(|| {
        Error::file(
            path,
            format!("the name has no extension, which says the format; there are {KNOWN}"),
        )
    })
}

fn unknown(path: &Path, extension: &str) -> Error {
    let message =
        format!("`.{extension}` is not the extension of a known format; there are {KNOWN}");
    Error::file(path, message)
}
