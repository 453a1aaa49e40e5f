//! Leaky activations whose slope is learned or drawn.

use ondol_autograd::{DType, Device, Scope, Tensor, ok};

use crate::functional::{prelu, rrelu};
use crate::module::repr::{python_float, shown};
use crate::{Forward, Module, Parameter, Training, Visitor};

/// `x` above 0 and `weight·x` below, with a learned weight for all or for each channel of `x [N, C,
/// ..]`, `torch.nn.PReLU`. It begins as 0.25.
///
/// ```
/// use ondol_nn::{Forward, PReLU, tensor};
/// assert_eq!(PReLU::new().forward(&tensor!([-4.0, 4.0])).to_vec::<f32>(), [-1.0, 4.0]);
/// ```
pub struct PReLU {
    /// `[num_parameters]`.
    pub weight: Parameter,
    num_parameters: usize,
}

impl PReLU {
    /// One weight for all.
    pub fn new() -> PReLU {
        PReLU {
            weight: Parameter::new(Tensor::full([1], 0.25)),
            num_parameters: 1,
        }
    }

    /// As many weights as channels; 1 unless said otherwise.
    pub fn num_parameters(mut self, num_parameters: usize) -> PReLU {
        let first = self.weight.i(0).item();
        let like = (self.weight.dtype(), &self.weight.device());
        self.weight = Parameter::new(Tensor::full_with([num_parameters], first, like));
        self.num_parameters = num_parameters;
        self
    }

    /// What the weights begin as; 0.25 unless said otherwise.
    pub fn init(self, init: f64) -> PReLU {
        self.weight.set_data(self.weight.full_like(init).value());
        self
    }

    /// The layer in another floating-point dtype.
    ///
    /// # Panics
    /// On a dtype that is not floating point.
    #[track_caller]
    pub fn dtype(self, dtype: DType) -> PReLU {
        ok(self.to_dtype(dtype));
        self
    }

    /// The layer on a device.
    #[track_caller]
    pub fn device(self, device: &Device) -> PReLU {
        ok(self.to(device));
        self
    }
}

impl Default for PReLU {
    fn default() -> PReLU {
        PReLU::new()
    }
}

impl Module for PReLU {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        visitor.field("weight", &self.weight);
    }

    fn extra_repr(&self) -> String {
        format!("num_parameters={}", self.num_parameters)
    }
}

impl Forward for PReLU {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let _scope = Scope::enter("PReLU({})", &[self.num_parameters]).of(self);
        prelu(x, &self.weight)
    }
}

/// `x` above 0 and `a·x` below, with a slope `a` drawn from `[lower, upper)` for each element while
/// training, and their mean in evaluation; `torch.nn.RReLU`.
///
/// ```
/// use ondol_nn::{Forward, Module, RReLU, tensor};
/// let layer = RReLU::new().lower(0.0).upper(0.5);
/// layer.eval();
/// assert_eq!(layer.forward(&tensor!([-4.0, 4.0])).to_vec::<f32>(), [-1.0, 4.0]);
/// ```
pub struct RReLU {
    lower: f64,
    upper: f64,
    training: Training,
}

impl RReLU {
    /// Slopes between 1/8 and 1/3.
    pub fn new() -> RReLU {
        RReLU {
            lower: 1.0 / 8.0,
            upper: 1.0 / 3.0,
            training: Training::new(),
        }
    }

    /// The least slope.
    pub fn lower(mut self, lower: f64) -> RReLU {
        self.lower = lower;
        self
    }

    /// The greatest slope.
    pub fn upper(mut self, upper: f64) -> RReLU {
        self.upper = upper;
        self
    }
}

impl Default for RReLU {
    fn default() -> RReLU {
        RReLU::new()
    }
}

impl Module for RReLU {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        visitor.training(&self.training);
    }

    fn extra_repr(&self) -> String {
        let [lower, upper] = [self.lower, self.upper].map(python_float);
        format!("lower={lower}, upper={upper}")
    }
}

impl Forward for RReLU {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let _scope = Scope::enter("RReLU", &[]).of(self);
        rrelu(x, self.lower, self.upper, self.training.get())
    }
}

shown!(PReLU, RReLU);
