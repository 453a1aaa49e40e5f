//! Neither a gradient nor a write is lost in silence: it arrives, or something says so.

use ondol_autograd::{DType, Op, Tensor, catch, no_grad, tensor};

use crate::says;

const NO_RULE: &str = "it has no gradient rule for input";

fn leaf() -> Tensor {
    tensor!([1.0, 2.0]).requires_grad_(true)
}

fn floats(t: &Tensor) -> Vec<f32> {
    t.to_vec()
}

#[test]
fn an_input_without_a_rule_panics_in_backward() {
    let (a, b) = (leaf(), leaf());
    // Only one of two has a rule; the other's gradient is asked for.
    let half = |a: &Tensor, b: &Tensor| {
        Op::new("half", [a, b])
            .rule(0, Tensor::clone)
            .output(a.value())
    };
    let error = catch(|| half(&a, &b).sum().backward())
        .unwrap_err()
        .to_string();
    assert!(error.starts_with(&format!("half: {NO_RULE} 1")), "{error}");
    // Where it is not asked for, nothing is lost.
    half(&a, &b.detach()).sum().backward();
    assert_eq!(floats(&a.grad().unwrap()), [1.0, 1.0]);
}

#[test]
fn the_gradient_of_a_second_output_needs_a_joint_rule() {
    let x = leaf();
    let two = || {
        let values = [x.value(), x.value()];
        Op::new("two", [&x]).rule(0, Tensor::clone).outputs(values)
    };
    let error = catch(|| two()[1].sum().backward()).unwrap_err().to_string();
    assert!(
        error.contains("two: a gradient reached its second output"),
        "{error}"
    );
    two()[0].sum().backward();
    assert_eq!(floats(&x.grad().unwrap()), [1.0, 1.0]);
}

#[test]
fn what_stops_a_gradient_says_so_when_backward_starts_there() {
    let x = leaf();
    let none = "backward: element 0 of tensors does not require grad and does not have a grad_fn";
    says!(x.detach().sum().backward() => none);
    says!(no_grad(|| x.sum()).backward() => none);
    says!(x.argmax(0, false).backward() => none);
    says!(x.long().sum().backward() => none);
}

#[test]
fn a_gradient_passes_every_float_dtype() {
    for dtype in [DType::F16, DType::BF16, DType::F64] {
        let x = leaf();
        x.to_dtype(dtype).mul(3.0).float().sum().backward();
        let g = x.grad().unwrap();
        assert_eq!((g.dtype(), floats(&g)), (DType::F32, vec![3.0, 3.0]));
    }
}

#[test]
fn a_write_to_a_view_of_a_living_tensor_panics() {
    let x = Tensor::zeros([2, 3]);
    for view in [
        x.i(0),
        x.t(),
        x.view(6),
        x.detach(),
        x.i(0).i(1),
        x.expand([2, 2, 3]),
        x.flip(0),
    ] {
        assert!(catch(|| view.add_(1.0)).is_err());
        assert!(catch(|| view.fill_(1.0)).is_err());
    }
    assert_eq!(floats(&x), [0.0; 6]);
    // The two idioms that the message names.
    x.set(0, x.i(0).add(1.0));
    assert_eq!(floats(&x.sum_dim(1, false)), [3.0, 0.0]);
    let copy = x.i(1).clone_data();
    assert_eq!(floats(&copy.add_(1.0)), [1.0; 3]);
}

#[test]
fn a_view_whose_base_is_gone_is_written_freely() {
    let view = Tensor::zeros([2, 3]).i(0);
    assert_eq!(floats(&view.add_(1.0)), [1.0; 3]);
    // The one in the middle may be gone while the first is there.
    let x = Tensor::zeros([2, 3]);
    let inner = x.i(0).i(1);
    assert!(catch(|| inner.add_(1.0)).is_err());
    drop(x);
    assert_eq!(inner.add_(1.0).item(), 1.0);
}

#[test]
fn a_write_to_the_base_leaves_a_views_old_numbers() {
    // PyTorch would show the new ones; docs/compat.md says so.
    let x = Tensor::zeros(3);
    let view = x.i(..2);
    x.add_(1.0);
    assert_eq!((floats(&x), floats(&view)), (vec![1.0; 3], vec![0.0; 2]));
    // They have parted, so that the view is free to be written.
    assert_eq!(floats(&view.add_(5.0)), [5.0; 2]);
    assert_eq!(floats(&x), [1.0; 3]);
}

#[test]
fn a_write_reaches_every_name_of_the_tensor() {
    let x = Tensor::zeros(2);
    let name = x.clone();
    name.add_(1.0);
    assert_eq!(floats(&x), [1.0, 1.0]);
    let y = leaf().mul(1.0);
    let name = y.clone();
    name.mul_(2.0);
    assert_eq!((floats(&y), y.grad_fn()), (vec![2.0, 4.0], Some("mul")));
}

#[test]
fn a_rule_keeps_the_numbers_it_saw() {
    // PyTorch raises here, as the saved number was modified in place; ours is a snapshot.
    let x = leaf();
    let y = x.mul(1.0);
    let squares = y.square();
    y.add_(10.0);
    squares.sum().backward();
    assert_eq!(floats(&x.grad().unwrap()), [2.0, 4.0]);
}

#[test]
fn a_leaf_that_requires_a_gradient_is_written_without_recording() {
    let x = leaf();
    assert!(catch(|| x.mul_(2.0)).is_err());
    no_grad(|| x.mul_(2.0));
    assert!(x.is_leaf() && x.requires_grad());
    x.sum().backward();
    assert_eq!(
        (floats(&x), floats(&x.grad().unwrap())),
        (vec![2.0, 4.0], vec![1.0, 1.0])
    );
}

#[test]
fn a_write_without_recording_to_a_result_keeps_its_graph() {
    let x = leaf();
    let y = x.mul(3.0);
    no_grad(|| y.fill_(7.0));
    y.sum().backward();
    assert_eq!(floats(&x.grad().unwrap()), [3.0, 3.0]);
}
