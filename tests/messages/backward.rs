//! Errors of gradients: they name the line of the forward, where there is one.

use ondol_autograd::{GradOptions, Op, Tensor, catch, grad, tensor};

use crate::{check, says};

#[test]
fn no_graph() {
    let x = tensor!([1.0, 2.0]);
    says!(x.backward() =>
        "backward: element 0 of tensors does not require grad and does not have a grad_fn");
    says!(x.sum().backward() =>
        "backward: element 0 of tensors does not require grad and does not have a grad_fn");
    says!(x.retain_grad() =>
        "retain_grad: can't retain_grad on Tensor that has requires_grad=False");
    says!(x.set_grad(Some(x.clone())) =>
        "set_grad: the tensor does not require a gradient; call requires_grad_(true) first");
}

#[test]
fn seeds() {
    let x = tensor!([1.0, 2.0]).requires_grad_(true);
    let y = x.mul(2.0);
    says!(y.backward() =>
        "backward: grad can be implicitly created only for scalar outputs, and this one has shape [2]; reduce it with .sum() or .mean(), or use backward_with(&gradient)");
    says!(y.backward_with(&tensor!(1.0)) =>
        "backward: [2] and []: the gradient must have the shape of the output");
    says!(x.set_grad(Some(tensor!(1.0))) =>
        "set_grad: [2] and []: a gradient has the shape of its tensor");
    says!(y.requires_grad_(false) =>
        "requires_grad_: you can only change requires_grad flags of leaf variables, and this one was made by `mul`; use .detach() for a tensor without its history");
}

#[test]
fn gradients_asked_for() {
    let (x, z) = (
        tensor!(1.0).requires_grad_(true),
        tensor!(1.0).requires_grad_(true),
    );
    let y = x.square();
    let options = GradOptions::default();
    says!(grad(&[&y], &[&tensor!(1.0)], None, options) =>
        "grad: input 0 does not require grad");
    says!(grad(&[&y], &[&x, &z], None, options) =>
        "grad: input 1 appears to not have been used in the graph; set allow_unused if this is wanted");
    says!(grad(&[&y], &[&x], Some(&[]), options) =>
        "grad: one gradient is needed for each output");
}

#[test]
fn a_second_backward_names_the_line_of_the_forward() {
    let x = tensor!(1.0).requires_grad_(true);
    let line = line!() + 1;
    let y = x.square();
    y.backward();
    check(
        catch(|| y.backward()),
        "square: Trying to backward through the graph a second time, but what it needs was freed by the first; use backward_retain() the first time\n  in backward of square",
        file!(),
        line,
    );
}

#[test]
fn an_operation_without_a_rule_panics_by_name() {
    let x = tensor!(1.0).requires_grad_(true);
    let line = line!() + 1;
    let y = Op::new("fancy", [&x]).output(x.value());
    check(
        catch(|| y.mul(2.0).backward()),
        "fancy: it has no gradient rule for input 0; its gradient would be lost\n  in backward of fancy",
        file!(),
        line,
    );
}

#[test]
fn a_rule_that_gives_another_shape_is_named() {
    let x = tensor!([1.0, 2.0]).requires_grad_(true);
    let line = line!() + 1;
    let y = Op::new("fancy", [&x])
        .rule(0, |_| Tensor::zeros(3))
        .output(x.value());
    check(
        catch(|| y.sum().backward()),
        "fancy: [2] and [3]: its gradient rule gave a gradient that does not fit the input\n  in backward of fancy",
        file!(),
        line,
    );
}

#[test]
fn an_error_within_a_rule_names_the_rules_line() {
    let x = tensor!([1.0, 2.0]).requires_grad_(true);
    let line = line!() + 1;
    let rule = |g: &Tensor| g.mm(g);
    let y = Op::new("fancy", [&x]).rule(0, rule).output(x.value());
    let text = "mm: [2]: self must be a matrix, but it has 1 dimensions\n  in backward of fancy";
    check(catch(|| y.sum().backward()), text, file!(), line);
}

#[test]
fn a_joint_rule_that_forgets_an_input_is_named() {
    let x = tensor!(1.0).requires_grad_(true);
    let line = line!() + 1;
    let y = Op::new("fancy", [&x])
        .joint(|_, _, _| vec![None])
        .output(x.value());
    check(
        catch(|| y.backward()),
        "fancy: it has no gradient rule for input 0; its gradient would be lost\n  in backward of fancy",
        file!(),
        line,
    );
}
