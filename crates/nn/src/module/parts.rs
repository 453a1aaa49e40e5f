//! What modules are made of: parameters, buffers and the training flag.

use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};

use ondol_autograd::{Array, DType, Device, Error, Operand, Result, Tensor, ToValue, Value};

use super::{Entry, Module, Part, Visitor};

/// A tensor that is trained, `torch.nn.Parameter`: it requires a gradient, and belongs to the
/// parameters of every module that holds it.
///
/// A clone is the same parameter: two layers that hold clones share their weight.
///
/// ```
/// use ondol_nn::{Parameter, Tensor};
/// let weight = Parameter::new(Tensor::ones([2, 3]));
/// assert!(weight.requires_grad() && weight.is_leaf());
/// assert!(weight.clone().same(&weight));
/// ```
#[derive(Clone)]
pub struct Parameter(Tensor);

impl Parameter {
    /// A new leaf with the tensor's numbers of now.
    ///
    /// # Panics
    /// On a dtype that is not floating point.
    #[track_caller]
    pub fn new(tensor: impl Into<Tensor>) -> Parameter {
        Parameter(Tensor::from(tensor.into().value()).requires_grad_(true))
    }

    /// What stands in for a parameter while a layer runs: a tensor with its history.
    pub(crate) fn computed(tensor: Tensor) -> Parameter {
        Parameter(tensor)
    }

    /// The tensor itself.
    pub fn tensor(&self) -> &Tensor {
        &self.0
    }
}

impl Module for Parameter {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.parameter(&self.0);
    }
}

/// A tensor that is state but not trained, such as running statistics: `register_buffer` of
/// `torch.nn.Module`. It moves with the model and stands in its state dict.
///
/// ```
/// use ondol_nn::{Buffer, Tensor};
/// let mean = Buffer::new(Tensor::zeros([3]));
/// assert!(!mean.requires_grad());
/// ```
#[derive(Clone)]
pub struct Buffer {
    tensor: Tensor,
    persistent: bool,
    required: bool,
}

impl Buffer {
    /// A buffer that stands in the state dict.
    pub fn new(tensor: impl Into<Tensor>) -> Buffer {
        Buffer {
            tensor: Tensor::from(tensor.into().value()),
            persistent: true,
            required: true,
        }
    }

    /// Whether it stands in the state dict; it does unless said otherwise.
    pub fn persistent(self, persistent: bool) -> Buffer {
        Buffer { persistent, ..self }
    }

    /// Whether a state dict without it is refused; it is unless said otherwise. PyTorch lets
    /// `num_batches_tracked` be missing, which came later than the other statistics.
    pub fn required(self, required: bool) -> Buffer {
        Buffer { required, ..self }
    }

    /// The tensor itself.
    pub fn tensor(&self) -> &Tensor {
        &self.tensor
    }

    /// Whether it stands in the state dict.
    pub fn is_persistent(&self) -> bool {
        self.persistent
    }

    /// Whether a state dict without it is refused.
    pub fn is_required(&self) -> bool {
        self.required
    }
}

impl Module for Buffer {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.buffer(self);
    }
}

/// What a handle to a tensor offers. The methods that `Module` has too are the tensor's here.
macro_rules! handle {
    ($($handle:ty),*) => {$(
        impl Deref for $handle {
            type Target = Tensor;
            fn deref(&self) -> &Tensor {
                self.tensor()
            }
        }

        impl $handle {
            /// The tensor on a device, [`Tensor::to`]; this one stays where it is.
            #[track_caller]
            pub fn to(&self, device: &Device) -> Tensor {
                self.tensor().to(device)
            }

            /// The tensor in another dtype, [`Tensor::to_dtype`]; this one stays as it is.
            #[track_caller]
            pub fn to_dtype(&self, dtype: DType) -> Tensor {
                self.tensor().to_dtype(dtype)
            }

            /// [`Tensor::requires_grad_`].
            #[track_caller]
            pub fn requires_grad_(&self, requires_grad: bool) -> Tensor {
                self.tensor().requires_grad_(requires_grad)
            }

            /// [`Tensor::zero_grad`].
            pub fn zero_grad(&self) {
                self.tensor().zero_grad();
            }
        }

        impl From<&$handle> for Operand {
            fn from(handle: &$handle) -> Operand {
                Operand::from(handle.tensor())
            }
        }

        impl AsRef<Tensor> for $handle {
            fn as_ref(&self) -> &Tensor {
                self.tensor()
            }
        }

        impl ToValue for $handle {
            fn to_value(&self) -> Value {
                self.tensor().to_value()
            }
        }

        impl fmt::Display for $handle {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self.tensor(), f)
            }
        }

        impl fmt::Debug for $handle {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self.tensor(), f)
            }
        }
    )*};
}
handle!(Parameter, Buffer);

/// The flag that `train()` and `eval()` switch, for layers that tell the modes apart.
///
/// ```
/// use ondol_nn::{Module, Training};
/// #[derive(Module)]
/// struct Noise { training: Training }
/// let noise = Noise { training: Training::default() };
/// noise.eval();
/// assert!(!noise.training.get());
/// ```
#[derive(Debug)]
pub struct Training(AtomicBool);

impl Training {
    /// A flag that says training, as a new module's does.
    pub fn new() -> Training {
        Training(AtomicBool::new(true))
    }

    /// Whether the model is being trained.
    pub fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Switches it.
    pub fn set(&self, training: bool) {
        self.0.store(training, Ordering::Relaxed);
    }
}

impl Default for Training {
    fn default() -> Training {
        Training::new()
    }
}

impl Module for Training {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.training(self);
    }
}

pub(super) fn check_floating(dtype: DType) -> Result<()> {
    match dtype.is_floating_point() {
        true => Ok(()),
        false => Err(Error::DType {
            op: "Module::to_dtype",
            got: dtype.to_string(),
            expected: "a floating-point dtype: parameters are trained".into(),
        }),
    }
}

/// Replaces the numbers of all parameters, their gradients and buffers; nothing if any of them
/// cannot be converted.
pub(super) fn convert(entries: &[Entry<'_>], f: &dyn Fn(&Array) -> Result<Array>) -> Result<()> {
    let mut converted: Vec<(&Tensor, Array, Option<Array>)> = Vec::new();
    for entry in entries {
        let tensor = match entry.part {
            Part::Parameter(tensor) => tensor,
            Part::Buffer(buffer) => buffer.tensor(),
            _ => continue,
        };
        let grad = tensor.grad().map(|grad| f(&grad.value())).transpose()?;
        converted.push((tensor, f(&tensor.value())?, grad));
    }
    for (tensor, value, grad) in converted {
        tensor.set_data(value);
        if let Some(grad) = grad {
            tensor.set_grad(Some(Tensor::from(grad)));
        }
    }
    Ok(())
}
