//! Random numbers: generators, distributions, what is refused. Seeds are fixed, so that bounds on
//! means and variances hold on every run or on none.

use ondol_autograd::{DType, Device, Generator, Tensor, catch, tensor};

use crate::floats;

const N: usize = 20_000;

/// Mean and variance.
fn moments(x: &Tensor) -> (f64, f64) {
    let (var, mean) = x.double().var_mean(.., 1.0, false);
    (mean.item(), var.item())
}

/// Within five standard errors of what they should be; `kurtosis` is the fourth central moment over
/// the squared variance.
#[track_caller]
fn distributed(x: &Tensor, mean: f64, var: f64, kurtosis: f64) {
    let n = x.numel() as f64;
    let (m, v) = moments(x);
    assert!(
        (m - mean).abs() < 5.0 * (var / n).sqrt(),
        "mean {m}, not {mean}"
    );
    let error = var * ((kurtosis - 1.0) / n).sqrt();
    assert!((v - var).abs() < 5.0 * error, "variance {v}, not {var}");
}

#[test]
fn every_draw_takes_a_generator() {
    let draws = |g: &Generator| {
        let p = Tensor::full(50, 0.4);
        let z = Tensor::zeros(50);
        let all = [
            Tensor::rand_with(50, g),
            Tensor::randn_with(50, (DType::F64, g)),
            Tensor::randint_with(0, 9, 50, g),
            Tensor::normal_with(1.0, 2.0, 50, (DType::F16, &Device::cpu(), g)),
            Tensor::randperm_with(50, g),
            p.rand_like_with(g),
            p.randn_like_with(g),
            p.randint_like_with(-3, 3, g),
            p.bernoulli_with(g),
            p.poisson_with(g),
            Tensor::full(50, 90.0).binomial_with(&p, g),
            p.multinomial_with(20, false, g),
            p.multinomial_with(200, true, g),
            Tensor::normal_of_with(&p, &p, g),
            z.uniform_with_(1.0, 2.0, g).clone_data(),
            z.normal_with_(1.0, 2.0, g).clone_data(),
            z.random_with_(0, 7, g).clone_data(),
            z.bernoulli_with_(0.5, g).clone_data(),
            z.bernoulli_with_(&p, g).clone_data(),
            z.exponential_with_(2.0, g).clone_data(),
            z.cauchy_with_(0.0, 1.0, g).clone_data(),
            z.log_normal_with_(0.0, 1.0, g).clone_data(),
            z.geometric_with_(0.3, g).clone_data(),
        ];
        all.map(|t| t.double().to_vec::<f64>())
    };
    let (a, b) = (draws(&Generator::new(3)), draws(&Generator::new(3)));
    assert_eq!(a, b);
    let other = draws(&Generator::new(4));
    for (i, (x, y)) in a.iter().zip(&other).enumerate() {
        assert_ne!(x, y, "draw {i} does not depend on its generator");
    }
    assert_eq!(
        Tensor::randint_with(0, 9, 5, &Generator::new(1)).dtype(),
        DType::I64
    );
}

#[test]
fn a_state_comes_back() {
    let g = Generator::new(5);
    let state = g.state();
    let first = Tensor::rand_with(10, &g);
    assert!(!Tensor::rand_with(10, &g).equal(&first));
    g.set_state(state);
    assert!(Tensor::rand_with(10, &g).equal(&first));
    assert_eq!(g.initial_seed(), 5);
}

#[test]
fn distributions_have_their_moments() {
    let g = Generator::new(11);
    let z = Tensor::zeros(N);
    distributed(&z.uniform_with_(-1.0, 3.0, &g), 1.0, 16.0 / 12.0, 1.8);
    distributed(&z.normal_with_(2.0, 3.0, &g), 2.0, 9.0, 3.0);
    distributed(&z.exponential_with_(2.0, &g), 0.5, 0.25, 9.0);
    assert!(z.min().item() > 0.0);
    let p = 0.3;
    distributed(&z.bernoulli_with_(p, &g), p, p * (1.0 - p), 1.8);
    // Geometric: mean 1/p, variance (1 - p)/p², excess kurtosis 6 + p²/(1 - p).
    distributed(&z.geometric_with_(p, &g), 1.0 / p, 0.7 / 0.09, 9.2);
    assert_eq!(z.min().item(), 1.0);
    let whole = Tensor::zeros_with(N, DType::I64).geometric_with_(0.5, &g);
    distributed(&whole, 2.0, 2.0, 9.5);
    distributed(&z.log_normal_with_(0.0, 0.5, &g).log(), 0.0, 0.25, 3.0);
    // Cauchy's has no mean; half of it lies within sigma of the median.
    let near = z.cauchy_with_(1.0, 2.0, &g).sub(1.0).abs().lt(2.0);
    distributed(&near, 0.5, 0.25, 1.0 + 1e-3);
    distributed(&z.random_with_(0, 10, &g), 4.5, 8.25, 1.8);
    let pair = Tensor::normal_of_with(Tensor::full(N, 5.0), 2.0, &g);
    distributed(&pair, 5.0, 4.0, 3.0);
    distributed(&Tensor::normal_with(-1.0, 0.5, N, &g), -1.0, 0.25, 3.0);
    for rate in [0.5, 4.0, 9.9, 10.0, 30.0, 1000.0] {
        let x = Tensor::full(N, rate).poisson_with(&g);
        distributed(&x, rate, rate, 3.0 + 1.0 / rate);
        assert!(x.frac().eq(0.0).all().item_as::<bool>());
    }
    assert_eq!(Tensor::zeros(3).poisson_with(&g).sum().item(), 0.0);
    for (n, p) in [
        (5.0, 0.3),
        (40.0, 0.2),
        (40.0, 0.9),
        (1000.0, 0.5),
        (20.0, 0.5),
    ] {
        let x = Tensor::full(N, n).binomial_with(&tensor!(p as f32), &g);
        let var = n * p * (1.0 - p);
        let kurtosis = 3.0 + (1.0 - 6.0 * p * (1.0 - p)) / var;
        distributed(&x, n * p, var, kurtosis);
        assert!(x.min().item() >= 0.0 && x.max().item() <= n);
    }
    let sure = Tensor::full(2, 7.0).binomial_with(&tensor!([0.0, 1.0]), &g);
    assert_eq!(floats(&sure), [0.0, 7.0]);
}

#[test]
fn multinomial_follows_its_weights() {
    let g = Generator::new(2);
    let p = tensor!([[1.0, 0.0, 3.0], [5.0, 5.0, 0.0]]);
    let x = p.multinomial_with(N, true, &g);
    assert_eq!((x.shape(), x.dtype()), ([2, N].into(), DType::I64));
    let share = |row: isize, place: i64| {
        let hits = x.i(row as i64).eq(place);
        hits.sum().item() / N as f64
    };
    assert!((share(0, 2) - 0.75).abs() < 0.02 && share(0, 1) == 0.0);
    assert!((share(1, 0) - 0.5).abs() < 0.02 && share(1, 2) == 0.0);
    // Without replacement: every place once, heavy ones first more often.
    let mut first = 0;
    for _ in 0..500 {
        let order = tensor!([1.0, 9.0])
            .multinomial_with(2, false, &g)
            .to_vec::<i64>();
        assert_eq!(order.iter().sum::<i64>(), 1);
        first += order[0];
    }
    assert!((400..500).contains(&first), "{first}");
    // More places than weights: the rest comes after.
    let rest = tensor!([1.0, 0.0, 0.0]).multinomial_with(2, false, &g);
    assert_eq!(rest.i(0).item(), 0.0);
    for (refused, why) in [
        (
            catch(|| tensor!([-1.0, 2.0]).multinomial(1, true)),
            "element < 0",
        ),
        (
            catch(|| tensor!([f32::INFINITY, 2.0]).multinomial(1, true)),
            "`inf`",
        ),
        (
            catch(|| tensor!([0.0, 0.0]).multinomial(1, true)),
            "sum of probabilities <= 0",
        ),
        (
            catch(|| tensor!([0.0, 0.0]).multinomial(1, false)),
            "sum of probabilities <= 0",
        ),
        (
            catch(|| tensor!([1.0]).multinomial(2, false)),
            "without replacement",
        ),
        (
            catch(|| tensor!([1.0]).multinomial(0, false)),
            "n_sample <= 0",
        ),
        (
            catch(|| Tensor::ones([1, 1, 1]).multinomial(1, true)),
            "1 or 2 dim",
        ),
        (catch(|| tensor!([1, 2]).multinomial(1, true)), "floating"),
    ] {
        let error = refused.unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn what_has_no_distribution_is_refused() {
    let (z, whole) = (Tensor::zeros(2), Tensor::zeros_with(2, DType::I64));
    for (refused, why) in [
        (catch(|| z.uniform_(2.0, 1.0)), "from=2 > to=1"),
        (catch(|| whole.uniform_(0.0, 1.0)), "i64"),
        (catch(|| whole.normal_(0.0, 1.0)), "i64"),
        (catch(|| z.normal_(0.0, -1.0)), "std >= 0.0"),
        (catch(|| z.exponential_(-1.0)), "lambda > 0.0"),
        (catch(|| z.cauchy_(0.0, 0.0)), "sigma > 0.0"),
        (catch(|| z.log_normal_(0.0, 0.0)), "std > 0.0"),
        (catch(|| z.geometric_(1.0)), "(0, 1)"),
        (catch(|| z.bernoulli_(1.5)), "p"),
        (catch(|| z.random_(5, 5)), "from=5 >= to=5"),
        (catch(|| z.byte().random_(5, 300)), "out of bounds for u8"),
        (catch(|| tensor!([1.5]).bernoulli()), "p_in <= 1"),
        (catch(|| tensor!([1]).bernoulli()), "floating"),
        (catch(|| tensor!([-1.0]).poisson()), "non-negative"),
        (catch(|| Tensor::normal(0.0, -1.0, 2)), "std"),
        (catch(|| z.binomial(&tensor!([1.5]))), "probabilities"),
        (
            catch(|| z.sub(1.0).binomial(&tensor!([0.5]))),
            "not negative",
        ),
        (
            catch(|| Tensor::normal_of(&z, tensor!([-1.0]))),
            "all elements of std >= 0.0",
        ),
        (
            catch(|| Tensor::normal_of(0.0, 1.0)),
            "Tensor::normal(mean, std, shape)",
        ),
    ] {
        let error = refused.unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn whole_ranges_of_dtypes() {
    let g = Generator::new(6);
    for dtype in DType::ALL {
        let x = Tensor::zeros_with(2000, dtype).random_with_(None, None, &g);
        let (low, high) = (x.double().min().item(), x.double().max().item());
        let most = match dtype {
            DType::Bool => 1.0,
            DType::U8 => 255.0,
            DType::I32 => f64::from(i32::MAX),
            DType::I64 => i64::MAX as f64,
            DType::F16 => 2048.0,
            DType::BF16 => 256.0,
            DType::F32 => 16_777_216.0,
            DType::F64 => 9_007_199_254_740_992.0,
        };
        assert!(
            low >= 0.0 && high <= most && high > most * 0.98,
            "{dtype}: {low} {high}"
        );
    }
}

#[test]
fn made_in_other_ways() {
    assert_eq!(floats(&Tensor::eye([2, 3])), [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    assert_eq!(Tensor::eye([0, 2]).shape(), [0, 2]);
    assert!(catch(|| Tensor::eye([1, 1, 1])).is_err());
    assert_eq!(
        floats(&Tensor::logspace(0.0, 3.0, 4, 2.0)),
        [1.0, 2.0, 4.0, 8.0]
    );
    let whole = Tensor::linspace_with(0.0, 10.0, 5, DType::I64);
    assert_eq!(whole.to_vec::<i64>(), [0, 2, 5, 7, 10]);
    assert_eq!(Tensor::logspace(0.0, 1.0, 0, 10.0).shape(), [0]);
    assert_eq!(floats(&Tensor::empty([2])), [0.0; 2]);
    let x = Tensor::zeros_with([2, 2], DType::F16);
    assert_eq!(x.empty_like().dtype(), DType::F16);
    assert_eq!(
        (x.new_full(3, 2).shape(), x.new_full(3, 2).dtype()),
        ([3].into(), DType::F16)
    );
    assert_eq!(x.new_zeros([1]).add(x.new_ones([1])).item(), 1.0);
    assert_eq!(x.new_empty([4]).numel(), 4);
    let g = Generator::new(0);
    assert_eq!(x.randint_like_with(0, 5, &g).dtype(), DType::F16);
    assert!(catch(|| tensor!([1]).rand_like_with(&g)).is_err());
}

#[test]
fn windows_are_pytorchs() {
    let same = |w: Tensor, want: &[f64]| {
        let want = Tensor::from_slice(want, want.len()).float();
        assert!(w.allclose(&want, 1e-5, 1e-6, false), "{w}");
    };
    same(
        Tensor::hann_window(5, true),
        &[0.0, 0.3454915, 0.9045085, 0.9045085, 0.3454914],
    );
    same(Tensor::hann_window(4, false), &[0.0, 0.75, 0.7499999, 0.0]);
    same(
        Tensor::hamming_window(5, true),
        &[0.08000001, 0.3978522, 0.9121479, 0.9121478, 0.3978521],
    );
    same(
        Tensor::hamming_window(4, false),
        &[0.08000001, 0.77, 0.77, 0.08000001],
    );
    same(
        Tensor::blackman_window(5, true),
        &[-2.980232e-08, 0.2007701, 0.8492298, 0.8492298, 0.2007701],
    );
    same(
        Tensor::blackman_window(4, false),
        &[-2.980232e-08, 0.63, 0.6299999, -2.980232e-08],
    );
    same(Tensor::bartlett_window(5, true), &[0.0, 0.4, 0.8, 0.8, 0.4]);
    same(
        Tensor::bartlett_window(4, false),
        &[0.0, 0.6666667, 0.6666666, 0.0],
    );
    same(
        Tensor::kaiser_window(5, true, 12.0),
        &[5.277344e-05, 0.1017197, 0.7929394, 0.7929394, 0.1017197],
    );
    same(
        Tensor::kaiser_window(4, false, 3.0),
        &[0.2048847, 0.8712419, 0.8712419, 0.2048847],
    );
    same(Tensor::hann_window(1, false), &[1.0]);
    assert_eq!(Tensor::hann_window(0, true).shape(), [0]);
}
