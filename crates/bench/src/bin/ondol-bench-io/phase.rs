//! One save or load in a process of its own: how long it takes and what memory.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use ondol_serialize::{LoadOptions, load_with, save};
use ondol_tensor::{Array, Dict, Result, Value};
use serde_json::json;

/// Layers of 1024 x 1024 with their biases, as far as the parameters go.
fn tensors(parameters: usize) -> Result<Dict> {
    let (mut made, mut left, mut layer) = (Dict::new(), parameters, 0);
    while left > 0 {
        let both = [("weight", vec![1024, 1024]), ("bias", vec![1024])];
        for (name, shape) in both {
            let whole: usize = shape.iter().product();
            let n = whole.min(left);
            if n == 0 {
                break;
            }
            let values: Vec<f32> = (0..n).map(|i| i as f32 * 1e-3).collect();
            let shape = if n == whole { shape } else { vec![n] };
            made.insert(
                format!("layers.{layer}.{name}"),
                Array::from_vec(values, shape)?,
            );
            left -= n;
        }
        layer += 1;
    }
    Ok(made)
}

/// A field of the process's status in bytes; 0 where there is none.
fn memory(field: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(field));
    let number = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    number.unwrap_or(0) * 1024
}

/// Does it and prints what it took.
pub(crate) fn run(action: &str, form: &str, path: &Path, parameters: usize) -> Result<()> {
    let mut state = match action {
        "save" => tensors(parameters)?,
        _ => Dict::new(),
    };
    // Makes the peak start here.
    let _ = fs::write("/proc/self/clear_refs", "5");
    let before = memory("VmRSS");
    let start = Instant::now();
    if action == "save" {
        save(&state, path)?;
    } else {
        let options = LoadOptions::new().verify(form != "pt-unverified");
        state = load_with(path, options)?.as_dict()?.clone();
    }
    let seconds = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let (mut touched, mut count) = (0.0, 0);
    for (_, value) in state.iter() {
        let Value::Tensor(array) = value else {
            continue;
        };
        let bytes = array.storage_bytes(0..array.numel())?;
        let first = |page: &[u8]| f32::from_le_bytes([page[0], page[1], page[2], page[3]]);
        touched += bytes
            .chunks(4096)
            .map(|page| f64::from(first(page)))
            .sum::<f64>();
        count += array.numel();
    }
    let touch = start.elapsed().as_secs_f64();
    let extra = memory("VmHWM").saturating_sub(before);
    let line = json!({
        "seconds": seconds, "sync": 0.0, "touch": touch, "extra": extra, "parameters": count,
        "check": black_box(touched),
    });
    println!("{line}");
    Ok(())
}
