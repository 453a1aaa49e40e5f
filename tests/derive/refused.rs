//! What the derive cannot read.

use ondol_nn::{Linear, Module};

#[derive(Module)]
pub union Either { // marked: a union cannot be a Module
    a: u8,
    b: i8,
}

#[derive(Module)]
pub struct Net {
    #[module(skp)] // marked: unknown attribute `skp`; a field of a Module takes `skip`, `transparent` or `name = "…"`
    fc: Linear,
    #[module(skip, transparent)] // marked: `skip`, `transparent` and `name` exclude each other
    other: Linear,
    #[module(name = "")] // marked: an empty name
    unnamed: Linear,
}

#[derive(Module)]
#[module(skip)] // marked: `#[module(…)]` goes on a field, not on the type
pub struct Skipped(Linear);

#[derive(Module)]
pub enum Head {
    #[module(skip)] // marked: `#[module(…)]` goes on a field, not on a variant
    Linear(Linear),
}
