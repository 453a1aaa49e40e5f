//! Gradients where several choices are possible; the numbers are PyTorch 2.15's.

use ondol_autograd::{GradOptions, Interpolation, ScatterReduce, Tensor, grad, tensor};

const NAN: f64 = f64::NAN;

fn leaf(values: &[f64]) -> Tensor {
    Tensor::from_slice(values, values.len()).requires_grad_(true)
}

fn slope(x: &Tensor) -> Vec<f64> {
    x.grad().expect("a gradient flows").to_vec()
}

/// The gradient of `f`'s sum at `x`.
fn of(x: &[f64], f: impl Fn(&Tensor) -> Tensor) -> Vec<f64> {
    let x = leaf(x);
    f(&x).sum().backward();
    slope(&x)
}

#[test]
fn of_ranks() {
    let ties = [2.0, 1.0, 2.0, 2.0, 3.0];
    let third = 1.0 / 3.0;
    assert_eq!(of(&ties, Tensor::median), [third, 0.0, third, third, 0.0]);
    assert_eq!(
        of(&ties, |x| x.median_dim(0, false).0),
        [0.0, 0.0, 1.0, 0.0, 0.0]
    );
    assert_eq!(
        of(&[2.0, NAN, NAN, 3.0], Tensor::median),
        [0.0, 0.5, 0.5, 0.0]
    );
    assert_eq!(
        of(&[2.0, NAN, 2.0, 3.0], Tensor::nanmedian),
        [0.5, 0.0, 0.5, 0.0]
    );
    let apart = [2.0, 1.0, 5.0, 4.0, 3.0];
    assert_eq!(
        of(&apart, |x| x.kthvalue(2, 0, false).0),
        [1.0, 0.0, 0.0, 0.0, 0.0]
    );
    assert_eq!(of(&ties, |x| x.mode(0, false).0), [0.0, 0.0, 0.0, 1.0, 0.0]);
    let quantile = of(&apart, |x| {
        x.quantile(0.4, None, false, Interpolation::Linear)
    });
    for (got, want) in quantile.iter().zip([0.4, 0.0, 0.0, 0.0, 0.6]) {
        assert!((got - want).abs() < 1e-15, "{quantile:?}");
    }
    assert_eq!(
        of(&[2.0, 1.0, 5.0, 3.0], |x| x.quantile(
            0.4,
            None,
            false,
            Interpolation::Midpoint
        )),
        [0.5, 0.0, 0.0, 0.5]
    );
    assert_eq!(
        of(&[2.0, 2.0, 1.0], |x| x.topk(1, 0, true).0),
        [1.0, 0.0, 0.0]
    );
}

#[test]
fn of_several_values_on_one_place() {
    let (x, v) = (leaf(&[1.0, 2.0]), leaf(&[3.0, 4.0]));
    x.index_put([0, 0], &v, false).sum().backward();
    assert_eq!((slope(&x), slope(&v)), (vec![0.0, 1.0], vec![1.0, 1.0]));
    let (x, v) = (leaf(&[1.0, 2.0]), leaf(&[3.0, 4.0]));
    x.scatter(0, &tensor!([0, 0]), &v).sum().backward();
    assert_eq!((slope(&x), slope(&v)), (vec![0.0, 1.0], vec![1.0, 1.0]));
    let (x, v) = (leaf(&[1.0, 2.0]), leaf(&[3.0, 4.0]));
    x.index_copy(0, &tensor!([0, 0]), &v).sum().backward();
    assert_eq!((slope(&x), slope(&v)), (vec![0.0, 1.0], vec![1.0, 1.0]));
    let (x, v) = (leaf(&[1.0, 2.0, 3.0]), leaf(&[3.0, 4.0, 5.0]));
    x.masked_scatter(&tensor!([true, false, true]), &v)
        .sum()
        .backward();
    assert_eq!(
        (slope(&x), slope(&v)),
        (vec![0.0, 1.0, 0.0], vec![1.0, 1.0, 0.0])
    );
}

#[test]
fn of_reductions_to_places() {
    use ScatterReduce::{Amax, Amin, Mean, Prod, Sum};
    let index = tensor!([0, 0, 1, 1, 0]);
    let weights = tensor!(vec![1.0f64, 10.0, 100.0]);
    let check = |x: [f64; 3], s: [f64; 5], reduce, include, want_x: [f64; 3], want_s: [f64; 5]| {
        let (x, s) = (leaf(&x), leaf(&s));
        let y = x.scatter_reduce(0, &index, &s, reduce, include);
        y.mul(&weights).sum().backward();
        for (got, want) in [(slope(&x), &want_x[..]), (slope(&s), &want_s[..])] {
            let near = got
                .iter()
                .zip(want)
                .all(|(a, b)| (a - b).abs() < 1e-12 * (1.0 + b.abs()));
            assert!(near, "{reduce:?} {include}: {got:?}, not {want:?}");
        }
    };
    let (x, s) = ([1.0, 8.0, 3.0], [5.0, 5.0, -7.0, 8.0, 1.0]);
    check(
        x,
        s,
        Sum,
        true,
        [1.0, 10.0, 100.0],
        [1.0, 1.0, 10.0, 10.0, 1.0],
    );
    check(
        x,
        s,
        Sum,
        false,
        [0.0, 0.0, 100.0],
        [1.0, 1.0, 10.0, 10.0, 1.0],
    );
    check(
        x,
        s,
        Prod,
        true,
        [25.0, -560.0, 100.0],
        [5.0, 5.0, 640.0, -560.0, 25.0],
    );
    check(
        x,
        s,
        Prod,
        false,
        [0.0, 0.0, 100.0],
        [5.0, 5.0, 80.0, -70.0, 25.0],
    );
    let tenth = 10.0 / 3.0;
    check(
        x,
        s,
        Mean,
        true,
        [0.25, tenth, 100.0],
        [0.25, 0.25, tenth, tenth, 0.25],
    );
    let third = 1.0 / 3.0;
    check(
        x,
        s,
        Mean,
        false,
        [0.0, 0.0, 100.0],
        [third, third, 5.0, 5.0, third],
    );
    check(
        x,
        s,
        Amax,
        true,
        [0.0, 5.0, 100.0],
        [0.5, 0.5, 0.0, 5.0, 0.0],
    );
    check(
        x,
        s,
        Amax,
        false,
        [0.0, 0.0, 100.0],
        [0.5, 0.5, 0.0, 10.0, 0.0],
    );
    check(
        x,
        s,
        Amin,
        true,
        [0.5, 0.0, 100.0],
        [0.0, 0.0, 10.0, 0.0, 0.5],
    );
    check(
        x,
        s,
        Amin,
        false,
        [0.0, 0.0, 100.0],
        [0.0, 0.0, 10.0, 0.0, 1.0],
    );
    // With zeros, in both.
    let (x, s) = ([1.0, 0.0, 3.0], [0.0, 5.0, 0.0, 8.0, 2.0]);
    check(
        x,
        s,
        Prod,
        true,
        [0.0, 0.0, 100.0],
        [10.0, 0.0, 0.0, 0.0, 0.0],
    );
    check(
        x,
        s,
        Prod,
        false,
        [0.0, 0.0, 100.0],
        [10.0, 0.0, 80.0, 0.0, 0.0],
    );
    check(
        x,
        s,
        Amin,
        true,
        [0.0, 5.0, 100.0],
        [1.0, 0.0, 5.0, 0.0, 0.0],
    );
}

#[test]
fn of_writes() {
    let (x, v) = (leaf(&[1.0, 2.0, 3.0]), leaf(&[4.0, 5.0]));
    let y = x.mul(2.0);
    let before = y.square();
    y.set([2, -3], &v);
    // What was computed from the old numbers keeps them.
    before
        .add(&y)
        .mul(tensor!(vec![1.0f64, 10.0, 100.0]))
        .sum()
        .backward();
    assert_eq!(slope(&x), [8.0, 180.0, 2400.0]);
    assert_eq!(slope(&v), [100.0, 1.0]);

    let x = leaf(&[1.0, -2.0, 3.0]);
    let (y, v) = (x.mul(2.0), leaf(&[7.0]).sum());
    let factor = v.mul(3.0);
    y.set(y.gt(0.0), &factor);
    y.sum().backward();
    assert_eq!(slope(&x), [0.0, 2.0, 0.0]);
}

#[test]
fn of_gradients() {
    let (x, v) = (leaf(&[1.0, 2.0, 3.0]), leaf(&[4.0, 5.0]));
    let y = x.index_put([2, 0], v.square(), true).i([0, 2, 2]);
    let options = GradOptions {
        create_graph: true,
        ..GradOptions::default()
    };
    let first = grad(&[&y.pow(3).sum()], &[&v], None, options)[0]
        .clone()
        .expect("used");
    // y = [x₀ + v₁², (x₂ + v₀²) twice]; ∂/∂v₀ = 2·3(x₂ + v₀²)²·2v₀, ∂/∂v₁ = 3(x₀ + v₁²)²·2v₁.
    assert_eq!(
        first.to_vec::<f64>(),
        [12.0 * 19.0 * 19.0 * 4.0, 6.0 * 26.0 * 26.0 * 5.0]
    );
    let second = grad(&[&first.sum()], &[&x], None, GradOptions::default())[0]
        .clone()
        .expect("used");
    assert_eq!(
        second.to_vec::<f64>(),
        [12.0 * 26.0 * 5.0, 0.0, 24.0 * 19.0 * 4.0]
    );
}

#[test]
fn the_sum_of_amax_without_self_shares_among_the_sources_only() {
    let x = leaf(&[9.0]);
    let s = leaf(&[1.0, 1.0]);
    let y = x.scatter_reduce(0, &tensor!([0, 0]), &s, ScatterReduce::Amax, false);
    y.sum().backward();
    assert_eq!((slope(&x), slope(&s)), (vec![0.0], vec![0.5, 0.5]));
}
