//! The error function in double precision.

#![allow(
    clippy::excessive_precision,
    reason = "the coefficients are those published"
)]

/// The error function after FreeBSD's `s_erf.c` (Sun Microsystems, 1993): rational approximations
/// on five intervals, error below 1 ulp.
pub(super) fn erf(x: f64) -> f64 {
    /// `Σ cᵢ xⁱ`, constant first.
    fn polynomial(coefficients: &[f64], x: f64) -> f64 {
        coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
    }
    if x.is_nan() {
        return x;
    }
    let a = x.abs();
    let z = x * x;
    if a < 0.84375 {
        if a < 3.725_290_298_461_914e-9 {
            // 2⁻²⁸: the linear term alone. Scaled, so that a subnormal x does not lose bits.
            return 0.125 * (8.0 * x + EFX8 * x);
        }
        return x + x * (polynomial(&PP, z) / polynomial(&QQ, z));
    }
    let magnitude = if a < 1.25 {
        let s = a - 1.0;
        ERX + polynomial(&PA, s) / polynomial(&QA, s)
    } else if a >= 6.0 {
        1.0
    } else {
        let s = 1.0 / z;
        let ratio = if a < 1.0 / 0.35 {
            polynomial(&RA, s) / polynomial(&SA, s)
        } else {
            polynomial(&RB, s) / polynomial(&SB, s)
        };
        // The upper half of the bits has an exact square.
        let high = f64::from_bits(a.to_bits() & 0xFFFF_FFFF_0000_0000);
        1.0 - (-high * high - 0.5625).exp() * ((high - a) * (high + a) + ratio).exp() / a
    };
    magnitude.copysign(x)
}

const ERX: f64 = 8.450_629_115_104_675e-1;
const EFX8: f64 = 1.027_033_336_764_100_7;
const PP: [f64; 5] = [
    1.283_791_670_955_125_6e-1,
    -3.250_421_072_470_015e-1,
    -2.848_174_957_559_851e-2,
    -5.770_270_296_489_442e-3,
    -2.376_301_665_665_016_3e-5,
];
const QQ: [f64; 6] = [
    1.0,
    3.979_172_239_591_553_5e-1,
    6.502_224_998_876_729e-2,
    5.081_306_281_875_766e-3,
    1.324_947_380_043_216_4e-4,
    -3.960_228_278_775_368e-6,
];
const PA: [f64; 7] = [
    -2.362_118_560_752_659_4e-3,
    4.148_561_186_837_483_3e-1,
    -3.722_078_760_357_013e-1,
    3.183_466_199_011_617_5e-1,
    -1.108_946_942_823_966_8e-1,
    3.547_830_432_561_823_6e-2,
    -2.166_375_594_868_790_8e-3,
];
const QA: [f64; 7] = [
    1.0,
    1.064_208_804_008_442_3e-1,
    5.403_979_177_021_71e-1,
    7.182_865_441_419_627e-2,
    1.261_712_198_087_616_4e-1,
    1.363_708_391_202_905_1e-2,
    1.198_449_984_679_910_7e-2,
];
const RA: [f64; 8] = [
    -9.864_944_034_847_148e-3,
    -6.938_585_727_071_818e-1,
    -1.055_862_622_532_329_1e1,
    -6.237_533_245_032_600_6e1,
    -1.623_966_694_625_734_7e2,
    -1.846_050_929_067_110_4e2,
    -8.128_743_550_630_66e1,
    -9.814_329_344_169_145,
];
const SA: [f64; 9] = [
    1.0,
    1.965_127_166_743_925_7e1,
    1.376_577_541_435_190_4e2,
    4.345_658_774_752_292_3e2,
    6.453_872_717_332_679e2,
    4.290_081_400_275_678_3e2,
    1.086_350_055_417_794_4e2,
    6.570_249_770_319_282,
    -6.042_441_521_485_81e-2,
];
const RB: [f64; 7] = [
    -9.864_942_924_700_1e-3,
    -7.992_832_376_805_23e-1,
    -1.775_795_491_775_475_2e1,
    -1.606_363_848_558_219_2e2,
    -6.375_664_433_683_896e2,
    -1.025_095_131_611_077_2e3,
    -4.835_191_916_086_514e2,
];
const SB: [f64; 8] = [
    1.0,
    3.033_806_074_348_245_8e1,
    3.257_925_129_965_739e2,
    1.536_729_586_084_437e3,
    3.199_858_219_508_595_5e3,
    2.553_050_406_433_164_4e3,
    4.745_285_412_069_553_7e2,
    -2.244_095_244_658_582e1,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_function_against_published_values() {
        // Abramowitz and Stegun, table 7.1, and 20-digit values for the other intervals.
        let table = [
            (1e-10, 1.128_379_167_095_512_573_9e-10),
            (0.25, 0.276_326_390_168_236_932_99),
            (0.5, 0.520_499_877_813_046_537_68),
            (1.0, 0.842_700_792_949_714_869_34),
            (1.5, 0.966_105_146_475_310_727_07),
            (2.0, 0.995_322_265_018_952_734_16),
            (3.0, 0.999_977_909_503_001_414_56),
            (5.0, 0.999_999_999_998_462_540_21),
            (7.0, 1.0),
        ];
        for (x, y) in table {
            assert!(
                (erf(x) - y).abs() <= y * 2.3e-16,
                "erf({x}) = {} not {y}",
                erf(x)
            );
            assert_eq!(erf(-x), -erf(x));
        }
        assert_eq!(erf(0.0).to_bits(), 0);
        assert_eq!(erf(-0.0).to_bits(), (-0f64).to_bits());
        assert_eq!((erf(f64::INFINITY), erf(f64::NEG_INFINITY)), (1.0, -1.0));
        assert!(erf(f64::NAN).is_nan());
        // The derivative is 2/√π e^(-x²), across the seams of the intervals too.
        for i in 0..600 {
            let (x, h) = (i as f64 * 0.01, 1e-5);
            let slope = (erf(x + h) - erf(x - h)) / (2.0 * h);
            let exact = 2.0 / std::f64::consts::PI.sqrt() * (-x * x).exp();
            assert!((slope - exact).abs() < 1e-9, "{x}");
        }
    }
}
