//! PyTorch's names of operations, and what Ondol has for each.

mod arith;
pub(super) mod color;
mod conv;
mod create;
mod index;
mod linalg;
mod loss;
mod matmul;
mod nn;
mod order;
mod reduce;
mod shape;
mod unary;

use ondol::Tensor;

use super::call::Call;

/// The outputs, in PyTorch's order; `None` where nobody knows the operation.
pub(super) fn run(op: &str, call: &Call<'_>) -> Option<Vec<Tensor>> {
    for prefix in ["torch.linalg.", "linalg.", "linalg_"] {
        if let Some(name) = op.strip_prefix(prefix)
            && let Some(outputs) = linalg::run(name, call)
        {
            return Some(outputs);
        }
    }
    if op.contains("linalg") && op.ends_with("vander") {
        return one(call.x().vander(call.size("N"), true));
    }
    // Where it lives in PyTorch does not matter: no two functions of one name differ.
    let name = op.rsplit('.').next().unwrap_or(op);
    [
        unary::run,
        arith::run,
        matmul::run,
        linalg::run,
        reduce::run,
        order::run,
        shape::run,
        index::run,
        create::run,
        loss::run,
        conv::run,
        nn::run,
        color::run,
    ]
    .iter()
    .find_map(|table| table(name, call))
}

/// One output.
fn one(tensor: Tensor) -> Option<Vec<Tensor>> {
    Some(vec![tensor])
}

/// Values and positions.
fn two((a, b): (Tensor, Tensor)) -> Option<Vec<Tensor>> {
    Some(vec![a, b])
}
