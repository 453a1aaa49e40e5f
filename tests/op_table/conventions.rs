//! Gradients where a function has none: PyTorch's choices, one by one.

use ondol_autograd::functional::max_pool2d;
use ondol_autograd::{GradOptions, Pool2dOptions, Tensor, catch, grad, tensor};

/// The gradient of the sum of `f` at `x`.
fn slope(x: &[f64], f: impl Fn(&Tensor) -> Tensor) -> Vec<f64> {
    let x = Tensor::from_slice(x, x.len()).requires_grad_(true);
    f(&x).sum().backward();
    x.grad().expect("a gradient flows").to_vec()
}

const INF: f64 = f64::INFINITY;

#[test]
fn kinks_of_unary_functions() {
    assert_eq!(slope(&[-1.0, 0.0, 2.0], Tensor::relu), [0.0, 0.0, 1.0]);
    assert_eq!(
        slope(&[-1.0, 0.0, -0.0, 2.0], Tensor::abs),
        [-1.0, 0.0, 0.0, 1.0]
    );
    assert_eq!(slope(&[0.0, 4.0], Tensor::sqrt), [INF, 0.25]);
    assert_eq!(slope(&[0.0], Tensor::log), [INF]);
    assert_eq!(slope(&[0.0], Tensor::reciprocal), [-INF]);
    assert_eq!(slope(&[1.0, -1.0], Tensor::asin), [INF, INF]);
    assert_eq!(slope(&[1.0], Tensor::acos), [-INF]);
    for step in [
        Tensor::sign,
        Tensor::floor,
        Tensor::ceil,
        Tensor::round,
        Tensor::trunc,
    ] {
        assert_eq!(slope(&[-1.5, 0.0, 0.5], step), [0.0; 3]);
    }
}

#[test]
fn a_clamp_passes_the_gradient_at_its_bounds() {
    assert_eq!(
        slope(&[-2.0, -1.0, 0.0, 1.0, 2.0], |x| x.clamp(-1.0, 1.0)),
        [0.0, 1.0, 1.0, 1.0, 0.0]
    );
    assert_eq!(slope(&[0.0, 1.0], |x| x.clamp_min(1.0)), [0.0, 1.0]);
    assert_eq!(slope(&[1.0, 2.0], |x| x.clamp_max(1.0)), [1.0, 0.0]);
}

#[test]
fn ties_of_a_maximum_along_a_dimension_go_to_the_first() {
    assert_eq!(
        slope(&[1.0, 3.0, 3.0], |x| x.max_dim(0, false).0),
        [0.0, 1.0, 0.0]
    );
    assert_eq!(
        slope(&[1.0, 1.0, 3.0], |x| x.min_dim(0, false).0),
        [1.0, 0.0, 0.0]
    );
    let options = Pool2dOptions {
        kernel: [1, 3],
        stride: [1, 3],
        padding: [0, 0],
        dilation: [1, 1],
    };
    assert_eq!(
        slope(&[3.0, 3.0, 1.0], |x| max_pool2d(
            &x.view((1, 1, 1, 3)),
            options
        )),
        [1.0, 0.0, 0.0]
    );
}

#[test]
fn ties_of_amax_share_the_gradient() {
    assert_eq!(
        slope(&[1.0, 3.0, 3.0], |x| x.amax(0, false)),
        [0.0, 0.5, 0.5]
    );
    assert_eq!(
        slope(&[1.0, 1.0, 3.0], |x| x.amin(0, false)),
        [0.5, 0.5, 0.0]
    );
    assert_eq!(
        slope(&[3.0, 3.0, 3.0, 1.0], Tensor::max),
        [1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0, 0.0]
    );
    assert_eq!(slope(&[1.0, 1.0], Tensor::min), [0.5, 0.5]);
}

#[test]
fn ties_of_two_tensors_share_the_gradient() {
    let other = tensor!(vec![1.0f64, 2.0, 3.0]);
    assert_eq!(
        slope(&[0.0, 2.0, 4.0], |x| x.maximum(&other)),
        [0.0, 0.5, 1.0]
    );
    assert_eq!(
        slope(&[0.0, 2.0, 4.0], |x| x.minimum(&other)),
        [1.0, 0.5, 0.0]
    );
    assert_eq!(
        slope(&[1.0, 2.0, 4.0], |x| other.maximum(x)),
        [0.5, 0.5, 1.0]
    );
}

#[test]
fn powers_at_zero() {
    let zero = Tensor::from(0.0f64);
    assert_eq!(zero.pow(0).item(), 1.0);
    assert_eq!(slope(&[0.0, 2.0], |x| x.pow(0)), [0.0, 0.0]);
    assert_eq!(slope(&[0.0], |x| x.pow(1)), [1.0]);
    assert_eq!(slope(&[0.0], |x| x.pow(2)), [0.0]);
    assert_eq!(slope(&[0.0], |x| x.pow(0.5)), [INF]);
    let exponent = tensor!(vec![0.0f64, 1.0, 2.0]);
    assert_eq!(
        slope(&[0.0, 0.0, 0.0], |x| x.pow(&exponent)),
        [0.0, 1.0, 0.0]
    );
    // As a function of the exponent: 0ᵇ is constant for b > 0, and PyTorch takes 0 at b = 0.
    let base = Tensor::zeros_with(2, ondol_autograd::DType::F64);
    assert_eq!(slope(&[0.0, 2.0], |b| base.pow(b)), [0.0, 0.0]);
}

#[test]
fn a_norm_at_zero_has_gradient_zero() {
    assert_eq!(slope(&[0.0, 0.0], Tensor::norm), [0.0, 0.0]);
    assert_eq!(slope(&[3.0, 4.0], Tensor::norm), [0.6, 0.8]);
}

#[test]
fn not_a_number_stays_one() {
    let x = tensor!(vec![f64::NAN, 1.0]);
    for y in [
        x.relu(),
        x.clamp(-1.0, 1.0),
        x.maximum(0.0),
        x.minimum(0.0),
        x.sign().mul(&x),
    ] {
        assert!(y.i(0).item().is_nan());
    }
    assert!(x.max().item().is_nan() && x.amin(0, false).item().is_nan());
    let (value, at) = x.max_dim(0, false);
    assert!(value.item().is_nan() && at.item_as::<i64>() == 0);
}

#[test]
fn reductions_of_nothing() {
    let none = Tensor::zeros([0, 3]);
    assert_eq!(none.sum().item(), 0.0);
    assert_eq!(none.prod().item(), 1.0);
    assert!(none.mean().item().is_nan());
    assert_eq!(none.sum_dim(0, false).to_vec::<f32>(), [0.0; 3]);
    assert!(none.mean_dim(0, false).isnan().all().item_as::<bool>());
    assert!(none.all().item_as::<bool>() && !none.any().item_as::<bool>());
    assert_eq!(
        none.logsumexp(0, false).to_vec::<f32>(),
        [f32::NEG_INFINITY; 3]
    );
    assert_eq!(none.norm().item(), 0.0);
    let error = catch(|| none.max()).unwrap_err().to_string();
    assert!(error.contains("max"), "{error}");
}

#[test]
fn softmax_is_stable() {
    let x = tensor!(vec![1000.0f64, 1000.0, -1000.0]);
    assert_eq!(x.softmax(0).to_vec::<f64>(), [0.5, 0.5, 0.0]);
    assert_eq!(x.log_softmax(0).to_vec::<f64>()[2], -2000.0 - 2f64.ln());
    assert_eq!(x.logsumexp(0, false).item(), 1000.0 + 2f64.ln());
    // All of a row may be masked out.
    let hidden = tensor!(vec![f64::NEG_INFINITY; 2]);
    assert_eq!(hidden.logsumexp(0, false).item(), f64::NEG_INFINITY);
    assert!(hidden.softmax(0).isnan().all().item_as::<bool>());
}

#[test]
fn one_observation_has_no_sample_variance() {
    assert!(tensor!([3.0]).var(0, 1.0, false).item().is_nan());
    assert_eq!(tensor!([3.0]).var(0, 0.0, false).item(), 0.0);
    assert_eq!(
        tensor!([1.0, 2.0, 3.0, 4.0]).var(.., 0.0, false).item(),
        1.25
    );
    assert_eq!(
        tensor!([1.0, 3.0]).std(0, 1.0, false).item_as::<f32>(),
        2f32.sqrt()
    );
}

#[test]
fn rounding_is_to_even_and_remainders_take_the_divisors_sign() {
    assert_eq!(
        tensor!([0.5, 1.5, 2.5, -0.5]).round().to_vec::<f32>(),
        [0.0, 2.0, 2.0, 0.0]
    );
    assert_eq!(
        tensor!([-3.0, 3.0, -3.0])
            .remainder(tensor!([2.0, -2.0, -2.0]))
            .to_vec::<f32>(),
        [1.0, -1.0, -1.0]
    );
    assert_eq!(tensor!([-3, 3]).remainder(2).to_vec::<i64>(), [1, 1]);
    assert_eq!(tensor!([-3, 3]).floor_divide(2).to_vec::<i64>(), [-2, 1]);
}

#[test]
fn second_gradients_at_kinks_are_zero_too() {
    let x = tensor!(vec![-1.0f64, 0.0, 2.0]).requires_grad_(true);
    let options = GradOptions {
        create_graph: true,
        ..GradOptions::default()
    };
    for f in [Tensor::relu, Tensor::abs] {
        let y = f(&x).mul(&x).sum();
        let first = grad(&[&y], &[&x], None, options)[0].clone().expect("used");
        let second = grad(&[&first.sum()], &[&x], None, GradOptions::default())[0]
            .clone()
            .expect("used");
        assert_eq!(second.i(1).item(), 0.0);
    }
}
