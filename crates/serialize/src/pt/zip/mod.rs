//! Zip archives as far as PyTorch's files are ones: records that are stored, not compressed.

mod read;
#[cfg(test)]
mod tests;
mod write;

pub(super) use read::{Archive, Record};
pub(super) use write::{ALIGN, Writer};

/// What the parts of an archive begin with.
const LOCAL: u32 = u32::from_le_bytes(*b"PK\x03\x04");
const DESCRIPTOR: u32 = u32::from_le_bytes(*b"PK\x07\x08");
const CENTRAL: u32 = u32::from_le_bytes(*b"PK\x01\x02");
const END: u32 = u32::from_le_bytes(*b"PK\x05\x06");
const END64: u32 = u32::from_le_bytes(*b"PK\x06\x06");
const LOCATOR64: u32 = u32::from_le_bytes(*b"PK\x06\x07");

/// How long the parts are, without what varies in them.
const LOCAL_LEN: usize = 30;
const CENTRAL_LEN: usize = 46;
const END_LEN: usize = 22;
const END64_LEN: usize = 56;
const LOCATOR64_LEN: usize = 20;

/// In a field of 32 bits: look into the extra field.
const LARGE: u64 = 0xffff_ffff;
