//! Sequence modules, attention and utils beside what PyTorch computes for them.

mod attention;
mod cases;
mod lists;
mod rnn;
mod run;
mod transformer;
mod utils;

use cases::cases;
use ondol_nn::{Tensor, catch};

/// What `f` is refused with, as the user reads it.
fn refused<T>(f: impl FnOnce() -> T) -> String {
    match catch(f) {
        Ok(_) => panic!("nothing was refused"),
        Err(error) => error.to_string(),
    }
}

/// Every case of a group.
fn check_group(group: &str, at_least: usize) {
    let all = cases();
    let mine: Vec<_> = all.iter().filter(|c| c.text("group") == group).collect();
    assert!(mine.len() >= at_least, "{} cases of {group}", mine.len());
    for case in mine {
        run::check(case);
    }
}

#[test]
fn recurrent_layers_have_pytorchs_numbers() {
    check_group("rnn", 35);
}

#[test]
fn attention_has_pytorchs_numbers() {
    check_group("attention", 22);
}

#[test]
fn the_transformer_has_pytorchs_numbers() {
    check_group("transformer", 20);
}

#[test]
fn parametrizations_have_pytorchs_numbers() {
    check_group("utils", 9);
}

#[test]
fn every_case_is_run() {
    let groups = ["rnn", "attention", "transformer", "utils"];
    for case in cases() {
        assert!(groups.contains(&case.text("group")), "{}", case.id());
    }
}

/// The first difference of two tensors beyond a tolerance.
fn difference(got: &Tensor, want: &Tensor, rtol: f64, atol: f64) -> Option<String> {
    if got.shape() != want.shape() {
        return Some(format!(
            "shape {} where {} is right",
            got.shape(),
            want.shape()
        ));
    }
    if got.dtype() != want.dtype() {
        return Some(format!(
            "dtype {} where {} is right",
            got.dtype(),
            want.dtype()
        ));
    }
    let values = |t: &Tensor| t.detach().double().to_vec::<f64>();
    let pairs = values(got).into_iter().zip(values(want));
    let mut far = pairs.enumerate().filter(|(_, (g, w))| {
        let near = (g - w).abs() <= atol + rtol * w.abs();
        !(near || g == w || (g.is_nan() && w.is_nan()))
    });
    far.next()
        .map(|(i, (g, w))| format!("element {i} is {g} where {w} is right"))
}
