//! Tones of tensors: inverted, of fewer bits, solarized, stretched, equalized.

use ondol_autograd::{RoundingMode, Tensor};
use ondol_tensor::DType;

use super::tensors::{bound, cut, wide};

/// The dtype's bound minus each number.
#[track_caller]
pub(super) fn invert(x: &Tensor) -> Tensor {
    match x.dtype() {
        DType::I64 => x.rsub(i64::MAX),
        DType::I32 => x.rsub(i32::MAX),
        DType::U8 => x.rsub(u8::MAX),
        _ => x.rsub(1.0),
    }
}

/// The highest `bits` of each number; of floats from 0 to 1, `2^bits` levels.
#[track_caller]
pub(super) fn posterize(x: &Tensor, bits: u32) -> Tensor {
    let kept = |all: u32| match bits >= all {
        true => -1i64,
        false => ((1i64 << bits) - 1) << (all - bits),
    };
    match x.dtype() {
        DType::U8 => x.bitwise_and(kept(8) as u8),
        DType::I32 => x.bitwise_and(kept(31) as i32),
        DType::I64 => x.bitwise_and(kept(63)),
        _ => {
            let levels = f64::from(1u32 << bits);
            let steps = x.mul(levels).floor();
            steps.clamp(0.0, levels - 1.0).mul(1.0 / levels)
        }
    }
}

/// What reaches the threshold inverted.
#[track_caller]
pub(super) fn solarize(x: &Tensor, threshold: f64) -> Tensor {
    Tensor::where_(&wide(x).ge(threshold), invert(x), x)
}

/// Each channel's least number 0 and its greatest the bound.
#[track_caller]
pub(super) fn autocontrast(x: &Tensor) -> Tensor {
    let bound = bound(x.dtype());
    let numbers = wide(x);
    let (least, most) = numbers.aminmax([-2, -1], true);
    let range = most.sub(&least);
    // A channel of one value stays; divided by 0 it would have no gradient either.
    // (The bound times the reciprocal, as Python divides a number by a tensor.)
    let scale = |range: &Tensor| range.reciprocal().mul(bound);
    let stretched = scale(&range).isfinite();
    let scale = Tensor::where_(
        &stretched,
        scale(&Tensor::where_(&stretched, range, 1.0)),
        1.0,
    );
    let least = Tensor::where_(&stretched, least, 0.0);
    cut(&numbers.sub(least).mul(scale), x.dtype())
}

/// The histogram of each channel of bytes made even.
#[track_caller]
pub(super) fn equalize(x: &Tensor) -> Tensor {
    let shape = x.shape();
    let area = shape[shape.ndim() - 2] * shape[shape.ndim() - 1];
    let rows = x.numel() / area;
    let bytes = x.reshape([rows, area]).long();
    let options = (DType::I64, &x.device());
    let ones = Tensor::ones_with([1, 1], options).expand([rows, area]);
    let histogram = Tensor::zeros_with([rows, 256], options).scatter_add(1, &bytes, &ones);
    let upto = histogram.cumsum(1);
    // The first place where all pixels are counted is the greatest byte there is.
    let most = upto.argmax(1, true);
    let step = histogram
        .gather(1, &most)
        .rsub(area as i64)
        .floor_divide(255);
    let before = upto.sub(&histogram);
    let to = before
        .add(step.floor_divide(2))
        .div_with(step.clamp_min(1.0), RoundingMode::Floor)
        .clamp(0.0, 255.0);
    let equal = to.gather(1, &bytes);
    // Too few pixels for a step: nothing is changed.
    let equal = Tensor::where_(&step.eq(0i64), bytes, equal);
    equal.to_dtype(DType::U8).reshape(shape)
}
