//! NumPy's files: one array in a `.npy`, several by name in a `.npz`.
//!
//! A `.npy` is a line of Python that says dtype, order and shape, then the elements. A `.npz` is a
//! zip archive of such files. Every size is held against the file's own before anything is
//! allocated; Python objects (pickles) are refused.

mod header;
mod read;
mod write;

pub use read::{load_npy, load_npz};
pub use write::{save_npy, save_npz, save_npz_compressed};

pub(crate) use read::load_npz_with;

/// What is wrong with a file or a value; the path is put before it where it is known.
type Checked<T> = std::result::Result<T, String>;
