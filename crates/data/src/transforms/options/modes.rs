//! Ways to find values in between, and values outside.

use std::fmt;

/// How values between pixels are found, `torchvision.transforms.InterpolationMode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InterpolationMode {
    /// The nearest pixel; on tensors the one before, as old programs take it.
    Nearest,
    /// The nearest pixel.
    NearestExact,
    /// Straight lines.
    #[default]
    Bilinear,
    /// Cubic curves.
    Bicubic,
    /// Means over boxes; images of bytes only.
    Box,
    /// Hamming's window; images of bytes only.
    Hamming,
    /// Lanczos' window; images of bytes only.
    Lanczos,
}

impl InterpolationMode {
    /// torchvision's name.
    pub fn name(self) -> &'static str {
        match self {
            InterpolationMode::Nearest => "nearest",
            InterpolationMode::NearestExact => "nearest-exact",
            InterpolationMode::Bilinear => "bilinear",
            InterpolationMode::Bicubic => "bicubic",
            InterpolationMode::Box => "box",
            InterpolationMode::Hamming => "hamming",
            InterpolationMode::Lanczos => "lanczos",
        }
    }
}

impl fmt::Display for InterpolationMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What pictures are padded with, the `padding_mode` of `torchvision.transforms.Pad`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PaddingMode {
    /// One colour.
    #[default]
    Constant,
    /// The pixel at the edge.
    Edge,
    /// The picture mirrored at its edge pixels, which are not repeated.
    Reflect,
    /// The picture mirrored at its edges, whose pixels are repeated.
    Symmetric,
}

impl PaddingMode {
    /// torchvision's name.
    pub fn name(self) -> &'static str {
        match self {
            PaddingMode::Constant => "constant",
            PaddingMode::Edge => "edge",
            PaddingMode::Reflect => "reflect",
            PaddingMode::Symmetric => "symmetric",
        }
    }
}

impl fmt::Display for PaddingMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
