//! How much a file may hold besides arrays: bounds of what reading one can take, which all formats
//! and both directions share.

/// How deep containers may lie in one another.
pub(crate) const MAX_DEPTH: usize = 128;
/// How many values there may be. They take some 150 bytes each, a byte in a file.
pub(crate) const MAX_VALUES: usize = 1 << 20;
/// How many bytes of text.
pub(crate) const MAX_TEXT: usize = 64 << 20;
/// How many dimensions an array may have, PyTorch's own limit.
pub(crate) const MAX_DIMS: usize = 64;
