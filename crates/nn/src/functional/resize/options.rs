//! What [`super::interpolate`] can be told.

/// One value for all dimensions of space, or one for each.
#[derive(Clone, Debug, PartialEq)]
pub enum PerDim<T> {
    /// The same for all.
    All(T),
    /// From the first on.
    Each(Vec<T>),
}

impl<T: Copy> PerDim<T> {
    /// The value of each of `n` dimensions, if there are as many.
    pub(crate) fn each(&self, n: usize) -> Option<Vec<T>> {
        match self {
            PerDim::All(value) => Some(vec![*value; n]),
            PerDim::Each(values) => (values.len() == n).then(|| values.clone()),
        }
    }
}

macro_rules! per_dim {
    ($($t:ty),*) => {$(
        impl From<$t> for PerDim<$t> {
            fn from(value: $t) -> Self {
                PerDim::All(value)
            }
        }
        impl<const N: usize> From<[$t; N]> for PerDim<$t> {
            fn from(values: [$t; N]) -> Self {
                PerDim::Each(values.to_vec())
            }
        }
        impl From<($t, $t)> for PerDim<$t> {
            fn from((height, width): ($t, $t)) -> Self {
                PerDim::Each(vec![height, width])
            }
        }
        impl From<($t, $t, $t)> for PerDim<$t> {
            fn from((depth, height, width): ($t, $t, $t)) -> Self {
                PerDim::Each(vec![depth, height, width])
            }
        }
        impl From<Vec<$t>> for PerDim<$t> {
            fn from(values: Vec<$t>) -> Self {
                PerDim::Each(values)
            }
        }
    )*};
}
per_dim!(usize, f64);

/// How values between the input's are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InterpolateMode {
    /// The element before, as PyTorch's `'nearest'` and old programs take it.
    #[default]
    Nearest,
    /// The nearest element, PyTorch's `'nearest-exact'`.
    NearestExact,
    /// Straight lines, over one dimension.
    Linear,
    /// Straight lines, over two dimensions.
    Bilinear,
    /// Cubic curves, over two dimensions.
    Bicubic,
    /// Straight lines, over three dimensions.
    Trilinear,
    /// Means, as adaptive pooling takes them.
    Area,
}

impl InterpolateMode {
    /// PyTorch's name.
    pub fn name(self) -> &'static str {
        match self {
            InterpolateMode::Nearest => "nearest",
            InterpolateMode::NearestExact => "nearest-exact",
            InterpolateMode::Linear => "linear",
            InterpolateMode::Bilinear => "bilinear",
            InterpolateMode::Bicubic => "bicubic",
            InterpolateMode::Trilinear => "trilinear",
            InterpolateMode::Area => "area",
        }
    }

    /// How many dimensions of space it is for; `None` for any.
    pub(super) fn dims(self) -> Option<usize> {
        match self {
            InterpolateMode::Linear => Some(1),
            InterpolateMode::Bilinear | InterpolateMode::Bicubic => Some(2),
            InterpolateMode::Trilinear => Some(3),
            _ => None,
        }
    }
}

/// A size or a factor, and how values in between are found.
///
/// ```
/// use ondol_nn::functional::{Interpolate, InterpolateMode};
/// let options = Interpolate::scale_factor((2.0, 1.5)).mode(InterpolateMode::Bilinear);
/// assert!(!options.align_corners && options.size.is_none());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Interpolate {
    /// The size of the output.
    pub size: Option<PerDim<usize>>,
    /// What sizes are multiplied by.
    pub scale_factor: Option<PerDim<f64>>,
    /// How values in between are found. Default: nearest.
    pub mode: InterpolateMode,
    /// Whether the corners' centres, and not their outer edges, stay in place. Default: no.
    pub align_corners: bool,
    /// Whether the factor is worked out anew from the sizes. Default: no.
    pub recompute_scale_factor: bool,
}

impl Interpolate {
    fn nothing() -> Self {
        Interpolate {
            size: None,
            scale_factor: None,
            mode: InterpolateMode::Nearest,
            align_corners: false,
            recompute_scale_factor: false,
        }
    }

    /// To a size.
    pub fn size(size: impl Into<PerDim<usize>>) -> Self {
        Interpolate {
            size: Some(size.into()),
            ..Interpolate::nothing()
        }
    }

    /// By a factor.
    pub fn scale_factor(factor: impl Into<PerDim<f64>>) -> Self {
        Interpolate {
            scale_factor: Some(factor.into()),
            ..Interpolate::nothing()
        }
    }

    /// How values in between are found.
    pub fn mode(mut self, mode: InterpolateMode) -> Self {
        self.mode = mode;
        self
    }

    /// Whether the corners' centres, and not their outer edges, stay in place.
    pub fn align_corners(mut self, align_corners: bool) -> Self {
        self.align_corners = align_corners;
        self
    }

    /// Whether the factor is worked out anew from the sizes.
    pub fn recompute_scale_factor(mut self, recompute: bool) -> Self {
        self.recompute_scale_factor = recompute;
        self
    }
}
