//! A pickle is a program for a small machine with a stack. This machine knows the instructions
//! that a state dict needs and makes plain data of them; all others it refuses by name.

mod call;
mod globals;
mod machine;
mod object;
#[cfg(test)]
mod tests;

pub(crate) use machine::{Unpickled, unpickle};
pub(crate) use object::{Item, Object, Storage, Tensor};
