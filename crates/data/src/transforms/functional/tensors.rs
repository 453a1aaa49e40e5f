//! What colour on tensors shares: checks, the bounds of a dtype, blending.

use ondol_autograd::Tensor;
use ondol_tensor::{DType, Error, Result};

/// The greatest value of a channel: 1 for floats, else the dtype's greatest.
pub(super) fn bound(dtype: DType) -> f64 {
    match dtype {
        DType::U8 => 255.0,
        DType::I32 => f64::from(i32::MAX),
        DType::I64 => i64::MAX as f64,
        _ => 1.0,
    }
}

/// The number of channels of `[…, C, H, W]`, 1 or 3.
pub(super) fn channels(op: &'static str, x: &Tensor) -> Result<usize> {
    let shape = x.shape();
    let wrong = |rule: String| Error::Input {
        op,
        shape: shape.to_vec(),
        rule,
    };
    if x.dtype() == DType::Bool {
        return Err(Error::DType {
            op,
            got: x.dtype().to_string(),
            expected: "a tensor of integers or floats".into(),
        });
    }
    if shape.ndim() < 3 {
        return Err(wrong(format!(
            "Input image tensor should have at least 3 dimensions, but found {}",
            shape.ndim()
        )));
    }
    match shape[shape.ndim() - 3] {
        c @ (1 | 3) => Ok(c),
        c => Err(wrong(format!(
            "Input image tensor permitted channel values are [1, 3], but found {c}"
        ))),
    }
}

/// Floats as they are, integers as `f32`.
pub(super) fn wide(x: &Tensor) -> Tensor {
    match x.is_floating_point() {
        true => x.clone(),
        false => x.to_dtype(DType::F32),
    }
}

/// A factor: one for all pictures, or one for each of a batch.
#[derive(Clone, Copy)]
pub(in crate::transforms) enum Amount<'a> {
    One(f64),
    Each(&'a [f64]),
}

impl Amount<'_> {
    /// `f(factor) · x`.
    #[track_caller]
    pub(super) fn times(self, x: &Tensor, f: impl Fn(f64) -> f64) -> Tensor {
        match self {
            Amount::One(factor) => x.mul(f(factor)),
            Amount::Each(factors) => x.mul(Self::column(factors, x, f)),
        }
    }

    /// `x + factor`.
    #[track_caller]
    pub(super) fn plus(self, x: &Tensor) -> Tensor {
        match self {
            Amount::One(factor) => x.add(factor),
            Amount::Each(factors) => x.add(Self::column(factors, x, |factor| factor)),
        }
    }

    /// Each picture's number, to be spread over the picture.
    #[track_caller]
    fn column(factors: &[f64], x: &Tensor, f: impl Fn(f64) -> f64) -> Tensor {
        let mut shape = vec![1; x.ndim()];
        shape[0] = factors.len();
        let values: Vec<f64> = factors.iter().map(|&factor| f(factor)).collect();
        Tensor::from_vec(values, &shape[..]).to((x.dtype(), &x.device()))
    }
}

/// `ratio · x + (1 − ratio) · other`, cut to the bounds of `x`'s dtype.
#[track_caller]
pub(super) fn blend(x: &Tensor, other: &Tensor, ratio: Amount) -> Tensor {
    let whole = ratio.times(&wide(x), |ratio| ratio);
    let mixed = whole.add(ratio.times(&wide(other), |ratio| 1.0 - ratio));
    cut(&mixed, x.dtype())
}

/// Cut to the bounds of a dtype and of that dtype; integers by truncation.
#[track_caller]
pub(super) fn cut(x: &Tensor, dtype: DType) -> Tensor {
    x.clamp(0.0, bound(dtype)).to_dtype(dtype)
}

/// As `f32` from 0 to 1, `torchvision.transforms.functional.convert_image_dtype`'s rule.
#[track_caller]
pub(super) fn to_unit(x: &Tensor) -> Tensor {
    let unit = x.to_dtype(DType::F32);
    match x.is_floating_point() {
        true => unit,
        false => unit.div(bound(x.dtype())),
    }
}

/// Back from 0 to 1; each integer stands for an equal part of it.
#[track_caller]
pub(super) fn from_unit(x: &Tensor, dtype: DType) -> Tensor {
    match dtype.is_floating_point() {
        true => x.to_dtype(dtype),
        false => x.mul(bound(dtype) + 1.0 - 1e-3).to_dtype(dtype),
    }
}

/// One channel, its dimension kept.
#[track_caller]
pub(super) fn channel(x: &Tensor, c: usize) -> Tensor {
    x.narrow(-3, c, 1)
}

/// `.2989 R + .587 G + .114 B` as `[…, 1, H, W]`, truncated where the dtype is an integer's.
#[track_caller]
pub(super) fn grey(x: &Tensor) -> Tensor {
    let [r, g, b] = [0, 1, 2].map(|c| wide(&channel(x, c)));
    r.mul(0.2989)
        .add(g.mul(0.587))
        .add(b.mul(0.114))
        .to_dtype(x.dtype())
}
