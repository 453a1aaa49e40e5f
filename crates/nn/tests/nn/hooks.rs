//! Hooks of modules: order, replacement, backward, and that nobody sees the wrapper.

use std::sync::{Arc, Mutex};

use ondol_autograd::{GradOptions, NoGrad, catch, grad, no_grad};
use ondol_nn::{
    Checkpointed, Dropout, Forward, Hooked, Hooks, Linear, Module, ReLU, Tensor,
    checkpoint_sequential, fork_rng_guard, manual_seed, sequential, tensor,
};

/// Doubles what it gets.
#[derive(Module)]
struct Double {
    hooks: Hooks,
}

impl Forward for Double {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.hooks.run(x, |x| x.mul(2.0))
    }
}

fn floats(t: &Tensor) -> Vec<f32> {
    t.to_vec()
}

fn leaf() -> Tensor {
    tensor!([1.0, 2.0]).requires_grad_(true)
}

type Notes = Arc<Mutex<Vec<String>>>;

fn note(notes: &Notes, text: String) {
    notes.lock().unwrap().push(text);
}

fn take(notes: &Notes) -> Vec<String> {
    std::mem::take(&mut notes.lock().unwrap())
}

#[test]
fn hooks_run_in_pytorchs_order() {
    let (layer, notes) = (
        Double {
            hooks: Hooks::new(),
        },
        Notes::default(),
    );
    let [a, b, c, d] = [0; 4].map(|_| notes.clone());
    layer.hooks.register_forward_hook(move |x, y| {
        note(&a, format!("after {:?} {:?}", floats(x), floats(y)));
        None
    });
    layer.hooks.register_forward_pre_hook(move |x| {
        note(&b, format!("before {:?}", floats(x)));
        None
    });
    layer
        .hooks
        .register_full_backward_hook(move |input, output| {
            note(
                &c,
                format!("in {:?} out {:?}", input.map(floats), floats(output)),
            );
            None
        });
    layer.hooks.register_full_backward_pre_hook(move |output| {
        note(&d, format!("out {:?}", floats(output)));
        None
    });
    let x = leaf();
    let y = layer.forward(&x);
    assert_eq!(
        take(&notes),
        ["before [1.0, 2.0]", "after [1.0, 2.0] [2.0, 4.0]"]
    );
    y.sum().backward();
    assert_eq!(
        take(&notes),
        ["out [1.0, 1.0]", "in Some([2.0, 2.0]) out [1.0, 1.0]"]
    );
    assert_eq!(floats(&x.grad().unwrap()), [2.0, 2.0]);
}

#[test]
fn each_hook_may_replace() {
    let layer = Double {
        hooks: Hooks::new(),
    };
    let hooks = layer.hooks.clone();
    hooks.register_forward_pre_hook(|x| Some(x.add(1.0)));
    hooks.register_forward_hook(|x, y| Some(y.add(x)));
    hooks.register_forward_hook(|_, y| Some(y.mul(10.0)));
    let x = leaf();
    let y = layer.forward(&x);
    // ((x + 1)·2 + (x + 1))·10
    assert_eq!(floats(&y), [60.0, 90.0]);
    y.sum().backward();
    assert_eq!(floats(&x.grad().unwrap()), [30.0, 30.0]);
    hooks.clear();
    assert!(hooks.is_empty());
    let first = hooks.register_full_backward_pre_hook(|g| Some(g.mul(3.0)));
    hooks.register_full_backward_pre_hook(|g| Some(g.add(1.0)));
    hooks.register_full_backward_hook(|input, _| input.map(|g| g.neg()));
    hooks.register_full_backward_hook(|input, output| input.map(|g| g.sub(output)));
    x.zero_grad();
    let y = layer.forward(&x);
    y.sum().backward();
    // Out 1·3 + 1 = 4, in 8, then −8, then −8 − 4.
    assert_eq!(floats(&x.grad().unwrap()), [-12.0, -12.0]);
    first.remove();
    x.zero_grad();
    layer.forward(&x).sum().backward();
    assert_eq!(floats(&x.grad().unwrap()), [-6.0, -6.0]);
}

#[test]
fn all_four_together_give_pytorchs_numbers() {
    // torch.nn.Linear of PyTorch 2.15 with the same hooks.
    let layer = Hooked::new(Linear::new(2, 1).bias(false));
    layer.weight.set_data(tensor!([[2.0, 3.0]]).value());
    let (hooks, notes) = (layer.hooks(), Notes::default());
    let inner = notes.clone();
    hooks.register_full_backward_hook(move |input, output| {
        note(
            &inner,
            format!("{:?} {:?}", input.map(floats), floats(output)),
        );
        None
    });
    hooks.register_full_backward_pre_hook(|g| Some(g.mul(5.0)));
    hooks.register_forward_hook(|_, y| Some(y.mul(2.0)));
    hooks.register_forward_pre_hook(|x| Some(x.add(1.0)));
    let x = tensor!([[1.0, 2.0]]).requires_grad_(true);
    let y = layer.forward(&x);
    y.sum().backward();
    assert_eq!(floats(&y), [26.0]);
    assert_eq!(take(&notes), ["Some([20.0, 30.0]) [5.0]"]);
    assert_eq!(floats(&x.grad().unwrap()), [20.0, 30.0]);
    assert_eq!(floats(&layer.weight.grad().unwrap()), [20.0, 30.0]);
}

#[test]
fn an_input_without_gradient_is_none() {
    let (layer, notes) = (Hooked::new(Linear::new(2, 1)), Notes::default());
    let inner = notes.clone();
    layer
        .hooks()
        .register_full_backward_hook(move |input, output| {
            note(&inner, format!("{} {:?}", input.is_none(), floats(output)));
            None
        });
    layer.forward(&tensor!([[1.0, 2.0]])).sum().backward();
    assert_eq!(take(&notes), ["true [1.0]"]);
    assert!(layer.check_grads().is_complete());
    // Nothing is recorded, nothing runs.
    no_grad(|| layer.forward(&tensor!([[1.0, 2.0]])));
    assert!(take(&notes).is_empty());
}

#[test]
fn backward_hooks_run_under_grad_and_twice_differentiated() {
    let layer = Hooked::new(Double {
        hooks: Hooks::new(),
    });
    layer
        .hooks()
        .register_full_backward_hook(|input, output| input.map(|g| g.mul(output)));
    let x = tensor!(3.0).requires_grad_(true);
    let options = GradOptions {
        create_graph: true,
        ..Default::default()
    };
    // y = (2x)²: out = 4x, in = 8x, replaced by 32x².
    let first = grad(&[&layer.forward(&x).square()], &[&x], None, options);
    assert_eq!(first[0].as_ref().unwrap().item(), 288.0);
    assert!(first[0].as_ref().unwrap().requires_grad());
}

#[test]
fn nobody_sees_the_wrapper() {
    let plain = sequential![Linear::new(4, 3), ReLU, Dropout::new(0.5)];
    let hooked = sequential![
        Hooked::new(Linear::new(4, 3)),
        Hooked::new(ReLU),
        Hooked::from(Dropout::new(0.5))
    ];
    assert_eq!(hooked.repr(), plain.repr());
    let keys = |m: &dyn Module| {
        m.named_parameters()
            .into_iter()
            .map(|(k, _)| k)
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(&hooked), keys(&plain));
    hooked.load_state_dict(&plain.state_dict()).unwrap();
    hooked.eval();
    assert!(!hooked.is_training());
    let layer = Hooked::new(Linear::new(4, 3));
    assert_eq!(
        (layer.in_features(), layer.to_string()),
        (4, Linear::new(4, 3).to_string())
    );
    assert_eq!(layer.into_inner().out_features(), 3);
    let block = sequential![Double {
        hooks: Hooks::new()
    }];
    assert_eq!(block.repr(), "Sequential(\n  (0): Double()\n)");
}

#[test]
fn errors_name_the_users_line_through_the_wrapper() {
    let layer = Hooked::new(Linear::new(4, 3));
    let bad = Tensor::ones([2, 5]);
    for hooks in [false, true] {
        if hooks {
            layer.hooks().register_forward_hook(|_, _| None);
        }
        let line = line!() + 1;
        let error = catch(|| layer.forward(&bad)).unwrap_err();
        let at = error.location().unwrap();
        assert_eq!((at.file(), at.line()), (file!(), line));
        assert!(error.to_string().contains("in Linear(4 → 3)"), "{error}");
    }
}

#[test]
fn checkpointed_layers_give_the_same() {
    let _own = fork_rng_guard();
    manual_seed(5);
    let block = || {
        sequential![
            Linear::new(8, 8),
            Dropout::new(0.5),
            ReLU,
            Linear::new(8, 8)
        ]
    };
    let plain = sequential![block(), block()];
    let again = sequential![Checkpointed::new(block()), Checkpointed::new(block())];
    again.load_state_dict(&plain.state_dict()).unwrap();
    assert_eq!(again.repr(), plain.repr());
    let x = Tensor::ones([3, 8]);
    let run = |model: &dyn Forward| {
        manual_seed(9);
        let y = model.forward(&x);
        y.square().sum().backward();
        let grads: Vec<_> = model
            .parameters()
            .iter()
            .map(|p| floats(&p.grad().unwrap()))
            .collect();
        (floats(&y), grads)
    };
    assert_eq!(run(&again), run(&plain));
}

#[test]
fn a_sequence_in_segments_gives_the_same() {
    let layers: Vec<Arc<dyn Forward + Send + Sync>> = (0..7)
        .map(|i| -> Arc<dyn Forward + Send + Sync> {
            if i % 2 == 0 {
                Arc::new(Linear::new(4, 4))
            } else {
                Arc::new(ReLU)
            }
        })
        .collect();
    let x = Tensor::ones([2, 4]).requires_grad_(true);
    let run = |y: Tensor| {
        y.square().sum().backward();
        let grads: Vec<_> = layers
            .parameters()
            .iter()
            .map(|p| floats(&p.grad().unwrap()))
            .collect();
        let own = floats(&x.grad().unwrap());
        layers.zero_grad();
        x.zero_grad();
        (floats(&y), grads, own)
    };
    let plain = run(layers.iter().fold(x.clone(), |x, layer| layer.forward(&x)));
    for segments in [1, 2, 3, 7] {
        assert_eq!(run(checkpoint_sequential(&layers, segments, &x)), plain);
    }
    assert!(catch(|| checkpoint_sequential(&layers, 0, &x)).is_err());
    assert!(catch(|| checkpoint_sequential(&layers, 8, &x)).is_err());
}

#[test]
fn parameters_without_a_gradient_are_named() {
    #[derive(Module)]
    struct Net {
        used: Linear,
        frozen: Linear,
        forgotten: Linear,
        cut: Linear,
    }
    let linear = || Linear::new(2, 2);
    let net = Net {
        used: linear(),
        frozen: linear(),
        forgotten: linear(),
        cut: linear(),
    };
    net.frozen.requires_grad_(false);
    let x = Tensor::ones([1, 2]);
    let cut = net.cut.forward(&x).detach();
    net.used.forward(&net.frozen.forward(&cut)).sum().backward();
    let want = [
        ("frozen.weight", NoGrad::Frozen),
        ("frozen.bias", NoGrad::Frozen),
        ("forgotten.weight", NoGrad::Unused),
        ("forgotten.bias", NoGrad::Unused),
        ("cut.weight", NoGrad::NotReached),
        ("cut.bias", NoGrad::NotReached),
    ];
    assert_eq!(
        net.check_grads().missing,
        want.map(|(n, why)| (n.to_owned(), why))
    );
    assert_eq!(net.check_grads().lost().len(), 4);
}
