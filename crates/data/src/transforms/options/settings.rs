//! The rarer arguments of functions, with torchvision's defaults.

use super::{Fill, InterpolationMode};

macro_rules! settings {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $t:ty, via $arg:ty, $wrap:expr;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $t,)*
        }

        impl $name {
            /// torchvision's defaults.
            pub fn new() -> Self {
                $name::default()
            }

            $($(#[$field_doc])*
            pub fn $field(mut self, $field: impl Into<$arg>) -> Self {
                self.$field = $wrap($field.into());
                self
            })*
        }

        impl From<InterpolationMode> for $name {
            fn from(interpolation: InterpolationMode) -> Self {
                $name { interpolation, ..$name::default() }
            }
        }
    };
}

fn same<T>(value: T) -> T {
    value
}

settings! {
    /// What `torchvision.transforms.functional.resize` can be told beside the size.
    ResizeOptions {
        /// How values in between are found. Default: bilinear.
        interpolation: InterpolationMode, via InterpolationMode, same;
        /// The longest that the longer edge may become, where the size is one number. Default: any.
        max_size: Option<usize>, via Option<usize>, same;
        /// Whether a smaller tensor is made of all pixels, by filters as wide as the scale; images of
        /// bytes always are. Default: yes.
        antialias: bool, via bool, same;
    }
}

impl Default for ResizeOptions {
    fn default() -> Self {
        ResizeOptions {
            interpolation: InterpolationMode::Bilinear,
            max_size: None,
            antialias: true,
        }
    }
}

settings! {
    /// What `torchvision.transforms.functional.rotate` can be told beside the angle.
    RotateOptions {
        /// How values in between are found. Default: nearest.
        interpolation: InterpolationMode, via InterpolationMode, same;
        /// Whether the picture grows until all of it is seen. Default: no.
        expand: bool, via bool, same;
        /// What it turns around, `(x, y)` from the upper left corner. Default: the middle.
        center: Option<(f64, f64)>, via (f64, f64), Some;
        /// The colour outside. Default: nothing, which is 0.
        fill: Option<Fill>, via Fill, Some;
    }
}

impl Default for RotateOptions {
    fn default() -> Self {
        RotateOptions {
            interpolation: InterpolationMode::Nearest,
            expand: false,
            center: None,
            fill: None,
        }
    }
}

settings! {
    /// What `torchvision.transforms.functional.affine` can be told beside the map.
    AffineOptions {
        /// How values in between are found. Default: nearest.
        interpolation: InterpolationMode, via InterpolationMode, same;
        /// The colour outside. Default: nothing, which is 0.
        fill: Option<Fill>, via Fill, Some;
        /// What it turns around, `(x, y)` from the upper left corner. Default: the middle.
        center: Option<(f64, f64)>, via (f64, f64), Some;
    }
}

impl Default for AffineOptions {
    fn default() -> Self {
        AffineOptions {
            interpolation: InterpolationMode::Nearest,
            fill: None,
            center: None,
        }
    }
}

settings! {
    /// What `torchvision.transforms.functional.perspective` and `elastic_transform` can be told.
    WarpOptions {
        /// How values in between are found. Default: bilinear.
        interpolation: InterpolationMode, via InterpolationMode, same;
        /// The colour outside. Default: nothing, which is 0.
        fill: Option<Fill>, via Fill, Some;
    }
}

impl Default for WarpOptions {
    fn default() -> Self {
        WarpOptions {
            interpolation: InterpolationMode::Bilinear,
            fill: None,
        }
    }
}
