//! Optimizers, step by step, and what they write down.

use std::collections::HashMap;

use ondol_autograd::{Array, Dict, Tensor, Value, without_fused};
use ondol_optim::Optimizer;
use serde_json::Value as Json;

use crate::cases::{Cases, Tolerance};
use crate::make;

struct Run<'a> {
    id: &'a str,
    case: &'a Json,
    inputs: HashMap<&'a str, Array>,
    outputs: HashMap<&'a str, Array>,
    tolerance: Tolerance,
    steps: u64,
    count: usize,
}

impl<'a> Run<'a> {
    fn new(case: &'a Json, cases: &Cases) -> Self {
        let named = |list: &'a Json| -> HashMap<&'a str, Array> {
            let entries = list.as_array().unwrap().iter();
            let named = |e: &'a Json| (e["name"].as_str().unwrap(), cases.tensor(&e["key"]));
            entries.map(named).collect()
        };
        let inputs = named(&case["inputs"]);
        Run {
            id: case["id"].as_str().unwrap(),
            case,
            count: (0..)
                .take_while(|j| inputs.contains_key(&*format!("p{j}")))
                .count(),
            inputs,
            outputs: named(&case["outputs"]),
            tolerance: Tolerance::of(case),
            steps: case["args"]["steps"].as_u64().unwrap(),
        }
    }

    /// The parameters after so many steps.
    fn params(&self, step: u64) -> Vec<Tensor> {
        let value = |j| match step {
            0 => &self.inputs[&*format!("p{j}")],
            _ => &self.outputs[&*format!("p{j}_after{step}")],
        };
        let param = |j| Tensor::from(value(j).clone()).requires_grad_(true);
        (0..self.count).map(param).collect()
    }

    fn make(&self, params: &[Tensor]) -> Box<dyn Optimizer> {
        make::optimizer(
            self.case["op"].as_str().unwrap(),
            &self.case["args"],
            params,
        )
    }

    fn go(&self, params: &[Tensor], optimizer: &mut dyn Optimizer, steps: std::ops::Range<u64>) {
        for t in steps {
            for (j, p) in params.iter().enumerate() {
                let grad = self.inputs.get(&*format!("g{t}_{j}"));
                p.set_grad(grad.map(|g| Tensor::from(g.clone())));
            }
            optimizer.step();
            for (j, p) in params.iter().enumerate() {
                let name = format!("p{j}_after{}", t + 1);
                let what = format!("{} {name}", self.id);
                self.tolerance
                    .check_arrays(&p.value(), &self.outputs[&*name], &what);
            }
        }
    }
}

#[test]
fn every_step_is_pytorchs() {
    let cases = Cases::read();
    let runs = cases.of_kind("optim");
    assert!(runs.len() > 40);
    for case in runs {
        let run = Run::new(case, &cases);
        for fused in [true, false] {
            let params = run.params(0);
            let mut optimizer = run.make(&params);
            let mut go = || run.go(&params, &mut optimizer, 0..run.steps);
            if fused { go() } else { without_fused(go) }
        }
    }
}

/// PyTorch's state dict of a case.
fn saved(run: &Run<'_>, cases: &Cases) -> Value {
    let states = &run.case["states"];
    let mut by_param: Vec<(i64, Dict)> = Vec::new();
    for entry in states["entries"].as_array().unwrap() {
        let param = entry["param"].as_i64().unwrap();
        if by_param.last().is_none_or(|(last, _)| *last != param) {
            by_param.push((param, Dict::new()));
        }
        let (_, dict) = by_param.last_mut().unwrap();
        dict.insert(entry["name"].as_str().unwrap(), cases.tensor(&entry["key"]));
    }
    let state: Dict = by_param.into_iter().collect();
    let mut group = Dict::new();
    for (name, option) in states["group"].as_object().unwrap() {
        group.insert(name.as_str(), make::value(option));
    }
    let entries: [(&str, Value); 2] = [
        ("state", state.into()),
        ("param_groups", vec![Value::Dict(group)].into()),
    ];
    Value::Dict(entries.into_iter().collect())
}

#[test]
fn states_are_pytorchs_in_both_directions() {
    let cases = Cases::read();
    let mut count = 0;
    for case in cases.of_kind("optim") {
        if case["states"].is_null() {
            continue;
        }
        let run = Run::new(case, &cases);
        let theirs = saved(&run, &cases);
        let steps = case["states"]["steps"].as_u64().unwrap();

        let params = run.params(0);
        let mut optimizer = run.make(&params);
        run.go(&params, &mut optimizer, 0..steps);
        same_state(&optimizer.state_dict(), &theirs, &run);

        // From PyTorch's file on; the options come with it.
        let params = run.params(steps);
        let op = case["op"].as_str().unwrap();
        let mut restored = make::optimizer(op, &serde_json::json!({"lr": 9.0}), &params);
        restored.load_state_dict(&theirs).unwrap();
        same_state(&restored.state_dict(), &theirs, &run);
        run.go(&params, &mut restored, steps..run.steps);
        count += 1;
    }
    assert!(count > 35);
}

fn same_state(ours: &Value, theirs: &Value, run: &Run<'_>) {
    let names = |dict: &Dict| -> Vec<String> { dict.iter().map(|(k, _)| k.to_string()).collect() };
    let states = |value: &Value| value.get("state").unwrap().as_dict().unwrap().clone();
    let (ours_states, their_states) = (states(ours), states(theirs));
    // PyTorch's parameters come in the order of their first steps.
    assert_eq!(ours_states.len(), their_states.len(), "{}", run.id);
    for (index, theirs) in their_states.iter() {
        let ours = ours_states.get(index).unwrap();
        let (ours, theirs) = (ours.as_dict().unwrap(), theirs.as_dict().unwrap());
        assert_eq!(names(ours), names(theirs), "{}", run.id);
        for (name, theirs) in theirs.iter() {
            let what = format!("{} state {index} {name}", run.id);
            let ours = ours.get(name).unwrap().as_tensor().unwrap();
            run.tolerance
                .check_arrays(ours, theirs.as_tensor().unwrap(), &what);
        }
    }
    let group = |value: &Value| {
        let groups = value.get("param_groups").unwrap().as_list().unwrap();
        groups[0].as_dict().unwrap().clone()
    };
    let (ours, theirs) = (group(ours), group(theirs));
    for (name, theirs) in theirs.iter() {
        let Some(ours) = ours.get(name) else {
            panic!("{}: no option {name}", run.id);
        };
        let text = |value: &Value| match value {
            Value::Int(x) => format!("{:?}", *x as f64),
            Value::Tuple(list) | Value::List(list) => format!(
                "{:?}",
                list.iter().map(|v| v.as_float().ok()).collect::<Vec<_>>()
            ),
            other => format!("{other:?}").replace("Float(", "").replace(')', ""),
        };
        assert_eq!(text(ours), text(theirs), "{} {name}", run.id);
    }
}
