//! A program that depends on `ondol` alone.

use ondol::prelude::*;

#[derive(Module)]
pub struct Net {
    layers: Vec<nn::Linear>,
    norm: nn::BatchNorm2d,
}

#[derive(Module)]
pub enum Head<T> {
    Linear { fc: nn::Linear },
    Other(T),
}

impl Forward for Net {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.layers.iter().fold(self.norm.forward(x), |x, layer| layer.forward(&x))
    }
}

pub fn save(net: &Net) -> ondol::Result<()> {
    ondol::save(&net.state_dict(), "net.ond")?;
    net.load_state_dict(&ondol::load("net.ond")?)
}
