//! Operators by value and by reference, with numbers on either side.

use ondol_autograd::{Operand, Tensor, tensor};

use crate::{floats, slope};

#[test]
fn by_value_and_by_reference() {
    let (a, b) = (tensor!([6.0, 8.0]), tensor!([2.0, 4.0]));
    let c = || a.clone();
    for sum in [&a + &b, &a + b.clone(), c() + &b, c() + b.clone()] {
        assert_eq!(floats(&sum), [8.0, 12.0]);
    }
    for difference in [&a - &b, &a - b.clone(), c() - &b, c() - b.clone()] {
        assert_eq!(floats(&difference), [4.0, 4.0]);
    }
    for product in [&a * &b, c() * b.clone()] {
        assert_eq!(floats(&product), [12.0, 32.0]);
    }
    for quotient in [&a / &b, c() / b.clone()] {
        assert_eq!(floats(&quotient), [3.0, 2.0]);
    }
    for rest in [&b % &a, b.clone() % &a] {
        assert_eq!(floats(&rest), [2.0, 4.0]);
    }
    assert_eq!(floats(&-&a), floats(&-c()));
    assert_eq!((!tensor!([true, false])).to_vec::<bool>(), [false, true]);
}

#[test]
fn numbers_on_either_side() {
    let x = tensor!([1.0, 4.0]);
    assert_eq!(floats(&(&x + 1.0)), floats(&(1.0 + &x)));
    assert_eq!(floats(&(10.0 - &x)), [9.0, 6.0]);
    assert_eq!(floats(&(&x - 10.0)), [-9.0, -6.0]);
    assert_eq!(floats(&(2.0 * x.clone())), floats(&(x.clone() * 2.0)));
    assert_eq!(floats(&(8.0 / &x)), [8.0, 2.0]);
    assert_eq!(floats(&(&x / 2)), [0.5, 2.0]);
    assert_eq!(floats(&(7 % &x)), [0.0, 3.0]);
    assert_eq!(floats(&(&x % 3)), [1.0, 1.0]);
    assert_eq!((1 - tensor!([3])).to_vec::<i64>(), [-2]);
    // The type of a number's result is inferred without help.
    assert_eq!((&x * 2.0).sum().item(), 10.0);
}

#[test]
fn numbers_of_every_type() {
    let x = tensor!([1.0, 2.0]);
    let numbers: [Operand; 7] = [
        3u8.into(),
        3i32.into(),
        3i64.into(),
        3usize.into(),
        3f32.into(),
        3f64.into(),
        tensor!(3.0).into(),
    ];
    for n in numbers {
        assert_eq!(floats(&x.add(n)), [4.0, 5.0]);
    }
    assert_eq!(floats(&x.add(true)), [2.0, 3.0]);
}

#[test]
fn operators_carry_gradients() {
    let x = tensor!([2.0, 4.0]).requires_grad_(true);
    let y = 1.0 / &x + (3.0 - &x) * &x - -&x;
    y.sum().backward();
    // -1/x² + 3 - 2x + 1
    assert_eq!(slope(&x), [-0.25, -4.0625]);
}

#[test]
fn assignments_write_every_name() {
    let mut x = tensor!([1.0, 2.0]);
    let name = x.clone();
    x += 1.0;
    x *= &tensor!([2.0, 3.0]);
    x -= tensor!([1.0, 1.0]);
    x /= 2;
    assert_eq!(floats(&name), [1.5, 4.0]);
    assert!(x.same(&name));
}

#[test]
fn shapes_broadcast_and_gradients_are_summed_back() {
    let x = Tensor::ones([5, 2]).requires_grad_(true);
    for (shape, want) in [
        (vec![2], 5.0),
        (vec![5, 1], 2.0),
        (vec![], 10.0),
        (vec![1, 2], 5.0),
    ] {
        let b = Tensor::ones(&shape[..]).requires_grad_(true);
        let y = &x + &b;
        assert_eq!(y.shape(), [5, 2]);
        y.sum().backward();
        let g = b.grad().unwrap();
        assert_eq!(g.shape(), b.shape());
        assert!(
            floats(&g.reshape(-1)).iter().all(|&v| v == want),
            "{shape:?}"
        );
    }
    assert_eq!(
        (Tensor::ones([0, 1]) + Tensor::ones([1, 3])).shape(),
        [0, 3]
    );
}
