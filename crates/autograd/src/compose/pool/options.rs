//! What pooling can be told.

use ondol_tensor::Pool2dOptions;

use super::super::size::Size;

/// The window of a maximum over `N` dimensions. A bare size is a window with a stride of its size:
/// `max_pool2d(&x, 2)`.
///
/// ```
/// use ondol_autograd::PoolOptions;
/// let options = PoolOptions::<2>::new(3).stride(2).padding(1).ceil_mode(true);
/// assert_eq!(options.kernel, [3, 3]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolOptions<const N: usize> {
    /// Size of the window.
    pub kernel: [usize; N],
    /// Steps of the window. Default: its size.
    pub stride: [usize; N],
    /// A border that never wins. Default: none.
    pub padding: [usize; N],
    /// Distance of the window's taps. Default: 1.
    pub dilation: [usize; N],
    /// Whether a window may stand over the end. Default: no.
    pub ceil_mode: bool,
}

impl<const N: usize> PoolOptions<N> {
    /// Windows side by side.
    pub fn new(kernel: impl Into<Size<N>>) -> Self {
        let Size(kernel) = kernel.into();
        PoolOptions {
            kernel,
            stride: kernel,
            padding: [0; N],
            dilation: [1; N],
            ceil_mode: false,
        }
    }

    /// Steps of the window.
    pub fn stride(mut self, stride: impl Into<Size<N>>) -> Self {
        self.stride = stride.into().0;
        self
    }

    /// A border that never wins.
    pub fn padding(mut self, padding: impl Into<Size<N>>) -> Self {
        self.padding = padding.into().0;
        self
    }

    /// Distance of the window's taps.
    pub fn dilation(mut self, dilation: impl Into<Size<N>>) -> Self {
        self.dilation = dilation.into().0;
        self
    }

    /// Whether a window may stand over the end.
    pub fn ceil_mode(mut self, ceil_mode: bool) -> Self {
        self.ceil_mode = ceil_mode;
        self
    }
}

impl From<Pool2dOptions> for PoolOptions<2> {
    fn from(o: Pool2dOptions) -> Self {
        PoolOptions {
            kernel: o.kernel,
            stride: o.stride,
            padding: o.padding,
            dilation: o.dilation,
            ceil_mode: false,
        }
    }
}

/// The window of a mean over `N` dimensions. A bare size is a window with a stride of its size.
///
/// ```
/// use ondol_autograd::AvgPoolOptions;
/// let options = AvgPoolOptions::<1>::new(3).padding(1).count_include_pad(false);
/// assert_eq!(options.stride, [3]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AvgPoolOptions<const N: usize> {
    /// Size of the window.
    pub kernel: [usize; N],
    /// Steps of the window. Default: its size.
    pub stride: [usize; N],
    /// A border of zeros. Default: none.
    pub padding: [usize; N],
    /// Whether a window may stand over the end. Default: no.
    pub ceil_mode: bool,
    /// Whether the border counts as elements. Default: yes.
    pub count_include_pad: bool,
    /// What sums are divided by, instead of the count of elements.
    pub divisor_override: Option<usize>,
}

impl<const N: usize> AvgPoolOptions<N> {
    /// Windows side by side.
    pub fn new(kernel: impl Into<Size<N>>) -> Self {
        let Size(kernel) = kernel.into();
        AvgPoolOptions {
            kernel,
            stride: kernel,
            padding: [0; N],
            ceil_mode: false,
            count_include_pad: true,
            divisor_override: None,
        }
    }

    /// Steps of the window.
    pub fn stride(mut self, stride: impl Into<Size<N>>) -> Self {
        self.stride = stride.into().0;
        self
    }

    /// A border of zeros.
    pub fn padding(mut self, padding: impl Into<Size<N>>) -> Self {
        self.padding = padding.into().0;
        self
    }

    /// Whether a window may stand over the end.
    pub fn ceil_mode(mut self, ceil_mode: bool) -> Self {
        self.ceil_mode = ceil_mode;
        self
    }

    /// Whether the border counts as elements.
    pub fn count_include_pad(mut self, count_include_pad: bool) -> Self {
        self.count_include_pad = count_include_pad;
        self
    }

    /// What sums are divided by, instead of the count of elements.
    pub fn divisor_override(mut self, divisor: impl Into<Option<usize>>) -> Self {
        self.divisor_override = divisor.into();
        self
    }
}

macro_rules! from_a_size {
    ($($options:ident $n:literal: $($size:ty),*;)*) => {$($(
        impl From<$size> for $options<$n> {
            fn from(kernel: $size) -> Self {
                $options::new(kernel)
            }
        }
    )*)*};
}
from_a_size! {
    PoolOptions 1: usize, [usize; 1];
    PoolOptions 2: usize, [usize; 2], (usize, usize);
    PoolOptions 3: usize, [usize; 3], (usize, usize, usize);
    AvgPoolOptions 1: usize, [usize; 1];
    AvgPoolOptions 2: usize, [usize; 2], (usize, usize);
    AvgPoolOptions 3: usize, [usize; 3], (usize, usize, usize);
}

/// The output of an adaptive pooling over `N` dimensions: one size for all, one for each, or
/// `None` where the input's is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputSize<const N: usize>(pub [Option<usize>; N]);

impl<const N: usize> From<usize> for OutputSize<N> {
    fn from(all: usize) -> Self {
        OutputSize([Some(all); N])
    }
}
impl<const N: usize> From<[usize; N]> for OutputSize<N> {
    fn from(each: [usize; N]) -> Self {
        OutputSize(each.map(Some))
    }
}
impl<const N: usize> From<[Option<usize>; N]> for OutputSize<N> {
    fn from(each: [Option<usize>; N]) -> Self {
        OutputSize(each)
    }
}
impl From<(usize, usize)> for OutputSize<2> {
    fn from((height, width): (usize, usize)) -> Self {
        OutputSize([Some(height), Some(width)])
    }
}
impl From<(usize, usize, usize)> for OutputSize<3> {
    fn from((depth, height, width): (usize, usize, usize)) -> Self {
        OutputSize([Some(depth), Some(height), Some(width)])
    }
}
