//! Padding with what is there: reflected, repeated, or from the other end.

use ondol_tensor::Error;

use crate::{Tensor, raise};

/// What padding is filled with, `torch.nn.functional.pad`'s `mode` and `value`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PadMode {
    /// One number.
    Constant(f64),
    /// The elements mirrored at the first and the last, which are not repeated.
    Reflect,
    /// The first and the last element.
    Replicate,
    /// The elements from the other end.
    Circular,
}

/// `x` with `(before, after)` of each dimension from the last on added around it (negative amounts
/// are cut off), `torch.nn.functional.pad`.
///
/// ```
/// use ondol_autograd::{PadMode, functional, tensor};
/// let x = tensor!([[1, 2, 3]]);
/// let padded = |mode| functional::pad(&x, &[2, 1], mode).to_vec::<i64>();
/// assert_eq!(padded(PadMode::Constant(0.0)), [0, 0, 1, 2, 3, 0]);
/// assert_eq!(padded(PadMode::Reflect), [3, 2, 1, 2, 3, 2]);
/// assert_eq!(padded(PadMode::Replicate), [1, 1, 1, 2, 3, 3]);
/// assert_eq!(padded(PadMode::Circular), [2, 3, 1, 2, 3, 1]);
/// ```
///
/// # Panics
/// On an odd number of amounts, more than the tensor has dimensions for, or more padding than there
/// is to reflect or to go round. Modes other than a constant pad one to three last dimensions, and
/// need one or two in front of them.
#[track_caller]
pub fn pad(x: &Tensor, pad: &[isize], mode: PadMode) -> Tensor {
    let shape = x.shape();
    let wrong = |rule: String| Error::Input {
        op: "pad",
        shape: shape.to_vec(),
        rule,
    };
    let (n, amounts) = (shape.ndim(), pad.len() / 2);
    if !pad.len().is_multiple_of(2) {
        raise(wrong("Padding length must be divisible by 2".into()));
    }
    if amounts > n {
        raise(wrong(format!(
            "Padding length should be less than or equal to two times the input dimension but got padding length {} \
             and input of dimension {n}",
            pad.len()
        )));
    }
    if !matches!(mode, PadMode::Constant(_))
        && !(matches!(amounts, 1..=3) && (n == amounts + 1 || n == amounts + 2))
    {
        raise(wrong(format!(
            "Padding size {} is not supported for {n}D input tensor; modes other than a constant pad the last 1, 2 or \
             3 dimensions of 2D or 3D, 3D or 4D, 4D or 5D tensors",
            pad.len()
        )));
    }
    let pairs: Vec<(isize, isize)> = pad.chunks(2).map(|p| (p[0], p[1])).collect();
    if let PadMode::Constant(value) = mode {
        return constant(x, &pairs, value);
    }
    let mut out = x.clone();
    for (i, &(before, after)) in pairs.iter().enumerate() {
        let d = n - 1 - i;
        let size = shape[d] as isize;
        let most = match mode {
            PadMode::Reflect => size - 1,
            PadMode::Circular => size,
            _ => isize::MAX,
        };
        if before > most || after > most {
            raise(wrong(match mode {
                PadMode::Circular => "Padding value causes wrapping around more than once.".into(),
                _ => format!(
                    "Padding size should be less than the corresponding input dimension, but got: padding ({before}, \
                     {after}) at dimension {d} of input {shape}"
                ),
            }));
        }
        if size + before + after < 0 || size == 0 && (before > 0 || after > 0) {
            raise(wrong(format!(
                "padding ({before}, {after}) leaves nothing of dimension {d}, or has nothing to take"
            )));
        }
        if (before, after) == (0, 0) {
            continue;
        }
        let last = size - 1;
        // Going round, what was cut off is not met again.
        let (cut, left) = (
            (-before).max(0),
            (size + before.min(0) + after.min(0)).max(1),
        );
        let place = |i: isize| match mode {
            PadMode::Reflect if i < 0 => -i,
            PadMode::Reflect if i > last => 2 * last - i,
            PadMode::Circular => cut + (i - cut).rem_euclid(left),
            _ => i.clamp(0, last),
        };
        let places: Vec<i64> = (-before..size + after).map(|i| place(i) as i64).collect();
        out = out.index_select(d as isize, &Tensor::from(places).to(x.device()));
    }
    if out.same(x) { x.clone_data() } else { out }
}

#[track_caller]
fn constant(x: &Tensor, pairs: &[(isize, isize)], value: f64) -> Tensor {
    let (shape, n) = (x.shape(), x.ndim());
    let mut out = x.clone();
    for (i, &(before, after)) in pairs.iter().enumerate() {
        let d = n - 1 - i;
        let (from, cut) = ((-before).max(0), (-after).max(0));
        if from + cut > shape[d] as isize {
            raise(Error::Input {
                op: "pad",
                shape: shape.to_vec(),
                rule: format!(
                    "padding ({before}, {after}) leaves less than nothing of dimension {d}"
                ),
            });
        }
        if from + cut > 0 {
            out = out.narrow(d as isize, from as usize, shape[d] - (from + cut) as usize);
        }
    }
    let grown: Vec<(usize, usize)> = pairs
        .iter()
        .map(|&(b, a)| (b.max(0) as usize, a.max(0) as usize))
        .collect();
    out.pad(&grown, value)
}
