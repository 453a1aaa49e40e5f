//! More of PyTorch's choices, recorded from PyTorch 2.15: ties, zeros, bounds, infinities and NaN in
//! element-wise functions, norms and running reductions.

use ondol_autograd::{DType, RoundingMode, Tensor, catch, tensor};

const NAN: f64 = f64::NAN;
const INF: f64 = f64::INFINITY;

fn vector(values: &[f64]) -> Tensor {
    Tensor::from_slice(values, values.len())
}

/// The gradients of the sum of `f` at several vectors.
fn slopes<const N: usize>(at: [&[f64]; N], f: impl Fn([&Tensor; N]) -> Tensor) -> [Vec<f64>; N] {
    let at = at.map(|x| vector(x).requires_grad_(true));
    f(at.each_ref()).sum().backward();
    at.map(|x| x.grad().expect("a gradient flows").to_vec())
}

/// Equal, NaN in the same places.
#[track_caller]
fn same(got: &[f64], want: &[f64]) {
    let equal = |(x, y): (&f64, &f64)| x == y || x.is_nan() && y.is_nan() || (x - y).abs() < 1e-12;
    assert!(
        got.len() == want.len() && got.iter().zip(want).all(equal),
        "{got:?} is not {want:?}"
    );
}

#[track_caller]
fn all_same<const N: usize>(got: [Vec<f64>; N], want: [&[f64]; N]) {
    got.iter().zip(want).for_each(|(g, w)| same(g, w));
}

#[test]
fn extremes_with_nan() {
    let (a, b): (&[f64], &[f64]) = (&[NAN, 1.0, NAN, 2.0], &[1.0, NAN, NAN, 2.0]);
    let pass: &[f64] = &[1.0, 1.0, 1.0, 0.5];
    all_same(slopes([a, b], |[a, b]| a.maximum(b)), [pass, pass]);
    all_same(slopes([a, b], |[a, b]| a.minimum(b)), [pass, pass]);
    let (left, right): (&[f64], &[f64]) = (&[0.0, 1.0, 1.0, 0.5], &[1.0, 0.0, 0.0, 0.5]);
    all_same(slopes([a, b], |[a, b]| a.fmax(b)), [left, right]);
    all_same(slopes([a, b], |[a, b]| a.fmin(b)), [left, right]);
    let y = vector(a).fmax(&vector(b));
    same(&y.to_vec::<f64>(), &[1.0, 1.0, NAN, 2.0]);
    // All of a tensor: NaN share the gradient; along dimensions everything becomes NaN.
    all_same(
        slopes([&[NAN, 3.0, NAN]], |[x]| x.max()),
        [&[0.5, 0.0, 0.5]],
    );
    all_same(
        slopes([&[NAN, 3.0, NAN]], |[x]| x.amax(0, false)),
        [&[NAN; 3]],
    );
}

#[test]
fn clamps_by_tensors() {
    let x = &[0.0, 1.0, 2.0, 5.0, NAN, 1.0, 0.0, 2.0];
    let low = &[1.0, 1.0, 3.0, 0.0, 0.0, NAN, 1.0, 1.0];
    let high = &[4.0, 1.0, 1.0, 4.0, 1.0, 2.0, 1.0, 1.0];
    let got = slopes([x, low, high], |[x, low, high]| {
        x.clamp_tensor(Some(low), Some(high))
    });
    all_same(
        got,
        [
            &[0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0],
            &[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0],
            &[0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        ],
    );
    let one = slopes([&[0.0, 1.0, 2.0, NAN], &[1.0; 4]], |[x, low]| {
        x.clamp_tensor(Some(low), None)
    });
    all_same(one, [&[0.0, 0.5, 1.0, 1.0], &[1.0, 0.5, 0.0, 1.0]]);
    // Bounds that cross: the upper one holds.
    assert_eq!(
        tensor!([0.0, 5.0]).clamp(3.0, 1.0).to_vec::<f32>(),
        [1.0; 2]
    );
    all_same(slopes([&[0.0, 2.0]], |[x]| x.clamp(3.0, 1.0)), [&[0.0; 2]]);
    all_same(
        slopes([&[NAN, 1.0, 2.0]], |[x]| x.clamp(-1.0, 1.0)),
        [&[0.0, 1.0, 0.0]],
    );
    all_same(
        slopes([&[1.0, 2.0, NAN]], |[x]| x.threshold(1.0, 0.0)),
        [&[0.0, 1.0, 1.0]],
    );
    assert!(catch(|| tensor!([1.0]).clamp_tensor(None, None)).is_err());
}

#[test]
fn remainders_and_quotients() {
    let (a, b): (&[f64], &[f64]) = (&[7.5, -7.5], &[2.0, 2.0]);
    all_same(
        slopes([a, b], |[a, b]| a.fmod(b)),
        [&[1.0, 1.0], &[-3.0, 3.0]],
    );
    all_same(
        slopes([a, b], |[a, b]| a.remainder(b)),
        [&[1.0, 1.0], &[-3.0, 4.0]],
    );
    for rounding in [RoundingMode::Floor, RoundingMode::Trunc] {
        all_same(
            slopes([a, b], |[a, b]| a.div_with(b, rounding)),
            [&[0.0; 2], &[0.0; 2]],
        );
    }
    let x = tensor!([-3.0, 3.0, 5.5]).fmod(tensor!([2.0, -2.0, f32::INFINITY]));
    assert_eq!(x.to_vec::<f32>(), [-1.0, 1.0, 5.5]);
    let y = tensor!([7, -7]).div_with(tensor!([2.0, 2.0]), RoundingMode::Trunc);
    assert_eq!(y.to_vec::<f32>(), [3.0, -3.0]);
    for fails in [
        catch(|| tensor!([7]).div_with(0, RoundingMode::Trunc)),
        catch(|| tensor!([7]).fmod(0)),
    ] {
        let error = fails.unwrap_err().to_string();
        assert!(error.contains("ZeroDivisionError"), "{error}");
    }
    assert!(catch(|| tensor!([true]).fmod(true)).is_err());
}

#[test]
fn signs_and_lengths_at_zero() {
    let (a, b): (&[f64], &[f64]) = (&[0.0, -0.0, 2.0, -2.0], &[1.0, -1.0, -1.0, 0.0]);
    all_same(
        slopes([a, b], |[a, b]| a.copysign(b)),
        [&[0.0, 0.0, -1.0, -1.0], &[0.0; 4]],
    );
    all_same(
        slopes([&[0.0, 3.0], &[0.0, 4.0]], |[a, b]| a.hypot(b)),
        [&[NAN, 0.6], &[NAN, 0.8]],
    );
    let zeros = tensor!([-0.0, 0.0, -f32::NAN, -1.0]);
    assert_eq!(zeros.signbit().to_vec::<bool>(), [true, false, true, true]);
    assert_eq!(tensor!([-1, 0]).signbit().to_vec::<bool>(), [true, false]);
    assert!(catch(|| tensor!([3]).hypot(tensor!([4]))).is_err());
    assert_eq!(tensor!([3]).copysign(-4).to_vec::<f32>(), [-3.0]);
    let step = tensor!([-1.0, 0.0, 1.0, f32::NAN]).heaviside(&tensor!([0.5]));
    assert_eq!(step.to_vec::<f32>(), [0.0, 0.5, 1.0, 0.0]);
    assert!(catch(|| tensor!([1]).heaviside(&tensor!([0.5]))).is_err());
}

#[test]
fn logarithms_at_their_ends() {
    let (x, y): (&[f64], &[f64]) = (&[0.0, 0.0, 0.0, 1.0, 0.0], &[0.0, 2.0, -1.0, 2.0, NAN]);
    let two = 2f64.ln();
    all_same(
        slopes([x, y], |[x, y]| x.xlogy(y)),
        [&[0.0, two, 0.0, two, NAN], &[NAN, 0.0, 0.0, 0.5, NAN]],
    );
    let (x, y): (&[f64], &[f64]) = (&[0.0, 0.0, 0.0, 1.0], &[-1.0, 2.0, -2.0, 2.0]);
    let three = 3f64.ln();
    all_same(
        slopes([x, y], |[x, y]| x.xlog1py(y)),
        [&[0.0, three, 0.0, three], &[NAN, 0.0, 0.0, 1.0 / 3.0]],
    );
    same(
        &vector(&[0.0, 0.0, 0.0, 1.0, 2.0])
            .xlogy(vector(&[0.0, NAN, -1.0, 0.0, 3.0]))
            .to_vec::<f64>(),
        &[0.0, NAN, 0.0, -INF, 2.0 * three],
    );
    all_same(
        slopes([&[0.0, 0.5, -1.0]], |[x]| x.entr()),
        [&[INF, two - 1.0, NAN]],
    );
    all_same(
        slopes([&[0.05, 0.1, 0.5, 0.95]], |[x]| x.logit(0.1)),
        [&[0.0, 1.0 / 0.09, 4.0, 0.0]],
    );
    all_same(
        slopes([&[0.0, 1.0, -0.5, 2.0]], |[x]| x.logit(None)),
        [&[INF, INF, NAN, NAN]],
    );
    let (a, b): (&[f64], &[f64]) = (&[1.0, -INF, INF, -INF, 800.0], &[2.0, 1.0, INF, -INF, 1.0]);
    let share = 1.0 / (1.0 + 1f64.exp());
    all_same(
        slopes([a, b], |[a, b]| a.logaddexp(b)),
        [
            &[share, 0.0, NAN, NAN, 1.0],
            &[1.0 - share, 1.0, NAN, NAN, 0.0],
        ],
    );
    same(
        &vector(&[INF, -INF, NAN])
            .logaddexp(&vector(&[INF, -INF, 1.0]))
            .to_vec::<f64>(),
        &[INF, -INF, NAN],
    );
    all_same(
        slopes([&[1.0, -INF], &[2.0, 1.0]], |[a, b]| a.logaddexp2(b)),
        [&[1.0 / 3.0, 0.0], &[2.0 / 3.0, 1.0]],
    );
    assert!(catch(|| tensor!([1]).logaddexp(&tensor!([2]))).is_err());
}

#[test]
fn special_functions_at_their_ends() {
    all_same(
        slopes([&[1.0, 2.0]], |[x]| x.acosh()),
        [&[INF, 1.0 / 3f64.sqrt()]],
    );
    all_same(
        slopes([&[1.0, -1.0, 0.5]], |[x]| x.atanh()),
        [&[INF, INF, 4.0 / 3.0]],
    );
    all_same(
        slopes([&[0.0, 1.0, 0.5]], |[x]| x.erfinv()),
        [&[0.886_226_925_452_758, INF, 1.112_584_818_971_949_6]],
    );
    all_same(
        slopes([&[0.5, 0.975, 0.0, 1.0, -0.1]], |[x]| x.ndtri()),
        [&[
            2.506_628_274_631_000_2,
            17.110_083_080_332_707,
            INF,
            INF,
            NAN,
        ]],
    );
    all_same(
        slopes([&[1.5, -0.5, 0.0]], |[x]| x.lgamma()),
        [&[0.036_489_973_978_576_2, 0.036_489_973_978_576_2, -INF]],
    );
    all_same(
        slopes([&[0.0, 0.5]], |[x]| x.sinc()),
        [&[0.0, -4.0 / std::f64::consts::PI]],
    );
    all_same(
        slopes([&[NAN, INF, -INF, 1.0]], |[x]| {
            x.nan_to_num(None, None, None)
        }),
        [&[0.0, 0.0, 0.0, 1.0]],
    );
    let x = vector(&[1.5, -0.5, 20.0]);
    for (n, want) in [
        (
            1,
            [
                0.934_802_200_544_679,
                8.934_802_200_544_68,
                0.051_270_822_935_203_1,
            ],
        ),
        (
            2,
            [
                -0.828_796_644_234_32,
                -0.828_796_644_234_32,
                -0.002_628_122_402_314_654_3,
            ],
        ),
        (
            3,
            [
                1.409_091_034_002_437,
                193.409_091_034_002_4,
                0.000_269_374_221_339_639_9,
            ],
        ),
    ] {
        let got = x.polygamma(n).to_vec::<f64>();
        assert!(
            got.iter()
                .zip(want)
                .all(|(g, w)| ((g - w) / w).abs() < 1e-9),
            "{n}: {got:?}"
        );
    }
    let y = tensor!([3.0, 2.5]).double().mvlgamma(2).to_vec::<f64>();
    assert!((y[0] - 1.550_194_939_994_2).abs() < 1e-3 && (y[1] - 0.857_0).abs() < 1e-3);
    assert_eq!(
        tensor!([1.0, 1.0])
            .half()
            .nan_to_num(None, None, None)
            .dtype(),
        DType::F16
    );
    let limits = tensor!([f32::INFINITY]).half().nan_to_num(None, None, None);
    assert_eq!(limits.item(), 65504.0);
}

#[test]
fn far_tails() {
    let close = |got: Tensor, want: &[f64]| {
        let got = got.to_vec::<f64>();
        let near = got
            .iter()
            .zip(want)
            .all(|(g, w)| ((g - w) / w).abs() < 1e-12);
        assert!(near, "{got:?}");
    };
    close(
        vector(&[-5.0, -1.0, 0.0, 1.0, 5.0, 19.0, 21.0, 100.0]).erfcx(),
        &[
            144_009_798_674.661_04,
            5.008_980_080_762_283,
            1.0,
            0.427_583_576_155_807,
            0.110_704_637_733_068_61,
            0.029_653_230_641_262_16,
            0.026_835_813_158_647_96,
            0.005_641_613_782_989_433,
        ],
    );
    close(
        vector(&[-1000.0, -50.0, -31.0, -29.0, -1.0, 0.0, 2.0, 9.0]).log_ndtr(),
        &[
            -500_007.826_694_812_2,
            -1_254.831_361_139_419_9,
            -484.853_963_627_179_4,
            -424.787_419_909_730_26,
            -1.841_021_645_009_264,
            -std::f64::consts::LN_2,
            -0.023_012_909_328_963_48,
            -1.128_588_405_953_829_5e-19,
        ],
    );
    let x = tensor!([0.0, 1.0, -3.0, 0.1, f32::INFINITY, f32::NAN, 1e-40]);
    let (mantissa, exponent) = x.frexp();
    let rest = f64::from(1e-40f32) * 132f64.exp2();
    same(
        &mantissa.double().to_vec::<f64>(),
        &[0.0, 0.5, -0.75, f64::from(0.8f32), INF, NAN, rest],
    );
    assert_eq!(exponent.to_vec::<i32>(), [0, 1, 2, -3, 0, 0, -132]);
    let ends = vector(&[
        f64::MAX,
        f64::MIN_POSITIVE,
        5e-324,
        8.0,
        7.999_999_999_999_999,
    ]);
    let (mantissa, exponent) = ends.frexp();
    assert_eq!(exponent.to_vec::<i32>(), [1024, -1021, -1073, 4, 3]);
    assert!(
        mantissa
            .to_vec::<f64>()
            .iter()
            .all(|m| (0.5..1.0).contains(m))
    );
    all_same(slopes([&[3.0, -0.1]], |[x]| x.frexp().0), [&[0.25, 8.0]]);
}

#[test]
fn bits_and_divisors() {
    let shifted = tensor!([1, -8, 3]) << tensor!([70, 1, -1]);
    assert_eq!(shifted.to_vec::<i64>(), [0, -16, 0]);
    let shifted = tensor!([1, -8, -8, 3]) >> tensor!([70, 1, 70, -1]);
    assert_eq!(shifted.to_vec::<i64>(), [0, -4, -1, 0]);
    assert_eq!((tensor!([200]).byte() << 1).to_vec::<u8>(), [144]);
    assert_eq!((tensor!([200]).byte() >> 9).to_vec::<u8>(), [0]);
    let (a, b) = (tensor!([0, -4, 6]), tensor!([0, 6, -9]));
    assert_eq!(a.gcd(&b).to_vec::<i64>(), [0, 2, 3]);
    assert_eq!(a.lcm(&b).to_vec::<i64>(), [0, 12, 18]);
    assert_eq!((!tensor!([5]).byte()).to_vec::<u8>(), [250]);
    assert_eq!((!tensor!([5])).to_vec::<i64>(), [-6]);
    assert_eq!((!tensor!([true])).to_vec::<bool>(), [false]);
    assert!(catch(|| tensor!([1.0]) << 2).is_err());
    assert!(catch(|| tensor!([1.0]).gcd(tensor!([1.0]))).is_err());
    assert!(catch(|| tensor!([1.0]).bitwise_not()).is_err());
}

#[test]
fn norms_of_every_order() {
    let x = vector(&[3.0, -4.0, 0.0]);
    for (p, want) in [
        (0.0, 2.0),
        (1.0, 7.0),
        (2.0, 5.0),
        (3.0, 4.497_941_445_275_415),
        (0.5, 13.928_203_230_275_509),
        (INF, 4.0),
        (-INF, 0.0),
        (-1.0, 0.0),
    ] {
        let got = x.vector_norm(p, .., false).item();
        assert!((got - want).abs() < 1e-12, "{p}: {got}");
    }
    let grads = |p: f64, x: &[f64]| slopes([x], |[x]| x.vector_norm(p, .., false))[0].clone();
    same(
        &grads(0.5, &[3.0, -4.0, 0.0]),
        &[2.154_700_538_379_252, -1.866_025_403_784_438_6, 0.0],
    );
    same(
        &grads(1.5, &[2.0, -2.0, 1.0]),
        &[
            0.751_782_101_443_899_7,
            -0.751_782_101_443_899_7,
            0.531_590_221_905_654_4,
        ],
    );
    same(&grads(INF, &[2.0, -2.0, 1.0]), &[0.5, -0.5, 0.0]);
    same(&grads(-INF, &[2.0, -2.0, 1.0]), &[0.0, 0.0, 1.0]);
    same(&grads(-1.0, &[2.0, -2.0, 1.0]), &[0.0625, -0.0625, 0.25]);
    for p in [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, INF, -INF, -1.0] {
        same(&grads(p, &[0.0, 0.0]), &[0.0, 0.0]);
    }
    let none = Tensor::zeros([0]);
    assert_eq!(none.vector_norm(3.0, .., false).item(), 0.0);
    for p in [INF, -INF, -1.0] {
        assert!(catch(|| none.vector_norm(p, .., false)).is_err());
    }
    assert!(catch(|| tensor!([3, 4]).norm()).is_err());
    let rows = tensor!([[3.0, 4.0], [0.3, 0.4]]).renorm(2.0, 0, 1.0);
    assert!(rows.allclose(&tensor!([[0.6, 0.8], [0.3, 0.4]]), 1e-5, 1e-7, false));
    assert!(catch(|| tensor!([3.0]).renorm(2.0, 0, 1.0)).is_err());
}

#[test]
fn spread_of_equals_and_of_one() {
    all_same(
        slopes([&[2.0, 2.0]], |[x]| x.std(.., 1.0, false)),
        [&[0.0; 2]],
    );
    all_same(slopes([&[2.0]], |[x]| x.std(.., 1.0, false)), [&[NAN]]);
    assert_eq!(tensor!([1.0, 2.0]).var(.., 5.0, false).item(), INF);
    assert!(Tensor::zeros([0]).var(.., 1.0, false).item().is_nan());
    for integers in [
        catch(|| tensor!([1, 2]).var(.., 1.0, false)),
        catch(|| tensor!([1, 2]).mean()),
        catch(|| tensor!([1, 2]).nanmean(.., false)),
    ] {
        assert!(integers.is_err());
    }
    let (std, mean) = tensor!(vec![1.0f64, 2.0, 4.0]).std_mean(.., 1.0, false);
    assert!((std.item() - (7.0f64 / 3.0).sqrt()).abs() < 1e-12);
    assert!((mean.item() - 7.0 / 3.0).abs() < 1e-12);
    all_same(
        slopes([&[NAN, 1.0, 2.0]], |[x]| x.nanmean(.., false)),
        [&[0.0, 0.5, 0.5]],
    );
    all_same(
        slopes([&[NAN, 1.0]], |[x]| x.nansum(.., false)),
        [&[0.0, 1.0]],
    );
    assert!(tensor!([f32::NAN]).nanmean(.., false).item().is_nan());
    assert_eq!(tensor!([1, 2]).nansum(.., false).dtype(), DType::I64);
    let cov = tensor!([1, 2, 4]).cov(1.0);
    assert!((cov.item() - 7.0 / 3.0).abs() < 1e-6 && cov.ndim() == 0);
    assert!(tensor!(3.0).cov(1.0).item().is_nan());
    let still = tensor!([[1.0, 1.0], [1.0, 2.0]]).corrcoef();
    same(&still.double().to_vec::<f64>(), &[NAN, NAN, NAN, 1.0]);
}

#[test]
fn running_extremes_keep_the_last_of_equals() {
    let x = tensor!([1.0, 3.0, 3.0, f32::NAN, 5.0, f32::NAN]);
    let (values, at) = x.cummax(0);
    same(
        &values.double().to_vec::<f64>(),
        &[1.0, 3.0, 3.0, NAN, NAN, NAN],
    );
    assert_eq!(at.to_vec::<i64>(), [0, 1, 2, 3, 3, 5]);
    let (_, at) = tensor!([3.0, 1.0, 1.0, 2.0, f32::NAN, 0.0]).cummin(0);
    assert_eq!(at.to_vec::<i64>(), [0, 1, 2, 2, 4, 4]);
    let (values, at) = tensor!([false, true, false]).cummax(0);
    assert_eq!(values.to_vec::<bool>(), [false, true, true]);
    assert_eq!(at.to_vec::<i64>(), [0, 1, 1]);
    all_same(
        slopes([&[1.0, 3.0, 3.0, 2.0]], |[x]| x.cummax(0).0),
        [&[1.0, 1.0, 2.0, 0.0]],
    );
    all_same(
        slopes([&[2.0, 0.0, 3.0, 0.0, 4.0]], |[x]| x.cumprod(0)),
        [&[1.0, 8.0, 0.0, 0.0, 0.0]],
    );
    all_same(
        slopes([&[0.0, 2.0, 3.0]], |[x]| x.prod()),
        [&[6.0, 0.0, 0.0]],
    );
    same(
        &vector(&[-1000.0, 0.0, 1000.0])
            .logcumsumexp(0)
            .to_vec::<f64>(),
        &[-1000.0, 0.0, 1000.0],
    );
    same(
        &vector(&[-INF, 1.0, INF, NAN])
            .logcumsumexp(0)
            .to_vec::<f64>(),
        &[-INF, 1.0, INF, NAN],
    );
    all_same(
        slopes([&[1.0, 2.0, 3.0]], |[x]| x.logcumsumexp(0)),
        [&[
            1.358_971_994_540_375_5,
            0.975_787_049_684_802_5,
            0.665_240_955_774_821_7,
        ]],
    );
    assert!(catch(|| tensor!([1, 2]).logcumsumexp(0)).is_err());
}

#[test]
fn logsumexp_of_infinities() {
    let slope = |x: &[f64]| slopes([x], |[x]| x.logsumexp(0, false))[0].clone();
    same(&slope(&[-INF, -INF]), &[NAN, NAN]);
    same(&slope(&[INF, 1.0]), &[NAN, 0.0]);
    same(&slope(&[NAN, 1.0]), &[NAN, NAN]);
    assert_eq!(tensor!([1, 2]).logsumexp(0, false).dtype(), DType::F32);
}

#[test]
fn differences_and_areas() {
    assert_eq!(tensor!([1.0, 3.0]).diff(5, 0).shape(), [0]);
    assert_eq!(
        tensor!([true, false, false]).diff(1, 0).to_vec::<bool>(),
        [true, false]
    );
    assert_eq!(tensor!([2, 1]).byte().diff(1, 0).to_vec::<u8>(), [255]);
    assert!(catch(|| tensor!(1.0).diff(1, 0)).is_err());
    assert_eq!(tensor!([1, 3]).trapezoid(1, -1).to_vec::<f32>(), [2.0]);
    assert_eq!(tensor!([5.0]).trapezoid(1.0, -1).item(), 0.0);
    assert_eq!(Tensor::zeros([0]).trapezoid(1.0, -1).item(), 0.0);
    let y = tensor!([1.0, 3.0, 6.0]);
    assert_eq!(y.cumulative_trapezoid(1.0, 0).to_vec::<f32>(), [2.0, 6.5]);
    let rows = Tensor::ones([2, 3]).trapezoid(tensor!([0.0, 1.0, 3.0]), 1);
    assert_eq!(rows.to_vec::<f32>(), [3.0, 3.0]);
    assert!(catch(|| y.trapezoid(tensor!([0.0, 1.0]), 0)).is_err());
}

#[test]
fn halves_accumulate_in_single_precision() {
    let many = |value: f64, n: usize, dtype: DType| Tensor::full_with(n, value, dtype);
    // A sum beyond f16's greatest number, divided before it is rounded.
    assert_eq!(many(100.0, 1000, DType::F16).mean().item(), 100.0);
    assert_eq!(many(300.0, 1000, DType::F16).norm().item(), 9488.0);
    assert_eq!(
        many(300.0, 1000, DType::F16).var(.., 1.0, false).item(),
        0.0
    );
    assert_eq!(many(1.0, 1000, DType::BF16).sum().item(), 1000.0);
    let (var, mean) = tensor!([300.0, 301.0, 302.0])
        .half()
        .var_mean(.., 1.0, false);
    assert_eq!((var.item(), mean.item()), (1.0, 301.0));
    let ramp = Tensor::arange(1, 1001, 1).bfloat16();
    assert_eq!(ramp.mean().item(), 500.0);
    assert_eq!(many(0.1, 5000, DType::F16).cumsum(0).i(-1).item(), 500.0);
    let even = many(0.0, 100_000, DType::F16).softmax(0).i(0).item();
    assert!((even - 1.001_4e-5).abs() < 1e-8, "{even}");
    assert!((many(0.0, 100_000, DType::F16).logsumexp(0, false).item() - 11.51).abs() < 0.01);
    assert_eq!(
        many(3.0, 70_000, DType::BF16).nanmean(.., false).item(),
        3.0
    );
    // A product beyond f16's greatest number, on the way to a small one.
    let x = many(300.0, 2, DType::F16);
    assert_eq!(
        x.addcmul(&x, &x, -0.001).double().to_vec::<f64>(),
        [210.0; 2]
    );
}

/// PyTorch's numbers, far out on both sides.
#[test]
fn the_normal_distribution_inverted() {
    let p = vector(&[1e-300, 1e-10, 0.02425, 0.5, 0.975, 0.999_999, 0.0, 1.0, 1.1]);
    let want = [
        -37.047_096_299_361_2,
        -6.361_340_902_404_056,
        -1.972_961_051_311_885,
        0.0,
        1.959_963_984_540_054,
        4.753_424_308_817_087,
        -INF,
        INF,
        NAN,
    ];
    all_same([p.ndtri().to_vec::<f64>()], [&want]);
    let back = p.ndtri().ndtr().sub(&p).abs().i(0..6).max().item();
    assert!(back < 1e-15, "{back}");
}
