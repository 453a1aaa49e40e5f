//! Lower precisions agree with `f64`.

use ondol_autograd::{DType, Tensor};

use super::gradients::reason_given;
use super::{compare, each, run};
use crate::line::Line;

fn agree(line: &Line, dtype: DType, tolerance: f64) -> Result<(), String> {
    if let Some(reason) = line.double_only {
        return reason_given(reason);
    }
    let low = |t: &Tensor| {
        if t.dtype().is_floating_point() {
            t.to_dtype(dtype)
        } else {
            t.clone()
        }
    };
    let low: Vec<Tensor> = line.make().iter().map(low).collect();
    // The numbers that the low precision can hold, so that only the operation's own error shows.
    let wide = |t: &Tensor| {
        if t.dtype().is_floating_point() {
            t.double()
        } else {
            t.clone()
        }
    };
    let wide: Vec<Tensor> = low.iter().map(wide).collect();
    compare(&run(line, &low)?, &run(line, &wide)?, tolerance)
}

#[test]
fn f32_agrees_with_f64() {
    each(|line| agree(line, DType::F32, 1e-5));
}

#[test]
fn f16_agrees_with_f64() {
    each(|line| agree(line, DType::F16, 1e-2));
}

#[test]
fn bf16_agrees_with_f64() {
    each(|line| agree(line, DType::BF16, 6e-2));
}
