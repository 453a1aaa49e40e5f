//! Activations: one number in, one number out, unless said otherwise.

mod gate;
mod hard;
mod smooth;

pub use self::gate::{glu, gumbel_softmax, log_softmax, softmax, softmin};
pub use self::hard::{
    hardshrink, hardsigmoid, hardswish, hardtanh, leaky_relu, prelu, relu, relu6, rrelu,
    softshrink, threshold,
};
pub use self::smooth::{
    Gelu, celu, elu, gelu, logsigmoid, mish, selu, sigmoid, silu, softplus, softsign, tanh,
    tanhshrink,
};
