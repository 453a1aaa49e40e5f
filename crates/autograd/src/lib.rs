//! A [`Tensor`] is an array that remembers where it came from.
//!
//! Operations record how to go back; [`Tensor::backward`] walks the record and leaves each leaf's
//! gradient in [`Tensor::grad`]. A gradient is never lost in silence: an operation without a rule
//! panics by name in `backward`.
//!
//! ```
//! use ondol_autograd::{Tensor, tensor};
//! let w = tensor!(1.0).requires_grad_(true);
//! let l = (&w * 3.0).square();
//! l.backward();
//! assert_eq!(w.grad().unwrap().item(), 18.0);
//! ```
#![forbid(unsafe_code)]

mod compose;
mod create;
mod engine;
mod gradcheck;
mod macros;
mod mode;
mod node;
mod numpy;
mod op;
mod operand;
mod ops;
mod place;
mod tensor;

pub use compose::{ContractDims, functional};
pub use create::Options;
pub use engine::{GradOptions, grad};
pub use gradcheck::{GradCheck, gradcheck, gradgradcheck};
pub use macros::NestedData;
pub use mode::{
    GradGuard, enable_grad, enable_grad_guard, is_grad_enabled, no_grad, no_grad_guard,
};
pub use node::live_nodes;
pub use op::Op;
pub use operand::{Axes, IntoView, Operand};
pub use ops::{Index, IntoIndex, linalg};
pub use place::{Scope, catch, ok, raise};
pub use tensor::{Tensor, update};

pub use ondol_tensor::{
    Array, Conv2dOptions, DType, Device, Dict, Distribution, Element, Error, Generator, Key,
    Layout, Pool2dOptions, PrintOptions, Result, Scalar, Shape, ToValue, Value, bf16,
    default_generator, f16, manual_seed, num_threads, printoptions, set_num_threads,
    set_printoptions, without_fused,
};
