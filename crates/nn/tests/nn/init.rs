//! First values: their range, spread and repeatability.

use ondol_nn::init::{self, Fan, Nonlinearity};
use ondol_nn::{BatchNorm2d, Conv2d, Linear, Tensor, catch, manual_seed};

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
