//! First values: their range, spread and repeatability.

use ondol_nn::init::{self, Fan, Nonlinearity};
use ondol_nn::{BatchNorm2d, Conv2d, Linear, Tensor, catch, fork_rng_guard, manual_seed};

/// Least, greatest and standard deviation.
fn spread(tensor: &Tensor) -> (f64, f64, f64) {
    let t = tensor.detach();
    (t.min().item(), t.max().item(), t.std(.., 0.0, false).item())
}

/// Uniform on ±bound: it comes near the bounds, stays within, and spreads as it should.
fn assert_uniform(tensor: &Tensor, bound: f64) {
    let (low, high, std) = spread(tensor);
    assert!(
        -bound <= low && low < -0.95 * bound,
        "{low} beside -{bound}"
    );
    assert!(
        0.95 * bound < high && high <= bound,
        "{high} beside {bound}"
    );
    assert!((std / (bound / 3f64.sqrt()) - 1.0).abs() < 0.05, "{std}");
}

#[test]
fn layers_begin_as_pytorchs_do() {
    let _own = fork_rng_guard();
    manual_seed(1);
    let layer = Linear::new(400, 300);
    assert_uniform(&layer.weight, 1.0 / 20.0);
    assert_uniform(layer.bias.as_ref().unwrap(), 1.0 / 20.0);
    let layer = Conv2d::new(16, 256, 5).groups(4);
    assert_eq!(layer.weight.shape(), [256, 4, 5, 5]);
    assert_uniform(&layer.weight, 1.0 / 10.0);
    assert_uniform(layer.bias.as_ref().unwrap(), 1.0 / 10.0);
    let layer = BatchNorm2d::new(2);
    assert_eq!(layer.weight.as_ref().unwrap().to_vec::<f32>(), [1.0, 1.0]);
    assert_eq!(layer.bias.as_ref().unwrap().to_vec::<f32>(), [0.0, 0.0]);
    let layer = Linear::new(0, 3);
    assert_eq!(layer.bias.as_ref().unwrap().to_vec::<f32>(), [0.0; 3]);
}

#[test]
fn fans_and_gains_are_pytorchs() {
    let weight = Tensor::zeros([300, 100, 3, 3]);
    assert_eq!(init::calculate_fan_in_and_fan_out(&weight), (900, 2700));
    let slope = |a| init::calculate_gain(Nonlinearity::LeakyReLU, a);
    assert_eq!((slope(0.0), slope(1.0)), (2f64.sqrt(), 1.0));
    assert_eq!(init::calculate_gain(Nonlinearity::Sigmoid, 0.0), 1.0);
    assert_eq!(init::calculate_gain(Nonlinearity::SELU, 0.0), 0.75);
    let message = catch(|| init::xavier_normal_(&Tensor::zeros([3]), 1.0))
        .unwrap_err()
        .to_string();
    assert!(message.contains("fewer than 2 dimensions"), "{message}");
}

#[test]
fn distributions_have_their_spread() {
    let _own = fork_rng_guard();
    manual_seed(2);
    let weight = Tensor::zeros([300, 100]);
    assert_uniform(
        &init::xavier_uniform_(&weight, 2.0),
        2.0 * (6.0f64 / 400.0).sqrt(),
    );
    assert_uniform(
        &init::kaiming_uniform_(&weight, 0.0, Fan::Out, Nonlinearity::ReLU),
        (6.0f64 / 300.0).sqrt(),
    );
    let near = |tensor: Tensor, std: f64| {
        assert!((spread(&tensor).2 / std - 1.0).abs() < 0.02, "{tensor}")
    };
    near(init::normal_(&weight, 0.0, 3.0), 3.0);
    near(init::xavier_normal_(&weight, 1.0), (2.0f64 / 400.0).sqrt());
    near(
        init::kaiming_normal_(&weight, 0.0, Fan::In, Nonlinearity::ReLU),
        (2.0f64 / 100.0).sqrt(),
    );
    assert_eq!(spread(&init::ones_(&weight)), (1.0, 1.0, 0.0));
    assert_eq!(spread(&init::constant_(&weight, 0.5)), (0.5, 0.5, 0.0));
    assert!(init::zeros_(&weight).same(&weight));
}

#[test]
fn a_parameter_is_still_a_leaf_afterwards() {
    let layer = Linear::new(3, 2);
    init::normal_(&layer.weight, 0.0, 1.0);
    assert!(layer.weight.is_leaf() && layer.weight.requires_grad());
}

#[test]
fn identities_are_pytorchs() {
    let eye = init::eye_(&Tensor::zeros([2, 3]));
    assert_eq!(eye.to_vec::<f32>(), [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    let middle = init::dirac_(&Tensor::ones([6, 2, 3]), 2).i((.., .., 1));
    let group = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];
    assert_eq!(middle.to_vec::<f32>(), [group, group].concat());
    let even = init::dirac_(&Tensor::ones([2, 3, 3, 4]), 1);
    assert_eq!(
        (
            even.sum().item(),
            even.i((0, 0, 1, 2)).item(),
            even.i((1, 1, 1, 2)).item()
        ),
        (2.0, 1.0, 1.0)
    );
    let layer = Conv2d::new(3, 3, 3).padding(1).bias(false);
    init::dirac_(&layer.weight, 1);
    let x = Tensor::randn([1, 3, 4, 4]);
    assert_eq!(
        ondol_nn::Forward::forward(&layer, &x).to_vec::<f32>(),
        x.to_vec::<f32>()
    );
}

#[test]
fn orthogonal_rows_or_columns_are_at_right_angles() {
    let _own = fork_rng_guard();
    manual_seed(3);
    for shape in [&[20, 50][..], &[50, 20], &[8, 2, 3, 3], &[30, 30], &[1, 4]] {
        let weight = init::orthogonal_(&Tensor::zeros(shape), 2.0);
        let m = weight.flatten(1, -1);
        let few = m.size(0).min(m.size(1));
        let product = if m.size(0) == few {
            m.matmul(&m.t())
        } else {
            m.t().matmul(&m)
        };
        let far = product.sub(Tensor::eye(few).mul(4.0)).abs().max().item();
        assert!(far < 1e-5, "{shape:?}: {far}");
    }
    // Uniform among all: each element spreads as 1/n, with no favourite sign.
    let mut mean = Tensor::zeros([4, 4]);
    let mut square = Tensor::zeros([4, 4]);
    for _ in 0..400 {
        let q = init::orthogonal_(&Tensor::zeros([4, 4]), 1.0);
        mean = mean.add(q.div(400.0));
        square = square.add(q.square().div(400.0));
    }
    assert!(mean.abs().max().item() < 0.12, "{mean}");
    assert!(square.sub(0.25).abs().max().item() < 0.06, "{square}");
}

#[test]
fn sparse_columns_have_their_zeros() {
    let _own = fork_rng_guard();
    manual_seed(4);
    let weight = init::sparse_(&Tensor::zeros([50, 40]), 0.29, 2.0);
    let zeros = weight
        .eq(0.0)
        .to_dtype(ondol_nn::DType::I64)
        .sum_dim(0, false);
    assert_eq!(zeros.to_vec::<i64>(), [15; 40]);
    let spread = (weight.square().sum().item() / (35.0 * 40.0)).sqrt();
    assert!((spread / 2.0 - 1.0).abs() < 0.06, "{spread}");
    let all = init::sparse_(&Tensor::ones([3, 3]), 1.5, 1.0);
    assert_eq!(all.to_vec::<f32>(), [0.0; 9]);
}

#[test]
fn a_truncated_normal_has_the_density_between_its_bounds() {
    let _own = fork_rng_guard();
    manual_seed(5);
    let near =
        |got: f64, want: f64| assert!((got - want).abs() < 0.01, "{got} where {want} is right");
    let t = init::trunc_normal_(&Tensor::zeros([200, 500]), 0.0, 1.0, -2.0, 2.0);
    let (low, high, std) = spread(&t);
    assert!((-2.0..-1.99).contains(&low) && (1.99..=2.0).contains(&high));
    near(std, 0.8796); // √(1 − 4φ(2)/(Φ(2) − Φ(−2)))
    near(t.mean().item(), 0.0);
    // Half of a Gaussian: the mean is √(2/π).
    let t = init::trunc_normal_(&Tensor::zeros([200, 500]), 1.0, 0.5, 1.0, f64::INFINITY);
    near(
        t.mean().item(),
        1.0 + 0.5 * (2.0 / std::f64::consts::PI).sqrt(),
    );
    // Far from the middle, where nearly all numbers are refused.
    let t = init::trunc_normal_(&Tensor::zeros([1000]), 5.0, 1.0, -1.0, 1.0);
    assert!(t.min().item() > -1.0 && t.max().item() <= 1.0 && t.mean().item() > 0.7);
}

#[test]
fn what_has_no_meaning_is_refused_as_in_pytorch() {
    let refused = |f: &dyn Fn() -> Tensor| catch(f).unwrap_err().to_string();
    let vector = Tensor::zeros([3]);
    for (message, part) in [
        (
            refused(&|| init::eye_(&vector)),
            "Only tensors with 2 dimensions are supported",
        ),
        (
            refused(&|| init::dirac_(&Tensor::zeros([3, 3]), 1)),
            "Only tensors with 3, 4, or 5 dimensions",
        ),
        (
            refused(&|| init::dirac_(&Tensor::zeros([3, 3, 3]), 2)),
            "dim 0 must be divisible by groups",
        ),
        (
            refused(&|| init::orthogonal_(&vector, 1.0)),
            "Only tensors with 2 or more dimensions",
        ),
        (
            refused(&|| init::sparse_(&vector, 0.1, 0.01)),
            "Only tensors with 2 dimensions",
        ),
        (
            refused(&|| init::uniform_(&vector, 2.0, 1.0)),
            "found from=2 > to=1",
        ),
        (
            refused(&|| init::normal_(&vector, 0.0, -1.0)),
            "normal expects std >= 0.0, but found std -1",
        ),
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
    let empty = Tensor::zeros([0, 3]);
    assert_eq!(
        init::kaiming_uniform_(&empty, 0.0, Fan::Out, Nonlinearity::ReLU).numel(),
        0
    );
    assert_eq!(init::orthogonal_(&empty, 1.0).numel(), 0);
    assert_eq!(init::xavier_uniform_(&empty, 1.0).numel(), 0);
}
