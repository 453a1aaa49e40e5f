//! PyTorch's files, `.pt` and `.pth`.
//!
//! ```text
//! zip        archive/data.pkl         a pickle of the values, which names storages
//!            archive/data/0 … N       the storages, raw, each starting on a multiple of 64 bytes
//!            archive/byteorder, version …
//! legacy     five pickles one after another, then the storages (before PyTorch 1.6)
//! ```
//!
//! Records are stored as they are, never compressed, so the archive needs no library. Reading goes
//! in three steps: [`zip`] or [`legacy`] finds the pickle and the storages, [`pickle`] makes a flat
//! list of objects of the pickle, [`build`] makes a value of the objects.

mod build;
mod legacy;
mod pickle;
mod pickler;
mod read;
mod storages;
#[cfg(test)]
mod tests;
mod write;
mod zip;

pub(crate) use read::load;
pub(crate) use write::save;
