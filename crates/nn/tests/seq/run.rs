//! Runs a case and compares everything.

use std::collections::HashMap;

use ondol_nn::{Module, Tensor};

use crate::cases::Case;
use crate::{attention, difference, rnn, transformer, utils};

/// Named outputs.
pub(crate) type Outputs = Vec<(&'static str, Tensor)>;

/// Loads the recorded state, after comparing keys, their order, shapes and the printed form.
pub(crate) fn prepare(case: &Case, module: &dyn Module) {
    let recorded = case.state();
    let own = module.state_dict();
    let list = |state: &ondol_nn::StateDict| -> Vec<(String, Vec<usize>)> {
        let entries = state.iter();
        entries
            .map(|(k, a)| (k.to_owned(), a.shape().to_vec()))
            .collect()
    };
    assert_eq!(list(&own), list(&recorded), "{}: state dict", case.id());
    assert_eq!(module.repr(), case.text("repr"), "{}: printed", case.id());
    let loaded = module.load_state_dict(&recorded);
    loaded.unwrap_or_else(|e| panic!("{}: {e}", case.id()));
}

/// Runs a case of any kind.
pub(crate) fn check(case: &Case) {
    for name in case.names("grads") {
        if let Some(input) = case.optional(name) {
            input.requires_grad_(true);
        }
    }
    let (parameters, outputs) = match case.text("op") {
        "scaled_dot_product_attention" => (Vec::new(), attention::sdpa(case)),
        "MultiheadAttention" => attention::multihead(case),
        "RNN" | "LSTM" | "GRU" => rnn::layer(case),
        "RNNCell" | "LSTMCell" | "GRUCell" => rnn::cell(case),
        op if case.text("group") == "transformer" => transformer::run(case, op),
        _ if case.text("group") == "utils" => utils::run(case),
        other => panic!("{}: no test runs {other}", case.id()),
    };
    compare(case, parameters, outputs);
}

/// Outputs, then gradients of inputs and parameters.
pub(crate) fn compare(case: &Case, parameters: Vec<(String, Tensor)>, outputs: Outputs) {
    let (rtol, atol) = case.tolerance();
    let same = |what: String, got: &Tensor, want: &Tensor| {
        if let Some(difference) = difference(got, want, rtol, atol) {
            panic!("{}: {what}: {difference}", case.id());
        }
    };
    let names: Vec<&str> = outputs.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, case.names("outputs"), "{}: outputs", case.id());
    let mut terms = Vec::new();
    for (name, got) in &outputs {
        same(
            (*name).to_owned(),
            got,
            case.get(&format!("out.{name}")).unwrap(),
        );
        if let Some(cotangent) = case.get(&format!("cot.{name}")) {
            terms.push(got.mul(cotangent).sum());
        }
    }
    let Some(first) = terms.first() else { return };
    let first = first.clone();
    terms[1..]
        .iter()
        .fold(first, |sum, term| sum.add(term))
        .backward();
    let parameters: HashMap<String, Tensor> = parameters.into_iter().collect();
    for name in case.names("grads") {
        let tensor = match case.optional(name) {
            Some(input) => input,
            None => &parameters[name],
        };
        let grad = tensor.grad();
        let grad = grad.unwrap_or_else(|| panic!("{}: {name} got no gradient", case.id()));
        same(
            format!("gradient of {name}"),
            &grad,
            case.get(&format!("grad.{name}")).unwrap(),
        );
    }
}
