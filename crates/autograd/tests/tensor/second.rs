//! Gradients of gradients, against closed forms.

use ondol_autograd::{GradOptions, Tensor, grad, tensor};

const GRAPH: GradOptions = GradOptions {
    create_graph: true,
    retain_graph: true,
    allow_unused: false,
    materialize_grads: false,
};

/// The derivative of `y` by `x`, which can be differentiated again.
fn by(y: &Tensor, x: &Tensor) -> Tensor {
    grad(&[&y.sum()], &[x], None, GRAPH)[0]
        .clone()
        .expect("y depends on x")
}

fn at(x: f64) -> Tensor {
    Tensor::from(x).requires_grad_(true)
}

fn near(a: &Tensor, b: f64) {
    assert!(
        (a.item() - b).abs() < 1e-12 * (1.0 + b.abs()),
        "{} and {b}",
        a.item()
    );
}

#[test]
fn four_derivatives_of_a_power() {
    let x = at(2.0);
    let mut y = x.pow(5);
    for want in [80.0, 160.0, 240.0, 240.0, 120.0] {
        y = by(&y, &x);
        near(&y, want);
    }
}

#[test]
fn derivatives_of_functions_that_reuse_their_output() {
    let x = at(0.7);
    let (e, s, t) = (0.7f64.exp(), 1.0 / (1.0 + (-0.7f64).exp()), 0.7f64.tanh());
    near(&by(&by(&by(&x.exp(), &x), &x), &x), e);
    near(
        &by(&by(&x.sigmoid(), &x), &x),
        s * (1.0 - s) * (1.0 - 2.0 * s),
    );
    near(&by(&by(&x.tanh(), &x), &x), -2.0 * t * (1.0 - t * t));
    near(&by(&by(&x.sqrt(), &x), &x), -0.25 * 0.7f64.powf(-1.5));
    near(&by(&by(&x.reciprocal(), &x), &x), 2.0 / 0.343);
    near(&by(&by(&x.sin(), &x), &x), -0.7f64.sin());
    near(&by(&by(&x.log(), &x), &x), -1.0 / 0.49);
}

#[test]
fn mixed_derivatives() {
    let (x, y) = (at(2.0), at(3.0));
    let f = x.square().mul(y.pow(3));
    // ∂²/∂x∂y x²y³ = 6xy²
    near(&by(&by(&f, &x), &y), 108.0);
    near(&by(&by(&f, &y), &x), 108.0);
    let q = x.div(&y);
    near(&by(&by(&q, &y), &y), 4.0 / 27.0);
    near(&by(&by(&q, &x), &y), -1.0 / 9.0);
}

#[test]
fn a_gradient_penalty_reaches_the_weights() {
    // f = (w·x)², |∂f/∂x|² = 4 (w·x)² |w|², whose derivative by w is 8 (w·x) |w|² x + 8 (w·x)² w.
    let x = tensor!(vec![1.0f64, -2.0]).requires_grad_(true);
    let w = tensor!(vec![3.0f64, 0.5]).requires_grad_(true);
    let f = w.dot(&x).square();
    let penalty = by(&f, &x).square().sum();
    penalty.backward();
    let (dot, norm) = (2.0, 9.25);
    let want = [
        8.0 * dot * norm + 8.0 * dot * dot * 3.0,
        -16.0 * dot * norm + 8.0 * dot * dot * 0.5,
    ];
    assert_eq!(w.grad().unwrap().to_vec::<f64>(), want);
}

#[test]
fn the_hessian_of_a_quadratic_form_is_its_matrix() {
    let a = tensor!(vec![vec![2.0f64, 1.0], vec![1.0, -3.0]]);
    let x = tensor!(vec![0.3f64, 0.4]).requires_grad_(true);
    let first = by(&x.matmul(&a).dot(&x).mul(0.5), &x);
    let rows: Vec<Tensor> = (0..2).map(|i| by(&first.i(i), &x)).collect();
    assert_eq!(Tensor::stack(&rows, 0).to_vec::<f64>(), a.to_vec::<f64>());
}

#[test]
fn without_create_graph_a_gradient_has_no_history() {
    let x = at(2.0);
    let y = x.pow(3);
    let first = grad(&[&y], &[&x], None, GradOptions::default())[0]
        .clone()
        .unwrap();
    assert!(!first.requires_grad());
    let y = x.pow(3);
    y.backward();
    assert!(!x.grad().unwrap().requires_grad());
}
