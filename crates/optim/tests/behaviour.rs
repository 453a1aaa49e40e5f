//! What optimizers refuse, skip, write down and read back.

use ondol_autograd::{Array, DType, Error, Tensor, ToValue, Value, catch, no_grad, tensor};
use ondol_optim::*;

fn param(values: &[f32]) -> Tensor {
    Tensor::from_vec(values.to_vec(), [values.len()]).requires_grad_(true)
}

fn set_grad(p: &Tensor, value: f64) {
    p.set_grad(Some(Tensor::full(p.shape(), value)));
}

#[test]
fn arguments_are_refused_in_pytorchs_words() {
    let p = || [param(&[1.0])];
    type Case = (Box<dyn Fn()>, &'static str);
    let cases: Vec<Case> = vec![
        (
            Box::new(|| drop(SGD::new([], 0.1))),
            "optimizer got an empty parameter list",
        ),
        (
            Box::new(move || drop(SGD::new(p(), -0.1))),
            "Invalid learning rate: -0.1",
        ),
        (
            Box::new(move || drop(SGD::new(p(), f64::NAN))),
            "Invalid learning rate: NaN",
        ),
        (
            Box::new(move || drop(SGD::new(p(), 0.1).momentum(-0.9))),
            "Invalid momentum value: -0.9",
        ),
        (
            Box::new(move || drop(SGD::new(p(), 0.1).weight_decay(-1.0))),
            "Invalid weight_decay value: -1",
        ),
        (
            Box::new(move || drop(SGD::new(p(), 0.1).nesterov(true))),
            "Nesterov momentum requires a momentum and zero dampening",
        ),
        (
            Box::new(move || {
                drop(
                    SGD::new(p(), 0.1)
                        .momentum(0.9)
                        .nesterov(true)
                        .dampening(0.1),
                )
            }),
            "Nesterov momentum requires a momentum and zero dampening",
        ),
        (
            Box::new(move || drop(Adam::new(p(), 0.1).betas(1.0, 0.9))),
            "Invalid beta parameter at index 0: 1",
        ),
        (
            Box::new(move || drop(Adam::new(p(), 0.1).betas(0.9, -0.1))),
            "Invalid beta parameter at index 1: -0.1",
        ),
        (
            Box::new(move || drop(AdamW::new(p(), 0.1).eps(-1.0))),
            "Invalid epsilon value: -1",
        ),
        (
            Box::new(move || drop(AdamW::new(p(), 0.1).weight_decay(-1.0))),
            "Invalid weight_decay value: -1",
        ),
        (
            Box::new(|| drop(SGD::new([&param(&[1.0]) * 2.0], 0.1))),
            "can't optimize a non-leaf Tensor",
        ),
        (
            Box::new(|| {
                let w = param(&[1.0]);
                drop(SGD::new([w.clone(), w], 0.1));
            }),
            "duplicate parameters",
        ),
        (
            Box::new(|| {
                let w = param(&[1.0]);
                SGD::new([w.clone()], 0.1).add_param_group(ParamGroup::new([w]));
            }),
            "some parameters appear in more than one parameter group",
        ),
        (
            Box::new(move || {
                drop(Adam::with_groups(
                    [ParamGroup::new(p()).option("momentum", 0.9)],
                    0.1,
                ))
            }),
            "there is no option \"momentum\"",
        ),
        (
            Box::new(move || SGD::new(p(), 0.1).set_lr(-1.0)),
            "Invalid learning rate: -1",
        ),
    ];
    for (make, says) in cases {
        refuses(make, says);
    }
}

fn refuses(make: impl FnOnce(), says: &str) {
    let error = catch(make).unwrap_err();
    assert!(matches!(error.root(), Error::Value { .. }));
    assert!(error.to_string().contains(says), "{error}");
    assert!(
        error.to_string().contains("behaviour.rs"),
        "names this file: {error}"
    );
}

#[test]
fn every_option_is_checked_in_pytorchs_words() {
    let p = || [Tensor::zeros([2, 2]).requires_grad_(true)];
    macro_rules! refused {
        ($($name:ident($lr:expr) $(.$option:ident($($value:expr),+))* => $says:literal;)*) => {
            $(refuses(|| drop($name::new(p(), $lr)$(.$option($($value),+))*), $says);)*
        };
    }
    refused! {
        NAdam(-1.0) => "Invalid learning rate: -1";
        NAdam(0.1).momentum_decay(-0.1) => "Invalid momentum_decay value: -0.1";
        NAdam(0.1).betas(0.9, 1.0) => "Invalid beta parameter at index 1: 1";
        RAdam(0.1).eps(-1.0) => "Invalid epsilon value: -1";
        RAdam(0.1).weight_decay(-1.0) => "Invalid weight_decay value: -1";
        Adamax(0.1).betas(-0.5, 0.9) => "Invalid beta parameter at index 0: -0.5";
        Adagrad(0.1).lr_decay(-1.0) => "Invalid lr_decay value: -1";
        Adagrad(0.1).initial_accumulator_value(-1.0) => "Invalid initial_accumulator_value value: -1";
        Adadelta(0.1).rho(1.1) => "Invalid rho value: 1.1";
        RMSprop(0.1).momentum(-1.0) => "Invalid momentum value: -1";
        RMSprop(0.1).alpha(-1.0) => "Invalid alpha value: -1";
        ASGD(0.1).lambd(-1.0) => "Invalid lambd value: -1";
        ASGD(0.1).alpha(-1.0) => "Invalid alpha value: -1";
        Rprop(0.1).etas(1.5, 1.2) => "Invalid eta values: 1.5, 1.2";
        Lion(0.1).betas(0.9, 1.0) => "Invalid beta parameter at index 1: 1";
        Muon(-0.1) => "Learning rate should be >= 0 but is: -0.1";
        Muon(0.1).momentum(-1.0) => "momentum should be >= 0 but is: -1";
        Muon(0.1).weight_decay(-1.0) => "weight decay should be >= 0 but is: -1";
        Muon(0.1).ns_steps(100) => "Number of steps must be less than 100";
        Muon(0.1).adjust_lr_fn("mine") => "Adjust learning rate function mine is not supported";
        Adafactor(0.1).beta2_decay(0.1) => "beta2_decay should be <= 0 but is: 0.1";
        Adafactor(0.1).eps(Some(-1.0), 1.0) => "epsilon1 should be >= 0 but is: -1";
        Adafactor(0.1).eps(None, -1.0) => "epsilon2 should be >= 0 but is: -1";
        Adafactor(0.1).d(0.5) => "Clipping threshold d should be >= 1 but is: 0.5";
    }
    refuses(
        || drop(Muon::new([param(&[1.0, 2.0])], 0.1)),
        "Muon only supports 2D parameters whereas we found a parameter with size: [2]",
    );
}

#[test]
fn half_parameters_and_empty_ones_step() {
    let run = |make: Make, dtype| {
        let p = Tensor::full_with([3, 2], 0.5, dtype).requires_grad_(true);
        let empty = Tensor::zeros_with([0, 3], dtype).requires_grad_(true);
        let mut optimizer = make(vec![p.clone(), empty.clone()]);
        for _ in 0..3 {
            p.set_grad(Some(Tensor::full_with([3, 2], 0.25, dtype)));
            empty.set_grad(Some(Tensor::zeros_with([0, 3], dtype)));
            optimizer.step();
        }
        assert_eq!((p.dtype(), empty.numel()), (dtype, 0));
        p.to_dtype(DType::F64).to_vec::<f64>()[0]
    };
    for (i, make) in MAKERS.into_iter().enumerate() {
        let exact = run(make, DType::F64);
        for (dtype, tolerance) in [(DType::F16, 2e-3), (DType::BF16, 2e-2)] {
            let value = run(make, dtype);
            let error = (value - exact).abs();
            assert!(
                error < tolerance * exact.abs().max(1.0),
                "{i} {dtype}: {value} for {exact}"
            );
        }
    }
}

#[test]
fn a_closure_gives_the_loss() {
    let w = param(&[2.0]);
    let mut optimizer = SGD::new([w.clone()], 0.25);
    let loss = no_grad(|| {
        // Its gradients are computed even here.
        optimizer.step_with(&mut || {
            let loss = w.square().sum();
            loss.backward();
            loss
        })
    });
    assert_eq!((loss.item(), w.item()), (4.0, 1.0));
}

#[test]
fn lion_takes_the_papers_steps() {
    // By hand: the sign of 0.9 m + 0.1 g, then m = 0.99 m + 0.01 g.
    let p = Tensor::from_vec(vec![1.0f64, -1.0], [2]).requires_grad_(true);
    let mut optimizer = Lion::new([p.clone()], 0.1).weight_decay(0.5);
    let grads = [[2.0f64, -0.5], [-0.1, -0.5], [-1.0, 9.0]];
    let mut expected = [(1.0f64, 0.0f64), (-1.0, 0.0)];
    for g in grads {
        p.set_grad(Some(Tensor::from_vec(g.to_vec(), [2])));
        optimizer.step();
        for ((p, m), g) in expected.iter_mut().zip(g) {
            *p = *p * 0.95 - 0.1 * (0.9 * *m + 0.1 * g).signum();
            *m = 0.99 * *m + 0.01 * g;
        }
        for (got, (want, _)) in p.to_vec::<f64>().iter().zip(expected) {
            assert!((got - want).abs() < 1e-12, "{got} for {want}");
        }
    }
}

#[test]
fn what_schedulers_note_stays_in_the_groups() {
    let w = param(&[2.0]);
    let group = ParamGroup::new([w]).option("initial_lr", 0.5);
    let mut optimizer = SGD::with_groups([group], 0.1);
    optimizer.set_option(0, "max_lr", 3.0.into());
    let group = &optimizer.param_groups()[0];
    assert_eq!(group.get("initial_lr").unwrap().as_float().unwrap(), 0.5);
    assert_eq!(group.get("max_lr").unwrap().as_float().unwrap(), 3.0);
    let mut other = SGD::new([param(&[2.0])], 0.1);
    other.load_state_dict(&optimizer.state_dict()).unwrap();
    let noted = other.get_option(0, "initial_lr").unwrap();
    assert_eq!(noted.as_float().unwrap(), 0.5);
    assert!(other.get_option(0, "nothing").is_none() && other.get_option(1, "lr").is_none());
}

#[test]
fn parameters_without_a_gradient_are_skipped_and_keep_no_state() {
    let (a, b) = (param(&[1.0, 2.0]), param(&[3.0]));
    let mut optimizer = SGD::new([a.clone(), b.clone()], 0.5).momentum(0.9);
    set_grad(&b, 1.0);
    optimizer.step();
    assert_eq!(a.to_vec::<f32>(), [1.0, 2.0]);
    assert_eq!(b.to_vec::<f32>(), [2.5]);
    let dict = optimizer.state_dict();
    let state = dict.get("state").unwrap().as_dict().unwrap();
    assert!(state.get(0).is_none() && state.get(1).is_some());
    // Its first gradient is not dampened, whenever it comes.
    set_grad(&a, 1.0);
    optimizer.step();
    assert_eq!(a.to_vec::<f32>(), [0.5, 1.5]);
    assert_eq!(b.to_vec::<f32>(), [2.5 - 0.5 * 1.9]);
    optimizer.zero_grad();
    assert!(a.grad().is_none() && b.grad().is_none());
    optimizer.step();
    assert_eq!(a.to_vec::<f32>(), [0.5, 1.5]);
}

#[test]
fn the_model_sees_the_step_and_no_graph_grows() {
    let w = param(&[2.0]);
    let mut optimizer = SGD::new([w.clone()], 0.1);
    (&w * 3.0).square().sum().backward();
    optimizer.step();
    assert!((w.item() - (2.0 - 0.1 * 36.0)).abs() < 1e-6);
    assert!(w.is_leaf() && w.requires_grad());
}

#[test]
fn groups_have_options_of_their_own() {
    let (a, b) = (param(&[1.0]), param(&[1.0]));
    let groups = [
        ParamGroup::new([a.clone()]),
        ParamGroup::new([b.clone()]).lr(0.01),
    ];
    let mut optimizer = SGD::with_groups(groups, 0.1).weight_decay(0.5);
    set_grad(&a, 0.0);
    set_grad(&b, 0.0);
    optimizer.step();
    assert_eq!(a.to_vec::<f32>(), [0.95]);
    assert_eq!(b.to_vec::<f32>(), [0.995]);
    optimizer.set_option(1, "lr", 1.0.into());
    assert_eq!(optimizer.param_groups()[1].get_lr(), Some(1.0));
    assert_eq!(optimizer.lr(), 0.1);
    optimizer.set_lr(0.2);
    assert_eq!(optimizer.param_groups()[1].get_lr(), Some(0.2));
    let c = param(&[1.0]);
    optimizer.add_param_group(ParamGroup::new([c.clone()]).weight_decay(0.0));
    set_grad(&c, 1.0);
    optimizer.step();
    assert_eq!(c.to_vec::<f32>(), [0.9], "a new group takes the defaults");
}

/// An optimizer for two parameters.
type Make = fn(Vec<Tensor>) -> Box<dyn Optimizer>;
const MAKERS: [Make; 14] = [
    |p| Box::new(NAdam::new(p, 0.1).weight_decay(0.1)),
    |p| Box::new(RAdam::new(p, 0.1)),
    |p| Box::new(Adamax::new(p, 0.1)),
    |p| Box::new(Adagrad::new(p, 0.1).lr_decay(0.1)),
    |p| Box::new(Adadelta::new(p, 0.1)),
    |p| Box::new(RMSprop::new(p, 0.1).centered(true).momentum(0.9)),
    |p| Box::new(ASGD::new(p, 0.1).t0(2.0)),
    |p| Box::new(Rprop::new(p, 0.1)),
    |p| Box::new(Lion::new(p, 0.1).weight_decay(0.1)),
    |p| Box::new(Adafactor::new(p, 0.1)),
    |p| Box::new(SGD::new(p, 0.1)),
    |p| Box::new(SGD::new(p, 0.1).momentum(0.9).nesterov(true)),
    |p| Box::new(Adam::new(p, 0.1).amsgrad(true).betas(0.8, 0.9)),
    |p| Box::new(AdamW::new(p, 0.1)),
];

fn step(
    params: &[Tensor],
    optimizer: &mut dyn Optimizer,
    grads: std::ops::Range<i32>,
) -> Vec<Vec<u32>> {
    for g in grads {
        for (i, p) in params.iter().enumerate() {
            set_grad(p, f64::from(g) * 0.3 - i as f64);
        }
        optimizer.step();
    }
    params
        .iter()
        .map(|p| p.to_vec::<f32>().into_iter().map(f32::to_bits).collect())
        .collect()
}

#[test]
fn a_restored_run_goes_on_to_the_bit() {
    for make in MAKERS {
        let params = [param(&[1.0, 2.0]), param(&[3.0, 4.0, 5.0])];
        let mut optimizer = make(params.to_vec());
        step(&params, &mut *optimizer, 1..4);
        let saved = optimizer.state_dict();
        let values: Vec<Array> = params.iter().map(Tensor::value).collect();
        let expected = step(&params, &mut *optimizer, 4..8);

        let again: Vec<Tensor> = values
            .into_iter()
            .map(|v| Tensor::from(v).requires_grad_(true))
            .collect();
        let mut restored = make(again.clone());
        restored.set_lr(0.7);
        restored.load_state_dict(&saved).unwrap();
        assert_eq!(restored.lr(), 0.1);
        assert_eq!(step(&again, &mut *restored, 4..8), expected);
    }
}

#[test]
fn the_state_dict_has_pytorchs_structure() {
    let p = param(&[1.0, 2.0]);
    let mut optimizer = Adam::new([p.clone(), param(&[1.0])], 0.1);
    set_grad(&p, 1.0);
    optimizer.step();
    let dict = optimizer.to_value();
    let state = dict.get("state").unwrap().get(0).unwrap();
    let keys: Vec<String> = state
        .as_dict()
        .unwrap()
        .iter()
        .map(|(k, _)| k.to_string())
        .collect();
    assert_eq!(keys, ["\"step\"", "\"exp_avg\"", "\"exp_avg_sq\""]);
    let count = state.get("step").unwrap().as_tensor().unwrap();
    assert_eq!(
        (count.dtype(), count.ndim(), count.item().unwrap()),
        (DType::F32, 0, 1.0)
    );
    let group = &dict.get("param_groups").unwrap().as_list().unwrap()[0];
    assert_eq!(group.get("params").unwrap().as_list().unwrap().len(), 2);
    let betas = group.get("betas").unwrap();
    assert!(matches!(betas, Value::Tuple(b) if b.len() == 2));
    assert!(matches!(group.get("fused").unwrap(), Value::None));
    // A snapshot: the next step does not reach it.
    let before = state
        .get("exp_avg")
        .unwrap()
        .as_tensor()
        .unwrap()
        .to_vec::<f32>()
        .unwrap();
    set_grad(&p, 5.0);
    optimizer.step();
    let after = state
        .get("exp_avg")
        .unwrap()
        .as_tensor()
        .unwrap()
        .to_vec::<f32>()
        .unwrap();
    assert_eq!(before, after);
}

#[test]
fn what_pytorch_writes_is_read() {
    let momentum = Array::from_vec(vec![0.5f64, 0.25], [2]).unwrap();
    let dict = |entries: Vec<(&str, Value)>| Value::Dict(entries.into_iter().collect());
    // Indices need not start at 0, numbers may be ints, unknown options are kept.
    let mut state = ondol_autograd::Dict::new();
    state.insert(7, dict(vec![("momentum_buffer", momentum.into())]));
    state.insert(9, dict(vec![("momentum_buffer", Value::None)]));
    let group = dict(vec![
        ("lr", 1.into()),
        ("momentum", 0.5.into()),
        ("initial_lr", 0.3.into()),
        ("foreach", Value::None),
        ("params", vec![Value::Int(7), Value::Int(9)].into()),
    ]);
    let saved = dict(vec![
        ("state", state.into()),
        ("param_groups", vec![group].into()),
    ]);
    let (a, b) = (param(&[1.0, 1.0]), param(&[1.0]));
    let mut optimizer = SGD::new([a.clone(), b.clone()], 0.1);
    optimizer.load_state_dict(&saved).unwrap();
    set_grad(&a, 0.0);
    set_grad(&b, 1.0);
    optimizer.step();
    assert_eq!(a.to_vec::<f32>(), [0.75, 0.875]);
    assert_eq!(b.to_vec::<f32>(), [0.0]);
    let group = &optimizer.state_dict();
    let group = &group.get("param_groups").unwrap().as_list().unwrap()[0];
    assert_eq!(group.get("initial_lr").unwrap().as_float().unwrap(), 0.3);
}

#[test]
fn a_state_dict_that_does_not_fit_changes_nothing() {
    let made = |params: Vec<Tensor>| {
        for p in &params {
            set_grad(p, 1.0);
        }
        let mut optimizer = SGD::new(params, 0.5).momentum(0.9);
        optimizer.step();
        optimizer
    };
    let mut two_groups = made(vec![param(&[1.0])]);
    two_groups.add_param_group(ParamGroup::new([param(&[1.0])]));
    let cases = [
        (
            two_groups.state_dict(),
            "loaded state dict has a different number of parameter groups",
        ),
        (
            made(vec![param(&[1.0]), param(&[1.0])]).state_dict(),
            "doesn't match the size of optimizer's group",
        ),
        (
            made(vec![param(&[1.0, 2.0, 3.0])]).state_dict(),
            "state of parameter 0: momentum_buffer has shape [3]",
        ),
        (Value::None, "expected a dict"),
    ];
    let p = param(&[1.0, 1.0]);
    let mut optimizer = made(vec![p.clone()]);
    for (saved, says) in cases {
        let text = optimizer.load_state_dict(&saved).unwrap_err().to_string();
        assert!(text.contains(says), "{text}");
    }
    set_grad(&p, 0.0);
    optimizer.step();
    assert_eq!(
        p.to_vec::<f32>(),
        [0.5 - 0.45, 0.5 - 0.45],
        "lr and momentum are as they were"
    );
}

#[test]
fn a_gradient_of_another_shape_is_refused() {
    let p = param(&[1.0, 2.0]);
    let mut optimizer = SGD::new([p.clone()], 0.1);
    let outcome = catch(|| {
        p.set_grad(Some(tensor!([1.0])));
        optimizer.step();
    });
    assert!(outcome.is_err());
}

#[test]
fn an_option_that_is_set_after_a_load_brings_no_other_back() {
    let make = || SGD::new([Tensor::zeros([2]).requires_grad_(true)], 0.1).momentum(0.9);
    let (mut saved, mut loaded) = (make(), make());
    saved.set_option(0, "momentum", 0.5.into());
    loaded.set_option(0, "momentum", 0.95.into());
    loaded.load_state_dict(&saved.state_dict()).unwrap();
    loaded.set_lr(0.2);
    let momentum = loaded.get_option(0, "momentum").unwrap();
    assert_eq!(momentum.as_float().unwrap(), 0.5);
    assert_eq!(loaded.lr(), 0.2);
}
