//! Backward: how gradients travel and where they stay.

use std::thread;

use ondol_autograd::{GradOptions, Op, Tensor, catch, functional, grad, tensor};

use crate::{floats, slope};

fn leaf() -> Tensor {
    tensor!([1.0, 2.0]).requires_grad_(true)
}

#[test]
fn the_first_example_of_the_book() {
    let w = tensor!(1.0).requires_grad_(true);
    assert!(w.grad().is_none());
    let l = (&w * 3.0).pow(2);
    l.backward();
    assert_eq!(w.grad().unwrap().item(), 18.0);
}

#[test]
fn what_is_used_twice_gets_both_gradients() {
    let x = leaf();
    // A diamond, with a tail that joins later.
    let a = x.mul(2.0);
    let (b, c) = (a.square(), a.mul(3.0));
    b.add(&c).add(&x).sum().backward();
    // 2·(2·2x) + 6 + 1
    assert_eq!(slope(&x), [15.0, 23.0]);
}

#[test]
fn a_gradient_does_not_travel_a_diamond_twice() {
    // Twenty diamonds in a row have a million paths; each node is walked once.
    let x = tensor!(1.0).requires_grad_(true);
    let mut y = x.clone();
    for _ in 0..20 {
        y = &y + &y;
    }
    y.backward();
    assert_eq!(x.grad().unwrap().item(), 1048576.0);
}

#[test]
fn gradients_add_up_over_backwards_until_zeroed() {
    let x = leaf();
    x.square().sum().backward();
    let kept = x.grad().unwrap();
    x.mul(10.0).sum().backward();
    assert_eq!(slope(&x), [12.0, 14.0]);
    // The same tensor as before, as in PyTorch.
    assert!(kept.same(&x.grad().unwrap()));
    x.zero_grad();
    assert!(x.grad().is_none());
    x.sum().backward();
    assert_eq!(slope(&x), [1.0, 1.0]);
}

#[test]
fn a_gradient_handed_out_is_not_another_tensors() {
    // Both get the very same gradient tensor from `add`; the second backward adds to each alone.
    let (x, y) = (leaf(), leaf());
    x.add(&y).sum().backward();
    x.sum().backward();
    assert_eq!((slope(&x), slope(&y)), (vec![2.0, 2.0], vec![1.0, 1.0]));
    // Even where the gradient given is the one that is kept.
    x.backward_with(&x.grad().unwrap());
    assert_eq!(slope(&x), [4.0, 4.0]);
    let seed = tensor!([1.0, 1.0]);
    let z = leaf();
    z.backward_with(&seed);
    z.backward_with(&seed);
    assert_eq!((slope(&z), floats(&seed)), (vec![2.0, 2.0], vec![1.0, 1.0]));
}

#[test]
fn a_graph_is_used_up_unless_kept() {
    let x = leaf();
    let y = x.square().sum();
    y.backward_retain();
    y.backward();
    assert_eq!(slope(&x), [4.0, 8.0]);
    assert!(catch(|| y.backward()).is_err());
    assert_eq!(slope(&x), [4.0, 8.0]);
}

#[test]
fn a_backward_starts_at_a_leaf_too() {
    let x = tensor!(5.0).requires_grad_(true);
    x.backward();
    assert_eq!(x.grad().unwrap().item(), 1.0);
}

#[test]
fn seeds_weigh_the_outputs() {
    let x = leaf();
    x.square().backward_with(&tensor!([1.0, 10.0]));
    assert_eq!(slope(&x), [2.0, 40.0]);
}

#[test]
fn only_leaves_keep_gradients_unless_asked() {
    let x = leaf();
    let (y, z) = (x.mul(2.0), x.mul(3.0));
    z.retain_grad();
    y.mul(&z).sum().backward();
    assert!(y.grad().is_none());
    assert_eq!((slope(&z), slope(&x)), (vec![2.0, 4.0], vec![12.0, 24.0]));
}

#[test]
fn grad_leaves_every_grad_alone() {
    let (x, unused) = (leaf(), leaf());
    let y = x.square().sum();
    let options = GradOptions {
        retain_graph: true,
        allow_unused: true,
        ..Default::default()
    };
    let found = grad(&[&y], &[&x, &unused], None, options);
    assert_eq!(floats(found[0].as_ref().unwrap()), [2.0, 4.0]);
    assert!(found[1].is_none() && x.grad().is_none());
    // Of a tensor in between, and of two outputs with their weights.
    let a = x.mul(2.0);
    let (b, c) = (a.sum(), a.square().sum());
    let weights = [tensor!(10.0), tensor!(1.0)];
    let found = grad(
        &[&b, &c],
        &[&a],
        Some(&[&weights[0], &weights[1]]),
        GradOptions::default(),
    );
    assert_eq!(floats(found[0].as_ref().unwrap()), [14.0, 18.0]);
}

#[test]
fn gradients_have_the_dtype_and_shape_of_their_tensors() {
    let half = leaf().half().detach().requires_grad_(true);
    let (scalar, row) = (
        tensor!(2.0).requires_grad_(true),
        Tensor::ones([1, 2]).requires_grad_(true),
    );
    let y = half.mul(&scalar).add(&row).expand([3, 2]);
    y.double().sum().backward();
    for t in [&half, &scalar, &row] {
        let g = t.grad().unwrap();
        assert_eq!((g.shape(), g.dtype()), (t.shape(), t.dtype()));
    }
    assert_eq!(scalar.grad().unwrap().item(), 9.0);
    assert_eq!(slope(&row), [3.0, 3.0]);
}

#[test]
fn an_operation_of_several_outputs_has_one_rule() {
    let x = leaf();
    // Sum and difference of two, and a position that carries no gradient.
    let y = tensor!([3.0, 5.0]).requires_grad_(true);
    let both = |x: &Tensor, y: &Tensor| {
        let values = [
            x.detach().add(y.detach()).value(),
            x.detach().sub(y.detach()).value(),
            tensor!([7]).value(),
        ];
        let rule = |grads: &[Option<Tensor>], outputs: &[Tensor], needs: &[bool]| {
            assert_eq!((grads.len(), outputs.len()), (3, 3));
            let zero = Tensor::zeros(2);
            let [plus, minus] = [0, 1].map(|i| grads[i].clone().unwrap_or_else(|| zero.clone()));
            vec![
                needs[0].then(|| plus.add(&minus)),
                (needs.len() > 1).then(|| plus.sub(&minus)),
            ]
        };
        Op::new("both", [x, y]).joint(rule).outputs(values)
    };
    let [plus, minus, at] = both(&x, &y);
    assert!(plus.requires_grad() && minus.requires_grad() && !at.requires_grad());
    plus.mul(2.0).add(&minus).sum().backward();
    assert_eq!((slope(&x), slope(&y)), (vec![3.0, 3.0], vec![1.0, 1.0]));
    x.zero_grad();
    // Only one of the outputs is used, only one of the inputs needs a gradient.
    both(&x, &y.detach())[1].sum().backward();
    assert_eq!(slope(&x), [1.0, 1.0]);
}

#[test]
fn the_depth_of_a_graph_may_depend_on_its_values() {
    let steps = |start: f64| {
        let x = Tensor::from(start as f32).requires_grad_(true);
        let (mut y, mut n) = (x.clone(), 0);
        while y.item() < 100.0 {
            y = if n % 2 == 0 { &y * 3.0 } else { &y + 1.0 };
            n += 1;
        }
        y.backward();
        (n, x.grad().unwrap().item())
    };
    assert_eq!(steps(200.0), (0, 1.0));
    assert_eq!(steps(50.0), (1, 3.0));
    assert_eq!(steps(1.0), (7, 81.0));
}

#[test]
fn threads_go_backward_at_once() {
    // Four graphs over one shared leaf and one leaf each.
    let shared = Tensor::ones([8, 8]).requires_grad_(true);
    let threads: Vec<_> = (1..=4)
        .map(|k| {
            let shared = shared.clone();
            thread::spawn(move || {
                let own = Tensor::full([8, 8], k as f32).requires_grad_(true);
                for _ in 0..50 {
                    shared.mm(&own).mul(own.detach()).sum().backward();
                    let found = grad(
                        &[&own.square().sum()],
                        &[&own],
                        None,
                        GradOptions::default(),
                    );
                    assert_eq!(found[0].as_ref().unwrap().i((0, 0)).item(), 2.0 * k as f64);
                }
                own.grad().unwrap().i((0, 0)).item()
            })
        })
        .collect();
    let own: Vec<f64> = threads.into_iter().map(|t| t.join().unwrap()).collect();
    assert_eq!(own, [1.0, 2.0, 3.0, 4.0].map(|k| 50.0 * 8.0 * k));
    // Every thread's part is in the sum: 8 elements, 50 times, 1² + 2² + 3² + 4².
    assert_eq!(shared.grad().unwrap().i((0, 0)).item(), 8.0 * 50.0 * 30.0);
}

#[test]
fn a_graph_built_on_one_thread_goes_backward_on_another() {
    let x = leaf();
    let y = x.square().sum();
    thread::spawn(move || y.backward()).join().unwrap();
    assert_eq!(slope(&x), [2.0, 4.0]);
}

#[test]
fn a_small_network_learns() {
    let x = tensor!([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
    let y = tensor!([0.0, 1.0, 1.0, 2.0]);
    let w = tensor!([[0.1, -0.2]]).requires_grad_(true);
    let b = tensor!([0.3]).requires_grad_(true);
    let mut losses = Vec::new();
    for _ in 0..200 {
        let loss = functional::linear(&x, &w, Some(&b))
            .squeeze()
            .sub(&y)
            .square()
            .mean();
        losses.push(loss.item());
        loss.backward();
        for p in [&w, &b] {
            let step = p.grad().unwrap().mul(0.3);
            ondol_autograd::no_grad(|| p.sub_(step));
            p.zero_grad();
        }
    }
    assert!(losses[199] < 1e-6 && losses[199] < losses[0], "{losses:?}");
    assert!((w.i((0, 0)).item() - 1.0).abs() < 1e-2 && b.item().abs() < 1e-2);
}
