//! Primitives: each method computes with the backend and states its gradient rule under it.

mod binary;
mod convert;
mod in_place;
mod index;
pub mod linalg;
mod matmul;
mod movement;
mod operators;
mod pick;
mod reduce;
mod select;
mod unary;

pub use index::{Index, IntoIndex};
