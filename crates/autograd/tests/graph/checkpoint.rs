//! Checkpoints give what a plain call gives, to the bit.

use std::sync::{Arc, Mutex};

use ondol_autograd::{
    BackwardOptions, CheckpointOptions, GradOptions, Op, Tensor, catch, checkpoint,
    checkpoint_with, default_generator, fork_rng_guard, grad, inference_mode, manual_seed, no_grad,
    tensor,
};

use crate::{Notes, floats, leaf, says, slope};

fn weights() -> [Tensor; 2] {
    let a = tensor!([[0.5, -0.3], [0.2, 0.9]]).requires_grad_(true);
    [a, tensor!([0.1, -0.7]).requires_grad_(true)]
}

fn block(x: &Tensor, [a, b]: &[Tensor; 2]) -> Tensor {
    x.matmul(a).add(b).tanh().mul(x).exp()
}

fn checkpointed(x: &Tensor, w: &[Tensor; 2]) -> Tensor {
    let w = w.clone();
    checkpoint(move |t| block(&t[0], &w), &[x])
}

#[test]
fn gradients_are_those_of_a_plain_call() {
    let run = |call: fn(&Tensor, &[Tensor; 2]) -> Tensor| {
        let (x, w) = (
            tensor!([[1.0, 2.0], [0.3, -0.4]]).requires_grad_(true),
            weights(),
        );
        let y = call(&call(&call(&x, &w), &w), &w).sum();
        y.backward();
        (y.item(), slope(&x), slope(&w[0]), slope(&w[1]))
    };
    assert_eq!(run(checkpointed), run(block));
}

#[test]
fn gradients_reach_what_the_function_holds() {
    // A leaf, a result of operations, and one that is both held and given.
    let (x, w) = (leaf(), leaf());
    let h = w.mul(2.0);
    let held = [w.clone(), h.clone(), x.clone()];
    let f = move |t: &[Tensor]| t[0].mul(&held[0]).add(held[1].square()).mul(&held[2]);
    let plain = f(std::slice::from_ref(&x)).sum();
    plain.backward();
    let want = (slope(&x), slope(&w));
    x.zero_grad();
    w.zero_grad();
    let h = w.mul(2.0);
    let held = [w.clone(), h.clone(), x.clone()];
    let f = move |t: &[Tensor]| t[0].mul(&held[0]).add(held[1].square()).mul(&held[2]);
    checkpoint(f, &[&x]).sum().backward();
    assert_eq!((slope(&x), slope(&w)), want);
}

#[test]
fn only_held_tensors_need_a_gradient() {
    let w = leaf();
    let inner = w.clone();
    let y = checkpoint(move |t| t[0].mul(&inner), &[&tensor!([5.0, 6.0])]);
    assert_eq!(y.grad_fn(), Some("checkpoint"));
    y.sum().backward();
    assert_eq!(slope(&w), [5.0, 6.0]);
    let plain = checkpoint(|t| t[0].mul(2.0), &[&tensor!([1.0])]);
    assert!(!plain.requires_grad());
    for off in [
        no_grad(|| checkpoint(|t| t[0].mul(2.0), &[&w])),
        inference_mode(|| checkpoint(|t| t[0].mul(2.0), &[&w])),
    ] {
        assert!(!off.requires_grad());
    }
}

#[test]
fn several_inputs_and_outputs() {
    let (a, b) = (leaf(), leaf());
    let f = |t: &[Tensor]| {
        (
            t[0].mul(&t[1]),
            t[0].argmax(0, false),
            t[1].square(),
            t[1].detach(),
        )
    };
    let call = move |t: &[Tensor]| {
        let (p, i, q, d) = f(t);
        [p, i, q, d]
    };
    let [p, i, q, d] = checkpoint(call, &[&a, &b]);
    assert!(p.requires_grad() && q.requires_grad() && !i.requires_grad() && !d.requires_grad());
    p.mul(3.0).add(&q).sum().backward();
    assert_eq!((slope(&a), slope(&b)), (vec![3.0, 6.0], vec![5.0, 10.0]));
    // One that is not used gets nothing from it.
    a.zero_grad();
    b.zero_grad();
    let [_, _, q, _] = checkpoint(call, &[&a, &b]);
    q.sum().backward();
    assert!(a.grad().is_none());
    assert_eq!(slope(&b), [2.0, 4.0]);
    // What comes in goes out.
    let same = checkpoint(|t| t[0].clone(), &[&a]);
    same.mul(2.0).sum().backward();
    assert_eq!(slope(&a), [2.0, 2.0]);
}

#[test]
fn the_second_run_draws_what_the_first_drew() {
    let _own = fork_rng_guard();
    let dropped = |x: &Tensor| {
        let mask = x.detach().rand_like().gt(0.5);
        x.mul(mask).mul(2.0)
    };
    let x = Tensor::ones([64]).requires_grad_(true);
    manual_seed(7);
    let y = dropped(&x);
    y.sum().backward();
    let (want, after) = (slope(&x), default_generator().state());
    x.zero_grad();
    manual_seed(7);
    let z = checkpoint(move |t| dropped(&t[0]), &[&x]);
    assert_eq!(floats(&z), floats(&y));
    // Others draw in between, and go on undisturbed afterwards.
    let between = Tensor::ones([8]).rand_like();
    let state = default_generator().state();
    z.sum().backward();
    assert_eq!(slope(&x), want);
    assert_eq!(default_generator().state(), state);
    assert_ne!(state, after);
    assert_eq!(between.numel(), 8);
    assert!(want.contains(&0.0) && want.contains(&2.0));
}

#[test]
fn the_generator_may_be_left_alone() {
    let _own = fork_rng_guard();
    let x = Tensor::ones([64]).requires_grad_(true);
    let options = CheckpointOptions {
        preserve_rng_state: false,
    };
    let dropped = |t: &[Tensor]| t[0].mul(t[0].detach().rand_like().gt(0.5));
    manual_seed(7);
    let y = checkpoint_with(dropped, &[&x], options);
    y.sum().backward();
    assert_ne!(slope(&x), floats(&y));
}

#[test]
fn checkpoints_nest() {
    let _own = fork_rng_guard();
    let run = |deep: bool| {
        manual_seed(3);
        let (x, w) = (tensor!([[1.0, 2.0]]).requires_grad_(true), weights());
        let (outer, inner) = (w.clone(), w.clone());
        let noise = |x: &Tensor| x.mul(x.detach().rand_like());
        let y = if deep {
            let f = move |t: &[Tensor]| {
                let inner = inner.clone();
                let h = checkpoint(move |t| noise(&block(&t[0], &inner)), &[&t[0]]);
                noise(&block(&h, &outer))
            };
            checkpoint(f, &[&x])
        } else {
            noise(&block(&noise(&block(&x, &inner)), &outer))
        };
        y.sum().backward();
        (floats(&y), slope(&x), slope(&w[0]), slope(&w[1]))
    };
    assert_eq!(run(true), run(false));
}

#[test]
fn grad_and_restricted_backwards_find_their_way() {
    let (x, w) = (tensor!([[1.0, 2.0]]).requires_grad_(true), weights());
    let of = |y: &Tensor| {
        let found = grad(&[&y.sum()], &[&w[1], &x], None, GradOptions::default());
        found.iter().flatten().map(floats).collect::<Vec<_>>()
    };
    let (plain, again) = (of(&block(&x, &w)), of(&checkpointed(&x, &w)));
    assert_eq!(plain, again);
    assert!(w[0].grad().is_none());
    let only = BackwardOptions {
        inputs: Some(&[&w[0]]),
        ..Default::default()
    };
    checkpointed(&x, &w).sum().backward_options(None, only);
    assert!(w[0].grad().is_some() && w[1].grad().is_none() && x.grad().is_none());
}

#[test]
fn second_derivatives_go_through() {
    let (x, w) = (tensor!([[1.0, 2.0]]).requires_grad_(true), weights());
    let options = GradOptions {
        create_graph: true,
        ..Default::default()
    };
    let run = |y: &Tensor| {
        let first = grad(&[&y.sum()], &[&x, &w[0]], None, options);
        let penalty = first
            .iter()
            .flatten()
            .fold(Tensor::zeros([]), |sum, g| sum.add(g.square().sum()));
        let second = grad(
            &[&penalty],
            &[&x, &w[0], &w[1]],
            None,
            GradOptions::default(),
        );
        second.iter().flatten().map(floats).collect::<Vec<_>>()
    };
    let (plain, again) = (run(&block(&x, &w)), run(&checkpointed(&x, &w)));
    for (plain, again) in plain.iter().flatten().zip(again.iter().flatten()) {
        assert!(
            (plain - again).abs() <= 1e-4 * plain.abs(),
            "{plain} and {again}"
        );
    }
}

#[test]
fn a_kept_graph_runs_again_each_time() {
    let notes = Notes::default();
    let (x, inner) = (leaf(), notes.clone());
    let f = move |t: &[Tensor]| {
        inner.add("run");
        t[0].square()
    };
    let y = checkpoint(f, &[&x]).sum();
    y.backward_retain();
    y.backward();
    assert_eq!((notes.take().len(), slope(&x)), (3, vec![4.0, 8.0]));
}

#[test]
fn hooks_of_held_tensors_run_once() {
    let notes = Notes::default();
    let (x, w) = (leaf(), leaf());
    let h = w.mul(1.0);
    h.retain_grad();
    for (name, t) in [("x", &x), ("w", &w), ("h", &h)] {
        let notes = notes.clone();
        t.register_hook(move |g| {
            notes.add(format!("{name} {:?}", floats(g)));
            None
        });
    }
    let held = h.clone();
    checkpoint(move |t| t[0].mul(&held), &[&x]).sum().backward();
    let mut notes = notes.take();
    notes.sort();
    assert_eq!(notes, ["h [1.0, 2.0]", "w [1.0, 2.0]", "x [1.0, 2.0]"]);
    assert_eq!(slope(&h), [1.0, 2.0]);
}

#[test]
fn an_input_may_be_written_in_place() {
    let x = leaf();
    let y = checkpoint(
        |t| {
            t[0].mul_(3.0);
            t[0].square()
        },
        &[&x.mul(1.0)],
    );
    y.sum().backward();
    assert_eq!((floats(&y), slope(&x)), (vec![9.0, 36.0], vec![18.0, 36.0]));
}

#[test]
fn a_second_run_that_does_something_else_is_an_error() {
    let x = leaf();
    let flips = |f: fn(&Tensor, bool) -> Tensor| {
        let first = Arc::new(Mutex::new(true));
        checkpoint(
            move |t| f(&t[0], std::mem::replace(&mut *first.lock().unwrap(), false)),
            &[&x],
        )
    };
    let y = flips(|x, first| if first { x.mul(2.0) } else { x.i(..1).mul(2.0) });
    assert_eq!(
        says(|| y.sum().backward()),
        "checkpoint: the second run gave f32 [1] and the first one f32 [2]; the function must do the same in both"
    );
    let other = leaf();
    let held = other.clone();
    let first = Mutex::new(true);
    let y = checkpoint(
        move |t| {
            let first = std::mem::replace(&mut *first.lock().unwrap(), false);
            if first {
                t[0].mul(2.0)
            } else {
                t[0].mul(&held)
            }
        },
        &[&x],
    );
    let error = says(|| y.sum().backward());
    assert!(
        error
            .starts_with("checkpoint: the second run used a tensor of shape [2] (`leaf`, made at "),
        "{error}"
    );
    assert!(other.grad().is_none());
}

#[test]
fn errors_in_both_runs_name_the_users_lines() {
    let x = leaf();
    let line = line!() + 1;
    let error = catch(|| checkpoint(|t| t[0].mm(&t[0]), &[&x])).unwrap_err();
    assert_eq!(
        error.location().map(|at| (at.file(), at.line())),
        Some((file!(), line))
    );
    let line = line!() + 1;
    let y = checkpoint(|t| Op::new("bad", [&t[0]]).output(t[0].value()), &[&x]);
    let error = catch(|| y.sum().backward()).unwrap_err();
    assert_eq!(
        error.location().map(|at| (at.file(), at.line())),
        Some((file!(), line))
    );
    let text = error.to_string();
    assert!(
        text.contains("in backward of checkpoint > backward of bad"),
        "{text}"
    );
}

#[test]
fn a_panic_in_the_second_run_puts_the_generator_back() {
    let _own = fork_rng_guard();
    let x = leaf();
    let first = Mutex::new(true);
    manual_seed(1);
    let y = checkpoint(
        move |t| {
            let noise = t[0].detach().rand_like();
            assert!(
                std::mem::replace(&mut *first.lock().unwrap(), false),
                "on purpose"
            );
            t[0].mul(noise)
        },
        &[&x],
    );
    let state = default_generator().state();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| y.sum().backward()));
    assert!(panicked.is_err());
    assert_eq!(default_generator().state(), state);
    assert!(ondol_autograd::is_grad_enabled() && x.grad().is_none());
}
