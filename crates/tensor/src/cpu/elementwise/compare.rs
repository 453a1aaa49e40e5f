//! Two operands of one dtype to a `bool`.

use half::{bf16, f16};

use super::{Cost, Zip, pairs, zip};
use crate::{Compare, DType, Element, Result, Source, ViewMut};

/// See [`Compare`]; `dtype` is the operands', the destination is `bool`.
pub(in crate::cpu) fn compare(
    op: Compare,
    dtype: DType,
    a: Source<'_>,
    b: Source<'_>,
    dst: ViewMut<'_>,
) -> Result<()> {
    // `a > b` is `b < a`: one kernel for both.
    let (a, b) = if matches!(op, Compare::Gt | Compare::Ge) {
        (b, a)
    } else {
        (a, b)
    };
    match dtype {
        DType::Bool => zip::<bool, bool, _, _>(a, b, dst, Cost::Memory, kernel::<bool>(op)),
        DType::U8 => zip::<u8, bool, _, _>(a, b, dst, Cost::Memory, kernel::<u8>(op)),
        DType::I32 => zip::<i32, bool, _, _>(a, b, dst, Cost::Memory, kernel::<i32>(op)),
        DType::I64 => zip::<i64, bool, _, _>(a, b, dst, Cost::Memory, kernel::<i64>(op)),
        DType::F16 => zip::<f16, bool, f32, bool>(a, b, dst, Cost::Memory, kernel::<f32>(op)),
        DType::BF16 => zip::<bf16, bool, f32, bool>(a, b, dst, Cost::Memory, kernel::<f32>(op)),
        DType::F32 => zip::<f32, bool, _, _>(a, b, dst, Cost::Memory, kernel::<f32>(op)),
        DType::F64 => zip::<f64, bool, _, _>(a, b, dst, Cost::Memory, kernel::<f64>(op)),
    }
    Ok(())
}

/// Greater is less, its operands having been swapped.
fn kernel<T: Element + PartialOrd>(op: Compare) -> Zip<T, bool> {
    macro_rules! kernel {
        (|$x:ident, $y:ident| $body:expr) => {
            |tier, a, b, dst| {
                pairs(
                    tier,
                    a,
                    b,
                    dst,
                    #[inline(always)]
                    |$x: T, $y: T| $body,
                )
            }
        };
    }
    match op {
        Compare::Eq => kernel!(|x, y| x == y),
        Compare::Ne => kernel!(|x, y| x != y),
        Compare::Lt | Compare::Gt => kernel!(|x, y| x < y),
        Compare::Le | Compare::Ge => kernel!(|x, y| x <= y),
    }
}
