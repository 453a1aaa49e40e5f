//! How often a window fits, and how far it stands over the end.

use ondol_tensor::Error;

use crate::{Tensor, raise};

/// A window over the last `N` dimensions of an input.
pub(super) struct Window<const N: usize> {
    /// The first of those dimensions.
    pub(super) first: usize,
    /// How often it fits along each.
    pub(super) count: [usize; N],
    /// How far the last one stands over the padded end.
    pub(super) over: [usize; N],
}

/// What a window is told, whatever is made of its elements.
pub(super) struct Taps<const N: usize> {
    pub(super) kernel: [usize; N],
    pub(super) stride: [usize; N],
    pub(super) padding: [usize; N],
    pub(super) dilation: [usize; N],
    pub(super) ceil_mode: bool,
}

/// Refuses an input without its `N` dimensions; the first of them.
#[track_caller]
pub(super) fn space<const N: usize>(op: &'static str, x: &Tensor) -> usize {
    let shape = x.shape();
    if shape.ndim() != N + 1 && shape.ndim() != N + 2 {
        let space = match N {
            1 => "L",
            2 => "H, W",
            _ => "D, H, W",
        };
        raise(Error::Input {
            op,
            shape: shape.to_vec(),
            rule: format!("expected an input [N, C, {space}] or [C, {space}]"),
        });
    }
    shape.ndim() - N
}

impl<const N: usize> Taps<N> {
    /// Lays the window over an input.
    #[track_caller]
    pub(super) fn over(&self, op: &'static str, x: &Tensor) -> Window<N> {
        let first = space::<N>(op, x);
        let xs = x.shape();
        let error = |rule: String| Error::Shape {
            op,
            lhs: xs.to_vec(),
            rhs: self.kernel.to_vec(),
            rule,
        };
        if (0..N).any(|d| self.padding[d] > self.kernel[d] / 2) {
            raise(error(format!(
                "pad should be at most half of effective kernel size, but got pad={:?}",
                self.padding
            )));
        }
        if xs[first..].contains(&0) {
            raise(error(
                "expected an input with non-zero sizes but for its batch".into(),
            ));
        }
        let mut window = Window {
            first,
            count: [0; N],
            over: [0; N],
        };
        for d in 0..N {
            match self.along(d, xs[first + d]) {
                Some((count, over)) => (window.count[d], window.over[d]) = (count, over),
                None => raise(error("the window (with its dilation) cannot be larger than the padded input, nor stride or dilation 0".into())),
            }
        }
        window
    }

    fn along(&self, d: usize, size: usize) -> Option<(usize, usize)> {
        let (stride, padding) = (self.stride[d], self.padding[d]);
        if stride == 0 || self.dilation[d] == 0 {
            return None;
        }
        let span = self.dilation[d] * self.kernel[d].checked_sub(1)? + 1;
        let padded = size + 2 * padding;
        let room = padded.checked_sub(span)?;
        let count = if self.ceil_mode {
            let count = room.div_ceil(stride) + 1;
            // A window that begins behind the input and its left border sees nothing.
            if (count - 1) * stride >= size + padding {
                count - 1
            } else {
                count
            }
        } else {
            room / stride + 1
        };
        let over = ((count - 1) * stride + span).saturating_sub(padded);
        Some((count, over))
    }
}

impl<const N: usize> Window<N> {
    /// The input with its border and what the last windows stand over, filled with a number.
    #[track_caller]
    pub(super) fn padded(&self, x: &Tensor, padding: [usize; N], value: f64) -> Tensor {
        let amounts: Vec<_> = (0..N)
            .rev()
            .map(|d| (padding[d], padding[d] + self.over[d]))
            .collect();
        if amounts.iter().all(|&amount| amount == (0, 0)) {
            return x.clone();
        }
        x.pad(&amounts, value)
    }
}
