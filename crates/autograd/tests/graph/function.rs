//! Operations with a backward of their own.

use ondol_autograd::{
    BackwardOptions, Error, Function, FunctionContext, FunctionGrads, GradOptions, Tensor, catch,
    grad, gradcheck, gradgradcheck, is_grad_enabled, no_grad, tensor,
};

use crate::{Notes, floats, leaf, root, says, slope};

const GRAPH: GradOptions = GradOptions {
    create_graph: true,
    retain_graph: true,
    allow_unused: false,
    materialize_grads: false,
};

/// `eˣ` from its result.
struct Exp;
impl Function for Exp {
    type Output = Tensor;
    fn forward(&self, ctx: &mut FunctionContext, inputs: &[Tensor]) -> Tensor {
        assert!(!is_grad_enabled());
        let y = inputs[0].exp();
        ctx.save_for_backward(&[&y]);
        y
    }
    fn backward(&self, ctx: &FunctionContext, grads: &FunctionGrads) -> Vec<Option<Tensor>> {
        vec![Some(&grads[0] * &ctx.saved_tensors()[0])]
    }
}

/// `scale · a · b` from its inputs.
struct Product {
    scale: f64,
}
impl Function for Product {
    type Output = Tensor;
    fn forward(&self, ctx: &mut FunctionContext, inputs: &[Tensor]) -> Tensor {
        ctx.save_for_backward(&[&inputs[0], &inputs[1]]);
        inputs[0].mul(&inputs[1]).mul(self.scale)
    }
    fn backward(&self, ctx: &FunctionContext, grads: &FunctionGrads) -> Vec<Option<Tensor>> {
        let [a, b] = ctx.saved_tensors() else {
            panic!("two were saved")
        };
        let g = grads[0].mul(self.scale);
        let a_grad = ctx.needs_input_grad(0).then(|| g.mul(b));
        vec![a_grad, ctx.needs_input_grad(1).then(|| g.mul(a))]
    }
}

/// A function made of two closures' results, for the odd cases.
struct Odd<F>(F);
impl<F> Function for Odd<F>
where
    F: Fn(&FunctionContext, &FunctionGrads) -> Vec<Option<Tensor>> + Send + Sync + 'static,
{
    type Output = (Tensor, Tensor);
    fn forward(&self, ctx: &mut FunctionContext, inputs: &[Tensor]) -> (Tensor, Tensor) {
        ctx.keep(inputs.len());
        (inputs[0].mul(2.0), inputs[0].mul(3.0))
    }
    fn backward(&self, ctx: &FunctionContext, grads: &FunctionGrads) -> Vec<Option<Tensor>> {
        (self.0)(ctx, grads)
    }
}

#[test]
fn functions_pass_gradcheck_twice() {
    let a = tensor!(vec![0.3f64, -1.2]);
    let b = tensor!(vec![vec![2.0f64, 0.5], vec![-0.7, 1.1]]);
    // The first input is broadcast; the engine sums.
    let f = |t: &[Tensor]| vec![Product { scale: 1.5 }.apply(&[&t[0], &t[1]])];
    gradcheck(f, &[a.clone(), b.clone()]).unwrap();
    gradgradcheck(f, &[a.clone(), b]).unwrap();
    let f = |t: &[Tensor]| vec![Exp.apply(&[&t[0]])];
    gradcheck(f, std::slice::from_ref(&a)).unwrap();
    gradgradcheck(f, &[a]).unwrap();
}

#[test]
fn three_derivatives_through_a_saved_output() {
    let x = tensor!(0.5).requires_grad_(true);
    let mut y = Exp.apply(&[&x]);
    assert_eq!(y.grad_fn(), Some("Exp"));
    for _ in 0..3 {
        y = grad(&[&y], &[&x], None, GRAPH)[0].clone().unwrap();
        assert_eq!(y.item_as::<f32>(), 0.5f32.exp());
    }
}

#[test]
fn only_what_is_needed_is_asked_for() {
    let (a, b) = (leaf(), leaf());
    let notes = Notes::default();
    let inner = notes.clone();
    let f = move |ctx: &FunctionContext, grads: &FunctionGrads| {
        let needs = [0, 1].map(|i| ctx.needs_input_grad(i));
        inner.add(format!("{needs:?}"));
        needs.map(|n| n.then(|| grads[0].clone())).into()
    };
    Odd(f.clone()).apply(&[&a, &b]).0.sum().backward();
    Odd(f.clone()).apply(&[&a, &b.detach()]).0.sum().backward();
    let only_b = BackwardOptions {
        inputs: Some(&[&b]),
        ..Default::default()
    };
    Odd(f.clone())
        .apply(&[&a, &b])
        .0
        .sum()
        .backward_options(None, only_b);
    assert_eq!(
        notes.take(),
        ["[true, true]", "[true, false]", "[false, true]"]
    );
    // Nothing is recorded where nothing needs a gradient.
    let (y, z) = no_grad(|| Odd(f.clone()).apply(&[&a, &b]));
    assert!(!y.requires_grad() && !z.requires_grad());
    assert!(!Odd(f).apply(&[&a.detach()]).0.requires_grad());
}

#[test]
fn missing_gradients_are_zeros_unless_asked_for_as_they_are() {
    struct Split {
        materialize: bool,
        notes: Notes,
    }
    impl Function for Split {
        type Output = [Tensor; 2];
        fn forward(&self, ctx: &mut FunctionContext, inputs: &[Tensor]) -> [Tensor; 2] {
            ctx.set_materialize_grads(self.materialize);
            [inputs[0].mul(2.0), Tensor::zeros([3, 1])]
        }
        fn backward(&self, _: &FunctionContext, grads: &FunctionGrads) -> Vec<Option<Tensor>> {
            let shape = |i| grads.get(i).map(|g: &Tensor| g.shape().to_vec());
            self.notes.add(format!("{:?} {:?}", shape(0), shape(1)));
            vec![grads.get(0).map(|g| g.mul(2.0))]
        }
    }
    let (x, notes) = (leaf(), Notes::default());
    for materialize in [true, false] {
        let notes = notes.clone();
        let [first, _] = Split { materialize, notes }.apply(&[&x]);
        first.sum().backward();
    }
    assert_eq!(notes.take(), ["Some([2]) Some([3, 1])", "Some([2]) None"]);
    assert_eq!(slope(&x), [4.0, 4.0]);
    // `grads[1]` of one that is missing says so.
    let f = |_: &FunctionContext, grads: &FunctionGrads| vec![Some(grads[7].clone())];
    let error = says(|| Odd(f).apply(&[&x]).0.sum().backward());
    assert!(
        error.starts_with("FunctionGrads: there is no gradient for output 7 of 2"),
        "{error}"
    );
}

#[test]
fn none_is_no_gradient() {
    let (a, b) = (leaf(), leaf());
    let f = |_: &FunctionContext, grads: &FunctionGrads| vec![Some(grads[0].clone()), None];
    Odd(f).apply(&[&a, &b]).0.sum().backward();
    assert_eq!(slope(&a), [1.0, 1.0]);
    assert!(b.grad().is_none());
    let unused = GradOptions {
        allow_unused: true,
        ..Default::default()
    };
    assert!(grad(&[&Odd(f).apply(&[&a, &b]).0.sum()], &[&b], None, unused)[0].is_none());
}

#[test]
fn outputs_that_carry_no_gradient() {
    struct Sorted;
    impl Function for Sorted {
        type Output = (Tensor, Tensor, Tensor);
        fn forward(&self, ctx: &mut FunctionContext, inputs: &[Tensor]) -> Self::Output {
            let (values, order) = inputs[0].sort(0, false);
            let copy = values.mul(1.0);
            ctx.mark_non_differentiable(&[&copy]);
            ctx.save_for_backward(&[&order, &copy]);
            (values, order, copy)
        }
        fn backward(&self, ctx: &FunctionContext, grads: &FunctionGrads) -> Vec<Option<Tensor>> {
            assert_eq!(grads.len(), 3);
            assert!(!ctx.saved_tensors()[1].requires_grad());
            let zeros = grads[0].zeros_like();
            vec![Some(zeros.scatter(0, &ctx.saved_tensors()[0], &grads[0]))]
        }
    }
    let x = tensor!([2.0, 1.0]).requires_grad_(true);
    let (values, order, copy) = Sorted.apply(&[&x]);
    assert!(values.requires_grad() && !order.requires_grad() && !copy.requires_grad());
    values.mul(tensor!([1.0, 10.0])).sum().backward();
    assert_eq!(slope(&x), [10.0, 1.0]);
}

#[test]
fn state_of_any_type_is_kept() {
    let x = leaf();
    let f = |ctx: &FunctionContext, grads: &FunctionGrads| {
        assert_eq!(
            (ctx.kept::<usize>(), ctx.kept::<String>()),
            (Some(&1), None)
        );
        vec![Some(grads[0].mul(2.0).add(grads[1].mul(3.0)))]
    };
    let (a, b) = Odd(f).apply(&[&x]);
    a.add(&b).sum().backward();
    assert_eq!(slope(&x), [5.0, 5.0]);
}

#[test]
fn wrong_gradients_are_errors_that_name_the_function() {
    let x = leaf();
    let count = |_: &FunctionContext, grads: &FunctionGrads| vec![Some(grads[0].clone()); 2];
    let line = line!() + 1;
    let y = Odd(count).apply(&[&x]).0;
    let error = catch(|| y.sum().backward()).unwrap_err();
    assert!(
        error.to_string().starts_with(
            "Odd: its backward returned an incorrect number of gradients (expected 1, got 2)\n  in backward of Odd"
        ),
        "{error}"
    );
    assert_eq!(error.location().map(|at| at.line()), Some(line));
    assert!(matches!(error.root(), Error::Autograd { op: "Odd", .. }));
    let shape = |_: &FunctionContext, _: &FunctionGrads| vec![Some(Tensor::ones(3))];
    let error = root(|| Odd(shape).apply(&[&x]).0.sum().backward());
    let Error::Shape { op, lhs, rhs, .. } = error else {
        panic!("{error}")
    };
    assert_eq!((op, lhs, rhs), ("Odd", vec![2], vec![3]));
    // One that was broadcast is summed, as everywhere.
    let wide = |_: &FunctionContext, _: &FunctionGrads| vec![Some(Tensor::ones([4, 2]))];
    x.zero_grad();
    Odd(wide).apply(&[&x]).0.sum().backward();
    assert_eq!(slope(&x), [4.0, 4.0]);
}

#[test]
fn a_panic_in_backward_leaves_everything_usable() {
    let x = leaf();
    let f = |_: &FunctionContext, _: &FunctionGrads| panic!("on purpose");
    let y = Odd(f).apply(&[&x]).0.sum();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| y.backward_retain()));
    assert!(panicked.is_err() && is_grad_enabled() && x.grad().is_none());
    Exp.apply(&[&x]).sum().backward();
    assert_eq!(slope(&x), floats(&x.detach().exp()));
}

/// `x²`, whose backward is not to be differentiated.
struct Once;
impl Function for Once {
    type Output = Tensor;
    fn forward(&self, ctx: &mut FunctionContext, inputs: &[Tensor]) -> Tensor {
        ctx.save_for_backward(&[&inputs[0]]);
        inputs[0].square()
    }
    fn backward(&self, ctx: &FunctionContext, grads: &FunctionGrads) -> Vec<Option<Tensor>> {
        assert!(!is_grad_enabled());
        vec![Some(grads[0].mul(&ctx.saved_tensors()[0]).mul(2.0))]
    }
    fn once_differentiable(&self) -> bool {
        true
    }
}

#[test]
fn a_second_derivative_of_what_has_none_is_an_error() {
    let x = leaf();
    let first = grad(&[&Once.apply(&[&x]).sum()], &[&x], None, GRAPH)[0]
        .clone()
        .unwrap();
    assert_eq!(floats(&first), [2.0, 4.0]);
    assert_eq!(
        says(|| first.sum().backward()),
        "Once: trying to differentiate twice a function that is once_differentiable"
    );
    Once.apply(&[&x]).sum().backward();
    assert_eq!(slope(&x), [2.0, 4.0]);
}

#[test]
fn inputs_are_not_the_callers_to_change() {
    struct Writes;
    impl Function for Writes {
        type Output = Tensor;
        fn forward(&self, ctx: &mut FunctionContext, inputs: &[Tensor]) -> Tensor {
            ctx.save_for_backward(&[&inputs[0]]);
            let y = inputs[0].mul(2.0);
            inputs[0].fill_(9.0);
            y
        }
        fn backward(&self, ctx: &FunctionContext, grads: &FunctionGrads) -> Vec<Option<Tensor>> {
            // The handle that was saved was written to before the end of forward.
            assert_eq!(floats(&ctx.saved_tensors()[0]), [9.0, 9.0]);
            grads[0].mul_(2.0);
            vec![Some(grads[0].clone())]
        }
    }
    let x = leaf();
    let y = Writes.apply(&[&x]).sum();
    y.backward_retain();
    y.backward();
    assert_eq!((floats(&x), slope(&x)), (vec![1.0, 2.0], vec![4.0, 4.0]));
}

#[test]
fn the_identity_gives_another_tensor() {
    struct Same;
    impl Function for Same {
        type Output = Tensor;
        fn forward(&self, ctx: &mut FunctionContext, inputs: &[Tensor]) -> Tensor {
            ctx.save_for_backward(&[&inputs[0]]);
            inputs[0].clone()
        }
        fn backward(&self, _: &FunctionContext, grads: &FunctionGrads) -> Vec<Option<Tensor>> {
            vec![Some(grads[0].neg())]
        }
    }
    let x = leaf();
    let y = Same.apply(&[&x]);
    assert!(!y.same(&x) && x.is_leaf());
    y.sum().backward();
    assert_eq!(slope(&x), [-1.0, -1.0]);
}
