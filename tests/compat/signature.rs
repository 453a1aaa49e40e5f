//! How an item is written in use.

/// `x.sum_dim(dims, keepdim)` for a method, `Tensor::cat(tensors, dim)` without a receiver.
pub(crate) fn method(owner: &str, receiver: &str, sig: &syn::Signature) -> String {
    let called = match sig.receiver() {
        Some(_) => format!("{receiver}.{}", sig.ident),
        None => format!("{owner}::{}", sig.ident),
    };
    format!("{called}({})", arguments(sig))
}

/// `linalg::inv(a)`.
pub(crate) fn call(path: &str, sig: &syn::Signature) -> String {
    format!("{path}({})", arguments(sig))
}

/// A name for a value of a type: `optimizer` for `optim::Optimizer`.
pub(crate) fn variable(of: &str) -> String {
    let name = of.rsplit("::").next().unwrap_or(of);
    let mut out = String::new();
    for (i, c) in name.chars().enumerate() {
        if c.is_uppercase() && i > 0 && !out.ends_with('_') {
            let before = name.chars().nth(i - 1);
            if before.is_some_and(char::is_lowercase) {
                out.push('_');
            }
        }
        out.extend(c.to_lowercase());
    }
    out
}

fn arguments(sig: &syn::Signature) -> String {
    let names = sig.inputs.iter().filter_map(|input| match input {
        syn::FnArg::Typed(typed) => match &*typed.pat {
            syn::Pat::Ident(ident) => Some(ident.ident.to_string()),
            _ => Some("…".to_owned()),
        },
        syn::FnArg::Receiver(_) => None,
    });
    names.collect::<Vec<_>>().join(", ")
}

#[test]
fn variables_are_in_snake_case() {
    assert_eq!(variable("optim::Optimizer"), "optimizer");
    assert_eq!(variable("HookHandle"), "hook_handle");
    assert_eq!(variable("optim::StepLR"), "step_lr");
}
