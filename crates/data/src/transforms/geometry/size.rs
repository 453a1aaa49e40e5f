//! Other sizes.

use std::fmt;

use ondol_tensor::Result;

use crate::transforms::options::repr::{optional, truth};
use crate::transforms::steps::steady;
use crate::transforms::{
    Fill, ImageLike, ImageSize, InterpolationMode, Padding, PaddingMode, ResizeOptions, functional,
};

/// Pictures in another size, `torchvision.transforms.Resize`: one number is the shorter edge's.
///
/// ```
/// use ondol_data::transforms::Resize;
/// let text = "Resize(size=256, interpolation=bilinear, max_size=None, antialias=True)";
/// assert_eq!(Resize::new(256).to_string(), text);
/// ```
#[derive(Clone, Debug)]
pub struct Resize {
    size: ImageSize,
    options: ResizeOptions,
}

impl Resize {
    /// Bilinear and antialiased.
    pub fn new(size: impl Into<ImageSize>) -> Self {
        Resize {
            size: size.into(),
            options: ResizeOptions::new(),
        }
    }

    /// How values in between are found. Default: bilinear.
    pub fn interpolation(mut self, interpolation: InterpolationMode) -> Self {
        self.options.interpolation = interpolation;
        self
    }

    /// The longest that the longer edge may become. Default: any.
    pub fn max_size(mut self, max_size: impl Into<Option<usize>>) -> Self {
        self.options.max_size = max_size.into();
        self
    }

    /// Whether a smaller tensor is made of all pixels. Default: yes.
    pub fn antialias(mut self, antialias: bool) -> Self {
        self.options.antialias = antialias;
        self
    }

    fn run<I: ImageLike>(&self, img: &I) -> Result<I> {
        functional::resize(img, self.size, self.options.clone())
    }
}

impl fmt::Display for Resize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (o, size) = (&self.options, self.size);
        let (max, antialias) = (optional(o.max_size), truth(o.antialias));
        write!(
            f,
            "Resize(size={size}, interpolation={}, max_size={max}, antialias={antialias})",
            o.interpolation
        )
    }
}

/// Pictures with something around them, `torchvision.transforms.Pad`.
#[derive(Clone, Debug)]
pub struct Pad {
    padding: Padding,
    fill: Fill,
    padding_mode: PaddingMode,
}

impl Pad {
    /// Zeros around.
    pub fn new(padding: impl Into<Padding>) -> Self {
        Pad {
            padding: padding.into(),
            fill: Fill::default(),
            padding_mode: PaddingMode::Constant,
        }
    }

    /// The colour. Default: 0.
    pub fn fill(mut self, fill: impl Into<Fill>) -> Self {
        self.fill = fill.into();
        self
    }

    /// What is put around. Default: one colour.
    pub fn padding_mode(mut self, padding_mode: PaddingMode) -> Self {
        self.padding_mode = padding_mode;
        self
    }

    fn run<I: ImageLike>(&self, img: &I) -> Result<I> {
        functional::pad(img, self.padding, self.fill.clone(), self.padding_mode)
    }
}

impl fmt::Display for Pad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (padding, fill, mode) = (self.padding, &self.fill, self.padding_mode);
        write!(
            f,
            "Pad(padding={padding}, fill={fill}, padding_mode={mode})"
        )
    }
}

steady!(Resize, Pad);
