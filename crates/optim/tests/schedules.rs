//! What schedulers do beside the numbers: groups, betas, other ways to step, refusals.

use ondol_autograd::{Error, Tensor, Value, catch};
use ondol_optim::*;

fn sgd(lr: f64) -> SGD {
    SGD::new([Tensor::zeros([1]).requires_grad_(true)], lr)
}

fn groups() -> SGD {
    let group = |lr| ParamGroup::new([Tensor::zeros([1]).requires_grad_(true)]).lr(lr);
    SGD::with_groups([group(1.0), group(0.5)], 0.1).momentum(0.9)
}

fn near(got: &[f64], want: &[f64]) {
    assert_eq!(got.len(), want.len());
    for (a, b) in got.iter().zip(want) {
        assert!((a - b).abs() <= 1e-12, "{got:?} for {want:?}");
    }
}

#[test]
fn every_group_has_its_own_learning_rate() {
    let mut optimizer = groups();
    let mut scheduler = ExponentialLR::new(0.5).on(&mut optimizer);
    optimizer.step();
    scheduler.step(&mut optimizer);
    near(&scheduler.get_last_lr(), &[0.5, 0.25]);
    let functions: [Box<dyn Fn(i64) -> f64 + Send + Sync>; 2] =
        [Box::new(|e| 1.0 / (e + 1) as f64), Box::new(|_| 3.0)];
    let mut optimizer = groups();
    let mut scheduler = LambdaLR::per_group(functions).on(&mut optimizer);
    optimizer.step();
    scheduler.step(&mut optimizer);
    near(&scheduler.get_last_lr(), &[0.5, 1.5]);
    let mut optimizer = groups();
    let mut scheduler = OneCycleLR::new([1.0, 2.0], 10).on(&mut optimizer);
    near(&scheduler.get_last_lr(), &[0.04, 0.08]);
    for _ in 0..2 {
        optimizer.step();
        scheduler.step(&mut optimizer);
    }
    near(&scheduler.get_last_lr(), &[1.0, 2.0]);
    let noted = |i| {
        optimizer
            .get_option(i, "min_lr")
            .unwrap()
            .as_float()
            .unwrap()
    };
    near(&[noted(0), noted(1)], &[4e-6, 8e-6]);
}

#[test]
fn cycles_move_beta1() {
    let p = Tensor::zeros([1]).requires_grad_(true);
    let mut optimizer = Adam::new([p], 0.1).betas(0.9, 0.99);
    let mut scheduler = OneCycleLR::new(1.0, 10).on(&mut optimizer);
    let betas = |o: &Adam| -> Vec<f64> {
        let betas = o.get_option(0, "betas").unwrap();
        betas
            .as_list()
            .unwrap()
            .iter()
            .map(|b| b.as_float().unwrap())
            .collect()
    };
    near(&betas(&optimizer), &[0.95, 0.99]);
    for _ in 0..2 {
        optimizer.step();
        scheduler.step(&mut optimizer);
    }
    near(&betas(&optimizer), &[0.85, 0.99]);
    let state = scheduler.state_dict();
    assert!(state.get("use_beta1").unwrap().as_bool().unwrap());
    let mut optimizer = Adagrad::new([Tensor::zeros([1]).requires_grad_(true)], 0.1);
    let error = catch(|| drop(CyclicLR::new(0.1, 0.2).on(&mut optimizer))).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("optimizer must support momentum or beta1"),
        "{error}"
    );
}

#[test]
fn any_epoch_can_be_asked_for() {
    // PyTorch's step(epoch).
    let at = |schedule: &mut dyn FnMut(&mut SGD) -> Box<dyn LRScheduler>, epoch: f64| {
        let mut optimizer = sgd(1.0);
        let mut scheduler = schedule(&mut optimizer);
        optimizer.step();
        scheduler.step_at(&mut optimizer, epoch);
        assert_eq!(scheduler.last_epoch(), epoch.floor() as i64);
        optimizer.lr()
    };
    let cases = [
        at(&mut |o| StepLR::new(3).gamma(0.5).on(o).into(), 7.0),
        at(
            &mut |o| MultiStepLR::new([2, 2, 5]).gamma(0.5).on(o).into(),
            4.0,
        ),
        at(&mut |o| ConstantLR::new().factor(0.5).on(o).into(), 4.0),
        at(
            &mut |o| {
                LinearLR::new()
                    .start_factor(0.5)
                    .total_iters(4)
                    .on(o)
                    .into()
            },
            3.0,
        ),
        at(&mut |o| ExponentialLR::new(0.5).on(o).into(), 3.0),
        at(
            &mut |o| PolynomialLR::new().total_iters(4).power(2.0).on(o).into(),
            2.0,
        ),
        at(
            &mut |o| CosineAnnealingLR::new(4).eta_min(0.5).on(o).into(),
            6.0,
        ),
        at(
            &mut |o| CosineAnnealingWarmRestarts::new(2).on(o).into(),
            2.5,
        ),
        at(
            &mut |o| CosineAnnealingWarmRestarts::new(2).t_mult(2).on(o).into(),
            4.0,
        ),
    ];
    let root = 0.5f64.sqrt();
    let wanted = [
        0.25,
        0.25,
        0.5,
        0.875,
        0.125,
        0.25,
        0.75,
        (1.0 + root) / 2.0,
        0.5,
    ];
    near(&cases, &wanted);
}

#[test]
fn a_scheduler_goes_on_after_a_checkpoint() {
    let mut optimizer = sgd(1.0);
    let mut scheduler = CosineAnnealingLR::new(10).on(&mut optimizer);
    for _ in 0..4 {
        optimizer.step();
        scheduler.step(&mut optimizer);
    }
    let saved = optimizer.state_dict();
    optimizer.step();
    scheduler.step(&mut optimizer);

    let mut other = sgd(7.0);
    let error = catch(|| drop(CosineAnnealingLR::new(10).on_after(&mut other, 3))).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("param 'initial_lr' is not specified"),
        "{error}"
    );
    other.load_state_dict(&saved).unwrap();
    let mut again = CosineAnnealingLR::new(10).on_after(&mut other, 3);
    assert_eq!(again.last_epoch(), 4);
    other.step();
    again.step(&mut other);
    near(&[other.lr()], &[optimizer.lr()]);
}

#[test]
fn a_box_is_an_optimizer_too() {
    let mut optimizer: Box<dyn Optimizer> = Box::new(sgd(1.0));
    let mut scheduler = StepLR::new(1).on(&mut optimizer);
    optimizer.step();
    scheduler.step(&mut optimizer);
    near(&[optimizer.lr()], &[0.1]);
    assert_eq!(optimizer.step_count(), 1);
    let plateau = ReduceLROnPlateau::new().min_lr([0.1]).on(&mut optimizer);
    assert!(matches!(
        plateau.state_dict().get("default_min_lr").unwrap(),
        Value::None
    ));
}

#[test]
fn arguments_are_refused_in_pytorchs_words() {
    type Case = (Box<dyn Fn()>, &'static str);
    let cases: Vec<Case> = vec![
        (
            Box::new(|| drop(ConstantLR::new().factor(1.5).on(&mut sgd(1.0)))),
            "Constant multiplicative factor expected to be between 0 and 1.",
        ),
        (
            Box::new(|| drop(LinearLR::new().start_factor(0.0).on(&mut sgd(1.0)))),
            "Starting multiplicative factor expected to be greater than 0",
        ),
        (
            Box::new(|| drop(LinearLR::new().end_factor(-1.0).on(&mut sgd(1.0)))),
            "Ending multiplicative factor expected to be between 0 and 1.",
        ),
        (
            Box::new(|| drop(CosineAnnealingWarmRestarts::new(0).on(&mut sgd(1.0)))),
            "Expected positive integer T_0, but got 0",
        ),
        (
            Box::new(|| drop(CyclicLR::new(0.1, 1.0).mode("square").on(&mut sgd(1.0)))),
            "mode is invalid and scale_fn is None",
        ),
        (
            Box::new(|| drop(OneCycleLR::new(1.0, 10).pct_start(1.5).on(&mut sgd(1.0)))),
            "Expected float between 0 and 1 pct_start, but got 1.5",
        ),
        (
            Box::new(|| {
                drop(
                    OneCycleLR::new(1.0, 10)
                        .anneal_strategy("x")
                        .on(&mut sgd(1.0)),
                )
            }),
            "anneal_strategy must be one of 'cos' or 'linear', instead got x",
        ),
        (
            Box::new(|| {
                let mut optimizer = sgd(1.0);
                let mut scheduler = OneCycleLR::new(1.0, 2).on(&mut optimizer);
                optimizer.step();
                (0..3).for_each(|_| scheduler.step(&mut optimizer));
            }),
            "Tried to step 3 times. The specified number of total steps is 2",
        ),
        (
            Box::new(|| drop(ReduceLROnPlateau::new().factor(1.0).on(&mut sgd(1.0)))),
            "Factor should be < 1.0.",
        ),
        (
            Box::new(|| drop(ReduceLROnPlateau::new().mode("x").on(&mut sgd(1.0)))),
            "mode x is unknown!",
        ),
        (
            Box::new(|| {
                drop(
                    ReduceLROnPlateau::new()
                        .min_lr([0.1, 0.2])
                        .on(&mut sgd(1.0)),
                )
            }),
            "must have the same length as optimizer.param_groups",
        ),
        (
            Box::new(|| drop(LambdaLR::per_group([]).on(&mut sgd(1.0)))),
            "Expected 1 lr_lambdas, but got 0",
        ),
        (
            Box::new(|| drop(SequentialLR::new(&mut sgd(1.0), [], []))),
            "SequentialLR expects at least one scheduler, but got no scheduler.",
        ),
        (
            Box::new(|| {
                let mut optimizer = sgd(1.0);
                let one = StepLR::new(1).on(&mut optimizer);
                drop(SequentialLR::new(&mut optimizer, [one.into()], [3]));
            }),
            "number of schedulers 1 and the number of milestones to be equal to 1",
        ),
        (
            Box::new(|| drop(ChainedScheduler::new(&mut sgd(1.0), []))),
            "ChainedScheduler expects at least one scheduler to be chained",
        ),
        (
            Box::new(|| drop(SWALR::new(0.1).anneal_strategy("x").on(&mut sgd(1.0)))),
            "anneal_strategy must be one of 'cos' or 'linear', instead got x",
        ),
    ];
    for (make, says) in cases {
        let error = catch(make).unwrap_err();
        assert!(matches!(error.root(), Error::Value { .. }), "{error}");
        let text = error.to_string();
        assert!(
            text.contains(says) && text.contains("schedules.rs"),
            "{text}"
        );
    }
}

#[test]
fn a_state_that_does_not_fit_changes_nothing() {
    let mut optimizer = sgd(1.0);
    let first = StepLR::new(2).on(&mut optimizer);
    let second = ExponentialLR::new(0.5).on(&mut optimizer);
    let parts = [first.into(), second.into()];
    let mut scheduler = SequentialLR::new(&mut optimizer, parts, [3]);
    let mut other = sgd(1.0);
    let first = StepLR::new(9).on(&mut other);
    let second = LambdaLR::new(|_| 1.0).on(&mut other);
    let parts = [first.into(), second.into()];
    let wrong = SequentialLR::new(&mut other, parts, [5]).state_dict();
    // The first part fits and the second does not: it has no gamma.
    let error = scheduler.load_state_dict(&wrong).unwrap_err();
    assert!(error.to_string().contains("gamma"), "{error}");
    let state = scheduler.state_dict();
    let part = &state.get("_schedulers").unwrap().as_list().unwrap()[0];
    assert_eq!(part.get("step_size").unwrap().as_int().unwrap(), 2);
    let milestones = state.get("_milestones").unwrap().as_list().unwrap();
    assert_eq!(milestones[0].as_int().unwrap(), 3);
    assert!(scheduler.load_state_dict(&Value::None).is_err());
    let single = StepLR::new(9).on(&mut other).state_dict();
    assert!(scheduler.load_state_dict(&single).is_err());
}
