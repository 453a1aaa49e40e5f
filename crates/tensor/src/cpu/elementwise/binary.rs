//! Two operands of one dtype to one result of that dtype.

use half::{bf16, f16};

use super::special;
use super::{Cost, Zip, pairs, unsupported, zip};
use crate::cpu::strided::{reborrow, view, view_mut};
use crate::{Binary, DType, Element, Error, Result, Source, ViewMut};

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
        Binary::FloorDivide | Binary::Remainder | Binary::Fmod | Binary::Pow | Binary::Atan2 => {
            Cost::Compute
        }
        Binary::Hypot | Binary::Zeta | Binary::Gcd => Cost::Compute,
        _ => Cost::Memory,
    }
}

/// Refuses what integers cannot do, before anything is written.
fn check<T: Element + PartialOrd>(op: Binary, b: Source<'_>, dst: &mut ViewMut<'_>) -> Result<()> {
    let zero = T::default();
    let bad: fn(T, T) -> bool = match op {
        Binary::FloorDivide | Binary::Remainder | Binary::Fmod => |b, zero| b == zero,
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
                Binary::Fmod => kernel!(|x, y: $t| x % y),
                Binary::Hypot => kernel!(|x, y: $t| x.hypot(y)),
                Binary::Copysign => kernel!(|x, y: $t| x.copysign(y)),
                Binary::Zeta => {
                    kernel!(|x, y: $t| special::zeta(f64::from(x), f64::from(y)) as $t)
                }
                Binary::And | Binary::Or | Binary::Xor => return None,
                Binary::Gcd | Binary::Shl | Binary::Shr => return None,
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
                Binary::Fmod => kernel!(|x, y: $t| x.wrapping_rem(y)),
                Binary::Gcd => kernel!(|x, y: $t| {
                    let (mut x, mut y) = (x, y);
                    while y != 0 {
                        (x, y) = (y, x.wrapping_rem(y));
                    }
                    magnitude!($name, x)
                }),
                // The bits that leave are lost, as in PyTorch.
                Binary::Shl => kernel!(|x, y: $t| match u32::try_from(y) {
                    Ok(n) if n < $t::BITS => x << n,
                    _ => 0,
                }),
                Binary::Shr => kernel!(|x, y: $t| match u32::try_from(y) {
                    Ok(n) if n < $t::BITS => x >> n,
                    _ => only_sign!($name, x),
                }),
                Binary::Div | Binary::Atan2 | Binary::Hypot => return None,
                Binary::Copysign | Binary::Zeta => return None,
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
/// The absolute value.
macro_rules! magnitude {
    (unsigned, $x:expr) => {
        $x
    };
    ($name:ident, $x:expr) => {
        $x.wrapping_abs()
    };
}
/// What is left of a number when all its bits are shifted out to the right.
macro_rules! only_sign {
    (unsigned, $x:expr) => {
        0
    };
    ($name:ident, $x:expr) => {
        if $x < 0 { -1 } else { 0 }
    };
}
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

#[cfg(test)]
mod tests {
    use super::super::fixture::{
        Held, bits, broadcast_layouts, contiguous, layouts, probes, result,
    };
    use super::*;
    use crate::cpu::parallel::{Tier, with_threads};
    use crate::{Scalar, Shape};

    fn apply<T: Element>(op: Binary, a: &[T], b: &[T]) -> Result<Vec<T>> {
        let (x, y) = (Held::flat(a), Held::flat(b));
        result(&contiguous(&[a.len()]), |dst| {
            binary(op, x.source::<T>(), y.source::<T>(), dst)
        })
    }

    fn one<T: Element>(op: Binary, a: T, b: T) -> T {
        apply(op, &[a], &[b]).unwrap()[0]
    }

    /// The definition, in double precision.
    fn naive(op: Binary, a: f64, b: f64) -> f64 {
        let nan = a.is_nan() || b.is_nan();
        match op {
            Binary::Add => a + b,
            Binary::Sub => a - b,
            Binary::Mul => a * b,
            Binary::Div => a / b,
            Binary::FloorDivide => (a / b).floor(),
            Binary::Remainder => a - b * (a / b).floor(),
            Binary::Pow => a.powf(b),
            Binary::Maximum | Binary::Minimum if nan => f64::NAN,
            Binary::Maximum => a.max(b),
            Binary::Minimum => a.min(b),
            Binary::Atan2 => a.atan2(b),
            Binary::Fmod => a % b,
            Binary::Hypot => a.hypot(b),
            Binary::Copysign => a.copysign(b),
            Binary::Zeta => special::zeta(a, b),
            _ => unreachable!("not for floats"),
        }
    }

    #[test]
    fn floats_follow_the_definition() {
        fn check<T: Element>(op: Binary, tolerance: f64) {
            let a: Vec<T> = probes(2000).into_iter().map(T::from_f64).collect();
            let b: Vec<T> = probes(2000 + 13)
                .into_iter()
                .skip(13)
                .rev()
                .map(T::from_f64)
                .collect();
            for ((&a, &b), y) in a.iter().zip(&b).zip(apply(op, &a, &b).unwrap()) {
                let exact = T::from_f64(naive(op, a.to_f64(), b.to_f64())).to_f64();
                let y = y.to_f64();
                let close =
                    (y - exact).abs() <= tolerance * exact.abs() + f64::from(f32::MIN_POSITIVE);
                assert!(
                    y == exact || close || y.is_nan() && exact.is_nan(),
                    "{op:?}({a:?}, {b:?}) = {y}, not {exact}"
                );
            }
        }
        use Binary::*;
        for op in [
            Add, Sub, Mul, Div, Pow, Maximum, Minimum, Atan2, Fmod, Hypot, Copysign,
        ] {
            check::<f64>(op, 1e-15);
            check::<f32>(op, 2e-7);
            check::<f16>(op, 1.0 / 1024.0);
            check::<bf16>(op, 1.0 / 128.0);
        }
        // Away from integers the two ways to divide agree.
        for (a, b) in [
            (7.5, 2.0),
            (-7.5, 2.0),
            (7.5, -2.0),
            (-7.5, -2.0),
            (0.25, 3.0),
            (-0.25, 3.0),
            (6.0, -3.0),
        ] {
            for op in [FloorDivide, Remainder] {
                assert_eq!(one(op, a, b), naive(op, a, b), "{op:?}({a}, {b})");
                assert_eq!(f64::from(one(op, a as f32, b as f32)), naive(op, a, b));
            }
        }
        assert!(apply(And, &[1f32], &[1f32]).is_err());
    }

    #[test]
    fn division_rounds_as_python_does() {
        use Binary::{FloorDivide, Remainder};
        // Python: 1.0 // 0.1 == 9.0, though 1.0 / 0.1 is 10.0.
        assert_eq!(one(FloorDivide, 1.0, 0.1), 9.0);
        assert_eq!(one(FloorDivide, 1.0, 0.0), f64::INFINITY);
        assert!(one(FloorDivide, 0f64, 0.0).is_nan() && one(Remainder, 1f64, 0.0).is_nan());
        assert_eq!(one(FloorDivide, -0f64, 1.0).to_bits(), (-0.0f64).to_bits());
        assert_eq!(one(Remainder, 5.0, f64::INFINITY), 5.0);
        assert_eq!(one(Remainder, -1e-3, 2.0), 2.0 - 1e-3);
        let (a, b) = ([7, -7, 7, -7, 6, -6], [2, 2, -2, -2, 3, 3]);
        assert_eq!(apply(FloorDivide, &a, &b).unwrap(), [3, -4, -4, 3, 2, -2]);
        assert_eq!(apply(Remainder, &a, &b).unwrap(), [1, 1, -1, -1, 0, 0]);
        assert_eq!(apply(FloorDivide, &[200u8], &[7]).unwrap(), [28]);
        assert_eq!(one(FloorDivide, i64::MIN, -1), i64::MIN);
        assert_eq!(one(Remainder, i64::MIN, -1), 0);
    }

    #[test]
    fn integers_refuse_before_anything_is_written() {
        for op in [Binary::FloorDivide, Binary::Remainder] {
            let mut own = Held::flat(&[1, 2, 3]);
            let zeros = Held::flat(&[1, 0, 1]);
            let e = binary(
                op,
                Source::Destination,
                zeros.source::<i32>(),
                own.view_mut::<i32>(),
            )
            .unwrap_err();
            assert!(e.to_string().contains("ZeroDivisionError"), "{e}");
            assert_eq!(own.to_vec::<i32>(), [1, 2, 3]);
            let zero = Source::Scalar(Scalar::Int(0));
            assert!(binary(op, Source::Destination, zero, own.view_mut::<i32>()).is_err());
            assert!(binary(op, zero, Source::Destination, own.view_mut::<i32>()).is_ok());
            assert!(apply::<i64>(op, &[], &[]).is_ok());
        }
        let e = apply(Binary::Pow, &[2i64], &[-1]).unwrap_err().to_string();
        assert!(e.contains("negative integer powers"), "{e}");
        assert!(apply(Binary::Div, &[1i32], &[1]).is_err());
        assert!(apply(Binary::Sub, &[true], &[true]).is_err());
    }

    #[test]
    fn integers_wrap_and_bits_combine() {
        use Binary::*;
        assert_eq!(one(Add, i32::MAX, 1), i32::MIN);
        assert_eq!(one(Sub, 3u8, 5), 254);
        assert_eq!(one(Mul, i64::MAX, 2), -2);
        assert_eq!(
            apply(Pow, &[2, -3, 0, 10, 7], &[10, 3, 0, 9, 0]).unwrap(),
            [1024, -27, 1, 1_000_000_000, 1]
        );
        assert_eq!(one(Pow, 3u8, 6), 729u32 as u8);
        assert_eq!(one(Pow, -1i64, i64::MAX), -1);
        assert_eq!((one(Maximum, -3, 2), one(Minimum, 3u8, 250)), (2, 3));
        assert_eq!(
            (one(And, 12i64, 10), one(Or, 12i64, 10), one(Xor, 12i64, 10)),
            (8, 14, 6)
        );
        let (a, b) = ([false, false, true, true], [false, true, false, true]);
        assert_eq!(apply(And, &a, &b).unwrap(), [false, false, false, true]);
        assert_eq!(apply(Add, &a, &b).unwrap(), [false, true, true, true]);
        assert_eq!(apply(Xor, &a, &b).unwrap(), [false, true, true, false]);
    }

    #[test]
    fn any_pair_of_layouts_gives_the_same_bits() {
        fn check<T: Element>(op: Binary) {
            let a: Vec<T> = probes(120).into_iter().map(T::from_f64).collect();
            let b: Vec<T> = probes(120)
                .into_iter()
                .rev()
                .map(|x| T::from_f64(x.abs() + 0.75))
                .collect();
            let mut from = layouts();
            from.extend(broadcast_layouts());
            for (i, from_a) in from.iter().enumerate() {
                for from_b in &from[i..] {
                    let (x, y) = (Held::new(&a, from_a), Held::new(&b, from_b));
                    let expected = bits(&apply(op, &x.to_vec::<T>(), &y.to_vec::<T>()).unwrap());
                    let to = &layouts()[i % 7];
                    let z =
                        result::<T>(to, |dst| binary(op, x.source::<T>(), y.source::<T>(), dst))
                            .unwrap();
                    assert_eq!(bits(&z), expected, "{op:?} {from_a:?} {from_b:?} {to:?}");
                    // In place, from either side.
                    let mut own = Held::new(&x.to_vec::<T>(), to);
                    binary(
                        op,
                        Source::Destination,
                        y.source::<T>(),
                        own.view_mut::<T>(),
                    )
                    .unwrap();
                    assert_eq!(bits(&own.to_vec::<T>()), expected);
                    let mut own = Held::new(&y.to_vec::<T>(), to);
                    binary(
                        op,
                        x.source::<T>(),
                        Source::Destination,
                        own.view_mut::<T>(),
                    )
                    .unwrap();
                    assert_eq!(bits(&own.to_vec::<T>()), expected);
                }
            }
            let three = Scalar::Int(3);
            let threes = vec![T::from_i64(3); 120];
            for to in layouts() {
                let x = Held::new(&a, &to);
                let z = result::<T>(&to, |dst| {
                    binary(op, x.source::<T>(), Source::Scalar(three), dst)
                })
                .unwrap();
                assert_eq!(bits(&z), bits(&apply(op, &a, &threes).unwrap()));
                let y = Held::new(&b, &to);
                let z = result::<T>(&to, |dst| {
                    binary(op, Source::Scalar(three), y.source::<T>(), dst)
                })
                .unwrap();
                assert_eq!(bits(&z), bits(&apply(op, &threes, &b).unwrap()));
            }
        }
        check::<f32>(Binary::Sub);
        check::<f64>(Binary::Div);
        check::<f16>(Binary::Mul);
        check::<bf16>(Binary::Sub);
        check::<i32>(Binary::Sub);
        check::<i64>(Binary::Maximum);
        check::<u8>(Binary::Sub);
        check::<bool>(Binary::And);
    }

    #[test]
    fn scalars_of_half_operands_are_not_rounded() {
        // 2049 is no f16; PyTorch computes 2048 + 2049 - rounded once - too.
        let x = Held::flat(&[f16::from_f32(2048.0)]);
        let scalar = Source::Scalar(Scalar::Float(2049.0));
        let y = result::<f16>(&contiguous(&[1]), |dst| {
            binary(Binary::Sub, x.source::<f16>(), scalar, dst)
        })
        .unwrap();
        assert_eq!(y[0].to_f32(), -1.0);
    }

    #[test]
    fn scalar_exponents_have_shortcuts() {
        let x: Vec<f64> = probes(300);
        for exponent in [2.0, 1.0, -1.0, 0.5, 3.0] {
            let held = Held::flat(&x);
            let scalar = Source::Scalar(Scalar::Float(exponent));
            let y = result::<f64>(&contiguous(&[300]), |dst| {
                binary(Binary::Pow, held.source::<f64>(), scalar, dst)
            })
            .unwrap();
            for (x, y) in x.iter().zip(y) {
                let exact = if exponent == 0.5 {
                    x.sqrt()
                } else {
                    x.powf(exponent)
                };
                assert!(
                    y == exact
                        || ((y - exact) / exact).abs() < 3e-16
                        || y.is_nan() && exact.is_nan()
                );
            }
        }
    }

    #[test]
    fn the_same_bits_for_any_threads() {
        let shape = Shape::new(&[601, 500]);
        let a: Vec<f32> = probes(shape.numel())
            .into_iter()
            .map(|x| x as f32)
            .collect();
        let row = contiguous(&[500]).broadcast_to(&shape, "test").unwrap();
        let column = contiguous(&[601, 1]).broadcast_to(&shape, "test").unwrap();
        let turned = contiguous(&[500, 601]).transpose(0, 1);
        for (op, layout) in [
            (Binary::Add, &row),
            (Binary::Div, &column),
            (Binary::Mul, &turned),
            (Binary::Pow, &row),
        ] {
            let run = |threads| {
                with_threads(threads, || {
                    let (x, y) = (Held::new(&a, &contiguous(&shape)), Held::new(&a, layout));
                    let z = result::<f32>(&contiguous(&shape), |dst| {
                        binary(op, x.source::<f32>(), y.source::<f32>(), dst)
                    });
                    bits(&z.unwrap())
                })
            };
            let one = run(1);
            assert!(one == run(2) && one == run(3), "{op:?}");
        }
    }

    #[test]
    fn tiers_agree() {
        let a: Vec<f32> = probes(1003).into_iter().map(|x| x as f32).collect();
        let b: Vec<f32> = a.iter().rev().copied().collect();
        for op in Binary::ALL {
            let Some(kernel) = float32(*op, None) else {
                continue;
            };
            let [mut base, mut best] = [vec![0.0; a.len()], vec![0.0; a.len()]];
            kernel(Tier::Base, &a, &b, &mut base);
            kernel(Tier::detect(), &a, &b, &mut best);
            assert_eq!(bits(&base), bits(&best), "{op:?}");
        }
    }
}
