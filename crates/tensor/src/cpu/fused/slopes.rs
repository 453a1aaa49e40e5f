//! Gradients of unaries whose slope their result tells.

use crate::cpu::elementwise::{Cost, Zip, pairs, zip};
use crate::{DType, Result, Source, Unary, View, ViewMut, bf16, f16};

/// `gradient`, `y` → the gradient of what the unary made `y` of.
pub(in crate::cpu) fn unary_grad(
    op: Unary,
    gradient: View<'_>,
    y: View<'_>,
    out: ViewMut<'_>,
) -> Option<Result<()>> {
    let (g, y, cost) = (Source::View(gradient), Source::View(y), Cost::Memory);
    match out.dtype {
        DType::F32 => zip::<f32, f32, f32, f32>(g, y, out, cost, float32(op)?),
        DType::F64 => zip::<f64, f64, f64, f64>(g, y, out, cost, float64(op)?),
        DType::F16 => zip::<f16, f16, f32, f32>(g, y, out, cost, float32(op)?),
        DType::BF16 => zip::<bf16, bf16, f32, f32>(g, y, out, cost, float32(op)?),
        _ => return None,
    }
    Some(Ok(()))
}

macro_rules! kernel {
    (|$g:ident, $y:ident: $t:ty| $body:expr) => {
        |tier, g, y, dst| {
            pairs(
                tier,
                g,
                y,
                dst,
                #[inline(always)]
                |$g: $t, $y: $t| -> $t { $body },
            )
        }
    };
}

macro_rules! float {
    ($name:ident, $t:ty) => {
        fn $name(op: Unary) -> Option<Zip<$t, $t>> {
            Some(match op {
                // As PyTorch has it: what is not a number lets the gradient through.
                Unary::Relu => kernel!(|g, y: $t| if y <= 0.0 { 0.0 } else { g }),
                Unary::Sigmoid => kernel!(|g, y: $t| g * (y * (1.0 - y))),
                Unary::Tanh => kernel!(|g, y: $t| g * (1.0 - y * y)),
                _ => return None,
            })
        }
    };
}
float!(float32, f32);
float!(float64, f64);
