//! Helpers around modules, `torch.nn.utils`.

mod fusion;
pub mod parametrizations;
pub mod rnn;
mod vector;

pub use self::fusion::fuse_conv_bn_eval;
pub use self::vector::{parameters_to_vector, vector_to_parameters};
