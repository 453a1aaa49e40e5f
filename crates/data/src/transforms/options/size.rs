//! A size for a picture.

use std::fmt;

/// The `size` of `torchvision.transforms.Resize` and its like: one number, or `(height, width)`.
///
/// What one number means is for the transform to say: the shorter edge for a resize, both edges for a
/// crop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageSize {
    /// One number.
    One(usize),
    /// Height and width.
    Both(usize, usize),
}

impl ImageSize {
    /// Height and width, equal where one number was given.
    pub fn square(self) -> (usize, usize) {
        match self {
            ImageSize::One(side) => (side, side),
            ImageSize::Both(height, width) => (height, width),
        }
    }
}

impl fmt::Display for ImageSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImageSize::One(side) => write!(f, "{side}"),
            ImageSize::Both(height, width) => write!(f, "({height}, {width})"),
        }
    }
}

impl From<usize> for ImageSize {
    fn from(side: usize) -> Self {
        ImageSize::One(side)
    }
}

impl From<[usize; 1]> for ImageSize {
    fn from([side]: [usize; 1]) -> Self {
        ImageSize::One(side)
    }
}

impl From<(usize, usize)> for ImageSize {
    fn from((height, width): (usize, usize)) -> Self {
        ImageSize::Both(height, width)
    }
}

impl From<[usize; 2]> for ImageSize {
    fn from([height, width]: [usize; 2]) -> Self {
        ImageSize::Both(height, width)
    }
}
