//! Channels and places exchanged, and patches.

use ondol_autograd::{ConvOptions, Padding, Scope, Size, Tensor};

use crate::functional::{channel_shuffle, fold, pixel_shuffle, pixel_unshuffle, unfold};
use crate::module::repr::shown;
use crate::pair::short;
use crate::{Forward, Module, Visitor};

macro_rules! by_a_number {
    ($($(#[$doc:meta])* $layer:ident $number:ident $f:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $layer {
            $number: usize,
        }

        impl $layer {
            /// The number of them.
            pub fn new($number: usize) -> $layer {
                $layer { $number }
            }
        }

        impl Module for $layer {
            fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
                visitor.module(self);
            }

            fn extra_repr(&self) -> String {
                format!(concat!(stringify!($number), "={}"), self.$number)
            }
        }
        shown!($layer);

        impl Forward for $layer {
            #[track_caller]
            fn forward(&self, x: &Tensor) -> Tensor {
                let _scope = Scope::enter(concat!(stringify!($layer), "({})"), &[self.$number]).of(self);
                $f(x, self.$number)
            }
        }
    )*};
}

by_a_number! {
    /// `[.., C·r², H, W]` → `[.., C, H·r, W·r]`, `torch.nn.PixelShuffle`.
    ///
    /// ```
    /// use ondol_nn::{Forward, PixelShuffle, Tensor};
    /// assert_eq!(PixelShuffle::new(3).forward(&Tensor::zeros([1, 9, 4, 4])).shape(), [1, 1, 12, 12]);
    /// ```
    PixelShuffle upscale_factor pixel_shuffle;
    /// `[.., C, H·r, W·r]` → `[.., C·r², H, W]`, `torch.nn.PixelUnshuffle`.
    ///
    /// ```
    /// use ondol_nn::{Forward, PixelUnshuffle, Tensor};
    /// assert_eq!(PixelUnshuffle::new(2).forward(&Tensor::zeros([1, 1, 4, 6])).shape(), [1, 4, 2, 3]);
    /// ```
    PixelUnshuffle downscale_factor pixel_unshuffle;
    /// The channels dealt out to the groups in turn, `torch.nn.ChannelShuffle`.
    ///
    /// ```
    /// use ondol_nn::{Forward, ChannelShuffle, Tensor};
    /// assert_eq!(ChannelShuffle::new(2).forward(&Tensor::zeros([1, 4, 2, 2])).shape(), [1, 4, 2, 2]);
    /// ```
    ChannelShuffle groups channel_shuffle;
}

macro_rules! patches {
    ($layer:ident) => {
        /// Distance of the window's taps; 1 unless said otherwise.
        pub fn dilation(mut self, dilation: impl Into<Size<2>>) -> $layer {
            self.options = self.options.dilation(dilation);
            self
        }

        /// A border of zeros; none unless said otherwise.
        pub fn padding(mut self, padding: impl Into<Size<2>>) -> $layer {
            self.options.padding = Padding::By(padding.into().0);
            self
        }

        /// Steps of the window; 1 unless said otherwise.
        pub fn stride(mut self, stride: impl Into<Size<2>>) -> $layer {
            self.options = self.options.stride(stride);
            self
        }
    };
}

/// What both layers print after their sizes.
fn settings(o: &ConvOptions<2>) -> String {
    let padding = match o.padding {
        Padding::By(padding) => padding,
        _ => [0; 2],
    };
    format!(
        "dilation={}, padding={}, stride={}",
        short(o.dilation),
        short(padding),
        short(o.stride)
    )
}

/// Patches under a sliding window as columns, `torch.nn.Unfold`: `x [N, C, H, W]` → `[N, C·KH·KW,
/// L]`.
///
/// ```
/// use ondol_nn::{Forward, Tensor, Unfold};
/// assert_eq!(Unfold::new((2, 3)).forward(&Tensor::zeros([2, 5, 3, 4])).shape(), [2, 30, 4]);
/// ```
#[derive(Clone, Copy)]
pub struct Unfold {
    kernel_size: [usize; 2],
    options: ConvOptions<2>,
}

impl Unfold {
    /// A window of that size.
    pub fn new(kernel_size: impl Into<Size<2>>) -> Unfold {
        Unfold {
            kernel_size: kernel_size.into().0,
            options: ConvOptions::new(),
        }
    }

    patches!(Unfold);
}

impl Module for Unfold {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
    }

    fn extra_repr(&self) -> String {
        let kernel = short(self.kernel_size);
        format!("kernel_size={kernel}, {}", settings(&self.options))
    }
}

impl Forward for Unfold {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let _scope = Scope::enter("Unfold({}×{})", &self.kernel_size).of(self);
        unfold(x, self.kernel_size, self.options)
    }
}

/// Columns laid back on an image, added where they overlap, `torch.nn.Fold`: `x [N, C·KH·KW, L]` →
/// `[N, C, H, W]`.
///
/// ```
/// use ondol_nn::{Fold, Forward, Tensor};
/// assert_eq!(Fold::new((4, 5), (2, 2)).forward(&Tensor::zeros([1, 12, 12])).shape(), [1, 3, 4, 5]);
/// ```
#[derive(Clone, Copy)]
pub struct Fold {
    output_size: [usize; 2],
    kernel_size: [usize; 2],
    options: ConvOptions<2>,
}

impl Fold {
    /// The image's size and the window's.
    pub fn new(output_size: impl Into<Size<2>>, kernel_size: impl Into<Size<2>>) -> Fold {
        Fold {
            output_size: output_size.into().0,
            kernel_size: kernel_size.into().0,
            options: ConvOptions::new(),
        }
    }

    patches!(Fold);
}

impl Module for Fold {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
    }

    fn extra_repr(&self) -> String {
        let (output, kernel) = (short(self.output_size), short(self.kernel_size));
        let settings = settings(&self.options);
        format!("output_size={output}, kernel_size={kernel}, {settings}")
    }
}

impl Forward for Fold {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let _scope = Scope::enter("Fold({}×{})", &self.output_size).of(self);
        fold(x, self.output_size, self.kernel_size, self.options)
    }
}

shown!(Unfold, Fold);
