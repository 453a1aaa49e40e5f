//! Matrix products and linear algebra give PyTorch's numbers and gradients.
//!
//! `recorded.txt` was recorded with PyTorch 2.15 in `float64`: for each case the outputs, and the
//! gradients of their sum weighted with [`numbers`].

mod cases;
mod edges;
mod errors;

use std::collections::BTreeMap;

use ondol_autograd::{DType, GradOptions, Tensor, catch, grad};

use cases::CASES;

/// The same numbers on both sides: no two near one another, none random.
fn numbers(shape: &[usize], salt: usize) -> Tensor {
    let n: usize = shape.iter().product();
    let one = |i| ((i * i * 31 + i * 7919 + salt * 104_729 + 13) % 1000) as f64 / 500.0 - 1.0;
    Tensor::from_vec((0..n).map(one).collect(), shape)
}

/// The recorded numbers of each case: outputs, gradients.
fn recorded() -> BTreeMap<&'static str, [Vec<Vec<f64>>; 2]> {
    let list = |text: &str| -> Vec<Vec<f64>> {
        let numbers = |part: &str| {
            part.split_whitespace()
                .map(|v| v.parse().expect("a number"))
                .collect()
        };
        text.split(';').map(numbers).collect()
    };
    let lines = include_str!("recorded.txt").lines();
    lines
        .map(|line| {
            let mut parts = line.split('|');
            let name = parts.next().expect("a name").trim();
            let mut next = || list(parts.next().expect("three parts"));
            (name, [next(), next()])
        })
        .collect()
}

/// Whether the numbers are those that were recorded, as exactly as the dtype allows.
fn near(got: &Tensor, want: &[f64]) -> Result<(), String> {
    let tolerance = if got.dtype() == DType::F64 {
        1e-9
    } else {
        2e-4
    };
    let got = got.double().to_vec::<f64>();
    if got.len() != want.len() {
        return Err(format!("{} numbers, not {}", got.len(), want.len()));
    }
    let far = |(x, y): (&f64, &f64)| x.is_nan() || (x - y).abs() > tolerance * (1.0 + y.abs());
    match got.iter().zip(want).position(far) {
        Some(i) => Err(format!("element {i}: {} and {}", got[i], want[i])),
        None => Ok(()),
    }
}

fn check(inputs: &[Tensor], outputs: &[Tensor], want: &[Vec<Vec<f64>>; 2]) -> Result<(), String> {
    if outputs.len() != want[0].len() {
        return Err("another number of outputs".into());
    }
    for (i, (y, want)) in outputs.iter().zip(&want[0]).enumerate() {
        if y.dtype() != inputs[0].dtype() {
            return Err(format!("output {i} is {}", y.dtype()));
        }
        near(y, want).map_err(|e| format!("output {i}: {e}"))?;
    }
    let weights: Vec<Tensor> = outputs
        .iter()
        .enumerate()
        .map(|(i, y)| numbers(&y.shape(), 50 + i).to_dtype(y.dtype()))
        .collect();
    let tracked: Vec<usize> = (0..outputs.len())
        .filter(|&i| outputs[i].requires_grad())
        .collect();
    let gradients = grad(
        &tracked.iter().map(|&i| &outputs[i]).collect::<Vec<_>>(),
        &inputs.iter().collect::<Vec<_>>(),
        Some(&tracked.iter().map(|&i| &weights[i]).collect::<Vec<_>>()),
        GradOptions::default(),
    );
    for (i, (g, want)) in gradients.iter().zip(&want[1]).enumerate() {
        let g = g.as_ref().ok_or(format!("no gradient {i}"))?;
        near(g, want).map_err(|e| format!("gradient {i}: {e}"))?;
    }
    Ok(())
}

/// Runs every case in a dtype.
fn all(dtype: DType) {
    let recorded = recorded();
    let mut failures = Vec::new();
    for (name, shapes, f) in CASES {
        // Its ties are not ties any more when they are rounded.
        if *name == "cdist_inf" && dtype != DType::F64 {
            continue;
        }
        let inputs: Vec<Tensor> = shapes
            .iter()
            .enumerate()
            .map(|(i, s)| numbers(s, i + 1).to_dtype(dtype).requires_grad_(true))
            .collect();
        let Some(want) = recorded.get(name) else {
            failures.push(format!("{name}: not recorded"));
            continue;
        };
        match catch(|| check(&inputs, &f(&inputs), want)) {
            Ok(Ok(())) => {}
            Ok(Err(why)) => failures.push(format!("{name}: {why}")),
            Err(error) => failures.push(format!("{name}: {error}")),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(recorded.len(), CASES.len(), "a recorded case is not tested");
}

#[test]
fn numbers_and_gradients_are_pytorchs() {
    all(DType::F64);
}

#[test]
fn single_precision_agrees() {
    all(DType::F32);
}

/// The text of the error that `f` ends with.
fn message<T>(f: impl FnOnce() -> T) -> String {
    match catch(f) {
        Ok(_) => "no error".into(),
        Err(error) => error.root().to_string(),
    }
}
