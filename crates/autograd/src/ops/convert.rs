//! To other dtypes and devices, and copies.

use ondol_tensor::{DType, Device};

use crate::{Op, Operand, Tensor, ok};

macro_rules! named {
    ($($(#[$doc:meta])* $name:ident = $dtype:ident;)*) => {
        impl Tensor {$(
            $(#[$doc])*
            #[track_caller]
            pub fn $name(&self) -> Tensor { self.to_dtype(DType::$dtype) }
        )*}
    };
}

named! {
    /// To `f32`, `torch.Tensor.float`.
    float = F32;
    /// To `f64`, `torch.Tensor.double`.
    double = F64;
    /// To `f16`, `torch.Tensor.half`.
    half = F16;
    /// To `bf16`, `torch.Tensor.bfloat16`.
    bfloat16 = BF16;
    /// To `i64`, `torch.Tensor.long`.
    long = I64;
    /// To `i32`, `torch.Tensor.int`.
    int = I32;
    /// To `u8`, `torch.Tensor.byte`.
    byte = U8;
    /// To `bool`: what is not 0, `torch.Tensor.bool`.
    bool = Bool;
}

// No device by value: `x.to(&y.device())` would then be a needless borrow to clippy.

/// Where [`Tensor::to`] leads: a dtype, a device, both in a pair, or those of a tensor.
#[derive(Clone, Debug)]
pub struct To {
    dtype: Option<DType>,
    device: Option<Device>,
}

impl From<DType> for To {
    fn from(dtype: DType) -> Self {
        To {
            dtype: Some(dtype),
            device: None,
        }
    }
}
impl From<&Device> for To {
    fn from(device: &Device) -> Self {
        To {
            dtype: None,
            device: Some(device.clone()),
        }
    }
}
impl From<Device> for To {
    fn from(device: Device) -> Self {
        To {
            dtype: None,
            device: Some(device),
        }
    }
}
impl From<(DType, &Device)> for To {
    fn from((dtype, device): (DType, &Device)) -> Self {
        To {
            dtype: Some(dtype),
            device: Some(device.clone()),
        }
    }
}
impl From<&Tensor> for To {
    fn from(like: &Tensor) -> Self {
        (like.dtype(), &like.device()).into()
    }
}

/// The dtype that a sum of both would have, `torch.result_type`: numbers count only by their kind,
/// 0-dim tensors only beside others.
///
/// ```
/// use ondol_autograd::{DType, result_type, tensor};
/// assert_eq!(result_type(tensor!([1, 2]), 1.5), DType::F32);
/// assert_eq!(result_type(tensor!([1.0]).half(), 1.5), DType::F16);
/// ```
pub fn result_type(a: impl Into<Operand>, b: impl Into<Operand>) -> DType {
    let of = |t: &Tensor| (t.dtype(), t.ndim() > 0);
    match (a.into(), b.into()) {
        (Operand::Tensor(a), Operand::Tensor(b)) => ondol_tensor::result_type(&[of(&a), of(&b)]),
        (Operand::Tensor(t), Operand::Scalar(s)) | (Operand::Scalar(s), Operand::Tensor(t)) => {
            if s.dtype().kind() > t.dtype().kind() {
                s.dtype()
            } else {
                t.dtype()
            }
        }
        (Operand::Scalar(a), Operand::Scalar(b)) => a.dtype().promote(b.dtype()),
    }
}

impl Tensor {
    /// To another dtype, `torch.Tensor.to(dtype)`, `torch.Tensor.type`; the same tensor where it has it.
    #[track_caller]
    pub fn to_dtype(&self, dtype: DType) -> Tensor {
        if self.dtype() == dtype {
            return self.clone();
        }
        let value = ok(self.value().cast(dtype));
        let op = Op::new("to", [self]);
        if dtype.is_floating_point() {
            // The engine casts the gradient to the input's dtype.
            op.rule(0, Tensor::clone).output(value)
        } else {
            op.not_differentiable().output(value)
        }
    }

    /// To another device, dtype, both, or those of another tensor, `torch.Tensor.to`; the same tensor
    /// where nothing changes.
    ///
    /// ```
    /// use ondol_autograd::{DType, Device, tensor};
    /// let x = tensor!([1, 2]);
    /// assert_eq!(x.to(DType::F64).dtype(), DType::F64);
    /// assert_eq!(x.to((DType::F16, &Device::cpu())).dtype(), DType::F16);
    /// assert!(x.to(&Device::cpu()).same(&x));
    /// ```
    #[track_caller]
    pub fn to(&self, target: impl Into<To>) -> Tensor {
        let To { dtype, device } = target.into();
        let moved = match device {
            Some(device) => self.to_device(&device),
            None => self.clone(),
        };
        match dtype {
            Some(dtype) => moved.to_dtype(dtype),
            None => moved,
        }
    }

    #[track_caller]
    fn to_device(&self, device: &Device) -> Tensor {
        let here = self.device();
        if &here == device {
            return self.clone();
        }
        let value = ok(self.value().to_device(device));
        Op::new("to", [self])
            .rule(0, move |g| g.to(&here))
            .output(value)
    }

    /// To the dtype of another tensor, `torch.Tensor.type_as`.
    #[track_caller]
    pub fn type_as(&self, other: &Tensor) -> Tensor {
        self.to_dtype(other.dtype())
    }

    /// `f32` in place of the halves, for what is computed in several steps.
    #[track_caller]
    pub(crate) fn wide(&self) -> Tensor {
        match self.dtype() {
            DType::F16 | DType::BF16 => self.float(),
            _ => self.clone(),
        }
    }

    /// Whether the dtype is floating, `torch.is_floating_point`.
    pub fn is_floating_point(&self) -> bool {
        self.dtype().is_floating_point()
    }

    /// Whether the dtype has negative numbers, `torch.is_signed`.
    pub fn is_signed(&self) -> bool {
        !matches!(self.dtype(), DType::Bool | DType::U8)
    }

    /// Whether it lives on the CPU, `torch.Tensor.is_cpu`.
    pub fn is_cpu(&self) -> bool {
        self.device().is_cpu()
    }

    /// Whether it lives on an NVIDIA GPU, `torch.Tensor.is_cuda`.
    pub fn is_cuda(&self) -> bool {
        self.device().name().starts_with("cuda")
    }

    /// Bytes of one element, `torch.Tensor.element_size`, `torch.Tensor.itemsize`.
    pub fn element_size(&self) -> usize {
        self.dtype().size()
    }

    /// Bytes of all elements, `torch.Tensor.nbytes`.
    pub fn nbytes(&self) -> usize {
        self.numel() * self.element_size()
    }

    /// To the CPU, `torch.Tensor.cpu`.
    #[track_caller]
    pub fn cpu(&self) -> Tensor {
        self.to(Device::cpu())
    }

    /// A copy in memory of its own that stays in the graph, `torch.clone`. (`clone()` is a second
    /// name of the same tensor.)
    #[track_caller]
    pub fn clone_data(&self) -> Tensor {
        let value = ok(self.value().copy());
        Op::new("clone", [self])
            .rule(0, Tensor::clone)
            .output(value)
    }

    /// The same tensor where its elements lie row-major, else a copy that does,
    /// `torch.Tensor.contiguous`.
    #[track_caller]
    pub fn contiguous(&self) -> Tensor {
        if self.is_contiguous() {
            self.clone()
        } else {
            self.clone_data()
        }
    }
}
