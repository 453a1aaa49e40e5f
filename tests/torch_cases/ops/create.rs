//! Tensors made from numbers alone.

use ondol::{DType, Options, Scalar, Shape, Tensor};

use super::one;
use crate::torch_cases::call::Call;

pub(super) fn run(op: &str, call: &Call<'_>) -> Option<Vec<Tensor>> {
    let shape = || {
        let sizes = call.ints("size").expect("size");
        sizes.iter().map(|&s| s as usize).collect::<Shape>()
    };
    let options = || Options::from(call.dtype("dtype").unwrap_or(DType::F32));
    let float = |name: &str| {
        call.float(name)
            .unwrap_or_else(|| panic!("{name} is not given"))
    };
    one(match op {
        "zeros" => Tensor::zeros_with(shape(), options()),
        "ones" => Tensor::ones_with(shape(), options()),
        "full" => {
            let value = call.number("fill_value").expect("fill_value");
            match call.dtype("dtype") {
                Some(dtype) => Tensor::full_with(shape(), value, dtype),
                None => Tensor::full(shape(), value),
            }
        }
        "zeros_like" => call.x().zeros_like(),
        "ones_like" => call.x().ones_like(),
        "full_like" => call
            .x()
            .full_like(call.number("fill_value").expect("fill_value")),
        "arange" => {
            let number = |name: &str, default: i64| {
                call.number(name).unwrap_or_else(|| Scalar::from(default))
            };
            let (start, end, step) = (number("start", 0), number("end", 0), number("step", 1));
            match call.dtype("dtype") {
                Some(dtype) => Tensor::arange_with(start, end, step, dtype),
                None => Tensor::arange(start, end, step),
            }
        }
        "linspace" => Tensor::linspace_with(
            float("start"),
            float("end"),
            call.size("steps").expect("steps"),
            options(),
        ),
        "logspace" => Tensor::logspace_with(
            float("start"),
            float("end"),
            call.size("steps").expect("steps"),
            call.float_or("base", 10.0),
            options(),
        ),
        "eye" => {
            let n = call.size("n").expect("n");
            Tensor::eye_with([n, call.size_or("m", n)], options())
        }
        "tril_indices" | "triu_indices" => {
            let size = |name: &str| call.size(name).expect("a size");
            let (row, col, offset) = (size("row"), size("col"), call.int_or("offset", 0));
            if op == "tril_indices" {
                Tensor::tril_indices(row, col, offset)
            } else {
                Tensor::triu_indices(row, col, offset)
            }
        }
        _ => return None,
    })
}
