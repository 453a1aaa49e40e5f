//! What a model gives and what is right, as numbers on the host.

use ondol_autograd::Tensor;
use ondol_tensor::{ArgReduce, Array, DType, Error, Result};

/// Two shapes that do not go together.
pub(super) fn mismatch(op: &'static str, output: &Array, target: &Array, rule: &str) -> Error {
    Error::Shape {
        op,
        lhs: output.shape().to_vec(),
        rhs: target.shape().to_vec(),
        rule: rule.to_owned(),
    }
}

/// Whether `target` has the shape of `output` without its dimension 1.
pub(super) fn has_classes(output: &Array, target: &Array) -> bool {
    let (output, target) = (output.shape(), target.shape());
    output.len() == target.len() + 1
        && !target.is_empty()
        && output[0] == target[0]
        && output[2..] == target[1..]
}

/// Targets of class indices.
pub(super) fn classes(op: &'static str, target: &Array) -> Result<Array> {
    if target.dtype().is_floating_point() {
        return Err(Error::DType {
            op,
            got: target.dtype().to_string(),
            expected: "targets of class indices, i64".into(),
        });
    }
    target.cast(DType::I64)
}

/// The class each output stands for: the greatest of `[N, C, …]`, whether a number of `[N, …]` is
/// over the threshold, or the class itself where it is an integer.
pub(super) fn decide(
    op: &'static str,
    output: &Array,
    target: &Array,
    threshold: f64,
) -> Result<Array> {
    if !output.dtype().is_floating_point() {
        if output.shape() != target.shape() {
            let rule = "expected classes and targets of one shape";
            return Err(mismatch(op, output, target, rule));
        }
        return output.cast(DType::I64);
    }
    let alone = output.ndim() == target.ndim() + 1 && output.shape().get(1) == Some(&1);
    let output = if alone {
        output.squeeze(&[1])?
    } else {
        output.clone()
    };
    if output.shape() == target.shape() {
        return output
            .compare_scalar(ondol_tensor::Compare::Gt, threshold)?
            .cast(DType::I64);
    }
    if !has_classes(&output, target) {
        let rule = "expected outputs [N, C, …] or [N, …], and targets [N, …]";
        return Err(mismatch(op, &output, target, rule));
    }
    if output.numel() == 0 {
        return Array::zeros(target.shape().clone(), DType::I64, target.device());
    }
    output.arg_reduce(ArgReduce::Max, 1, false)
}

/// Numbers as `f64`, on the host, in order.
pub(super) fn numbers(tensor: &Tensor) -> Result<Vec<f64>> {
    numbers_of(&tensor.value())
}

pub(super) fn numbers_of(array: &Array) -> Result<Vec<f64>> {
    array
        .to_device(&ondol_tensor::Device::cpu())?
        .cast(DType::F64)?
        .to_vec::<f64>()
}

/// Class indices on the host; those outside of `0..classes` are an error.
pub(super) fn indices(op: &'static str, array: &Array, classes: usize) -> Result<Vec<usize>> {
    let numbers = array
        .to_device(&ondol_tensor::Device::cpu())?
        .to_vec::<i64>()?;
    let index = |&i: &i64| {
        usize::try_from(i)
            .ok()
            .filter(|&i| i < classes)
            .ok_or_else(|| {
                Error::value(
                    op,
                    format!("class {i} is out of bounds: there are {classes} classes"),
                )
            })
    };
    numbers.iter().map(index).collect()
}
