//! Primitives: each method computes with the backend and states its gradient rule under it.

mod arithmetic;
mod binary;
mod close;
mod convert;
mod diagonal;
mod in_place;
mod in_place_math;
mod index;
pub mod linalg;
mod matmul;
mod movement;
mod operators;
mod pick;
mod pick_in_place;
mod reduce;
mod rounding;
mod scan;
mod scatter_reduce;
mod select;
mod sort;
mod special;
mod unary;

pub use arithmetic::RoundingMode;
pub use convert::{To, result_type};
pub use index::{Index, IntoIndex};
pub(crate) use index::{coordinates, positions_of, wrapped};
pub(crate) use pick::named;
pub use scatter_reduce::ScatterReduce;
