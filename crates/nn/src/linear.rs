//! The affine layer.

use ondol_autograd::{DType, Device, Scope, Tensor, functional, ok};

use crate::module::repr::{python_bool, shown};
use crate::{Forward, Module, Parameter, Visitor, init};

/// `y = x·Wᵀ + b`, `torch.nn.Linear`: `x [.., in_features]` → `[.., out_features]`.
///
/// `weight [out_features, in_features]` and `bias [out_features]` begin uniform on
/// `±1/√in_features`, as PyTorch's do.
///
/// ```
/// use ondol_nn::{Forward, Linear, Tensor};
/// let layer = Linear::new(784, 512);
/// assert_eq!(layer.forward(&Tensor::zeros([64, 784])).shape(), [64, 512]);
/// assert_eq!(layer.to_string(), "Linear(in_features=784, out_features=512, bias=True)");
/// ```
pub struct Linear {
    /// `[out_features, in_features]`.
    pub weight: Parameter,
    /// `[out_features]`, if there is one.
    pub bias: Option<Parameter>,
    in_features: usize,
    out_features: usize,
}

impl Linear {
    /// A layer of `f32` on the CPU, with a bias.
    pub fn new(in_features: usize, out_features: usize) -> Linear {
        let layer = Linear {
            weight: Parameter::new(Tensor::zeros([out_features, in_features])),
            bias: Some(Parameter::new(Tensor::zeros([out_features]))),
            in_features,
            out_features,
        };
        layer.reset_parameters();
        layer
    }

    /// Whether there is a bias; there is unless said otherwise.
    pub fn bias(mut self, bias: bool) -> Linear {
        let made = || {
            let zeros = Parameter::new(Tensor::zeros_with(
                [self.out_features],
                (self.weight.dtype(), &self.weight.device()),
            ));
            init::bias_(&zeros, &self.weight);
            zeros
        };
        self.bias = bias.then(|| self.bias.take().unwrap_or_else(made));
        self
    }

    /// The layer in another floating-point dtype.
    ///
    /// # Panics
    /// On a dtype that is not floating point.
    #[track_caller]
    pub fn dtype(self, dtype: DType) -> Linear {
        ok(self.to_dtype(dtype));
        self
    }

    /// The layer on a device.
    #[track_caller]
    pub fn device(self, device: &Device) -> Linear {
        ok(self.to(device));
        self
    }

    /// The same layer with another weight; the bias is shared.
    pub(crate) fn sharing(&self, weight: Parameter) -> Linear {
        Linear {
            weight,
            bias: self.bias.clone(),
            ..*self
        }
    }

    /// Draws weight and bias anew.
    pub fn reset_parameters(&self) {
        init::weight_(&self.weight);
        if let Some(bias) = &self.bias {
            init::bias_(bias, &self.weight);
        }
    }

    /// The size of the last dimension it takes.
    pub fn in_features(&self) -> usize {
        self.in_features
    }

    /// The size of the last dimension it gives.
    pub fn out_features(&self) -> usize {
        self.out_features
    }
}

impl Module for Linear {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        visitor.field("weight", &self.weight);
        visitor.field("bias", &self.bias);
    }

    fn extra_repr(&self) -> String {
        let bias = python_bool(self.bias.is_some());
        format!(
            "in_features={}, out_features={}, bias={bias}",
            self.in_features, self.out_features
        )
    }
}
shown!(Linear);

impl Forward for Linear {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let _scope =
            Scope::enter("Linear({} → {})", &[self.in_features, self.out_features]).of(self);
        functional::linear(x, &self.weight, self.bias.as_deref())
    }
}
