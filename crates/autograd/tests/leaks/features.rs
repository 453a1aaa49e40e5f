//! Hooks, functions, checkpoints and derivatives leave nothing behind.

use std::sync::Arc;

use ondol_autograd::{
    BackwardOptions, Device, Function, FunctionContext, FunctionGrads, GradOptions, Tensor, catch,
    checkpoint, detect_anomaly, grad, graph_dot, hessian, live_nodes, observe_backward, tensor,
};

use crate::{alone, leaf, nothing_left};

const GRAPH: GradOptions = GradOptions {
    create_graph: true,
    retain_graph: true,
    allow_unused: false,
    materialize_grads: false,
};

#[test]
fn hooks_go_with_what_they_hang_on() {
    let _alone = alone();
    nothing_left(|| {
        let x = leaf();
        let y = x.mul(2.0);
        let (a, b) = (x.downgrade(), leaf());
        let first = x.register_hook(move |g| a.upgrade().map(|x| x.detach().mul(g)));
        y.register_hook(move |g| Some(g.mul(&b)));
        x.register_post_accumulate_grad_hook(Tensor::zero_grad);
        y.sum().backward();
        drop(x);
        first.remove();
    });
}

#[test]
fn a_hook_that_holds_its_own_tensor_goes_with_the_graph() {
    let _alone = alone();
    nothing_left(|| {
        let x = leaf();
        let y = x.mul(2.0);
        let itself = y.clone();
        y.register_hook(move |g| Some(g.mul(itself.detach())));
        y.exp().sum().backward();
        assert!(x.grad().is_some());
    });
}

#[test]
fn a_long_chain_of_hooks_goes_away_without_recursion() {
    let _alone = alone();
    let work = || {
        nothing_left(|| {
            let x = tensor!(0.5).requires_grad_(true);
            let y = (0..100_000).fold(x, |before, _| {
                let y = before.add(1.0);
                // Each hook owns the tensor before.
                y.register_hook(move |g| Some(g.mul(before.detach())));
                y
            });
            drop(y);
        });
    };
    let small = std::thread::Builder::new().stack_size(256 << 10);
    small.spawn(work).unwrap().join().unwrap();
}

struct Cube;
impl Function for Cube {
    type Output = Tensor;
    fn forward(&self, ctx: &mut FunctionContext, inputs: &[Tensor]) -> Tensor {
        let y = inputs[0].pow(3);
        ctx.save_for_backward(&[&inputs[0], &y]);
        ctx.keep(inputs[0].clone());
        y
    }
    fn backward(&self, ctx: &FunctionContext, grads: &FunctionGrads) -> Vec<Option<Tensor>> {
        let [x, y] = ctx.saved_tensors() else {
            panic!("two were saved")
        };
        vec![Some(grads[0].mul(y).div(x).mul(3.0))]
    }
}

#[test]
fn functions_let_go_of_what_they_saved() {
    let _alone = alone();
    nothing_left(|| drop(Cube.apply(&[&leaf()])));
    nothing_left(|| {
        let x = leaf();
        let y = Cube.apply(&[&x]);
        y.sum().backward_retain();
        y.sum().backward();
    });
    nothing_left(|| {
        let x = leaf();
        let first = grad(&[&Cube.apply(&[&x]).sum()], &[&x], None, GRAPH)[0].clone();
        let second = grad(&[&first.unwrap().sum()], &[&x], None, GRAPH)[0].clone();
        assert!(second.unwrap().requires_grad());
    });
}

#[test]
fn observers_leave_nothing_even_when_only_one_end_is_reached() {
    let _alone = alone();
    let part = |x: &Tensor| observe_backward(x, Tensor::exp, |_| None, |_, g| Some(g.clone()));
    nothing_left(|| part(&leaf()).sum().backward());
    nothing_left(|| {
        let x = leaf();
        let y = part(&x);
        // The output's gradient comes, the input's is not asked for; it is kept for a second one.
        let w = leaf();
        let found = grad(&[&y.mul(&w).square().sum()], &[&w], None, GRAPH);
        assert!(found[0].is_some());
        let z = observe_backward(&x, |_| y.mul(&w), |_| None, |_, _| None);
        assert!(grad(&[&z.square().sum()], &[&x], None, GRAPH)[0].is_some());
    });
}

#[test]
fn checkpoints_leave_nothing() {
    let _alone = alone();
    let deep = |x: &Tensor, w: &Tensor| {
        let w = w.clone();
        let f = move |t: &[Tensor]| {
            let inner = w.clone();
            checkpoint(move |t| t[0].mul(&inner).exp(), &[&t[0]]).tanh()
        };
        checkpoint(f, &[x])
    };
    nothing_left(|| drop(deep(&leaf(), &leaf())));
    nothing_left(|| {
        let (x, w) = (leaf(), leaf());
        deep(&x, &w).sum().backward();
        let first = grad(&[&deep(&x, &w).sum()], &[&x, &w], None, GRAPH);
        assert!(first.iter().all(|g| g.as_ref().unwrap().requires_grad()));
    });
    nothing_left(|| {
        let x = leaf();
        let y = checkpoint(
            |t| {
                if t[0].requires_grad() {
                    t[0].exp()
                } else {
                    t[0].clone()
                }
            },
            &[&x],
        );
        assert!(catch(|| y.mm(&x)).is_err());
    });
}

#[test]
fn a_checkpoint_keeps_its_inputs_alone() {
    let _alone = alone();
    const LAYERS: usize = 16;
    const BYTES: u64 = 256 * 256 * 4;
    let w = Tensor::full([256], 1.01f32).requires_grad_(true);
    let layer = |x: &Tensor, w: &Tensor| x.mul(w).tanh().mul(w).sigmoid().exp().mul(w).sin();
    let x = Tensor::full([256, 256], 0.1f32);
    let run = |checkpointed: bool| {
        w.zero_grad();
        let (before, nodes) = (Device::cpu().memory().allocated, live_nodes());
        let y = (0..LAYERS).fold(x.clone(), |x, _| {
            if checkpointed {
                let w = w.clone();
                checkpoint(move |t| layer(&t[0], &w), &[&x])
            } else {
                layer(&x, &w)
            }
        });
        let held = Device::cpu().memory().allocated - before;
        let made = live_nodes() - nodes;
        y.sum().backward();
        (held as u64, made, w.grad().unwrap().to_vec::<f32>())
    };
    let (plain, plain_nodes, want) = run(false);
    let (held, nodes, got) = run(true);
    // One array for each layer, in place of seven or so; to the bit the same gradient.
    assert!(held <= (LAYERS as u64 + 1) * BYTES, "{held} bytes");
    assert!(plain >= 4 * held, "{plain} and {held} bytes");
    assert_eq!((nodes, plain_nodes), (LAYERS as u64, 7 * LAYERS as u64));
    // Each layer's three uses of the weight are added before they join the other layers'.
    for (got, want) in got.iter().zip(&want) {
        assert!((got - want).abs() <= 1e-5 * want.abs(), "{got} and {want}");
    }
}

#[test]
fn derivatives_pictures_and_errors_leave_nothing() {
    let _alone = alone();
    nothing_left(|| {
        let x = leaf();
        let h = hessian(|t| t[0].exp().sum(), &[&x]);
        assert!(!h[0][0].requires_grad());
        let y = x.exp();
        assert!(graph_dot(&[&y], [("x", &x)]).contains("exp"));
        let node = y.graph_node().unwrap();
        assert_eq!(node.next_functions().len(), 1);
    });
    nothing_left(|| {
        let x = tensor!([-1.0]).requires_grad_(true);
        assert!(catch(|| detect_anomaly(|| x.sqrt().sum().backward())).is_err());
        let y = x.mul(2.0);
        y.register_hook(|g| Some(g.mm(g)));
        assert!(catch(|| y.sum().backward()).is_err());
        let options = BackwardOptions {
            inputs: Some(&[&x]),
            ..Default::default()
        };
        x.exp().sum().backward_options(None, options);
        x.detach_();
    });
}

#[test]
fn a_million_operations_with_hooks_and_plans() {
    let _alone = alone();
    nothing_left(|| {
        let x = tensor!(0.5).requires_grad_(true);
        let y = crate::chain(&x, 1_000_000);
        let found = grad(&[&y], &[&x], None, GradOptions::default());
        assert_eq!(found[0].as_ref().unwrap().item(), 1.0);
    });
    nothing_left(|| {
        let x = tensor!(0.5).requires_grad_(true);
        let count = Arc::new(std::sync::atomic::AtomicU64::new(0));
        let y = (0..10_000).fold(x.clone(), |y, _| {
            let y = y.add(1.0);
            let count = count.clone();
            y.register_hook(move |_| {
                count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                None
            });
            y
        });
        y.backward();
        assert_eq!(count.load(std::sync::atomic::Ordering::Relaxed), 10_000);
    });
}
