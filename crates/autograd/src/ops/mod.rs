//! Primitives: each method computes with the backend and states its gradient rule under it.

mod arithmetic;
mod binary;
mod close;
mod convert;
mod in_place;
mod in_place_math;
mod index;
mod matmul;
mod movement;
mod operators;
mod pick;
mod reduce;
mod rounding;
mod scan;
mod select;
mod special;
mod tails;
mod unary;

pub use arithmetic::RoundingMode;
pub(crate) use arithmetic::same_dtype;
pub use convert::{To, result_type};
pub use index::{Index, IntoIndex};
