//! A program that calls `ondol` by another name.

use warm::nn::{Linear, Module};

#[derive(Module)]
pub struct Net {
    fc: Linear,
}

pub fn count(net: &Net) -> usize {
    net.num_parameters()
}
