//! Kind `optim`: some steps of an optimizer from given gradients.

use ondol::Tensor;
use ondol::optim::{self, Optimizer, ParamGroup};
use ondol::tensor::Value;

use super::case::{Case, Folder, Named};
use super::compare::same;

/// The optimizer of PyTorch's name over one group, and PyTorch's default learning rate.
fn make(name: &str, group: ParamGroup) -> Option<Box<dyn Optimizer>> {
    macro_rules! known {
        ($($optimizer:ident $lr:literal),* $(,)?) => {
            match name {
                $(stringify!($optimizer) => {
                    Some(Box::new(optim::$optimizer::with_groups([group], $lr)) as Box<dyn Optimizer>)
                })*
                _ => None,
            }
        };
    }
    known!(
        SGD 1e-3, Adam 1e-3, AdamW 1e-3, NAdam 2e-3, RAdam 1e-3, Adamax 2e-3, Adagrad 1e-2, Adadelta 1.0,
        RMSprop 1e-2, ASGD 1e-2, Rprop 1e-2, Lion 1e-4, Muon 1e-3, Adafactor 1e-2,
    )
}

/// An argument as an option's value.
fn value(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Bool(b) => Value::Bool(*b),
        serde_json::Value::Number(n) => match n.as_i64() {
            Some(i) => Value::Int(i),
            None => Value::Float(n.as_f64().expect("a number")),
        },
        serde_json::Value::String(s) => Value::Str(s.clone()),
        serde_json::Value::Array(list) => Value::Tuple(list.iter().map(value).collect()),
        _ => Value::None,
    }
}

/// Ways of PyTorch to do the same, which change no number.
const SPEED: [&str; 4] = ["foreach", "fused", "capturable", "differentiable"];

pub(super) fn run(folder: &Folder, case: &Case) -> Result<(), String> {
    let named = |list: &[Named], name: &str| {
        let found = list.iter().find(|n| n.name == name)?;
        Some(folder.tensor(found))
    };
    let params: Vec<Tensor> = (0..)
        .map_while(|j| named(&case.inputs, &format!("p{j}")))
        .map(|p| p.requires_grad_(true))
        .collect();
    let mut group = ParamGroup::new(params.iter().cloned());
    for (name, json) in &case.args {
        if name != "steps" && !SPEED.contains(&name.as_str()) {
            group = group.option(name, value(json));
        }
    }
    let mut optimizer =
        make(&case.op, group).ok_or_else(|| format!("unknown optimizer {}", case.op))?;
    let steps = case.args.get("steps").and_then(|s| s.as_u64());
    let steps = steps.ok_or("the case says no steps")?;
    let mut compared = 0;
    for step in 0..steps {
        for (j, param) in params.iter().enumerate() {
            // A parameter without a gradient is skipped.
            param.set_grad(named(&case.inputs, &format!("g{step}_{j}")));
        }
        optimizer.step();
        for (j, param) in params.iter().enumerate() {
            let name = format!("p{j}_after{}", step + 1);
            if let Some(want) = named(&case.outputs, &name) {
                same(param, &want, case.tol).map_err(|why| format!("{name}: {why}"))?;
                compared += 1;
            }
        }
    }
    if compared == case.outputs.len() && compared > 0 {
        Ok(())
    } else {
        Err(format!(
            "{compared} of {} outputs compared",
            case.outputs.len()
        ))
    }
}
