//! PyTorch's choices about rows and their distances, recorded from PyTorch 2.15.

use std::f64::consts::{FRAC_1_SQRT_2, SQRT_2};

use ondol_autograd::{Tensor, catch, tensor};

const INF: f64 = f64::INFINITY;

/// Two of these rows are the same; their distance has no slope.
fn rows() -> Tensor {
    Tensor::from_vec(vec![0.0, 0.0, 3.0, 4.0, 0.0, 1.0, 3.0, 4.0], [4, 2])
}

#[track_caller]
fn near(got: &Tensor, want: &[f64]) {
    let got = got.to_vec::<f64>();
    let near = got.iter().zip(want).all(|(x, y)| (x - y).abs() < 1e-12);
    assert!(got.len() == want.len() && near, "{got:?} is not {want:?}");
}

#[test]
fn distances_of_rows_from_each_other() {
    let diagonal = 3.0 * SQRT_2;
    for (p, want) in [
        (0.0, [2.0, 1.0, 2.0, 2.0, 0.0, 2.0]),
        (1.0, [7.0, 1.0, 7.0, 6.0, 0.0, 6.0]),
        (2.0, [5.0, 1.0, 5.0, diagonal, 0.0, diagonal]),
        (INF, [4.0, 1.0, 4.0, 3.0, 0.0, 3.0]),
    ] {
        near(&rows().pdist(p), &want);
    }
    let x = rows().requires_grad_(true);
    x.pdist(2.0).sum().backward();
    let (a, b) = (0.6 + FRAC_1_SQRT_2, 0.8 + FRAC_1_SQRT_2);
    let want = [-1.2, -2.6, a, b, -SQRT_2, 1.0 - SQRT_2, a, b];
    near(&x.grad().expect("a gradient"), &want);
}

#[test]
fn distances_of_few_rows_and_of_none() {
    assert_eq!(tensor!([[1.0, 2.0]]).pdist(2.0).shape(), [0]);
    assert_eq!(Tensor::zeros([3, 0]).pdist(INF).to_vec::<f32>(), [0.0; 3]);
    for wrong in [tensor!([1.0]), tensor!([[1, 2]])] {
        assert!(catch(|| wrong.pdist(2.0)).is_err());
    }
    assert!(catch(|| tensor!([[1.0]]).pdist(-1.0)).is_err());
}
