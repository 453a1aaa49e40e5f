//! To other dtypes and devices, and copies.

use ondol_tensor::{DType, Device};

use crate::{Op, Tensor, ok};

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

impl Tensor {
    /// To another dtype, `torch.Tensor.to(dtype)`; the same tensor where it has it.
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

    /// To another device, `torch.Tensor.to(device)`; the same tensor where it is there.
    #[track_caller]
    pub fn to(&self, device: &Device) -> Tensor {
        let here = self.device();
        if &here == device {
            return self.clone();
        }
        let value = ok(self.value().to_device(device));
        Op::new("to", [self])
            .rule(0, move |g| g.to(&here))
            .output(value)
    }

    /// To the CPU, `torch.Tensor.cpu`.
    #[track_caller]
    pub fn cpu(&self) -> Tensor {
        self.to(&Device::cpu())
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
