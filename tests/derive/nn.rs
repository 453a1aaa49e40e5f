//! A program that depends on `ondol-nn` alone.

use ondol_nn::{Forward, Linear, Module, Tensor, load, no_grad, save};

#[derive(Module)]
pub struct Net(Linear, #[module(skip)] std::time::Duration);

impl Forward for Net {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.0.forward(x)
    }
}

pub fn step(net: &Net, x: &Tensor) -> ondol_nn::Result<()> {
    net.forward(x).sum().backward();
    no_grad(|| {
        for parameter in net.parameters() {
            parameter.sub_(parameter.grad().unwrap() * 0.1);
        }
    });
    save(&net.state_dict(), "net.ond")?;
    net.load_state_dict(&load("net.ond")?)
}
