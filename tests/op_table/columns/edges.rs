//! Inputs without elements, and inputs without dimensions.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ondol_autograd::{Shape, Tensor};

use super::gradients::reason_given;
use super::{close, each, run};
use crate::line::{Edge, Line};

fn edge(line: &Line, edge: &Edge) -> Result<(), String> {
    let (shapes, output) = match edge {
        Edge::Unsaid => return Err("the line does not say what becomes of such inputs".into()),
        Edge::Skip(reason) => return reason_given(reason),
        Edge::Works(shapes, output) => (shapes, Some(output)),
        Edge::Fails(shapes) => (shapes, None),
    };
    if shapes.len() != line.inputs.len() {
        return Err(format!(
            "{} shapes for {} inputs",
            shapes.len(),
            line.inputs.len()
        ));
    }
    let inputs = line.make_shaped(shapes);
    // A panic that is not a typed error comes through `catch`.
    let done = catch_unwind(AssertUnwindSafe(|| run(line, &inputs)))
        .map_err(|_| format!("{shapes:?}: a panic without a typed error"))?;
    match (done, output) {
        // Wherever in the library it failed, the place is this table's line.
        (Err(e), None) if !e.contains("at ") || !e.contains("op_table") => {
            Err(format!("{shapes:?}: no place in `{e}`"))
        }
        (Err(_), None) => Ok(()),
        (Ok(_), None) => Err(format!("{shapes:?}: gives no error")),
        (Err(e), Some(_)) => Err(format!("{shapes:?}: {e}")),
        (Ok(done), Some(output)) => {
            let got = done.outputs[0].shape();
            if got != Shape::new(output) {
                return Err(format!(
                    "{shapes:?}: an output of shape {got}, not {output:?}"
                ));
            }
            let floating: Vec<&Tensor> = inputs
                .iter()
                .filter(|t| t.dtype().is_floating_point())
                .collect();
            for (t, g) in floating.iter().zip(&done.gradients) {
                if g.as_ref().is_some_and(|g| g.shape() != t.shape()) {
                    return Err(format!("{shapes:?}: a gradient of another shape"));
                }
            }
            Ok(())
        }
    }
}

#[test]
fn empty_inputs() {
    each(|line| edge(line, &line.empty));
}

#[test]
fn scalar_inputs() {
    each(|line| {
        edge(line, &line.scalar)?;
        if !line.elementwise {
            return Ok(());
        }
        // Without dimensions an element-wise operation gives what it gives for one element.
        let scalars = vec![vec![]; line.inputs.len()];
        let ones: Vec<_> = line
            .inputs
            .iter()
            .map(|i| vec![1; i.shape.len().min(1)])
            .collect();
        let (scalar, one) = (
            run(line, &line.make_shaped(&scalars))?,
            run(line, &line.make_shaped(&ones))?,
        );
        close(
            &scalar.outputs[0].reshape(1),
            &one.outputs[0].reshape(1),
            0.0,
        )
    });
}
