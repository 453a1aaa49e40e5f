//! Normalisation of each sample by itself.

use ondol_autograd::{DType, Device, Error, Scope, Shape, Tensor, ok, raise};

use crate::functional::{group_norm, layer_norm, rms_norm};
use crate::module::repr::{python_bool, python_float, shown};
use crate::pair::tuple;
use crate::{Forward, Module, Parameter, Visitor};

/// The builders that layers with a weight and perhaps a bias share.
macro_rules! moved {
    ($layer:ident) => {
        /// The layer in another floating-point dtype.
        ///
        /// # Panics
        /// On a dtype that is not floating point.
        #[track_caller]
        pub fn dtype(self, dtype: DType) -> $layer {
            ok(self.to_dtype(dtype));
            self
        }

        /// The layer on a device.
        #[track_caller]
        pub fn device(self, device: &Device) -> $layer {
            ok(self.to(device));
            self
        }
    };
}

/// Normalisation over the last dimensions, `torch.nn.LayerNorm`: `x [.., normalized_shape]` → the
/// same shape, `y = (x − mean) / √(var + eps) · weight + bias`.
///
/// ```
/// use ondol_nn::{Forward, LayerNorm, Tensor};
/// let layer = LayerNorm::new(10);
/// let y = layer.forward(&Tensor::randn([2, 5, 10]));
/// assert!(y.i((1, 4)).mean().item().abs() < 1e-5);
/// assert_eq!(layer.to_string(), "LayerNorm((10,), eps=1e-05, elementwise_affine=True, bias=True)");
/// ```
pub struct LayerNorm {
    /// `normalized_shape`, begins as ones; none without `elementwise_affine`.
    pub weight: Option<Parameter>,
    /// `normalized_shape`, begins as zeros; none without `elementwise_affine`.
    pub bias: Option<Parameter>,
    normalized_shape: Shape,
    eps: f64,
}

impl LayerNorm {
    /// The sizes of the last dimensions: one number for the very last. `eps` 1e-5, affine.
    pub fn new(normalized_shape: impl Into<Shape>) -> LayerNorm {
        let layer = LayerNorm {
            weight: None,
            bias: None,
            normalized_shape: normalized_shape.into(),
            eps: 1e-5,
        };
        layer.elementwise_affine(true)
    }

    /// What is added to the variance.
    pub fn eps(mut self, eps: f64) -> LayerNorm {
        self.eps = eps;
        self
    }

    /// Whether a learned weight and bias follow.
    pub fn elementwise_affine(mut self, affine: bool) -> LayerNorm {
        self.weight = affine.then(|| Parameter::new(Tensor::ones(&self.normalized_shape)));
        self.bias(affine)
    }

    /// Whether a learned bias follows the weight.
    pub fn bias(mut self, bias: bool) -> LayerNorm {
        let there = bias && self.weight.is_some();
        self.bias = there.then(|| Parameter::new(Tensor::zeros(&self.normalized_shape)));
        self
    }

    moved!(LayerNorm);
}

impl Module for LayerNorm {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        visitor.field("weight", &self.weight);
        visitor.field("bias", &self.bias);
    }

    fn extra_repr(&self) -> String {
        format!(
            "{}, eps={}, elementwise_affine={}, bias={}",
            tuple(&self.normalized_shape),
            python_float(self.eps),
            python_bool(self.weight.is_some()),
            python_bool(self.bias.is_some())
        )
    }
}

impl Forward for LayerNorm {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let last = self.normalized_shape.last().copied().unwrap_or(0);
        let _scope = Scope::enter("LayerNorm({})", &[last]).of(self);
        let (weight, bias) = (self.weight.as_deref(), self.bias.as_deref());
        layer_norm(x, &self.normalized_shape, weight, bias, self.eps)
    }
}

/// Normalisation by the root of the mean square over the last dimensions, `torch.nn.RMSNorm`.
///
/// ```
/// use ondol_nn::{Forward, RMSNorm, tensor};
/// let y = RMSNorm::new(2).eps(1e-6).forward(&tensor!([3.0, 4.0]));
/// assert!((y.i(0).item() - 3.0 / 12.5f64.sqrt()).abs() < 1e-6);
/// ```
pub struct RMSNorm {
    /// `normalized_shape`, begins as ones; none without `elementwise_affine`.
    pub weight: Option<Parameter>,
    normalized_shape: Shape,
    eps: Option<f64>,
}

impl RMSNorm {
    /// The sizes of the last dimensions: one number for the very last. `eps` is the dtype's own.
    pub fn new(normalized_shape: impl Into<Shape>) -> RMSNorm {
        let layer = RMSNorm {
            weight: None,
            normalized_shape: normalized_shape.into(),
            eps: None,
        };
        layer.elementwise_affine(true)
    }

    /// What is added to the mean square.
    pub fn eps(mut self, eps: impl Into<Option<f64>>) -> RMSNorm {
        self.eps = eps.into();
        self
    }

    /// Whether a learned weight follows.
    pub fn elementwise_affine(mut self, affine: bool) -> RMSNorm {
        self.weight = affine.then(|| Parameter::new(Tensor::ones(&self.normalized_shape)));
        self
    }

    moved!(RMSNorm);
}

impl Module for RMSNorm {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        visitor.field("weight", &self.weight);
    }

    fn extra_repr(&self) -> String {
        format!(
            "{}, eps={}, elementwise_affine={}",
            tuple(&self.normalized_shape),
            self.eps.map_or("None".to_owned(), python_float),
            python_bool(self.weight.is_some())
        )
    }
}

impl Forward for RMSNorm {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let last = self.normalized_shape.last().copied().unwrap_or(0);
        let _scope = Scope::enter("RMSNorm({})", &[last]).of(self);
        rms_norm(x, &self.normalized_shape, self.weight.as_deref(), self.eps)
    }
}

/// Normalisation over groups of channels, `torch.nn.GroupNorm`: `x [N, C, ..]` → the same shape.
///
/// ```
/// use ondol_nn::{Forward, GroupNorm, Tensor};
/// let layer = GroupNorm::new(3, 6);
/// assert_eq!(layer.forward(&Tensor::randn([2, 6, 8, 8])).shape(), [2, 6, 8, 8]);
/// assert_eq!(layer.to_string(), "GroupNorm(3, 6, eps=1e-05, affine=True, bias=True)");
/// ```
pub struct GroupNorm {
    /// `[C]`, begins as ones; none without `affine`.
    pub weight: Option<Parameter>,
    /// `[C]`, begins as zeros; none without `affine`.
    pub bias: Option<Parameter>,
    num_groups: usize,
    num_channels: usize,
    eps: f64,
}

impl GroupNorm {
    /// `num_channels` in `num_groups`; `eps` 1e-5, affine.
    ///
    /// # Panics
    /// Where the groups do not divide the channels.
    #[track_caller]
    pub fn new(num_groups: usize, num_channels: usize) -> GroupNorm {
        if num_groups == 0 || !num_channels.is_multiple_of(num_groups) {
            raise(Error::value(
                "GroupNorm",
                format!(
                    "num_channels ({num_channels}) must be divisible by num_groups ({num_groups})"
                ),
            ));
        }
        let layer = GroupNorm {
            weight: None,
            bias: None,
            num_groups,
            num_channels,
            eps: 1e-5,
        };
        layer.affine(true)
    }

    /// What is added to the variance.
    pub fn eps(mut self, eps: f64) -> GroupNorm {
        self.eps = eps;
        self
    }

    /// Whether a learned weight and bias follow.
    pub fn affine(mut self, affine: bool) -> GroupNorm {
        self.weight = affine.then(|| Parameter::new(Tensor::ones([self.num_channels])));
        self.bias(affine)
    }

    /// Whether a learned bias follows the weight.
    pub fn bias(mut self, bias: bool) -> GroupNorm {
        let there = bias && self.weight.is_some();
        self.bias = there.then(|| Parameter::new(Tensor::zeros([self.num_channels])));
        self
    }

    moved!(GroupNorm);
}

impl Module for GroupNorm {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        visitor.field("weight", &self.weight);
        visitor.field("bias", &self.bias);
    }

    fn extra_repr(&self) -> String {
        format!(
            "{}, {}, eps={}, affine={}, bias={}",
            self.num_groups,
            self.num_channels,
            python_float(self.eps),
            python_bool(self.weight.is_some()),
            python_bool(self.bias.is_some())
        )
    }
}

impl Forward for GroupNorm {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let _scope =
            Scope::enter("GroupNorm({}, {})", &[self.num_groups, self.num_channels]).of(self);
        let (weight, bias) = (self.weight.as_deref(), self.bias.as_deref());
        group_norm(x, self.num_groups, weight, bias, self.eps)
    }
}

shown!(LayerNorm, RMSNorm, GroupNorm);
