//! Special functions in double precision, from their series. Lower precisions round these.

use std::f64::consts::{FRAC_1_SQRT_2, LN_2, PI};

use super::erf::erf;

/// Inverse hyperbolic cosine, exact near 1, where `ln` of the textbook's form loses all digits.
pub(super) fn acosh(x: f64) -> f64 {
    let t = x - 1.0;
    if x > 1e150 {
        return x.ln() + LN_2;
    }
    if t < 0.0 {
        return f64::NAN;
    }
    (t + (t * (t + 2.0)).sqrt()).ln_1p()
}

/// Where the normal distribution's `Φ` is `p`: a rational first guess (Abramowitz and Stegun 26.2.23) and
/// three of Halley's steps, in the lesser half, where `Φ` loses nothing.
pub(super) fn ndtri(p: f64) -> f64 {
    if p > 0.5 {
        return -ndtri(1.0 - p);
    }
    if p <= 0.0 || p.is_nan() {
        return if p == 0.0 {
            f64::NEG_INFINITY
        } else {
            f64::NAN
        };
    }
    let t = (-2.0 * p.ln()).sqrt();
    let above = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let below = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    let mut x = above / below - t;
    for _ in 0..3 {
        // (Φ(x) - p) / φ(x), which neither overflows nor vanishes far out.
        let off = libm::erfc(-x * FRAC_1_SQRT_2) / 2.0 / p - 1.0;
        let step = off * (p.ln() + x * x / 2.0).exp() * (2.0 * PI).sqrt();
        x -= step / (1.0 + x * step / 2.0);
    }
    x
}

/// The inverse of the error function: Giles' polynomial ("Approximating the erfinv function", 2012)
/// and three of Halley's steps, on the side where the difference does not cancel.
pub(super) fn erfinv(x: f64) -> f64 {
    let a = x.abs();
    if a >= 1.0 || a.is_nan() {
        return if a == 1.0 {
            f64::INFINITY.copysign(x)
        } else {
            f64::NAN
        };
    }
    const CENTRAL: [f64; 9] = [
        2.810_226_36e-8,
        3.432_739_39e-7,
        -3.523_387_7e-6,
        -4.391_506_54e-6,
        0.000_218_580_87,
        -0.001_253_725_03,
        -0.004_177_681_64,
        0.246_640_727,
        1.501_409_41,
    ];
    const TAIL: [f64; 9] = [
        -0.000_200_214_257,
        0.000_100_950_558,
        0.001_349_343_22,
        -0.003_673_428_44,
        0.005_739_507_73,
        -0.007_622_461_3,
        0.009_438_870_47,
        1.001_674_06,
        2.832_976_82,
    ];
    let polynomial = |c: &[f64; 9], w: f64| c.iter().fold(0.0, |p, c| p * w + c);
    let w = -(-a * a).ln_1p();
    let mut y = if w < 5.0 {
        a * polynomial(&CENTRAL, w - 2.5)
    } else if w < 16.0 {
        a * polynomial(&TAIL, w.sqrt() - 3.0)
    } else {
        // From erfc(y) = e^(-y²) / (y √π), where the polynomial ends.
        let square = w + LN_2;
        (square - (PI * square).ln() / 2.0).sqrt()
    };
    for _ in 0..3 {
        // 1 - a is exact in the tail, and erf(y) - a is computed from small numbers there.
        let off = if a < 0.5 {
            erf(y) - a
        } else {
            (1.0 - a) - libm::erfc(y)
        };
        let step = off / (std::f64::consts::FRAC_2_SQRT_PI * (-y * y).exp());
        y -= step / (1.0 + y * step);
    }
    y.copysign(x)
}

/// The digamma function: reflected to positive numbers, carried up to 10, and its asymptotic series.
pub(super) fn digamma(x: f64) -> f64 {
    if x == 0.0 {
        return f64::INFINITY.copysign(-x);
    }
    if x < 0.0 {
        if x.fract() == 0.0 {
            return f64::NAN;
        }
        return digamma(1.0 - x) - PI / (PI * x.fract()).tan();
    }
    // B₂ₖ / 2k
    const SERIES: [f64; 7] = [
        1.0 / 12.0,
        -1.0 / 120.0,
        1.0 / 252.0,
        -1.0 / 240.0,
        1.0 / 132.0,
        -691.0 / 32760.0,
        1.0 / 12.0,
    ];
    let (mut x, mut carried) = (x, 0.0);
    while x < 10.0 {
        carried += 1.0 / x;
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let series = SERIES.iter().rev().fold(0.0, |s, c| (s + c) * square);
    x.ln() - 0.5 / x - series - carried
}

/// `e^-|x| I₀(x)`
pub(super) fn i0e(x: f64) -> f64 {
    bessel(0, x.abs())
}

/// `e^-|x| I₁(x)`
pub(super) fn i1e(x: f64) -> f64 {
    bessel(1, x.abs()) * x.signum()
}

/// `e^-x I_order(x)` for `x >= 0`: the power series, whose terms are all positive, and for large
/// numbers the asymptotic one.
fn bessel(order: u32, x: f64) -> f64 {
    if x == 0.0 {
        return f64::from(1 - order);
    }
    if x.is_infinite() {
        return 0.0;
    }
    let order = f64::from(order);
    let (mut term, mut sum, mut k) = (1.0, 1.0, 1.0);
    if x < 30.0 {
        let quarter = x * x / 4.0;
        while term > sum * 1e-17 {
            term *= quarter / (k * (k + order));
            sum += term;
            k += 1.0;
        }
        let lead = if order == 0.0 { 1.0 } else { x / 2.0 };
        return lead * sum * (-x).exp();
    }
    while f64::abs(term) > 1e-17 && k < 60.0 {
        let odd = 2.0 * k - 1.0;
        term *= (odd * odd - 4.0 * order * order) / (8.0 * k * x);
        sum += term;
        k += 1.0;
    }
    sum / (2.0 * PI * x).sqrt()
}

/// Hurwitz's zeta function `Σ (q + k)⁻ˣ` by Euler and Maclaurin's formula.
pub(super) fn zeta(x: f64, q: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    if x.is_nan() || q.is_nan() || x < 1.0 {
        return f64::NAN;
    }
    if q <= 0.0 {
        if q.fract() == 0.0 {
            return f64::INFINITY;
        }
        // A negative number has no power that is not whole.
        if x.fract() != 0.0 {
            return f64::NAN;
        }
    }
    // B₂ₖ / (2k)!
    const SERIES: [f64; 8] = [
        1.0 / 12.0,
        -1.0 / 720.0,
        1.0 / 30_240.0,
        -1.0 / 1_209_600.0,
        1.0 / 47_900_160.0,
        -691.0 / 1_307_674_368_000.0,
        1.0 / 74_724_249_600.0,
        -3617.0 / 10_670_622_842_880_000.0,
    ];
    let (mut sum, mut at) = (0.0, q);
    while at < 12.0 {
        let term = at.powf(-x);
        sum += term;
        at += 1.0;
        // Ever smaller terms: the rest changes nothing.
        if at > 1.0 && term < sum * 1e-18 {
            return sum;
        }
    }
    let power = at.powf(-x);
    sum += at * power / (x - 1.0) + 0.5 * power;
    let (mut factor, mut power) = (x, power / at);
    for (k, c) in SERIES.iter().enumerate() {
        sum += c * factor * power;
        let next = x + 2.0 * k as f64;
        factor *= (next + 1.0) * (next + 2.0);
        power /= at * at;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(x: f64, y: f64, relative: f64) -> bool {
        x == y || (x - y).abs() <= relative * y.abs() || x.is_nan() && y.is_nan()
    }

    /// Recorded from PyTorch in `f64`.
    #[test]
    fn special_functions_against_pytorch() {
        for (x, y) in [
            (0.5, 0.476_936_276_204_469_9),
            (0.999_999_9, 3.766_562_581_638_470_7),
            (1e-10, 8.862_269_254_527_581e-11),
            (-1.0, f64::NEG_INFINITY),
            (2.0, f64::NAN),
        ] {
            assert!(close(erfinv(x), y, 4e-16), "erfinv({x}) = {}", erfinv(x));
        }
        for (x, y) in [
            (1.0, -0.577_215_664_901_532_9),
            (1.5, 0.036_489_973_978_576_2),
            (-0.5, 0.036_489_973_978_576_2),
            (20.0, 2.970_523_992_242_149),
            (0.0, f64::NEG_INFINITY),
            (-0.0, f64::INFINITY),
            (-3.0, f64::NAN),
        ] {
            // Beside its root, at 1.46, only the absolute error is small.
            let near = (digamma(x) - y).abs() < 1e-15;
            assert!(
                near || close(digamma(x), y, 1e-15),
                "digamma({x}) = {}",
                digamma(x)
            );
        }
        for (x, zero, one) in [
            (0.0, 1.0, 0.0),
            (1.0, 0.465_759_607_593_640_43, 0.207_910_415_349_708_5),
            (-3.0, 0.243_000_354_161_825_36, -0.196_826_713_297_300_84),
            (20.0, 0.089_780_311_884_826, 0.087_506_222_183_288_67),
        ] {
            assert!(close(i0e(x), zero, 1e-15), "i0e({x}) = {}", i0e(x));
            assert!(close(i1e(x), one, 1e-15), "i1e({x}) = {}", i1e(x));
        }
        for (x, q, y) in [
            (2.0, 1.0, PI * PI / 6.0),
            (3.0, -1.5, 0.118_102_025_820_863_84),
            (2.0, -1.0, f64::INFINITY),
            (2.5, -1.5, f64::NAN),
            (1.0, 3.0, f64::INFINITY),
            (0.5, 1.0, f64::NAN),
        ] {
            assert!(
                close(zeta(x, q), y, 4e-15),
                "zeta({x}, {q}) = {}",
                zeta(x, q)
            );
        }
    }

    #[test]
    fn inverses_and_seams() {
        for i in 1..2000 {
            let y = f64::from(i) * 0.002_9;
            let x = erf(y);
            if x < 1.0 {
                // Between two neighbours of x lie many y.
                let width = x * 5e-16 / (std::f64::consts::FRAC_2_SQRT_PI * (-y * y).exp());
                assert!((erfinv(x) - y).abs() <= width + 2e-15 * y, "{y}");
            }
            assert!(close(acosh(y.cosh()), y, 1e-15 + 1e-15 / (y * y)), "{y}");
        }
        let little = f64::exp2(-33.0);
        let root = f64::exp2(-16.0) * (1.0 - little / 12.0);
        assert!(close(acosh(1.0 + little), root, 1e-15));
        assert_eq!((acosh(1.0), acosh(f64::INFINITY)), (0.0, f64::INFINITY));
        assert!(acosh(0.5).is_nan() && acosh(f64::NAN).is_nan());
        assert!(erfinv(f64::NAN).is_nan() && digamma(f64::NAN).is_nan());
        // Where one series takes over from the other.
        let (below, above) = (30f64.next_down(), 30.0);
        assert!(close(i0e(below), i0e(above), 1e-15) && close(i1e(below), i1e(above), 2e-15));
        assert_eq!((i0e(f64::INFINITY), i1e(f64::NEG_INFINITY)), (0.0, -0.0));
        assert!(i0e(f64::NAN).is_nan() && i1e(f64::NAN).is_nan());
        assert!(close(i1e(1e-30), 5e-31, 1e-15));
    }
}
