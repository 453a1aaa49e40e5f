//! How much a file may hold besides arrays: bounds of what reading one can take, which all formats
//! and both directions share.

/// How deep containers may lie in one another.
pub(crate) const MAX_DEPTH: usize = 128;
/// How many values there may be. They take some 150 bytes each, a byte in a file.
pub(crate) const MAX_VALUES: usize = 1 << 20;
/// How many bytes of text.
pub(crate) const MAX_TEXT: usize = 64 << 20;
/// Whether the strides of a shape can be counted: sizes of 0 count as 1 there, so that an array of no
/// elements can have a shape that nothing could hold.
pub(crate) fn countable(shape: &[usize], size: usize) -> bool {
    let product = shape.iter().try_fold(size, |n, &s| n.checked_mul(s.max(1)));
    product.is_some_and(|n| isize::try_from(n).is_ok())
}

/// How many dimensions an array may have, PyTorch's own limit.
pub(crate) const MAX_DIMS: usize = 64;
