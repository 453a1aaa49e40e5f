//! What convolutions can be told.

use ondol_tensor::{Conv2dOptions, Error};

use super::super::size::Size;
use crate::raise;

/// The border of zeros around a convolution's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding<const N: usize> {
    /// That many on both sides of each dimension.
    By([usize; N]),
    /// None: PyTorch's `'valid'`.
    Valid,
    /// So many that the output is as large as the input, PyTorch's `'same'`; the odd one comes after.
    Same,
}

impl<const N: usize, S: Into<Size<N>>> From<S> for Padding<N> {
    fn from(size: S) -> Padding<N> {
        Padding::By(size.into().0)
    }
}

/// Stride, padding, dilation and groups of a convolution over `N` dimensions.
///
/// ```
/// use ondol_autograd::{ConvOptions, Padding};
/// let options = ConvOptions::<2>::new().padding(Padding::Same).dilation((1, 2));
/// assert_eq!(options.stride, [1, 1]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvOptions<const N: usize> {
    /// Steps of the window. Default: 1.
    pub stride: [usize; N],
    /// The border of zeros. Default: none.
    pub padding: Padding<N>,
    /// Distance of the kernel's taps. Default: 1.
    pub dilation: [usize; N],
    /// Groups of channels that do not mix. Default: 1.
    pub groups: usize,
}

impl<const N: usize> Default for ConvOptions<N> {
    fn default() -> Self {
        ConvOptions {
            stride: [1; N],
            padding: Padding::By([0; N]),
            dilation: [1; N],
            groups: 1,
        }
    }
}

impl From<Conv2dOptions> for ConvOptions<2> {
    fn from(o: Conv2dOptions) -> Self {
        ConvOptions {
            stride: o.stride,
            padding: Padding::By(o.padding),
            dilation: o.dilation,
            groups: o.groups,
        }
    }
}

impl<const N: usize> ConvOptions<N> {
    /// Stride 1, no padding, one group.
    pub fn new() -> Self {
        ConvOptions::default()
    }

    /// Steps of the window.
    pub fn stride(mut self, stride: impl Into<Size<N>>) -> Self {
        self.stride = stride.into().0;
        self
    }

    /// The border of zeros.
    pub fn padding(mut self, padding: impl Into<Padding<N>>) -> Self {
        self.padding = padding.into();
        self
    }

    /// Distance of the kernel's taps.
    pub fn dilation(mut self, dilation: impl Into<Size<N>>) -> Self {
        self.dilation = dilation.into().0;
        self
    }

    /// Groups of channels that do not mix.
    pub fn groups(mut self, groups: usize) -> Self {
        self.groups = groups;
        self
    }

    /// Zeros before and after each dimension, for a kernel of that size.
    #[track_caller]
    pub fn amounts(&self, kernel: [usize; N]) -> [(usize, usize); N] {
        match self.padding {
            Padding::By(padding) => padding.map(|p| (p, p)),
            Padding::Valid => [(0, 0); N],
            Padding::Same => {
                if self.stride != [1; N] {
                    raise(Error::value(
                        "conv",
                        "padding='same' is not supported for strided convolutions",
                    ));
                }
                std::array::from_fn(|d| {
                    let total = self.dilation[d] * kernel[d].saturating_sub(1);
                    (total / 2, total - total / 2)
                })
            }
        }
    }
}

/// What a transposed convolution over `N` dimensions can be told.
///
/// ```
/// use ondol_autograd::ConvTransposeOptions;
/// let options = ConvTransposeOptions::<1>::new().stride(2).padding(1).output_padding(1);
/// assert_eq!(options.groups, 1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvTransposeOptions<const N: usize> {
    /// How far apart the inputs' patches lie. Default: 1.
    pub stride: [usize; N],
    /// What is cut from each side of the result. Default: none.
    pub padding: [usize; N],
    /// What is added to the end of each dimension. Default: none.
    pub output_padding: [usize; N],
    /// Distance of the kernel's taps. Default: 1.
    pub dilation: [usize; N],
    /// Groups of channels that do not mix. Default: 1.
    pub groups: usize,
}

impl<const N: usize> Default for ConvTransposeOptions<N> {
    fn default() -> Self {
        ConvTransposeOptions {
            stride: [1; N],
            padding: [0; N],
            output_padding: [0; N],
            dilation: [1; N],
            groups: 1,
        }
    }
}

impl<const N: usize> ConvTransposeOptions<N> {
    /// Stride 1, no padding, one group.
    pub fn new() -> Self {
        ConvTransposeOptions::default()
    }

    /// How far apart the inputs' patches lie.
    pub fn stride(mut self, stride: impl Into<Size<N>>) -> Self {
        self.stride = stride.into().0;
        self
    }

    /// What is cut from each side of the result.
    pub fn padding(mut self, padding: impl Into<Size<N>>) -> Self {
        self.padding = padding.into().0;
        self
    }

    /// What is added to the end of each dimension.
    pub fn output_padding(mut self, output_padding: impl Into<Size<N>>) -> Self {
        self.output_padding = output_padding.into().0;
        self
    }

    /// Distance of the kernel's taps.
    pub fn dilation(mut self, dilation: impl Into<Size<N>>) -> Self {
        self.dilation = dilation.into().0;
        self
    }

    /// Groups of channels that do not mix.
    pub fn groups(mut self, groups: usize) -> Self {
        self.groups = groups;
        self
    }

    /// The size of one dimension of the result, or why there is none.
    pub(super) fn output(
        &self,
        d: usize,
        input: usize,
        kernel: usize,
    ) -> std::result::Result<usize, String> {
        let (stride, dilation, extra) = (self.stride[d], self.dilation[d], self.output_padding[d]);
        if input == 0 || kernel == 0 || stride == 0 || dilation == 0 {
            return Err("input sizes, kernel, stride and dilation must be greater than 0".into());
        }
        if extra >= stride && extra >= dilation {
            return Err(format!(
                "output padding must be smaller than either stride or dilation, but got output_padding: {extra}, stride: {stride}, dilation: {dilation}"
            ));
        }
        let whole = (input - 1) * stride + dilation * (kernel - 1) + 1 + extra;
        match whole.checked_sub(2 * self.padding[d]) {
            Some(size) if size > 0 => Ok(size),
            _ => Err(format!(
                "the output would have {whole} - 2*{} elements along spatial dimension {d}; padding is too large",
                self.padding[d]
            )),
        }
    }
}
