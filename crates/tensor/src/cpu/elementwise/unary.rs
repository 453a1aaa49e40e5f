//! One operand to one result.

use half::{bf16, f16};

use super::math::Real;
use super::{Cost, Map, each, map, unsupported};
use crate::{DType, Result, Source, Unary, ViewMut};

/// See [`Unary`]; the result has the operand's dtype.
pub(in crate::cpu) fn unary(op: Unary, source: Source<'_>, dst: ViewMut<'_>) -> Result<()> {
    let (dtype, cost) = (dst.dtype, cost(op));
    let refuse = || unsupported(op.name(), dtype);
    match dtype {
        DType::F32 => map::<f32, f32, _, _>(source, dst, cost, float32(op).ok_or_else(refuse)?),
        DType::F64 => map::<f64, f64, _, _>(source, dst, cost, float64(op).ok_or_else(refuse)?),
        DType::F16 => map::<f16, f16, f32, f32>(source, dst, cost, float32(op).ok_or_else(refuse)?),
        DType::BF16 => {
            map::<bf16, bf16, f32, f32>(source, dst, cost, float32(op).ok_or_else(refuse)?)
        }
        DType::U8 => map::<u8, u8, _, _>(source, dst, cost, unsigned(op).ok_or_else(refuse)?),
        DType::I32 => map::<i32, i32, _, _>(source, dst, cost, int32(op).ok_or_else(refuse)?),
        DType::I64 => map::<i64, i64, _, _>(source, dst, cost, int64(op).ok_or_else(refuse)?),
        DType::Bool => map::<bool, bool, _, _>(source, dst, cost, logical(op).ok_or_else(refuse)?),
    }
    Ok(())
}

fn cost(op: Unary) -> Cost {
    if op.needs_float() && !matches!(op, Unary::Sqrt | Unary::Reciprocal) {
        Cost::Compute
    } else {
        Cost::Memory
    }
}

/// A kernel of one expression.
macro_rules! kernel {
    (|$x:ident: $t:ty| $body:expr) => {
        |tier, a, dst| {
            each(
                tier,
                a,
                dst,
                #[inline(always)]
                |$x: $t| -> $t { $body },
            )
        }
    };
}
pub(super) use kernel;

macro_rules! float {
    ($name:ident, $t:ident) => {
        pub(super) fn $name(op: Unary) -> Option<Map<$t, $t>> {
            Some(match op {
                Unary::Neg => kernel!(|x: $t| -x),
                Unary::Abs => kernel!(|x: $t| x.abs()),
                // The difference is 0 for both zeros and NaN for a NaN.
                Unary::Sign => kernel!(|x: $t| if x > 0.0 {
                    1.0
                } else if x < 0.0 {
                    -1.0
                } else {
                    x - x
                }),
                Unary::Square => kernel!(|x: $t| x * x),
                Unary::Not => return None,
                // Not `max`, which drops a NaN.
                Unary::Relu => kernel!(|x: $t| if 0.0 > x { 0.0 } else { x }),
                Unary::Exp => kernel!(|x: $t| x.exponential()),
                Unary::Expm1 => kernel!(|x: $t| x.exp_m1()),
                Unary::Log => kernel!(|x: $t| x.ln()),
                Unary::Log1p => kernel!(|x: $t| x.ln_1p()),
                Unary::Log2 => kernel!(|x: $t| x.log2()),
                Unary::Log10 => kernel!(|x: $t| x.log10()),
                Unary::Sqrt => kernel!(|x: $t| x.sqrt()),
                Unary::Rsqrt => kernel!(|x: $t| 1.0 / x.sqrt()),
                Unary::Reciprocal => kernel!(|x: $t| 1.0 / x),
                Unary::Sin => kernel!(|x: $t| x.sin()),
                Unary::Cos => kernel!(|x: $t| x.cos()),
                Unary::Tan => kernel!(|x: $t| x.tan()),
                Unary::Asin => kernel!(|x: $t| x.asin()),
                Unary::Acos => kernel!(|x: $t| x.acos()),
                Unary::Atan => kernel!(|x: $t| x.atan()),
                Unary::Sinh => kernel!(|x: $t| x.sinh()),
                Unary::Cosh => kernel!(|x: $t| x.cosh()),
                Unary::Tanh => kernel!(|x: $t| x.hyperbolic_tangent()),
                Unary::Sigmoid => kernel!(|x: $t| x.logistic()),
                Unary::Erf => kernel!(|x: $t| x.error_function()),
                Unary::Floor => kernel!(|x: $t| x.floor()),
                Unary::Ceil => kernel!(|x: $t| x.ceil()),
                Unary::Round => kernel!(|x: $t| x.round_ties_even()),
                Unary::Trunc => kernel!(|x: $t| x.trunc()),
            })
        }
    };
}
float!(float32, f32);
float!(float64, f64);

macro_rules! int {
    ($name:ident, $t:ident) => {
        fn $name(op: Unary) -> Option<Map<$t, $t>> {
            Some(match op {
                Unary::Neg => kernel!(|x: $t| x.wrapping_neg()),
                Unary::Abs => kernel!(|x: $t| x.wrapping_abs()),
                Unary::Sign => kernel!(|x: $t| x.signum()),
                Unary::Square => kernel!(|x: $t| x.wrapping_mul(x)),
                Unary::Relu => kernel!(|x: $t| x.max(0)),
                Unary::Floor | Unary::Ceil | Unary::Round | Unary::Trunc => kernel!(|x: $t| x),
                _ => return None,
            })
        }
    };
}
int!(int32, i32);
int!(int64, i64);

fn unsigned(op: Unary) -> Option<Map<u8, u8>> {
    Some(match op {
        Unary::Neg => kernel!(|x: u8| x.wrapping_neg()),
        Unary::Sign => kernel!(|x: u8| x.min(1)),
        Unary::Square => kernel!(|x: u8| x.wrapping_mul(x)),
        Unary::Abs | Unary::Relu | Unary::Floor | Unary::Ceil | Unary::Round | Unary::Trunc => {
            kernel!(|x: u8| x)
        }
        _ => return None,
    })
}

fn logical(op: Unary) -> Option<Map<bool, bool>> {
    match op {
        Unary::Not => Some(kernel!(|x: bool| !x)),
        _ => None,
    }
}
