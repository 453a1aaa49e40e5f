//! Functions the standard library lacks, or has only one number at a time.
//!
//! The `f32` ones are plain arithmetic without branches, so that a loop over them is vectorised.
//! `FMA` says whether products and sums are fused. Where the machine's instructions are not
//! compiled for, `mul_add` would be a slow library call.
#![allow(clippy::excessive_precision)] // Coefficients stand as they were published.

use super::erf::erf;

/// The functions that differ between `f32` and `f64`.
pub(in crate::cpu) trait Real: Copy {
    fn exponential<const FMA: bool>(self) -> Self;
    fn hyperbolic_tangent<const FMA: bool>(self) -> Self;
    fn logistic<const FMA: bool>(self) -> Self;
    fn error_function<const FMA: bool>(self) -> Self;
}

/// `a b + c`
#[inline(always)]
fn madd<const FMA: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FMA { a.mul_add(b, c) } else { a * b + c }
}

/// `Σ cᵢ xⁱ`, the highest power's coefficient first.
#[inline(always)]
fn horner<const FMA: bool, const N: usize>(x: f32, coefficients: [f32; N]) -> f32 {
    let mut sum = coefficients[0];
    for c in &coefficients[1..] {
        sum = madd::<FMA>(sum, x, *c);
    }
    sum
}

#[allow(
    clippy::excessive_precision,
    reason = "the coefficients are exact where that matters"
)]
impl Real for f32 {
    /// `eˣ` after Cephes' `expf` (S. Moshier): `x = n ln 2 + r`, a polynomial in `r`, times `2ⁿ`.
    /// Relative error below 1.2e-7; overflows to infinity and underflows gradually as it should.
    #[inline(always)]
    fn exponential<const FMA: bool>(self) -> f32 {
        // Beyond these the result is infinite or 0 anyway. A NaN passes both.
        let x = if self < -105.0 { -105.0 } else { self };
        let x = if x > 90.0 { 90.0 } else { x };
        // Adding 1.5 · 2²³ rounds to an integer, which then stands in the low bits.
        const ROUND: f32 = 12_582_912.0;
        let shifted = madd::<FMA>(x, std::f32::consts::LOG2_E, ROUND);
        let n = shifted - ROUND;
        // ln 2 in two parts, the first of so few bits that its product with n is exact.
        let r = madd::<FMA>(n, -0.693_359_375, x);
        let r = madd::<FMA>(n, 2.121_944_4e-4, r);
        let p = horner::<FMA, 6>(
            r,
            [
                1.987_569_1e-4,
                1.398_199_9e-3,
                8.333_452e-3,
                4.166_579_6e-2,
                1.666_666_5e-1,
                5.000_000_1e-1,
            ],
        );
        let p = madd::<FMA>(p, r * r, r) + 1.0;
        // In two steps, since 2ⁿ itself may lie outside of the normal numbers.
        let n = shifted.to_bits().wrapping_sub(ROUND.to_bits()) as i32;
        let half = n >> 1;
        let power = |n: i32| f32::from_bits((n.wrapping_add(127) as u32) << 23);
        p * power(half) * power(n.wrapping_sub(half))
    }

    /// After Cephes' `tanhf`: a polynomial near 0, else `1 - 2 / (e²ˣ + 1)`.
    #[inline(always)]
    fn hyperbolic_tangent<const FMA: bool>(self) -> f32 {
        let x = self.abs();
        let z = x * x;
        let p = horner::<FMA, 5>(
            z,
            [
                -5.704_988_7e-3,
                2.063_908_8e-2,
                -5.373_971_6e-2,
                1.333_144_2e-1,
                -3.333_328_2e-1,
            ],
        );
        let near = madd::<FMA>(p * z, x, x);
        let far = 1.0 - 2.0 / ((x + x).exponential::<FMA>() + 1.0);
        let magnitude = if x < 0.625 { near } else { far };
        magnitude.copysign(self)
    }

    /// From `e^-|x|`, which is accurate on both sides and cannot overflow.
    #[inline(always)]
    fn logistic<const FMA: bool>(self) -> f32 {
        let e = (-self.abs()).exponential::<FMA>();
        (if self < 0.0 { e } else { 1.0 }) / (1.0 + e)
    }

    /// After N. Juffa's `my_erff`: a polynomial near 0, else `1 - e^q` with a polynomial `q`.
    #[inline(always)]
    fn error_function<const FMA: bool>(self) -> f32 {
        let t = self.abs();
        let s = self * self;
        let p = horner::<FMA, 6>(
            s,
            [
                -5.967_617e-4,
                4.991_194_2e-3,
                -2.676_813_5e-2,
                1.128_199_25e-1,
                -3.761_253_4e-1,
                1.283_791_7e-1,
            ],
        );
        let near = madd::<FMA>(p, t, t);
        // Beyond 10 the exponential is lost beside 1; the bound keeps the polynomial finite.
        let t = if t > 10.0 { 10.0 } else { t };
        let q = madd::<FMA>(-1.728_534_7e-5, t, 3.831_971_3e-4);
        let q = madd::<FMA>(q, t * t, madd::<FMA>(-3.883_964_4e-3, t, 2.425_462_2e-2));
        let q = madd::<FMA>(q, t, -1.067_778_8e-1);
        let q = madd::<FMA>(q, t, -6.348_467e-1);
        let q = madd::<FMA>(q, t, -1.287_175_1e-1);
        let far = 1.0 - madd::<FMA>(q, t, -t).exponential::<FMA>();
        let magnitude = if t > 0.927_734_4 { far } else { near };
        magnitude.copysign(self)
    }
}

impl Real for f64 {
    #[inline(always)]
    fn exponential<const FMA: bool>(self) -> f64 {
        self.exp()
    }

    #[inline(always)]
    fn hyperbolic_tangent<const FMA: bool>(self) -> f64 {
        self.tanh()
    }

    #[inline(always)]
    fn logistic<const FMA: bool>(self) -> f64 {
        let e = (-self.abs()).exp();
        (if self < 0.0 { e } else { 1.0 }) / (1.0 + e)
    }

    #[inline(always)]
    fn error_function<const FMA: bool>(self) -> f64 {
        erf(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The greatest relative error of `f` against `exact` on `steps` numbers from `low` to `high`.
    fn error(
        f: impl Fn(f32) -> f32,
        exact: impl Fn(f64) -> f64,
        low: f32,
        high: f32,
        steps: u32,
    ) -> f64 {
        (0..=steps)
            .map(|i| low + (high - low) * (i as f32 / steps as f32))
            .map(|x| {
                let y = exact(f64::from(x));
                ((f64::from(f(x)) - y) / y).abs()
            })
            .fold(0.0, f64::max)
    }

    #[test]
    fn exponential_is_accurate_and_ends_rightly() {
        exponential::<false>();
        // A library call where there is no instruction, but the same numbers.
        exponential::<true>();
    }

    fn exponential<const FMA: bool>() {
        let e = error(f32::exponential::<FMA>, f64::exp, -87.3, 88.72, 3_000_000);
        assert!(e <= 1.3e-7, "{e}");
        assert_eq!(0f32.exponential::<FMA>(), 1.0);
        assert_eq!((-0f32).exponential::<FMA>(), 1.0);
        assert!(88.722_83f32.exponential::<FMA>().is_finite());
        assert_eq!(88.723f32.exponential::<FMA>(), f32::INFINITY);
        assert_eq!(f32::INFINITY.exponential::<FMA>(), f32::INFINITY);
        assert_eq!(f32::MAX.exponential::<FMA>(), f32::INFINITY);
        assert_eq!(f32::NEG_INFINITY.exponential::<FMA>(), 0.0);
        assert_eq!((-104.5f32).exponential::<FMA>(), 0.0);
        assert!(f32::NAN.exponential::<FMA>().is_nan());
        // Subnormal results are off by at most one in their last place.
        for i in 0..1000 {
            let x = -87.0 - i as f32 * 0.017;
            let ulps = (f64::from(x.exponential::<FMA>()) - f64::from(x).exp())
                / f64::from(f32::from_bits(1));
            assert!(ulps.abs() <= 1.0, "{x}: {ulps}");
        }
    }

    #[test]
    fn tanh_and_sigmoid_are_accurate_and_symmetric() {
        tanh_and_sigmoid::<false>();
        // A library call where there is no instruction, but the same numbers.
        tanh_and_sigmoid::<true>();
    }

    fn tanh_and_sigmoid<const FMA: bool>() {
        for (low, high) in [
            (1e-30, 1e-20),
            (1e-6, 1e-3),
            (1e-3, 0.624),
            (0.6, 0.7),
            (0.625, 12.0),
        ] {
            let e = error(
                f32::hyperbolic_tangent::<FMA>,
                f64::tanh,
                low,
                high,
                500_000,
            );
            assert!(e <= 2e-7, "tanh on {low}..{high}: {e}");
        }
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        for (low, high) in [(-87.0, -1.0), (-1.0, 1.0), (-1e-4, 1e-4), (1.0, 40.0)] {
            let e = error(f32::logistic::<FMA>, sigmoid, low, high, 500_000);
            assert!(e <= 2e-7, "sigmoid on {low}..{high}: {e}");
        }
        for i in 0..10_000 {
            let x = i as f32 * 0.003;
            assert_eq!(
                (-x).hyperbolic_tangent::<FMA>().to_bits(),
                (-x.hyperbolic_tangent::<FMA>()).to_bits()
            );
            assert!((x.logistic::<FMA>() + (-x).logistic::<FMA>() - 1.0).abs() <= 1.2e-7);
        }
        assert_eq!(f32::INFINITY.hyperbolic_tangent::<FMA>(), 1.0);
        assert_eq!(f32::NEG_INFINITY.hyperbolic_tangent::<FMA>(), -1.0);
        assert_eq!(f32::INFINITY.logistic::<FMA>(), 1.0);
        assert_eq!(f32::NEG_INFINITY.logistic::<FMA>(), 0.0);
        assert_eq!(0f32.logistic::<FMA>(), 0.5);
        assert!(
            f32::NAN.hyperbolic_tangent::<FMA>().is_nan() && f32::NAN.logistic::<FMA>().is_nan()
        );
        assert!((-100f32).logistic::<FMA>() > 0.0, "underflows gradually");
        assert_eq!((-1000f64).logistic::<FMA>(), 0.0);
        assert_eq!(1000f64.logistic::<FMA>(), 1.0);
        assert!(f64::NAN.logistic::<FMA>().is_nan());
    }

    #[test]
    fn error_function_in_single_precision() {
        single_error_function::<false>();
        // A library call where there is no instruction, but the same numbers.
        single_error_function::<true>();
    }

    fn single_error_function<const FMA: bool>() {
        for (low, high) in [
            (1e-30, 1e-20),
            (1e-6, 0.5),
            (0.5, 0.927),
            (0.92, 1.5),
            (1.5, 12.0),
        ] {
            let e = error(f32::error_function::<FMA>, erf, low, high, 500_000);
            assert!(e <= 2e-7, "erf on {low}..{high}: {e}");
        }
        assert_eq!(f32::INFINITY.error_function::<FMA>(), 1.0);
        assert_eq!(f32::NEG_INFINITY.error_function::<FMA>(), -1.0);
        assert_eq!((-0f32).error_function::<FMA>().to_bits(), (-0f32).to_bits());
        assert!(f32::NAN.error_function::<FMA>().is_nan());
    }
}
