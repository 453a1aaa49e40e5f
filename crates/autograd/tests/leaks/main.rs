//! Nothing stays behind. One test at a time: the counters belong to the whole process.

mod features;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use ondol_autograd::{
    ConvOptions, Device, GradOptions, Op, Tensor, catch, functional, grad, live_nodes, no_grad,
    tensor, update,
};

static ALONE: Mutex<()> = Mutex::new(());

pub(crate) fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `f` and compares the number of nodes before and after.
pub(crate) fn nothing_left(f: impl FnOnce()) {
    let before = live_nodes();
    f();
    assert_eq!(live_nodes(), before);
}

pub(crate) fn leaf() -> Tensor {
    tensor!([1.0, 2.0]).requires_grad_(true)
}

pub(crate) fn chain(x: &Tensor, n: usize) -> Tensor {
    (0..n).fold(x.clone(), |y, _| y.add(1.0))
}

#[test]
fn a_million_operations_go_backward_and_away() {
    let _alone = alone();
    nothing_left(|| {
        let x = tensor!(0.5).requires_grad_(true);
        let y = chain(&x, 1_000_000);
        assert!(live_nodes() >= 1_000_000);
        y.backward();
        assert_eq!(x.grad().unwrap().item(), 1.0);
    });
}

#[test]
fn a_million_operations_go_away_without_backward() {
    let _alone = alone();
    nothing_left(|| drop(chain(&tensor!(0.5).requires_grad_(true), 1_000_000)));
    // On a thread with a small stack too, where recursion would end the process at once.
    let small = thread::Builder::new().stack_size(256 << 10);
    let work = || nothing_left(|| drop(chain(&tensor!(0.5).requires_grad_(true), 100_000)));
    small.spawn(work).unwrap().join().unwrap();
}

#[test]
fn a_backward_lets_go_of_what_it_used() {
    let _alone = alone();
    nothing_left(|| {
        let x = leaf();
        let y = x.exp().mul(&x).tanh().sum();
        y.backward();
        // The last node is held by `y`, the leaf by `x`; the rest is gone.
        assert!(live_nodes() <= 2 + 1, "{} nodes", live_nodes());
    });
}

#[test]
fn kept_graphs_go_with_their_tensors() {
    let _alone = alone();
    nothing_left(|| {
        let x = leaf();
        let y = x.sigmoid().square().sum();
        y.backward_retain();
        y.backward_retain();
    });
    // Rules that read their own output must not keep it alive.
    nothing_left(|| drop(leaf().exp().sqrt().softmax(0).tanh()));
    nothing_left(|| {
        let x = leaf();
        let y = x.mul(2.0);
        y.retain_grad();
        y.exp().sum().backward();
    });
}

#[test]
fn second_gradients_leave_nothing() {
    let _alone = alone();
    nothing_left(|| {
        let x = leaf();
        let options = GradOptions {
            create_graph: true,
            ..GradOptions::default()
        };
        let y = x.exp().mul(x.square()).sum();
        let first = grad(&[&y], &[&x], None, options)[0].clone().unwrap();
        let second = grad(&[&first.square().sum()], &[&x], None, options)[0]
            .clone()
            .unwrap();
        assert!(second.requires_grad());
    });
}

#[test]
fn writes_in_place_leave_nothing() {
    let _alone = alone();
    nothing_left(|| {
        let x = leaf();
        let y = x.mul(2.0);
        for _ in 0..100 {
            y.mul_(&y);
            y.add_(&x);
            y.set(0, x.i(1));
        }
        drop(y);
    });
}

#[test]
fn errors_leave_nothing() {
    let _alone = alone();
    nothing_left(|| {
        let x = leaf();
        let broken = || {
            Op::new("broken", [&x])
                .rule(0, |g| g.view(77))
                .output(x.value())
        };
        for _ in 0..10 {
            assert!(catch(|| broken().exp().sum().backward()).is_err());
            assert!(catch(|| x.exp().mm(&x)).is_err());
        }
    });
}

#[test]
fn a_training_loop_uses_what_it_used_at_first() {
    let _alone = alone();
    let before = live_nodes();
    {
        let x = Tensor::full([32, 1, 8, 8], 0.1f32);
        let conv = Tensor::full([4, 1, 3, 3], 0.05f32).requires_grad_(true);
        let weight = Tensor::full([10, 4 * 6 * 6], 0.01f32).requires_grad_(true);
        let bias = Tensor::zeros(10).requires_grad_(true);
        let parameters = [conv, weight, bias];
        let (mut allocated, mut nodes) = (Vec::new(), Vec::new());
        for _ in 0..100 {
            let [conv, weight, bias] = &parameters;
            let h = functional::conv2d(&x, conv, None, ConvOptions::default())
                .relu()
                .flatten(1, -1);
            let loss = functional::linear(&h, weight, Some(bias))
                .log_softmax(-1)
                .select(1, 3)
                .mean()
                .neg();
            loss.backward();
            let grads: Vec<_> = parameters
                .iter()
                .map(|p| p.grad().unwrap().value())
                .collect();
            update(&parameters, |arrays| {
                arrays.iter_mut().zip(&grads).try_for_each(|(p, g)| {
                    let step = g.binary_scalar(ondol_tensor::Binary::Mul, 0.1)?;
                    p.binary_(ondol_tensor::Binary::Sub, &step)
                })
            })
            .unwrap();
            drop(grads);
            parameters.iter().for_each(Tensor::zero_grad);
            drop((h, loss));
            allocated.push(Device::cpu().memory().allocated);
            nodes.push(live_nodes());
        }
        assert_eq!(allocated[9], allocated[99]);
        assert_eq!(nodes[9], nodes[99]);
        assert!(no_grad(|| parameters[2].i(3).item()) > 0.0, "it learned");
    }
    assert_eq!(live_nodes(), before);
}

#[test]
fn threads_leave_nothing() {
    let _alone = alone();
    nothing_left(|| {
        let x = leaf();
        let work = |x: Tensor| move || (0..50).for_each(|_| x.exp().mul(&x).sum().backward());
        let threads: Vec<_> = (0..4).map(|_| thread::spawn(work(x.clone()))).collect();
        threads.into_iter().for_each(|t| t.join().unwrap());
    });
}
