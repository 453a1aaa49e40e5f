//! One operand to one result.

use half::{bf16, f16};

use super::math::Real;
use super::special;
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

/// A kernel of one function of [`Real`], fused where the tier has the instruction.
macro_rules! fused {
    ($t:ty, $f:ident) => {
        |tier, a, dst| {
            if tier.has_fma() {
                each(
                    tier,
                    a,
                    dst,
                    #[inline(always)]
                    |x: $t| -> $t { x.$f::<true>() },
                )
            } else {
                each(
                    tier,
                    a,
                    dst,
                    #[inline(always)]
                    |x: $t| -> $t { x.$f::<false>() },
                )
            }
        }
    };
}

/// A kernel of one function that is computed in double precision for every dtype.
macro_rules! double {
    ($t:ty, $f:path) => {
        kernel!(|x: $t| $f(f64::from(x)) as $t)
    };
}

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
                Unary::Exp => fused!($t, exponential),
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
                Unary::Tanh => fused!($t, hyperbolic_tangent),
                Unary::Sigmoid => fused!($t, logistic),
                Unary::Erf => fused!($t, error_function),
                Unary::Erfc => double!($t, libm::erfc),
                Unary::Erfinv => double!($t, special::erfinv),
                Unary::Exp2 => kernel!(|x: $t| x.exp2()),
                Unary::Asinh => double!($t, f64::asinh),
                Unary::Acosh => double!($t, special::acosh),
                Unary::Atanh => double!($t, f64::atanh),
                Unary::Lgamma => double!($t, libm::lgamma),
                Unary::Digamma => double!($t, special::digamma),
                Unary::I0e => double!($t, special::i0e),
                Unary::I1e => double!($t, special::i1e),
                Unary::Floor => kernel!(|x: $t| x.floor()),
                Unary::Ceil => kernel!(|x: $t| x.ceil()),
                Unary::Round => kernel!(|x: $t| x.round_ties_even()),
                Unary::Trunc => kernel!(|x: $t| x.trunc()),
                Unary::Ndtri => double!($t, special::ndtri),
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

#[cfg(test)]
mod tests {
    use super::super::fixture::{
        Held, bits, broadcast_layouts, contiguous, layouts, probes, result,
    };
    use super::*;
    use crate::cpu::parallel::{Tier, with_threads};
    use crate::{Element, Scalar};

    fn apply<T: Element>(op: Unary, values: &[T]) -> Result<Vec<T>> {
        let source = Held::flat(values);
        result(&contiguous(&[values.len()]), |dst| {
            unary(op, source.source::<T>(), dst)
        })
    }

    /// The definition, in double precision.
    fn naive(op: Unary, x: f64) -> f64 {
        match op {
            Unary::Neg => -x,
            Unary::Abs => x.abs(),
            Unary::Sign if x == 0.0 => 0.0,
            Unary::Sign if x.is_nan() => x,
            Unary::Sign => x.signum(),
            Unary::Square => x * x,
            Unary::Not => unreachable!("not for floats"),
            Unary::Relu if x.is_nan() => x,
            Unary::Relu => x.max(0.0),
            Unary::Exp => x.exp(),
            Unary::Expm1 => x.exp_m1(),
            Unary::Log => x.ln(),
            Unary::Log1p => x.ln_1p(),
            Unary::Log2 => x.log2(),
            Unary::Log10 => x.log10(),
            Unary::Sqrt => x.sqrt(),
            Unary::Rsqrt => 1.0 / x.sqrt(),
            Unary::Reciprocal => 1.0 / x,
            Unary::Sin => x.sin(),
            Unary::Cos => x.cos(),
            Unary::Tan => x.tan(),
            Unary::Asin => x.asin(),
            Unary::Acos => x.acos(),
            Unary::Atan => x.atan(),
            Unary::Sinh => x.sinh(),
            Unary::Cosh => x.cosh(),
            Unary::Tanh => x.tanh(),
            Unary::Sigmoid => 1.0 / (1.0 + (-x).exp()),
            Unary::Erf => super::super::erf::erf(x),
            Unary::Erfc => libm::erfc(x),
            Unary::Erfinv => special::erfinv(x),
            Unary::Exp2 => x.exp2(),
            Unary::Asinh => x.asinh(),
            Unary::Acosh => special::acosh(x),
            Unary::Atanh => x.atanh(),
            Unary::Lgamma => libm::lgamma(x),
            Unary::Digamma => special::digamma(x),
            Unary::I0e => special::i0e(x),
            Unary::I1e => special::i1e(x),
            Unary::Floor => x.floor(),
            Unary::Ceil => x.ceil(),
            Unary::Round => x.round_ties_even(),
            Unary::Trunc => x.trunc(),
            Unary::Ndtri => special::ndtri(x),
        }
    }

    fn check_float<T: Element>(op: Unary, tolerance: f64) {
        let values: Vec<T> = probes(3000).into_iter().map(T::from_f64).collect();
        for (x, y) in values.iter().zip(apply(op, &values).unwrap()) {
            // The exact result, rounded to the dtype: overflow to infinity is right there.
            let (x, y) = (x.to_f64(), y.to_f64());
            let exact = T::from_f64(naive(op, x)).to_f64();
            let close = (y - exact).abs() <= tolerance * exact.abs() + f64::from(f32::MIN_POSITIVE);
            assert!(
                y == exact || close || y.is_nan() && exact.is_nan(),
                "{op:?}({x}) = {y}, not {exact}"
            );
        }
    }

    #[test]
    fn floats_follow_the_definition() {
        for &op in Unary::ALL.iter().filter(|&&op| op != Unary::Not) {
            check_float::<f64>(op, 1e-15);
            check_float::<f32>(op, 3e-7);
            check_float::<f16>(op, 1.0 / 1024.0);
            check_float::<bf16>(op, 1.0 / 128.0);
        }
    }

    #[test]
    fn halves_compute_in_single_precision_and_round_once() {
        let values: Vec<f16> = probes(500).into_iter().map(f16::from_f64).collect();
        let wide: Vec<f32> = values.iter().map(|x| x.to_f32()).collect();
        for op in [
            Unary::Exp,
            Unary::Sigmoid,
            Unary::Rsqrt,
            Unary::Square,
            Unary::Erf,
        ] {
            let rounded: Vec<f16> = apply(op, &wide)
                .unwrap()
                .into_iter()
                .map(f16::from_f32)
                .collect();
            assert_eq!(bits(&apply(op, &values).unwrap()), bits(&rounded), "{op:?}");
        }
    }

    #[test]
    fn integers_wrap_and_refuse_what_needs_floats() {
        assert_eq!(
            apply(Unary::Neg, &[1, i32::MIN, -7]).unwrap(),
            [-1, i32::MIN, 7]
        );
        assert_eq!(apply(Unary::Neg, &[1u8, 0]).unwrap(), [255, 0]);
        assert_eq!(apply(Unary::Abs, &[-3, i64::MIN]).unwrap(), [3, i64::MIN]);
        assert_eq!(apply(Unary::Sign, &[-3i64, 0, 9]).unwrap(), [-1, 0, 1]);
        assert_eq!(apply(Unary::Sign, &[0u8, 9]).unwrap(), [0, 1]);
        assert_eq!(
            apply(Unary::Square, &[20u8, -3i32 as u8]).unwrap(),
            [144, 9]
        );
        assert_eq!(apply(Unary::Relu, &[-3, 0, 3]).unwrap(), [0, 0, 3]);
        assert_eq!(apply(Unary::Round, &[-3i64, 3]).unwrap(), [-3, 3]);
        assert_eq!(apply(Unary::Not, &[true, false]).unwrap(), [false, true]);
        assert!(apply(Unary::Exp, &[1i32]).is_err());
        assert!(apply(Unary::Not, &[1.0f32]).is_err());
        assert!(apply(Unary::Neg, &[true]).is_err());
    }

    #[test]
    fn any_layout_in_place_and_scalar_give_the_same_bits() {
        fn check<T: Element>(op: Unary) {
            let values: Vec<T> = probes(120).into_iter().map(T::from_f64).collect();
            let expected = bits(&apply(op, &values).unwrap());
            for from in layouts() {
                let source = Held::new(&values, &from);
                for to in layouts() {
                    let y = result::<T>(&to, |dst| unary(op, source.source::<T>(), dst)).unwrap();
                    assert_eq!(bits(&y), expected, "{op:?} {from:?} {to:?}");
                }
                let mut own = Held::new(&values, &from);
                unary(op, Source::Destination, own.view_mut::<T>()).unwrap();
                assert_eq!(bits(&own.to_vec::<T>()), expected, "in place {from:?}");
            }
            for from in broadcast_layouts() {
                let source = Held::new(&values, &from);
                let seen = source.to_vec::<T>();
                let y =
                    result::<T>(&layouts()[0], |dst| unary(op, source.source::<T>(), dst)).unwrap();
                assert_eq!(bits(&y), bits(&apply(op, &seen).unwrap()), "{from:?}");
            }
            let y = result::<T>(&contiguous(&[]), |dst| {
                unary(op, Source::Scalar(Scalar::Float(2.5)), dst)
            })
            .unwrap();
            assert_eq!(bits(&y), bits(&apply(op, &[T::from_f64(2.5)]).unwrap()));
            assert_eq!(apply::<T>(op, &[]).unwrap(), []);
        }
        check::<f32>(Unary::Exp);
        check::<f64>(Unary::Tanh);
        check::<f16>(Unary::Sigmoid);
        check::<bf16>(Unary::Abs);
        check::<i32>(Unary::Square);
        check::<i64>(Unary::Neg);
        check::<u8>(Unary::Square);
        check::<bool>(Unary::Not);
    }

    #[test]
    fn the_same_bits_for_any_threads() {
        let n = 300_007;
        let values: Vec<f32> = probes(n).into_iter().map(|x| x as f32).collect();
        let turned = contiguous(&[7, n / 7]).transpose(0, 1);
        for op in [Unary::Relu, Unary::Exp, Unary::Tanh, Unary::Log] {
            let run = |threads| {
                with_threads(threads, || {
                    let source = Held::new(&values[..n / 7 * 7], &turned);
                    let to = contiguous(&[n / 7, 7]);
                    let strided =
                        result::<f32>(&to, |dst| unary(op, source.source::<f32>(), dst)).unwrap();
                    (bits(&apply(op, &values).unwrap()), bits(&strided))
                })
            };
            let one = run(1);
            assert_eq!(one.0[..n / 7 * 7], one.1);
            assert!(one == run(2) && one == run(3), "{op:?}");
        }
    }

    #[test]
    fn tiers_agree() {
        let values: Vec<f32> = probes(1003).into_iter().map(|x| x as f32).collect();
        for &op in Unary::ALL.iter().filter(|&&op| op != Unary::Not) {
            let kernel = float32(op).unwrap();
            let [mut base, mut best] = [vec![0.0; values.len()], vec![0.0; values.len()]];
            kernel(Tier::Base, &values, &mut base);
            kernel(Tier::detect(), &values, &mut best);
            let fused = matches!(op, Unary::Exp | Unary::Tanh | Unary::Sigmoid | Unary::Erf);
            if fused {
                let close = |(x, y): (&f32, &f32)| {
                    x == y || ((x - y) / y).abs() < 1e-6 || x.is_nan() && y.is_nan()
                };
                assert!(base.iter().zip(&best).all(close), "{op:?}");
            } else {
                assert_eq!(bits(&base), bits(&best), "{op:?}");
            }
        }
    }
}
