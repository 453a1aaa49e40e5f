//! Two operands of one dtype to one result of that dtype.

use half::{bf16, f16};

use super::{Cost, Zip, pairs, unsupported, zip};
use crate::cpu::strided::{reborrow, view, view_mut};
use crate::{Binary, DType, Element, Error, Result, Source, ViewMut};

/// See [`Binary`].
///
/// # Errors
/// An integer divided by 0 or raised to a negative power; a dtype the operation does not take.
pub(in crate::cpu) fn binary(
    op: Binary,
    a: Source<'_>,
    b: Source<'_>,
    mut dst: ViewMut<'_>,
) -> Result<()> {
    let (dtype, exponent) = (dst.dtype, exponent(op, b));
    let cost = cost(op, exponent);
    let refuse = || unsupported(op.name(), dtype);
    match dtype {
        DType::U8 => check::<u8>(op, b, &mut dst)?,
        DType::I32 => check::<i32>(op, b, &mut dst)?,
        DType::I64 => check::<i64>(op, b, &mut dst)?,
        _ => {}
    }
    match dtype {
        DType::F32 => {
            zip::<f32, f32, _, _>(a, b, dst, cost, float32(op, exponent).ok_or_else(refuse)?)
        }
        DType::F64 => {
            zip::<f64, f64, _, _>(a, b, dst, cost, float64(op, exponent).ok_or_else(refuse)?)
        }
        DType::F16 => {
            zip::<f16, f16, f32, f32>(a, b, dst, cost, float32(op, exponent).ok_or_else(refuse)?)
        }
        DType::BF16 => {
            zip::<bf16, bf16, f32, f32>(a, b, dst, cost, float32(op, exponent).ok_or_else(refuse)?)
        }
        DType::U8 => zip::<u8, u8, _, _>(a, b, dst, cost, unsigned(op).ok_or_else(refuse)?),
        DType::I32 => zip::<i32, i32, _, _>(a, b, dst, cost, int32(op).ok_or_else(refuse)?),
        DType::I64 => zip::<i64, i64, _, _>(a, b, dst, cost, int64(op).ok_or_else(refuse)?),
        DType::Bool => zip::<bool, bool, _, _>(a, b, dst, cost, logical(op).ok_or_else(refuse)?),
    }
    Ok(())
}

/// The one exponent of a power, where it is a scalar.
fn exponent(op: Binary, b: Source<'_>) -> Option<f64> {
    match (op, b) {
        (Binary::Pow, Source::Scalar(value)) => Some(value.to_f64()),
        _ => None,
    }
}

fn cost(op: Binary, exponent: Option<f64>) -> Cost {
    match op {
        Binary::Pow if matches!(exponent, Some(0.5 | 1.0 | 2.0 | -1.0)) => Cost::Memory,
        Binary::FloorDivide | Binary::Remainder | Binary::Pow | Binary::Atan2 => Cost::Compute,
        _ => Cost::Memory,
    }
}

/// Refuses what integers cannot do, before anything is written.
fn check<T: Element + PartialOrd>(op: Binary, b: Source<'_>, dst: &mut ViewMut<'_>) -> Result<()> {
    let zero = T::default();
    let bad: fn(T, T) -> bool = match op {
        Binary::FloorDivide | Binary::Remainder => |b, zero| b == zero,
        Binary::Pow => |b, zero| b < zero,
        _ => return Ok(()),
    };
    let found = match b {
        Source::Scalar(value) => dst.layout.numel() > 0 && bad(value.cast(), zero),
        Source::View(v) => view::<T>(v).iter().any(|&b| bad(b, zero)),
        Source::Destination => view_mut::<T>(reborrow(dst)).iter().any(|&b| bad(b, zero)),
    };
    let message = match op {
        Binary::Pow => "Integers to negative integer powers are not allowed.",
        _ => {
            "ZeroDivisionError: an integer is divided by zero; make an operand a float for inf or NaN"
        }
    };
    if found {
        Err(Error::value(op.name(), message))
    } else {
        Ok(())
    }
}

/// A kernel of one expression.
macro_rules! kernel {
    (|$x:ident, $y:ident: $t:ty| $body:expr) => {
        |tier, a, b, dst| {
            pairs(
                tier,
                a,
                b,
                dst,
                #[inline(always)]
                |$x: $t, $y: $t| -> $t { $body },
            )
        }
    };
}

macro_rules! float {
    ($name:ident, $t:ident) => {
        fn $name(op: Binary, exponent: Option<f64>) -> Option<Zip<$t, $t>> {
            Some(match op {
                Binary::Add => kernel!(|x, y: $t| x + y),
                Binary::Sub => kernel!(|x, y: $t| x - y),
                Binary::Mul => kernel!(|x, y: $t| x * y),
                Binary::Div => kernel!(|x, y: $t| x / y),
                Binary::FloorDivide => kernel!(|x, y: $t| {
                    // As Python and PyTorch have it, from the remainder: ⌊x / y⌋ of the rounded
                    // quotient would be one too many just below an integer.
                    if y == 0.0 {
                        x / y
                    } else {
                        let remainder = x % y;
                        let quotient = (x - remainder) / y;
                        let below = remainder != 0.0 && (y < 0.0) != (remainder < 0.0);
                        let quotient = if below { quotient - 1.0 } else { quotient };
                        let floor = quotient.floor();
                        if quotient == 0.0 {
                            $t::copysign(0.0, x / y)
                        } else if quotient - floor > 0.5 {
                            floor + 1.0
                        } else {
                            floor
                        }
                    }
                }),
                Binary::Remainder => kernel!(|x, y: $t| {
                    let remainder = x % y;
                    if remainder != 0.0 && (y < 0.0) != (remainder < 0.0) {
                        remainder + y
                    } else {
                        remainder
                    }
                }),
                // As exact as `powf` or more so. The root is PyTorch's: NaN at -∞, -0 at -0.
                Binary::Pow => match exponent {
                    Some(2.0) => kernel!(|x, _y: $t| x * x),
                    Some(1.0) => kernel!(|x, _y: $t| x),
                    Some(0.5) => kernel!(|x, _y: $t| x.sqrt()),
                    Some(-1.0) => kernel!(|x, _y: $t| 1.0 / x),
                    _ => kernel!(|x, y: $t| x.powf(y)),
                },
                // A NaN in `x` is kept by name, one in `y` since no comparison with it holds.
                Binary::Maximum => kernel!(|x, y: $t| if x > y || x.is_nan() { x } else { y }),
                Binary::Minimum => kernel!(|x, y: $t| if x < y || x.is_nan() { x } else { y }),
                Binary::Atan2 => kernel!(|x, y: $t| x.atan2(y)),
                Binary::And | Binary::Or | Binary::Xor => return None,
            })
        }
    };
}
float!(float32, f32);
float!(float64, f64);

macro_rules! int {
    ($name:ident, $t:ident) => {
        fn $name(op: Binary) -> Option<Zip<$t, $t>> {
            Some(match op {
                Binary::Add => kernel!(|x, y: $t| x.wrapping_add(y)),
                Binary::Sub => kernel!(|x, y: $t| x.wrapping_sub(y)),
                Binary::Mul => kernel!(|x, y: $t| x.wrapping_mul(y)),
                Binary::FloorDivide => kernel!(|x, y: $t| {
                    let quotient = x.wrapping_div(y);
                    if x.wrapping_rem(y) != 0 && signs_differ!($name, x, y) {
                        quotient - 1
                    } else {
                        quotient
                    }
                }),
                Binary::Remainder => kernel!(|x, y: $t| {
                    let remainder = x.wrapping_rem(y);
                    if remainder != 0 && signs_differ!($name, x, y) {
                        remainder + y
                    } else {
                        remainder
                    }
                }),
                Binary::Pow => kernel!(|x, y: $t| {
                    let (mut power, mut base, mut exponent) = (1 as $t, x, y);
                    while exponent > 0 {
                        if exponent & 1 == 1 {
                            power = power.wrapping_mul(base);
                        }
                        base = base.wrapping_mul(base);
                        exponent >>= 1;
                    }
                    power
                }),
                Binary::Maximum => kernel!(|x, y: $t| x.max(y)),
                Binary::Minimum => kernel!(|x, y: $t| x.min(y)),
                Binary::And => kernel!(|x, y: $t| x & y),
                Binary::Or => kernel!(|x, y: $t| x | y),
                Binary::Xor => kernel!(|x, y: $t| x ^ y),
                Binary::Div | Binary::Atan2 => return None,
            })
        }
    };
}
/// Whether a quotient is rounded down away from 0; an unsigned one never is.
macro_rules! signs_differ {
    (unsigned, $x:expr, $y:expr) => {
        false
    };
    ($name:ident, $x:expr, $y:expr) => {
        ($x < 0) != ($y < 0)
    };
}
use signs_differ;
int!(unsigned, u8);
int!(int32, i32);
int!(int64, i64);

fn logical(op: Binary) -> Option<Zip<bool, bool>> {
    Some(match op {
        Binary::Add | Binary::Maximum | Binary::Or => kernel!(|x, y: bool| x | y),
        Binary::Mul | Binary::Minimum | Binary::And => kernel!(|x, y: bool| x & y),
        Binary::Xor => kernel!(|x, y: bool| x ^ y),
        _ => return None,
    })
}
