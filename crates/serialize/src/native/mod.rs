//! Ondol's own format, `.ond`.
//!
//! ```text
//! preamble   64 bytes: magic, version, header length, data start, header CRC32, flags
//! header     bincode: metadata, storages, tensors, the tree of values
//! data       the storages, little-endian, each starting on a multiple of 64 bytes
//! ```
//!
//! Every byte is determined by the state that is saved, and every byte is checked when it is
//! loaded: paddings are zero, storages follow one another without gaps, checksums agree.

mod header;
mod read;
mod tables;
#[cfg(test)]
mod tests;
mod tree;
mod write;

pub(crate) use read::load;
pub(crate) use write::save;
