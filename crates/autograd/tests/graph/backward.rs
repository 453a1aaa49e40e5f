//! The ways to go backward, and what stands between a gradient and its tensor.

use ondol_autograd::{BackwardOptions, GradOptions, Tensor, backward, catch, grad, tensor};

use crate::{floats, leaf, says, slope};

const RETAIN: BackwardOptions<'static> = BackwardOptions {
    retain_graph: true,
    inputs: None,
};

#[test]
fn several_roots_add_up() {
    let x = leaf();
    let shared = x.square();
    backward(
        &[&shared.sum(), &shared.mul(10.0)],
        Some(&[&tensor!(1.0), &tensor!([1.0, 0.0])]),
        RETAIN,
    );
    assert_eq!(slope(&x), [22.0, 4.0]);
    // The graph of both is walked once; it was kept.
    backward(&[&shared.sum()], None, BackwardOptions::default());
    assert_eq!(slope(&x), [24.0, 8.0]);
    assert!(catch(|| shared.sum().backward()).is_err());
}

#[test]
fn roots_that_depend_on_each_other() {
    let x = tensor!(3.0).requires_grad_(true);
    let y = x.square();
    let z = y.mul(2.0);
    backward(&[&z, &y, &x], None, BackwardOptions::default());
    assert_eq!(slope(&x), [12.0 + 6.0 + 1.0]);
}

#[test]
fn only_the_inputs_asked_for_get_a_gradient() {
    let (x, w, b) = (leaf(), leaf(), leaf());
    let y = x.mul(&w).add(&b);
    let options = BackwardOptions {
        retain_graph: true,
        inputs: Some(&[&x, &b]),
    };
    y.sum().backward_options(None, options);
    assert!(w.grad().is_none());
    assert_eq!((slope(&x), slope(&b)), (vec![1.0, 2.0], vec![1.0, 1.0]));
    // The way to `w` was not walked, so it is still there.
    y.sum().backward_options(
        None,
        BackwardOptions {
            inputs: Some(&[&w]),
            ..Default::default()
        },
    );
    assert_eq!((slope(&w), slope(&x)), (vec![1.0, 2.0], vec![1.0, 2.0]));
}

#[test]
fn an_input_in_between_keeps_its_gradient() {
    let x = leaf();
    let y = x.mul(2.0);
    let options = BackwardOptions {
        inputs: Some(&[&y]),
        ..Default::default()
    };
    y.mul(3.0).sum().backward_options(None, options);
    assert!(x.grad().is_none() && y.retains_grad());
    assert_eq!(slope(&y), [3.0, 3.0]);
    // What lies below was not used up.
    y.sum().backward();
    assert_eq!(slope(&x), [2.0, 2.0]);
}

#[test]
fn what_backward_refuses() {
    let x = leaf();
    let plain = tensor!(1.0);
    let (none, bare): (&[&Tensor], &[&Tensor]) = (&[], &[&plain]);
    let with = |inputs| BackwardOptions {
        retain_graph: false,
        inputs,
    };
    assert_eq!(
        says(|| x.sum().backward_options(None, with(Some(none)))),
        "backward: `inputs` argument to `backward()` cannot be empty"
    );
    assert_eq!(
        says(|| x.sum().backward_options(None, with(Some(bare)))),
        "backward: input 0 does not require grad"
    );
    assert_eq!(
        says(|| backward(&[&x.sum(), &tensor!(1.0)], None, RETAIN)),
        "backward: element 1 of tensors does not require grad and does not have a grad_fn"
    );
    assert_eq!(
        says(|| backward(&[&x.sum(), &x.sum()], Some(&[&tensor!(1.0)]), RETAIN)),
        "backward: one gradient is needed for each output"
    );
    assert_eq!(
        says(|| x.sum().backward_options(Some(&tensor!([1.0])), RETAIN)),
        "backward: [] and [1]: the gradient must have the shape of the output"
    );
    assert!(x.grad().is_none());
}

#[test]
fn grad_visits_only_what_lies_between() {
    // The operation beside the way has no rule, and is not asked for one.
    let (x, w) = (leaf(), leaf());
    let odd = ondol_autograd::Op::new("odd", [&w]).output(w.value());
    let y = x.mul(&odd).sum();
    let found = grad(&[&y], &[&x], None, GradOptions::default());
    assert_eq!(floats(found[0].as_ref().unwrap()), [1.0, 2.0]);
    assert!(catch(|| grad(&[&x.mul(&odd).sum()], &[&w], None, GradOptions::default())).is_err());
}

#[test]
fn grad_stops_at_what_was_asked_for() {
    let x = leaf();
    let y = x.square();
    y.sum().backward();
    // The graph below `y` is used up; above it, it is new.
    let found = grad(&[&y.mul(3.0).sum()], &[&y], None, GradOptions::default());
    assert_eq!(floats(found[0].as_ref().unwrap()), [3.0, 3.0]);
    // Nobody knows whether the way that was used up led to the input.
    let error = says(|| {
        grad(
            &[&y.mul(3.0).add(&x).sum()],
            &[&x],
            None,
            GradOptions::default(),
        )
    });
    assert!(
        error.starts_with("square: Trying to backward through the graph a second time"),
        "{error}"
    );
}

#[test]
fn zeros_for_what_is_not_used() {
    let (x, unused) = (leaf(), leaf());
    let options = GradOptions {
        materialize_grads: true,
        ..Default::default()
    };
    let found = grad(&[&x.sum()], &[&x, &unused], None, options);
    assert_eq!(floats(found[1].as_ref().unwrap()), [0.0, 0.0]);
}

#[test]
fn an_input_asked_for_twice_is_found_twice() {
    let x = leaf();
    let found = grad(
        &[&x.sum(), &x.square().sum()],
        &[&x, &x],
        None,
        GradOptions::default(),
    );
    for found in found {
        assert_eq!(floats(&found.unwrap()), [3.0, 5.0]);
    }
}

#[test]
fn detaching_in_place() {
    let x = leaf();
    let y = x.square();
    let same = y.detach_();
    assert!(same.same(&y) && y.is_leaf() && !y.requires_grad() && y.grad_fn().is_none());
    assert!(catch(|| y.sum().backward()).is_err());
    y.requires_grad_(true);
    y.mul(3.0).sum().backward();
    assert!(x.grad().is_none());
    assert_eq!(slope(&y), [3.0, 3.0]);
    // A leaf keeps its gradient.
    y.detach_();
    assert_eq!(slope(&y), [3.0, 3.0]);
    assert!(!y.requires_grad());
}

#[test]
fn the_graph_is_walked_node_by_node() {
    let (x, w) = (leaf(), leaf());
    let line = line!() + 1;
    let y = x.mul(&w).add(1.0);
    let add = y.graph_node().unwrap();
    assert_eq!(
        (add.name(), add.is_leaf(), add.location().line()),
        ("add", false, line)
    );
    let next = add.next_functions();
    assert_eq!(next.len(), 1);
    let (mul, output) = next[0].clone().unwrap();
    assert_eq!((mul.name(), output), ("mul", 0));
    let leaves: Vec<_> = mul.next_functions().into_iter().flatten().collect();
    assert!(
        leaves[0].0.same(&x.graph_node().unwrap()) && leaves[1].0.same(&w.graph_node().unwrap())
    );
    assert!(leaves[0].0.is_leaf() && leaves[0].0.next_functions().is_empty());
    assert!(tensor!(1.0).graph_node().is_none());
    // An input that needs no gradient has no node.
    let half = x.detach().sub(&w).graph_node().unwrap().next_functions();
    assert!(half[0].is_none() && half[1].is_some());
    assert!(!add.is_freed());
    y.sum().backward();
    assert!(add.is_freed() && add.next_functions().is_empty());
}
