//! Schedulers, step by step, and what they write down.

use ondol_autograd::{Key, Tensor, Value};
use ondol_optim::{Optimizer, SGD};
use serde_json::Value as Json;

use crate::cases::{Cases, Tolerance};
use crate::make::{self, Made};

impl Made {
    fn step(&mut self, optimizer: &mut dyn Optimizer, metric: &Json) {
        match self {
            Made::Plain(scheduler) => scheduler.step(optimizer),
            Made::Plateau(scheduler) => scheduler.step(metric.as_f64().unwrap(), optimizer),
        }
    }
    fn last_lr(&self) -> Vec<f64> {
        match self {
            Made::Plain(scheduler) => scheduler.get_last_lr(),
            Made::Plateau(scheduler) => scheduler.get_last_lr(),
        }
    }
    fn state_dict(&self) -> Value {
        match self {
            Made::Plain(scheduler) => scheduler.state_dict(),
            Made::Plateau(scheduler) => scheduler.state_dict(),
        }
    }
    fn load(&mut self, state: &Value) {
        match self {
            Made::Plain(scheduler) => scheduler.load_state_dict(state).unwrap(),
            Made::Plateau(scheduler) => scheduler.load_state_dict(state).unwrap(),
        }
    }
}

fn made(case: &Json) -> (SGD, Made) {
    let (args, op) = (&case["args"], case["op"].as_str().unwrap());
    let base_lr = args["base_lr"].as_f64().unwrap();
    let params = [Tensor::zeros([2]).requires_grad_(true)];
    let mut optimizer = SGD::new(params, base_lr).momentum(0.9);
    let scheduler = make::scheduler(op, args, &mut optimizer, base_lr);
    (optimizer, scheduler)
}

#[test]
fn every_learning_rate_is_pytorchs() {
    let cases = Cases::read();
    let runs = cases.of_kind("sched");
    assert!(runs.len() > 50);
    for case in runs {
        let id = case["id"].as_str().unwrap();
        let tolerance = Tolerance::of(case);
        let (args, values) = (&case["args"], &case["values"]);
        let changed = &args["changed"];
        let check = |optimizer: &SGD, scheduler: &Made, step: usize| {
            let what = format!("{id} after {step}");
            tolerance.check(optimizer.lr(), values["lr"][step].as_f64().unwrap(), &what);
            assert_eq!(scheduler.last_lr(), [optimizer.lr()], "{what}");
            if let Some(momentum) = values["momentum"][step].as_f64() {
                let got = optimizer.get_option(0, "momentum").unwrap();
                tolerance.check(got.as_float().unwrap(), momentum, &what);
            }
        };
        let (mut optimizer, mut scheduler) = made(case);
        check(&optimizer, &scheduler, 0);
        let steps = args["steps"].as_u64().unwrap() as usize;
        for step in 1..=steps {
            optimizer.step();
            if changed["before_step"].as_u64() == Some(step as u64) {
                optimizer.set_lr(changed["lr"].as_f64().unwrap());
            }
            scheduler.step(&mut optimizer, &values["metrics"][step - 1]);
            check(&optimizer, &scheduler, step);
            if step == steps / 2 {
                // Another process goes on from what was saved.
                let saved = (optimizer.state_dict(), scheduler.state_dict());
                (optimizer, scheduler) = made(case);
                optimizer.load_state_dict(&saved.0).unwrap();
                scheduler.load(&saved.1);
                optimizer.step();
            }
        }
        if !case["state"].is_null() {
            same(&scheduler.state_dict(), &case["state"], tolerance, id);
        }
    }
}

/// Whether a state says what PyTorch's says.
fn same(ours: &Value, theirs: &Json, tolerance: Tolerance, what: &str) {
    match (ours, theirs) {
        (Value::Dict(ours), Json::Object(theirs)) => {
            for (name, theirs) in theirs {
                let ours = match (name.parse::<i64>(), ours.get(name.as_str())) {
                    (_, Some(ours)) => Some(ours),
                    (Ok(number), None) => ours.get(number),
                    (Err(_), None) => None,
                };
                let what = format!("{what} {name}");
                same(
                    ours.unwrap_or_else(|| panic!("no {what}")),
                    theirs,
                    tolerance,
                    &what,
                );
            }
            let more: Vec<&Key> = ours.iter().map(|(k, _)| k).collect();
            let known = |k: &&&Key| match k {
                Key::Str(k) => theirs.contains_key(k) || k == "mode_worse",
                Key::Int(k) => theirs.contains_key(&k.to_string()),
            };
            assert_eq!(
                more.iter().filter(known).count(),
                more.len(),
                "{what}: {more:?}"
            );
        }
        (Value::List(ours), Json::Array(theirs)) => {
            assert_eq!(ours.len(), theirs.len(), "{what}");
            ours.iter()
                .zip(theirs)
                .for_each(|(a, b)| same(a, b, tolerance, what));
        }
        (Value::Bool(ours), Json::Bool(theirs)) => assert_eq!(ours, theirs, "{what}"),
        (Value::Str(ours), Json::String(theirs)) => assert_eq!(ours, theirs, "{what}"),
        (Value::None, Json::Null) => {}
        (ours, Json::Number(theirs)) => {
            let ours = ours.as_float().unwrap();
            tolerance.check(ours, theirs.as_f64().unwrap(), what);
        }
        other => panic!("{what}: {other:?}"),
    }
}
