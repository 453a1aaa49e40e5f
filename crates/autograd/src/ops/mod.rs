//! Primitives: each method computes with the backend and states its gradient rule under it.

mod binary;
mod convert;
mod diagonal;
mod in_place;
mod index;
mod matmul;
mod movement;
mod operators;
mod pick;
mod pick_in_place;
mod reduce;
mod scatter_reduce;
mod select;
mod sort;
mod unary;

pub use index::{Index, IntoIndex};
pub(crate) use index::{coordinates, positions_of, wrapped};
pub(crate) use pick::named;
pub use scatter_reduce::ScatterReduce;
