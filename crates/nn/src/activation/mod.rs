//! Activations.

mod plain;
mod prelu;
mod settings;

pub use self::plain::{
    GLU, Hardsigmoid, Hardswish, Identity, LogSigmoid, LogSoftmax, Mish, ReLU, ReLU6, SELU, SiLU,
    Sigmoid, Softmax, Softmax2d, Softmin, Softsign, Tanh, Tanhshrink,
};
pub use self::prelu::{PReLU, RReLU};
pub use self::settings::{
    CELU, ELU, GELU, Hardshrink, Hardtanh, LeakyReLU, Softplus, Softshrink, Threshold,
};
