//! Pooling layers.

mod adaptive;
mod average;
mod max;
mod power;

pub use self::adaptive::{
    AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveAvgPool3d, AdaptiveMaxPool1d, AdaptiveMaxPool2d,
    AdaptiveMaxPool3d,
};
pub use self::average::{AvgPool1d, AvgPool2d, AvgPool3d};
pub use self::max::{MaxPool1d, MaxPool2d, MaxPool3d, MaxUnpool1d, MaxUnpool2d, MaxUnpool3d};
pub use self::power::{LPPool1d, LPPool2d, LPPool3d};
