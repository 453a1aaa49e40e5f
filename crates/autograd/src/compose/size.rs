//! One number for each dimension of space.

/// One number for all of `N` dimensions of space, or one for each: `3`, `[3, 5]` or `(3, 5)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size<const N: usize>(pub [usize; N]);

impl<const N: usize> From<usize> for Size<N> {
    fn from(all: usize) -> Size<N> {
        Size([all; N])
    }
}
impl<const N: usize> From<[usize; N]> for Size<N> {
    fn from(each: [usize; N]) -> Size<N> {
        Size(each)
    }
}
impl From<(usize,)> for Size<1> {
    fn from((length,): (usize,)) -> Size<1> {
        Size([length])
    }
}
impl From<(usize, usize)> for Size<2> {
    fn from((height, width): (usize, usize)) -> Size<2> {
        Size([height, width])
    }
}
impl From<(usize, usize, usize)> for Size<3> {
    fn from((depth, height, width): (usize, usize, usize)) -> Size<3> {
        Size([depth, height, width])
    }
}
