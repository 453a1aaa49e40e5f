//! Gradients against finite differences.

use ondol_autograd::{GradCheck, Tensor, catch, gradgradcheck, without_fused};

use super::each;
use crate::line::{Gradient, Line};

/// A panic of the operation is a failure of its line, not of the whole column.
fn caught(f: impl FnOnce() -> ondol_autograd::Result<()>) -> Result<(), String> {
    catch(f)
        .and_then(|result| result)
        .map_err(|e| e.to_string())
}

fn first(line: &Line, check: GradCheck) -> Result<(), String> {
    let inputs = line.make();
    match line.gradient {
        Gradient::Stops(_) => {
            let leaf = |t: &Tensor| {
                if t.dtype().is_floating_point() {
                    t.requires_grad_(true)
                } else {
                    t.clone()
                }
            };
            let outputs = catch(|| line.run(&inputs.iter().map(leaf).collect::<Vec<_>>()))
                .map_err(|e| e.to_string())?;
            match outputs.iter().position(Tensor::requires_grad) {
                Some(i) => Err(format!(
                    "output {i} requires a gradient that is said to stop"
                )),
                None => Ok(()),
            }
        }
        _ => caught(|| check.check(|t| line.run(t), &inputs)),
    }
}

fn second(line: &Line) -> Result<(), String> {
    match line.gradient {
        Gradient::Checked => caught(|| gradgradcheck(|t| line.run(t), &line.make())),
        Gradient::FirstOnly(reason) | Gradient::Stops(reason) => reason_given(reason),
    }
}

/// A column that does not apply says why.
pub(super) fn reason_given(reason: &str) -> Result<(), String> {
    if reason.len() < 10 {
        Err(format!("`{reason}` is no reason"))
    } else {
        Ok(())
    }
}

#[test]
fn gradients_agree_with_differences() {
    each(|line| first(line, line.check));
}

#[test]
fn second_gradients_agree_with_differences() {
    each(second);
}

#[test]
fn composites_behind_fused_paths_have_right_gradients_too() {
    each(|line| match line.fused {
        true => without_fused(|| first(line, line.check).and_then(|()| second(line))),
        false => Ok(()),
    });
}
