//! What one element should become, in `f64` or `i64`.

use super::special;
use crate::{Binary, Compare, Unary};

/// The unary operations on floats.
pub(super) fn unary_float(op: Unary, x: f64) -> f64 {
    match op {
        Unary::Neg => -x,
        Unary::Abs => x.abs(),
        Unary::Sign if x == 0.0 || x.is_nan() => x,
        Unary::Sign => x.signum(),
        Unary::Square => x * x,
        Unary::Not => f64::from(u8::from(x == 0.0)),
        Unary::Relu => {
            if x < 0.0 {
                0.0
            } else {
                x
            }
        }
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
        Unary::Erf => special::erf(x),
        Unary::Erfc => special::erfc(x),
        Unary::Erfinv => special::erfinv(x),
        Unary::Exp2 => 2f64.powf(x),
        Unary::Asinh => (x.abs() + (x * x + 1.0).sqrt()).ln().copysign(x),
        Unary::Acosh => (x + (x * x - 1.0).sqrt()).ln(),
        Unary::Atanh => 0.5 * ((1.0 + x) / (1.0 - x)).ln(),
        Unary::Lgamma => special::lgamma(x),
        Unary::Digamma => special::digamma(x),
        Unary::I0e => special::bessel(0, x),
        Unary::I1e => special::bessel(1, x),
        Unary::Floor => x.floor(),
        Unary::Ceil => x.ceil(),
        Unary::Round => x.round_ties_even(),
        Unary::Trunc => x.trunc(),
        Unary::Ndtri => special::ndtri(x),
    }
}

/// The unary operations on integers that stay integers.
pub(super) fn unary_integer(op: Unary, x: i64) -> i64 {
    match op {
        Unary::Neg => -x,
        Unary::Abs => x.abs(),
        Unary::Sign => x.signum(),
        Unary::Square => x * x,
        Unary::Not => i64::from(x == 0),
        Unary::Relu => x.max(0),
        // Rounding, which does nothing here.
        _ => x,
    }
}

/// The binary operations on floats, `None` where they are not for floats.
pub(super) fn binary_float(op: Binary, a: f64, b: f64) -> Option<f64> {
    let remainder = |a: f64, b: f64| {
        let r = a % b;
        if r != 0.0 && (r < 0.0) != (b < 0.0) {
            r + b
        } else {
            r
        }
    };
    Some(match op {
        Binary::Add => a + b,
        Binary::Sub => a - b,
        Binary::Mul => a * b,
        Binary::Div => a / b,
        Binary::FloorDivide if b == 0.0 => a / b,
        // Of what is left after the remainder, so that rounding cannot carry it up.
        Binary::FloorDivide => ((a - remainder(a, b)) / b).round(),
        Binary::Remainder => remainder(a, b),
        Binary::Pow => a.powf(b),
        Binary::Maximum if a.is_nan() || b.is_nan() => f64::NAN,
        Binary::Minimum if a.is_nan() || b.is_nan() => f64::NAN,
        Binary::Maximum => a.max(b),
        Binary::Minimum => a.min(b),
        Binary::Atan2 => a.atan2(b),
        Binary::Fmod => a - b * (a / b).trunc(),
        Binary::Hypot => (a * a + b * b).sqrt(),
        Binary::Copysign if b.is_sign_negative() => -a.abs(),
        Binary::Copysign => a.abs(),
        Binary::Zeta => special::zeta(a, b),
        Binary::And | Binary::Or | Binary::Xor | Binary::Gcd | Binary::Shl | Binary::Shr => {
            return None;
        }
    })
}

/// The binary operations on integers that stay integers, on numbers that do not overflow.
pub(super) fn binary_integer(op: Binary, a: i64, b: i64) -> Option<i64> {
    let floor = |a: i64, b: i64| a.div_euclid(b) - i64::from(b < 0 && a.rem_euclid(b) != 0);
    Some(match op {
        Binary::Add => a + b,
        Binary::Sub => a - b,
        Binary::Mul => a * b,
        Binary::FloorDivide => floor(a, b),
        Binary::Remainder => a - b * floor(a, b),
        Binary::Pow => a.pow(u32::try_from(b).ok()?),
        Binary::Maximum => a.max(b),
        Binary::Minimum => a.min(b),
        Binary::And => a & b,
        Binary::Or => a | b,
        Binary::Xor => a ^ b,
        Binary::Fmod => a - b * (a / b),
        Binary::Gcd => special::gcd(a, b),
        Binary::Shl if b < 0 => 0,
        Binary::Shl => a * 2i64.pow(u32::try_from(b).ok()?),
        Binary::Shr if b < 0 => -i64::from(a < 0),
        Binary::Shr => floor(a, 2i64.pow(u32::try_from(b).ok()?)),
        Binary::Div | Binary::Atan2 | Binary::Hypot | Binary::Copysign | Binary::Zeta => {
            return None;
        }
    })
}

/// The comparisons.
pub(super) fn compare(op: Compare, a: f64, b: f64) -> bool {
    match op {
        Compare::Eq => a == b,
        Compare::Ne => a != b,
        Compare::Lt => a < b,
        Compare::Le => a <= b,
        Compare::Gt => a > b,
        Compare::Ge => a >= b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_know_known_values() {
        for (a, b, quotient, rest) in [
            (7, 2, 3, 1),
            (-7, 2, -4, 1),
            (7, -2, -4, -1),
            (-7, -2, 3, -1),
            (6, -3, -2, 0),
        ] {
            assert_eq!(binary_integer(Binary::FloorDivide, a, b), Some(quotient));
            assert_eq!(binary_integer(Binary::Remainder, a, b), Some(rest));
            assert_eq!(
                binary_float(Binary::FloorDivide, a as f64, b as f64),
                Some(quotient as f64)
            );
            assert_eq!(
                binary_float(Binary::Remainder, a as f64, b as f64),
                Some(rest as f64)
            );
        }
    }
}
