//! A product of two inputs.

use ondol_autograd::{DType, Device, Scope, Tensor, ok};

use crate::functional::bilinear;
use crate::module::repr::{python_bool, shown};
use crate::{Module, Parameter, Visitor, init};

/// `y_o = aᵀ·W_o·b + bias_o`, `torch.nn.Bilinear`: `a [.., I]` and `b [.., J]` → `[.., O]`.
///
/// `weight [O, I, J]` and `bias [O]` begin uniform on `±1/√I`, as PyTorch's do.
///
/// ```
/// use ondol_nn::{Bilinear, Tensor};
/// let layer = Bilinear::new(20, 30, 40);
/// assert_eq!(layer.forward(&Tensor::zeros([8, 20]), &Tensor::zeros([8, 30])).shape(), [8, 40]);
/// ```
pub struct Bilinear {
    /// `[out_features, in1_features, in2_features]`.
    pub weight: Parameter,
    /// `[out_features]`, if there is one.
    pub bias: Option<Parameter>,
    sizes: [usize; 3],
}

impl Bilinear {
    /// A layer of `f32` on the CPU, with a bias.
    pub fn new(in1_features: usize, in2_features: usize, out_features: usize) -> Bilinear {
        let layer = Bilinear {
            weight: Parameter::new(Tensor::zeros([out_features, in1_features, in2_features])),
            bias: Some(Parameter::new(Tensor::zeros([out_features]))),
            sizes: [in1_features, in2_features, out_features],
        };
        layer.reset_parameters();
        layer
    }

    /// Whether there is a bias; there is unless said otherwise.
    pub fn bias(mut self, bias: bool) -> Bilinear {
        let like = (self.weight.dtype(), &self.weight.device());
        self.bias = bias.then(|| {
            let made = Parameter::new(Tensor::zeros_with([self.sizes[2]], like));
            let bound = self.bound();
            init::uniform_(&made, -bound, bound);
            made
        });
        self
    }

    /// The layer in another floating-point dtype.
    ///
    /// # Panics
    /// On a dtype that is not floating point.
    #[track_caller]
    pub fn dtype(self, dtype: DType) -> Bilinear {
        ok(self.to_dtype(dtype));
        self
    }

    /// The layer on a device.
    #[track_caller]
    pub fn device(self, device: &Device) -> Bilinear {
        ok(self.to(device));
        self
    }

    fn bound(&self) -> f64 {
        1.0 / (self.sizes[0].max(1) as f64).sqrt()
    }

    /// Draws weight and bias anew.
    pub fn reset_parameters(&self) {
        let bound = self.bound();
        init::uniform_(&self.weight, -bound, bound);
        if let Some(bias) = &self.bias {
            init::uniform_(bias, -bound, bound);
        }
    }

    /// The product of two inputs.
    ///
    /// # Panics
    /// Where sizes do not go together.
    #[track_caller]
    pub fn forward(&self, input1: &Tensor, input2: &Tensor) -> Tensor {
        let _scope = Scope::enter("Bilinear({}, {} → {})", &self.sizes).of(self);
        bilinear(input1, input2, &self.weight, self.bias.as_deref())
    }
}

impl Module for Bilinear {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        visitor.field("weight", &self.weight);
        visitor.field("bias", &self.bias);
    }

    fn extra_repr(&self) -> String {
        let [one, two, out] = self.sizes;
        let bias = python_bool(self.bias.is_some());
        format!("in1_features={one}, in2_features={two}, out_features={out}, bias={bias}")
    }
}
shown!(Bilinear);
