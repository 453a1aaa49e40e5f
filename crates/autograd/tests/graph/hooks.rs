//! Hooks of tensors: when they run, on what, and what they change.

use std::thread;

use ondol_autograd::{
    BackwardOptions, Error, GradOptions, HookHandle, Tensor, catch, grad, no_grad,
    observe_backward, tensor,
};

use crate::{Notes, floats, leaf, root, says, slope};

fn noting(notes: &Notes, name: &'static str) -> impl Fn(&Tensor) -> Option<Tensor> + use<> {
    let notes = notes.clone();
    move |g| {
        notes.add(format!("{name} {:?}", floats(g)));
        None
    }
}

#[test]
fn a_hook_sees_the_whole_gradient_once() {
    let notes = Notes::default();
    let x = leaf();
    let y = x.mul(2.0);
    y.register_hook(noting(&notes, "y"));
    x.register_hook(noting(&notes, "x"));
    // `y` is used twice, `x` three times.
    y.square().add(y.mul(3.0)).add(&x).sum().backward();
    assert_eq!(notes.take(), ["y [7.0, 11.0]", "x [15.0, 23.0]"]);
    assert_eq!(slope(&x), [15.0, 23.0]);
}

#[test]
fn hooks_run_in_order_and_change_what_goes_on() {
    let notes = Notes::default();
    let x = leaf();
    let y = x.mul(2.0);
    y.register_hook(noting(&notes, "first"));
    y.register_hook(|g| Some(g.mul(10.0)));
    y.register_hook(noting(&notes, "second"));
    x.register_hook(|g| Some(g.add(1.0)));
    y.sum().backward();
    assert_eq!(notes.take(), ["first [1.0, 1.0]", "second [10.0, 10.0]"]);
    assert_eq!(slope(&x), [21.0, 21.0]);
}

#[test]
fn a_kept_gradient_is_the_one_the_hooks_leave() {
    // As in PyTorch, whichever came first.
    let x = leaf();
    let y = x.mul(2.0);
    assert!(!y.retains_grad());
    y.retain_grad();
    y.register_hook(|g| Some(g.mul(10.0)));
    y.sum().backward();
    assert_eq!((slope(&y), slope(&x)), (vec![10.0; 2], vec![20.0; 2]));
    assert!(y.retains_grad() && !x.retains_grad());
    x.retain_grad();
    assert!(!x.retains_grad());
}

#[test]
fn a_handle_takes_a_hook_off_and_its_drop_does_not() {
    let notes = Notes::default();
    let x = leaf();
    let handle: HookHandle = x.register_hook(noting(&notes, "removed"));
    drop(x.register_hook(noting(&notes, "kept")));
    handle.remove();
    handle.clone().remove();
    x.sum().backward();
    x.sum().backward();
    assert_eq!(notes.take(), ["kept [1.0, 1.0]", "kept [1.0, 1.0]"]);
    // A handle may outlive its tensor.
    let gone = leaf().register_hook(|_| None);
    gone.remove();
}

#[test]
fn a_hook_may_add_and_remove_hooks() {
    let notes = Notes::default();
    let x = leaf();
    let (weak, inner) = (x.downgrade(), notes.clone());
    x.register_hook(move |_| {
        let x = weak.upgrade()?;
        x.register_hook(noting(&inner, "late"));
        None
    });
    x.sum().backward();
    assert!(notes.take().is_empty());
    x.sum().backward();
    assert_eq!(notes.take(), ["late [1.0, 1.0]"]);
}

#[test]
fn hooks_run_under_grad_too() {
    let x = leaf();
    let y = x.mul(2.0);
    y.register_hook(|g| Some(g.mul(10.0)));
    x.register_hook(|g| Some(g.add(1.0)));
    let options = GradOptions {
        retain_graph: true,
        ..Default::default()
    };
    let z = y.sum();
    let of = |t: &Tensor| floats(grad(&[&z], &[t], None, options)[0].as_ref().unwrap());
    // Of the tensor the hook hangs on, and of one below it.
    assert_eq!((of(&y), of(&x)), (vec![10.0; 2], vec![21.0; 2]));
    let both = grad(&[&z], &[&y, &x], None, options);
    assert_eq!(floats(both[0].as_ref().unwrap()), [10.0; 2]);
    assert_eq!(floats(both[1].as_ref().unwrap()), [21.0; 2]);
    assert!(x.grad().is_none());
}

#[test]
fn hooks_beside_the_way_do_not_run() {
    let notes = Notes::default();
    let (x, w) = (leaf(), leaf());
    w.register_hook(noting(&notes, "w"));
    let y = x.mul(&w).sum();
    grad(&[&y], &[&x], None, GradOptions::default());
    assert!(notes.take().is_empty() && w.grad().is_none());
}

#[test]
fn a_hook_can_be_differentiated() {
    let x = tensor!(3.0).requires_grad_(true);
    let y = x.mul(1.0);
    let weight = x.clone();
    y.register_hook(move |g| Some(g.mul(&weight)));
    let options = GradOptions {
        create_graph: true,
        ..Default::default()
    };
    // d(x²)/dx · x = 2·y·x. By x it is 2y, and by y it is 2x, which passes the hook again: 6 + 18.
    let first = grad(&[&y.square()], &[&x], None, options)[0]
        .clone()
        .unwrap();
    let second = grad(&[&first], &[&x], None, GradOptions::default());
    assert_eq!(
        (first.item(), second[0].as_ref().unwrap().item()),
        (18.0, 24.0)
    );
}

#[test]
fn after_a_write_in_place_old_hooks_see_the_old_numbers() {
    let notes = Notes::default();
    let x = leaf();
    let y = x.mul(2.0);
    y.retain_grad();
    y.register_hook(noting(&notes, "before"));
    y.mul_(3.0);
    y.register_hook(noting(&notes, "after"));
    y.sum().backward();
    assert_eq!(notes.take(), ["after [1.0, 1.0]", "before [3.0, 3.0]"]);
    // The gradient kept is that of the new numbers.
    assert_eq!((slope(&y), slope(&x)), (vec![1.0; 2], vec![6.0; 2]));
}

#[test]
fn a_frozen_leaf_keeps_its_hooks_and_its_gradient() {
    let notes = Notes::default();
    let x = leaf();
    x.register_hook(noting(&notes, "x"));
    x.sum().backward();
    x.requires_grad_(false);
    assert_eq!(slope(&x), [1.0, 1.0]);
    assert!(!x.mul(2.0).requires_grad());
    x.requires_grad_(true);
    x.sum().backward();
    assert_eq!((notes.take().len(), slope(&x)), (2, vec![2.0, 2.0]));
    x.requires_grad_(false);
    x.zero_grad();
    assert!(x.grad().is_none());
}

#[test]
fn leaf_hooks_run_after_the_sum() {
    let notes = Notes::default();
    let x = leaf();
    let inner = notes.clone();
    let handle = x.register_post_accumulate_grad_hook(move |x| {
        inner.add(format!("{:?}", slope(x)));
    });
    x.register_hook(|g| Some(g.mul(2.0)));
    x.add(&x).sum().backward();
    x.sum().backward();
    assert_eq!(notes.take(), ["[4.0, 4.0]", "[6.0, 6.0]"]);
    // Nothing is added up under `grad`.
    grad(&[&x.sum()], &[&x], None, GradOptions::default());
    assert!(notes.take().is_empty());
    handle.remove();
    x.sum().backward();
    assert!(notes.take().is_empty());
}

#[test]
fn a_step_inside_backward_leaves_no_gradient() {
    let (w, v) = (leaf(), leaf());
    for p in [&w, &v] {
        p.register_post_accumulate_grad_hook(|p| {
            no_grad(|| p.sub_(p.grad().unwrap().mul(0.5)));
            p.zero_grad();
        });
    }
    // The rule of the product has the numbers of the forward, though `v` has stepped by then.
    w.mul(&v).sum().backward();
    assert!(w.grad().is_none() && v.grad().is_none());
    assert_eq!((floats(&w), floats(&v)), (vec![0.5, 1.0], vec![0.5, 1.0]));
}

#[test]
fn where_hooks_may_not_be() {
    let x = tensor!([1.0]);
    assert_eq!(
        says(|| x.register_hook(|_| None)),
        "register_hook: cannot register a hook on a tensor that doesn't require gradient"
    );
    assert_eq!(
        says(|| x.register_post_accumulate_grad_hook(|_| ())),
        "register_post_accumulate_grad_hook: cannot register a hook on a tensor that doesn't require gradient"
    );
    assert_eq!(
        says(|| leaf().mul(2.0).register_post_accumulate_grad_hook(|_| ())),
        "register_post_accumulate_grad_hook: post accumulate grad hooks cannot be registered on non-leaf tensors"
    );
}

#[test]
fn a_hook_keeps_size_and_type() {
    let with = |f: fn(&Tensor) -> Tensor| {
        let y = leaf().mul(2.0);
        y.register_hook(move |g| Some(f(g)));
        root(|| y.sum().backward())
    };
    let size = with(|_| Tensor::ones(3));
    assert!(matches!(size, Error::Shape { .. }), "{size}");
    assert!(size.to_string().contains("the hook has changed the size"));
    let dtype = with(Tensor::double);
    assert!(matches!(dtype, Error::DType { .. }), "{dtype}");
    assert!(
        dtype
            .to_string()
            .contains("the hook has changed the gradient's type")
    );
}

#[test]
fn an_error_in_a_hook_names_the_forward() {
    let x = leaf();
    let line = line!() + 1;
    let y = x.mul(2.0);
    y.register_hook(|g| Some(g.mm(g)));
    let error = catch(|| y.sum().backward()).unwrap_err();
    assert!(error.to_string().contains("in backward of mul"), "{error}");
    assert_eq!(error.location().map(|at| at.line()), Some(line + 1));
}

#[test]
fn a_panic_in_a_hook_leaves_everything_usable() {
    let x = leaf();
    let handle = x.register_hook(|_| panic!("on purpose"));
    let y = x.mul(2.0);
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| y.sum().backward()));
    assert!(panicked.is_err() && x.grad().is_none());
    assert!(ondol_autograd::is_grad_enabled());
    handle.remove();
    x.mul(3.0).sum().backward();
    assert_eq!(slope(&x), [3.0, 3.0]);
}

#[test]
fn backward_within_a_hook() {
    let (x, side) = (leaf(), leaf());
    let inner = side.clone();
    x.register_hook(move |g| {
        // Recording is off in a backward, as in PyTorch.
        ondol_autograd::enable_grad(|| inner.mul(g).sum().backward());
        None
    });
    x.mul(5.0).sum().backward();
    assert_eq!((slope(&x), slope(&side)), (vec![5.0; 2], vec![5.0; 2]));
}

#[test]
fn a_write_in_place_to_a_gradient_stays_there() {
    // `add` hands the same gradient to both.
    let (x, y) = (leaf(), leaf());
    x.register_hook(|g| {
        g.mul_(10.0);
        None
    });
    x.add(&y).sum().backward();
    assert_eq!((slope(&x), slope(&y)), (vec![10.0; 2], vec![1.0; 2]));
    let found = grad(&[&x.add(&y).sum()], &[&x, &y], None, GradOptions::default());
    found[1].as_ref().unwrap().mul_(5.0);
    assert_eq!(floats(found[0].as_ref().unwrap()), [10.0, 10.0]);
}

#[test]
fn each_output_has_its_own_hooks() {
    let x = leaf();
    let [a, b] = ondol_autograd::Op::new("two", [&x])
        .joint(|grads, _, _| {
            vec![Some(
                grads[0].as_ref().unwrap().add(grads[1].as_ref().unwrap()),
            )]
        })
        .outputs([x.value(), x.value()]);
    a.register_hook(|g| Some(g.mul(10.0)));
    b.register_hook(|g| Some(g.mul(100.0)));
    b.retain_grad();
    a.add(&b).sum().backward();
    assert_eq!((slope(&x), slope(&b)), (vec![110.0; 2], vec![100.0; 2]));
    assert!(a.grad().is_none());
}

#[test]
fn handles_and_nodes_may_go_to_other_threads() {
    fn goes<T: Send + Sync>(_: &T) {}
    let x = leaf();
    goes(&x.register_hook(|_| None));
    goes(&x.graph_node());
    goes(&x.downgrade());
    goes(&ondol_autograd::HookList::<Box<dyn Fn() + Send + Sync>>::new());
}

#[test]
fn hooks_on_threads() {
    let x = leaf();
    x.register_hook(|g| Some(g.mul(2.0)));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let x = x.clone();
            thread::spawn(move || (0..25).for_each(|_| x.mul(1.0).sum().backward()))
        })
        .collect();
    threads.into_iter().for_each(|t| t.join().unwrap());
    assert_eq!(slope(&x), [200.0, 200.0]);
}

#[test]
fn restricted_backwards_run_hooks_on_the_way() {
    let notes = Notes::default();
    let (x, w) = (leaf(), leaf());
    let y = x.mul(2.0);
    y.register_hook(noting(&notes, "y"));
    w.register_hook(noting(&notes, "w"));
    let options = BackwardOptions {
        inputs: Some(&[&x]),
        ..Default::default()
    };
    y.mul(&w).sum().backward_options(None, options);
    assert_eq!(
        (notes.take(), slope(&x)),
        (vec!["y [1.0, 2.0]".to_owned()], vec![2.0, 4.0])
    );
}

#[test]
fn the_two_ends_of_a_part_are_observed() {
    let notes = Notes::default();
    let (a, b) = (notes.clone(), notes.clone());
    let part = move |x: &Tensor| {
        let (a, b) = (a.clone(), b.clone());
        observe_backward(
            x,
            |x| x.mul(3.0),
            move |out| {
                a.add(format!("out {:?}", floats(out)));
                Some(out.mul(2.0))
            },
            move |input, out| {
                b.add(format!("in {:?} {:?}", input.map(floats), floats(out)));
                None
            },
        )
    };
    let x = leaf();
    part(&x).sum().backward();
    assert_eq!(
        notes.take(),
        ["out [1.0, 1.0]", "in Some([6.0, 6.0]) [2.0, 2.0]"]
    );
    assert_eq!(slope(&x), [6.0, 6.0]);
    // Where the input needs no gradient, but something inside does.
    let w = leaf();
    let (c, inner) = (notes.clone(), w.clone());
    let y = observe_backward(
        &tensor!([1.0, 1.0]),
        |x| x.mul(&inner),
        |_| None,
        move |input, _| {
            c.add(format!("{:?}", input.map(floats)));
            None
        },
    );
    y.sum().backward();
    assert_eq!(notes.take(), ["None"]);
    assert_eq!(slope(&w), [1.0, 1.0]);
    let answers = |_: Option<&Tensor>, g: &Tensor| Some(g.clone());
    let y = observe_backward(&tensor!([1.0, 1.0]), |x| x.mul(&w), |_| None, answers);
    assert_eq!(
        says(|| y.sum().backward()),
        "backward_hook: the input requires no gradient, so the hook must return None"
    );
}
