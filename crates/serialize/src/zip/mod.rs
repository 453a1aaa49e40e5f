//! Zip archives, as far as arrays in files need them: entries stored or deflated, of any size.

mod read;
mod write;

pub(crate) use read::Archive;
pub(crate) use write::Writer;

/// What is wrong with an archive; the path is put before it where it is known.
type Checked<T> = std::result::Result<T, String>;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const END_64: u32 = 0x0606_4b50;
const LOCATOR_64: u32 = 0x0706_4b50;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// In place of a number that needs 64 bits and stands elsewhere.
const ELSEWHERE: u64 = 0xffff_ffff;
/// The extra field where it then stands.
const EXTRA_64: u16 = 1;
