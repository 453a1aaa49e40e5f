//! Borders made of the input itself.

use ondol_autograd::{Error, Tensor, raise};

/// What a border is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PaddingMode {
    /// Zeros, or another number.
    #[default]
    Zeros,
    /// The input reflected at its border, without the border itself.
    Reflect,
    /// The border again and again.
    Replicate,
    /// The input's other end.
    Circular,
}

impl PaddingMode {
    /// PyTorch's name.
    pub fn name(self) -> &'static str {
        match self {
            PaddingMode::Zeros => "zeros",
            PaddingMode::Reflect => "reflect",
            PaddingMode::Replicate => "replicate",
            PaddingMode::Circular => "circular",
        }
    }
}

/// Around the last dimensions, `(before, after)` of each from the last on.
#[track_caller]
pub(crate) fn padded(x: &Tensor, amounts: &[(usize, usize)], mode: PaddingMode) -> Tensor {
    if mode == PaddingMode::Zeros {
        return x.pad(amounts, 0.0);
    }
    let last = x.ndim() as isize - 1;
    amounts
        .iter()
        .enumerate()
        .fold(x.clone(), |y, (i, &amount)| {
            along(&y, last - i as isize, amount, mode)
        })
}

#[track_caller]
fn along(x: &Tensor, dim: isize, (before, after): (usize, usize), mode: PaddingMode) -> Tensor {
    if before == 0 && after == 0 {
        return x.clone();
    }
    let size = x.size(dim);
    let (most, rule) = match mode {
        PaddingMode::Reflect => (
            size.saturating_sub(1),
            "Padding size should be less than the corresponding input dimension",
        ),
        PaddingMode::Circular => (size, "Padding value causes wrapping around more than once."),
        _ => (
            if size == 0 { 0 } else { usize::MAX },
            "expected a dimension that is not empty",
        ),
    };
    if before > most || after > most {
        raise(Error::Input {
            op: "pad",
            shape: x.shape().to_vec(),
            rule: format!("{rule}: padding ({before}, {after}) at dimension {dim} of size {size}"),
        });
    }
    let n = size as i64;
    let at: Vec<i64> = (-(before as i64)..n + after as i64)
        .map(|i| match mode {
            PaddingMode::Reflect if i < 0 => -i,
            PaddingMode::Reflect if i >= n => 2 * (n - 1) - i,
            PaddingMode::Circular => i.rem_euclid(n),
            _ => i.clamp(0, n - 1),
        })
        .collect();
    let count = at.len();
    x.index_select(dim, &Tensor::from_vec(at, count).to(&x.device()))
}
