//! Features on a common scale, after `sklearn.preprocessing`.

mod min_max;
mod standard;

use ondol_autograd::Tensor;
use ondol_tensor::{Array, DType, Error, Result, Value};

pub use min_max::MinMaxScaler;
pub use standard::StandardScaler;

/// Features `[N, F]` to be looked at in double precision: the numbers, row by row, and F.
///
/// NaN stands for what is missing; infinities cannot be scaled.
fn features(op: &'static str, x: &Tensor, known: Option<usize>) -> Result<(Vec<f64>, usize)> {
    let value = x.value();
    let shape = value.shape();
    let rule = match (shape.len(), known) {
        (2, _) if shape[0] == 0 => "found no samples, and at least one is required".to_owned(),
        (2, Some(width)) if shape[1] != width => format!("expected {width} features"),
        (2, _) => String::new(),
        _ => "expected features [N, F]".to_owned(),
    };
    if !rule.is_empty() {
        return Err(Error::Input {
            op,
            shape: shape.to_vec(),
            rule,
        });
    }
    let width = shape[1];
    let numbers = value.cast(DType::F64)?.to_vec::<f64>()?;
    if let Some(i) = numbers.iter().position(|x| x.is_infinite()) {
        let message = format!("row {}, feature {} is infinite", i / width, i % width);
        return Err(Error::value(op, message));
    }
    Ok((numbers, width))
}

/// `x` as floating point, and numbers of its features beside it: same dtype, same device.
#[track_caller]
fn beside<const N: usize>(
    op: &'static str,
    x: &Tensor,
    numbers: Result<[&[f64]; N]>,
) -> (Tensor, [Tensor; N]) {
    let numbers = ondol_autograd::ok(numbers);
    let x = match x.dtype().is_floating_point() {
        true => x.clone(),
        false => x.float(),
    };
    let width = numbers.first().map_or(0, |n| n.len());
    if x.shape().last() != Some(&width) {
        ondol_autograd::raise(Error::Input {
            op,
            shape: x.shape().to_vec(),
            rule: format!("expected {width} features in the last dimension"),
        });
    }
    let value = x.value();
    let place = |n: &[f64]| -> Result<Tensor> {
        let n = Array::from_slice(n, [n.len()])?.cast(value.dtype())?;
        Ok(n.to_device(value.device())?.into())
    };
    let placed = numbers.map(|n| ondol_autograd::ok(place(n)));
    (x, placed)
}

fn not_fitted(op: &'static str) -> Error {
    let message = "is not fitted yet; call `fit` with the training data first";
    Error::value(op, message)
}

/// A state of one array of `f64` for each name.
fn state<const N: usize>(entries: [(&str, &[f64]); N]) -> Value {
    let entries = entries.map(|(name, numbers)| {
        // Numbers on the host always become an array of their own length.
        let array = Array::from_slice(numbers, [numbers.len()]);
        (name, array.expect("as many numbers as the shape has"))
    });
    Value::Dict(entries.into_iter().collect())
}

/// The arrays of a [`state`], equally long; nothing of the state of what is not fitted.
fn loaded<const N: usize>(
    op: &'static str,
    state: &Value,
    names: [&str; N],
) -> Result<Option<[Vec<f64>; N]>> {
    if state.as_dict()?.is_empty() {
        return Ok(None);
    }
    let mut arrays = [const { Vec::new() }; N];
    for (numbers, name) in arrays.iter_mut().zip(names) {
        let array = state.get(name)?.as_tensor()?;
        *numbers = array.cast(DType::F64)?.to_vec()?;
    }
    let lengths = arrays.each_ref().map(Vec::len);
    if lengths.iter().any(|&n| n != lengths[0]) {
        let message = format!("the state's entries are of lengths {lengths:?}");
        return Err(Error::value(op, message));
    }
    Ok(Some(arrays))
}
