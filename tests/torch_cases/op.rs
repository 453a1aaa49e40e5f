//! Kind `op`: a function of tensors, and its gradients.

use ondol::Tensor;

use super::call::Call;
use super::case::{Case, Folder, Named};
use super::compare::same;
use super::ops;

pub(super) fn run(folder: &Folder, case: &Case) -> Result<(), String> {
    let inputs = |input: &'_ Named| {
        let tensor = folder.tensor(input);
        let wanted = case.grads.iter().any(|g| g.name == input.name);
        if wanted {
            tensor.requires_grad_(true)
        } else {
            tensor
        }
    };
    let tensors: Vec<Tensor> = case.inputs.iter().map(inputs).collect();
    let names = case.inputs.iter().map(|i| i.name.as_str());
    let call = Call::new(names.zip(tensors.iter().cloned()).collect(), &case.args);
    let mut outputs =
        ops::run(&case.op, &call).ok_or_else(|| format!("unknown operation {}", case.op))?;
    let unread = call.unread();
    if !unread.is_empty() {
        return Err(format!("nobody reads {}", unread.join(", ")));
    }
    if case.op.ends_with("_norm") {
        // The running statistics come after the result, for cases that look at them.
        outputs.truncate(case.outputs.len());
    }
    if outputs.len() != case.outputs.len() {
        return Err(format!(
            "{} outputs, not {}",
            outputs.len(),
            case.outputs.len()
        ));
    }
    for (got, want) in outputs.iter().zip(&case.outputs) {
        same(got, &folder.tensor(want), case.tol).map_err(|why| format!("{}: {why}", want.name))?;
    }
    if case.grads.is_empty() {
        return Ok(());
    }
    let mut losses = Vec::new();
    for cotangent in &case.cotangents {
        let at = case.outputs.iter().position(|o| o.name == cotangent.name);
        let at = at.ok_or_else(|| format!("a cotangent of {}, no output", cotangent.name))?;
        losses.push(outputs[at].mul(folder.tensor(cotangent)).sum());
    }
    let first = losses.first().ok_or("gradients without a cotangent")?;
    let loss = losses[1..].iter().fold(first.clone(), |sum, l| sum.add(l));
    loss.backward();
    for want in &case.grads {
        let at = case.inputs.iter().position(|i| i.name == want.name);
        let at = at.ok_or_else(|| format!("a gradient of {}, no input", want.name))?;
        let got = tensors[at]
            .grad()
            .ok_or_else(|| format!("no gradient reached {}", want.name))?;
        same(&got, &folder.tensor(want), case.tol)
            .map_err(|why| format!("gradient of {}: {why}", want.name))?;
    }
    Ok(())
}
