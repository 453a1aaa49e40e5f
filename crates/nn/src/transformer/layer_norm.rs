//! Normalisation over the last dimension.

use ondol_autograd::{Scope, Tensor};

use crate::module::repr::{python_bool, python_float, shown};
use crate::{Forward, Module, Parameter, Visitor};

/// `(x − mean) / √(var + eps) · weight + bias` over the last dimension, `torch.nn.LayerNorm`.
pub struct LayerNorm {
    /// `[features]`, begins as ones.
    pub weight: Option<Parameter>,
    /// `[features]`, begins as zeros.
    pub bias: Option<Parameter>,
    features: usize,
    eps: f64,
}

impl LayerNorm {
    /// With a weight and a bias, `eps` 1e-5.
    pub fn new(features: usize) -> LayerNorm {
        LayerNorm {
            weight: Some(Parameter::new(Tensor::ones([features]))),
            bias: Some(Parameter::new(Tensor::zeros([features]))),
            features,
            eps: 1e-5,
        }
    }

    /// What is added to the variance.
    pub fn eps(mut self, eps: f64) -> LayerNorm {
        self.eps = eps;
        self
    }

    /// Whether there is a bias.
    pub fn bias(mut self, bias: bool) -> LayerNorm {
        self.bias = bias.then(|| Parameter::new(Tensor::zeros([self.features])));
        self
    }
}

impl Module for LayerNorm {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        visitor.field("weight", &self.weight);
        visitor.field("bias", &self.bias);
    }

    fn extra_repr(&self) -> String {
        format!(
            "({},), eps={}, elementwise_affine={}, bias={}",
            self.features,
            python_float(self.eps),
            python_bool(self.weight.is_some()),
            python_bool(self.bias.is_some())
        )
    }
}
shown!(LayerNorm);

impl Forward for LayerNorm {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let _scope = Scope::enter("LayerNorm({})", &[self.features]);
        let centred = x.sub(x.mean_dim(-1, true));
        let var = centred.square().mean_dim(-1, true);
        let mut y = centred.mul(var.add(self.eps).rsqrt());
        if let Some(weight) = &self.weight {
            y = y.mul(weight);
        }
        match &self.bias {
            Some(bias) => y.add(bias),
            None => y,
        }
    }
}
