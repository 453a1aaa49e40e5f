//! A program that has the derive and nothing to derive for.

#[derive(ondol_nn_derive::Module)] // marked: derive(Module) needs `ondol` or `ondol-nn` among the dependencies
pub struct Net;
