//! Hooks of whole operations, and of several tensors together.

use ondol_autograd::{
    Error, GradOptions, Op, Tensor, catch, grad, register_multi_grad_hook, tensor,
};

use crate::{Notes, floats, leaf, root, says, slope};

fn text(grads: &[Option<Tensor>]) -> String {
    let all: Vec<_> = grads.iter().map(|g| g.as_ref().map(floats)).collect();
    format!("{all:?}")
}

#[test]
fn hooks_of_an_operation_see_all_gradients() {
    let notes = Notes::default();
    let (x, w) = (leaf(), tensor!([3.0, 4.0]));
    let y = w.mul(&x);
    let node = y.graph_node().unwrap();
    let (before, after) = (notes.clone(), notes.clone());
    node.register_prehook(move |outputs| {
        before.add(format!("before {}", text(outputs)));
        Some(
            outputs
                .iter()
                .map(|g| g.as_ref().map(|g| g.mul(2.0)))
                .collect(),
        )
    });
    node.register_hook(move |inputs, outputs| {
        after.add(format!("after {} {}", text(inputs), text(outputs)));
        Some(
            inputs
                .iter()
                .map(|g| g.as_ref().map(|g| g.add(1.0)))
                .collect(),
        )
    });
    // A tensor's own hook runs before.
    y.register_hook(|g| Some(g.mul(10.0)));
    y.sum().backward();
    assert_eq!(
        notes.take(),
        [
            "before [Some([10.0, 10.0])]",
            "after [None, Some([60.0, 80.0])] [Some([20.0, 20.0])]"
        ]
    );
    assert_eq!(slope(&x), [61.0, 81.0]);
}

#[test]
fn outputs_without_a_gradient_are_none() {
    let (x, notes) = (leaf(), Notes::default());
    let [_, second] = Op::new("two", [&x])
        .joint(|grads, _, _| vec![grads[1].clone()])
        .outputs([x.value(), x.value()]);
    let inner = notes.clone();
    let handle = second
        .graph_node()
        .unwrap()
        .register_prehook(move |outputs| {
            inner.add(text(outputs));
            // What did not come cannot be put there.
            Some(vec![Some(Tensor::ones(2)), outputs[1].clone()])
        });
    second.sum().backward_retain();
    assert_eq!(notes.take(), ["[None, Some([1.0, 1.0])]"]);
    handle.remove();
}

#[test]
fn what_hooks_of_an_operation_may_not_do() {
    let node = |t: &Tensor| t.graph_node().unwrap();
    assert!(
        says(|| node(&leaf()).register_hook(|_, _| None))
            .starts_with("register_hook: a leaf has no rules")
    );
    assert!(
        says(|| node(&leaf()).register_prehook(|_| None)).starts_with("register_prehook: a leaf")
    );
    let y = leaf().exp();
    node(&y).register_hook(|_, _| Some(vec![]));
    assert_eq!(
        says(|| y.sum().backward()),
        "exp: a hook of it returned an incorrect number of gradients (expected 1, got 0)"
    );
    let y = leaf().exp();
    node(&y).register_prehook(|_| Some(vec![Some(Tensor::ones(3))]));
    assert!(matches!(root(|| y.sum().backward()), Error::Shape { .. }));
    // Taking a gradient away is allowed: nothing flows then.
    let x = leaf();
    let y = x.exp();
    node(&y).register_hook(|inputs, _| Some(vec![None; inputs.len()]));
    y.sum().backward();
    assert!(x.grad().is_none());
}

#[test]
fn one_hook_for_several_tensors() {
    let notes = Notes::default();
    let (x, w, far) = (leaf(), leaf(), leaf());
    let y = x.mul(&w);
    let inner = notes.clone();
    let handle = register_multi_grad_hook(&[&x, &far, &y], move |grads| inner.add(text(grads)));
    y.sum().backward_retain();
    assert_eq!(notes.take(), ["[Some([1.0, 2.0]), None, Some([1.0, 1.0])]"]);
    // A backward that reaches none of them runs nothing; one that fails neither.
    w.exp().sum().backward();
    let bad = Op::new("bad", [&x]).output(x.value());
    assert!(catch(|| far.mul(&bad).sum().backward()).is_err());
    assert!(notes.take().is_empty());
    grad(
        &[&y.sum()],
        &[&x],
        None,
        GradOptions {
            retain_graph: true,
            ..Default::default()
        },
    );
    assert_eq!(notes.take(), ["[Some([1.0, 2.0]), None, Some([1.0, 1.0])]"]);
    handle.remove();
    y.sum().backward();
    assert!(notes.take().is_empty());
}
