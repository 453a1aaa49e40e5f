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

#[cfg(test)]
mod tests {
    use super::super::fixture::{Held, broadcast_layouts, contiguous, layouts, probes, result};
    use super::*;
    use crate::Scalar;

    fn naive(op: Compare, a: f64, b: f64) -> bool {
        match op {
            Compare::Eq => a == b,
            Compare::Ne => a != b,
            Compare::Lt => a < b,
            Compare::Le => a <= b,
            Compare::Gt => a > b,
            Compare::Ge => a >= b,
        }
    }

    fn check<T: Element>() {
        let a: Vec<T> = probes(120).into_iter().map(T::from_f64).collect();
        // Some pairs are equal, some are NaN on one side or both.
        let b: Vec<T> = a
            .iter()
            .enumerate()
            .map(|(i, &x)| if i % 3 == 0 { x } else { a[(i * 7) % 120] })
            .collect();
        for &op in Compare::ALL {
            for from in layouts().into_iter().chain(broadcast_layouts()) {
                let (x, y) = (Held::new(&a, &contiguous(&[6, 5, 4])), Held::new(&b, &from));
                let expected = |swap: bool| -> Vec<bool> {
                    let pairs = a
                        .iter()
                        .map(|x| x.to_f64())
                        .zip(y.to_vec::<T>().into_iter().map(T::to_f64));
                    pairs
                        .map(|(x, y)| {
                            if swap {
                                naive(op, y, x)
                            } else {
                                naive(op, x, y)
                            }
                        })
                        .collect()
                };
                for to in layouts() {
                    let (x, y) = (x.source::<T>(), y.source::<T>());
                    let z = result::<bool>(&to, |dst| compare(op, T::DTYPE, x, y, dst)).unwrap();
                    assert_eq!(z, expected(false), "{op:?} {} {from:?} {to:?}", T::DTYPE);
                    let z = result::<bool>(&to, |dst| compare(op, T::DTYPE, y, x, dst)).unwrap();
                    assert_eq!(z, expected(true));
                }
            }
            let x = Held::flat(&a);
            let zero = Source::Scalar(Scalar::Int(0));
            let z = result::<bool>(&contiguous(&[120]), |dst| {
                compare(op, T::DTYPE, x.source::<T>(), zero, dst)
            })
            .unwrap();
            assert!(
                z.iter()
                    .zip(&a)
                    .all(|(&z, x)| z == naive(op, x.to_f64(), 0.0)),
                "{op:?} {}",
                T::DTYPE
            );
        }
    }

    #[test]
    fn every_dtype_and_layout_follows_the_definition() {
        check::<bool>();
        check::<u8>();
        check::<i32>();
        check::<i64>();
        check::<f16>();
        check::<bf16>();
        check::<f32>();
        check::<f64>();
    }

    #[test]
    fn wide_integers_are_compared_exactly() {
        let (a, b) = (Held::flat(&[i64::MAX]), Held::flat(&[i64::MAX - 1]));
        let (a, b) = (a.source::<i64>(), b.source::<i64>());
        let z = result::<bool>(&contiguous(&[1]), |dst| {
            compare(Compare::Gt, DType::I64, a, b, dst)
        })
        .unwrap();
        assert_eq!(z, [true]);
    }

    #[test]
    fn booleans_compare_in_place() {
        let mut own = Held::flat(&[true, false]);
        let t = Source::Scalar(Scalar::Bool(true));
        compare(
            Compare::Ne,
            DType::Bool,
            Source::Destination,
            t,
            own.view_mut::<bool>(),
        )
        .unwrap();
        assert_eq!(own.to_vec::<bool>(), [false, true]);
    }
}
