//! What every line goes through.

mod devices;
mod edges;
mod fused;
mod gradients;
mod layouts;
mod precision;

use ondol_autograd::{DType, Distribution, Generator, GradOptions, Tensor, catch, grad};

use crate::line::Line;
use crate::table::table;

/// Runs a column over the whole table and reports every line that fails, not only the first.
fn each(column: impl Fn(&Line) -> Result<(), String>) {
    let lines = table();
    let failures: Vec<String> = lines
        .iter()
        .filter_map(|line| column(line).err().map(|why| format!("{line}: {why}")))
        .collect();
    assert!(
        failures.is_empty(),
        "{} of {} lines fail:\n{}",
        failures.len(),
        lines.len(),
        failures.join("\n")
    );
}

/// Outputs, and the gradient of each input where one flows.
struct Run {
    outputs: Vec<Tensor>,
    gradients: Vec<Option<Tensor>>,
}

/// Runs a line on inputs as they are (layout, dtype and device kept) and pulls a fixed gradient
/// back through it.
fn run(line: &Line, inputs: &[Tensor]) -> Result<Run, String> {
    catch(|| {
        let leaf = |t: &Tensor| {
            let leaf = t.detach();
            if t.dtype().is_floating_point() {
                leaf.requires_grad_(true)
            } else {
                leaf
            }
        };
        let leaves: Vec<Tensor> = inputs.iter().map(leaf).collect();
        let outputs = line.run(&leaves);
        let recorded: Vec<&Tensor> = outputs.iter().filter(|y| y.requires_grad()).collect();
        let seed = |(i, y): (usize, &&Tensor)| {
            let uniform = Distribution::Uniform {
                low: 0.5,
                high: 1.5,
            };
            let seed = Tensor::random_with(
                uniform,
                y.shape(),
                DType::F64,
                &Generator::new(50 + i as u64),
            );
            seed.to(y.device()).to_dtype(y.dtype())
        };
        let seeds: Vec<Tensor> = recorded.iter().enumerate().map(seed).collect();
        let wanted: Vec<&Tensor> = leaves.iter().filter(|t| t.requires_grad()).collect();
        let gradients = if recorded.is_empty() {
            Vec::new()
        } else {
            let options = GradOptions {
                allow_unused: true,
                ..GradOptions::default()
            };
            grad(
                &recorded,
                &wanted,
                Some(&seeds.iter().collect::<Vec<_>>()),
                options,
            )
        };
        Run {
            outputs: outputs.iter().map(Tensor::detach).collect(),
            gradients,
        }
    })
    .map_err(|e| e.to_string())
}

/// Whether two runs agree: shapes exactly, numbers within `tolerance · (1 + |right|)`.
fn compare(left: &Run, right: &Run, tolerance: f64) -> Result<(), String> {
    let pairs = left.outputs.iter().zip(&right.outputs).enumerate();
    for (i, (a, b)) in pairs {
        close(a, b, tolerance).map_err(|why| format!("output {i}: {why}"))?;
    }
    if left.outputs.len() != right.outputs.len() || left.gradients.len() != right.gradients.len() {
        return Err("another number of outputs or gradients".into());
    }
    for (i, pair) in left.gradients.iter().zip(&right.gradients).enumerate() {
        match pair {
            (Some(a), Some(b)) => {
                close(a, b, tolerance).map_err(|why| format!("gradient {i}: {why}"))?
            }
            (None, None) => {}
            (a, _) => {
                return Err(format!(
                    "gradient {i} is there on one side only (left: {})",
                    a.is_some()
                ));
            }
        }
    }
    Ok(())
}

fn close(a: &Tensor, b: &Tensor, tolerance: f64) -> Result<(), String> {
    if a.shape() != b.shape() {
        return Err(format!("shapes {} and {}", a.shape(), b.shape()));
    }
    if a.dtype().is_floating_point() != b.dtype().is_floating_point() {
        return Err(format!("dtypes {} and {}", a.dtype(), b.dtype()));
    }
    let (a, b) = (
        a.cpu().double().to_vec::<f64>(),
        b.cpu().double().to_vec::<f64>(),
    );
    for (i, (x, y)) in a.iter().zip(&b).enumerate() {
        let same =
            x == y || (x.is_nan() && y.is_nan()) || (x - y).abs() <= tolerance * (1.0 + y.abs());
        if !same {
            return Err(format!("element {i}: {x} and {y}"));
        }
    }
    Ok(())
}
