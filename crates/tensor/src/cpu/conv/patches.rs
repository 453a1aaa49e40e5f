//! The sizes of a convolution, and its patches as columns (`im2col`, `col2im`).

use std::any::Any;
use std::cell::RefCell;
use std::ops::Range;

use crate::Conv2dOptions;
use crate::cpu::number::Number;

/// Elements the columns of a band should have at most, so that they stay in the second-level cache.
const BAND: usize = 64 * 1024;

/// All sizes of a two-dimensional convolution.
pub(super) struct Geometry {
    pub(super) images: usize,
    pub(super) groups: usize,
    pub(super) input: [usize; 2],
    pub(super) out: [usize; 2],
    kernel: [usize; 2],
    inputs: usize,
    outputs: usize,
    options: Conv2dOptions,
}

impl Geometry {
    pub(super) fn new(options: &Conv2dOptions, x: &[usize], w: &[usize], y: &[usize]) -> Geometry {
        Geometry {
            images: x[0],
            groups: options.groups,
            input: [x[2], x[3]],
            out: [y[2], y[3]],
            kernel: [w[2], w[3]],
            inputs: x[1],
            outputs: y[1],
            options: *options,
        }
    }

    /// Input channels of a group.
    pub(super) fn channels(&self) -> usize {
        self.inputs / self.groups
    }

    /// Output channels of a group.
    pub(super) fn filters(&self) -> usize {
        self.outputs / self.groups
    }

    /// Elements of the input that one output element sees.
    pub(super) fn taps(&self) -> usize {
        self.channels() * self.kernel[0] * self.kernel[1]
    }

    /// Multiplications in all.
    pub(super) fn work(&self) -> usize {
        self.images * self.outputs * self.out[0] * self.out[1] * self.taps()
    }

    /// Where a group of an image's input channels starts.
    pub(super) fn inputs_at(&self, image: usize, group: usize) -> usize {
        (image * self.inputs + group * self.channels()) * self.input[0] * self.input[1]
    }

    /// Where a group of an image's output channels starts.
    pub(super) fn outputs_at(&self, image: usize, group: usize) -> usize {
        (image * self.outputs + group * self.filters()) * self.out[0] * self.out[1]
    }

    #[cfg(target_arch = "x86_64")]
    pub(super) fn padding(&self) -> [usize; 2] {
        self.options.padding
    }

    #[cfg(target_arch = "x86_64")]
    pub(super) fn dilation(&self) -> [usize; 2] {
        self.options.dilation
    }

    #[cfg(target_arch = "x86_64")]
    pub(super) fn kernel(&self) -> [usize; 2] {
        self.kernel
    }

    /// The distance from the first tap to the last.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn span(&self) -> [usize; 2] {
        std::array::from_fn(|axis| {
            self.options.dilation[axis] * self.kernel[axis].saturating_sub(1)
        })
    }

    #[cfg(target_arch = "x86_64")]
    pub(super) fn has_step_one(&self) -> bool {
        self.options.stride == [1, 1]
    }

    /// Whether the input, as it lies, is already the columns.
    pub(super) fn is_pointwise(&self) -> bool {
        let Conv2dOptions {
            stride, padding, ..
        } = self.options;
        self.kernel == [1, 1] && stride == [1, 1] && padding == [0, 0]
    }

    fn band_rows(&self) -> usize {
        if self.is_pointwise() {
            return self.out[0].max(1);
        }
        (BAND / (self.taps() * self.out[1]).max(1)).clamp(1, self.out[0].max(1))
    }

    /// The output rows in bands.
    pub(super) fn bands(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let (rows, all) = (self.band_rows(), self.out[0]);
        (0..all)
            .step_by(rows)
            .map(move |start| start..all.min(start + rows))
    }

    /// Elements of a band's columns.
    pub(super) fn scratch(&self) -> usize {
        if self.is_pointwise() {
            0
        } else {
            self.band_rows() * self.out[1] * self.taps()
        }
    }

    /// For output row or column `o`s, the ones whose tap `k` lies inside the input.
    fn inside(&self, axis: usize, k: usize) -> Range<usize> {
        let Conv2dOptions {
            stride,
            padding,
            dilation,
            ..
        } = self.options;
        let (stride, at, padding) = (stride[axis], k * dilation[axis], padding[axis]);
        // padding <= o * stride + at < padding + input
        let first = padding.saturating_sub(at).div_ceil(stride);
        let end = (padding + self.input[axis])
            .saturating_sub(at)
            .div_ceil(stride);
        let end = end.min(self.out[axis]);
        first.min(end)..end
    }

    /// Calls `f(column row, channel, tap row, tap column)` for each row of the columns.
    fn each_tap(&self, mut f: impl FnMut(usize, usize, [usize; 2])) {
        let mut row = 0;
        for channel in 0..self.channels() {
            for kh in 0..self.kernel[0] {
                for kw in 0..self.kernel[1] {
                    f(row, channel, [kh, kw]);
                    row += 1;
                }
            }
        }
    }

    /// The position that output `o` sees through tap `k`, which must lie inside.
    fn seen(&self, axis: usize, o: usize, k: usize) -> usize {
        o * self.options.stride[axis] + k * self.options.dilation[axis] - self.options.padding[axis]
    }
}

/// Writes `[taps, band · width]` columns: row `t` holds what each output sees through tap `t`.
pub(super) fn copy_patches<T: Number>(
    g: &Geometry,
    x: &[T],
    band: Range<usize>,
    columns: &mut [T],
) {
    let (width, stride) = (g.out[1], g.options.stride[1]);
    let (plane, area) = (g.input[0] * g.input[1], band.len() * width);
    g.each_tap(|row, channel, [kh, kw]| {
        let (rows, inside) = (g.inside(0, kh), g.inside(1, kw));
        for (i, oh) in band.clone().enumerate() {
            let to = &mut columns[row * area + i * width..][..width];
            if !rows.contains(&oh) || inside.is_empty() {
                to.fill(T::ZERO);
                continue;
            }
            let start =
                channel * plane + g.seen(0, oh, kh) * g.input[1] + g.seen(1, inside.start, kw);
            to[..inside.start].fill(T::ZERO);
            to[inside.end..].fill(T::ZERO);
            let to = &mut to[inside.clone()];
            if stride == 1 {
                to.copy_from_slice(&x[start..][..to.len()]);
            } else {
                to.iter_mut()
                    .zip(x[start..].iter().step_by(stride))
                    .for_each(|(to, &x)| *to = x);
            }
        }
    });
}

/// The transpose of [`copy_patches`]: adds the columns to the places they were seen from.
pub(super) fn add_patches<T: Number>(g: &Geometry, columns: &[T], band: Range<usize>, x: &mut [T]) {
    let (width, stride) = (g.out[1], g.options.stride[1]);
    let (plane, area) = (g.input[0] * g.input[1], band.len() * width);
    g.each_tap(|row, channel, [kh, kw]| {
        let (rows, inside) = (g.inside(0, kh), g.inside(1, kw));
        if inside.is_empty() {
            return;
        }
        for (i, oh) in band.clone().enumerate().filter(|(_, oh)| rows.contains(oh)) {
            let from = &columns[row * area + i * width..][inside.clone()];
            let start =
                channel * plane + g.seen(0, oh, kh) * g.input[1] + g.seen(1, inside.start, kw);
            if stride == 1 {
                x[start..][..from.len()]
                    .iter_mut()
                    .zip(from)
                    .for_each(|(x, &y)| *x = x.plus(y));
            } else {
                x[start..]
                    .iter_mut()
                    .step_by(stride)
                    .zip(from)
                    .for_each(|(x, &y)| *x = x.plus(y));
            }
        }
    });
}

thread_local! {
    /// One scratch vector of each element type.
    static SCRATCH: RefCell<Vec<Box<dyn Any>>> = const { RefCell::new(Vec::new()) };
}

/// Lends `n` elements of scratch memory that this thread keeps for next time. Their values are
/// whatever was left there.
pub(super) fn with_scratch<T: Number, R>(n: usize, f: impl FnOnce(&mut [T]) -> R) -> R {
    // It is taken out while in use, so that a call inside a call gets another.
    let kept = SCRATCH.with_borrow_mut(|all| {
        let at = all.iter().position(|v| v.is::<Vec<T>>())?;
        all.swap_remove(at).downcast::<Vec<T>>().ok()
    });
    let mut vector = kept.unwrap_or_default();
    if vector.len() < n {
        vector.resize(n, T::ZERO);
    }
    let result = f(&mut vector[..n]);
    SCRATCH.with_borrow_mut(|all| all.push(vector));
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taps_inside_are_those_that_are() {
        for (input, kernel, stride, padding, dilation) in [
            (5, 3, 1, 1, 1),
            (7, 3, 2, 0, 2),
            (4, 2, 3, 1, 1),
            (1, 5, 1, 2, 1),
            (6, 3, 2, 4, 3),
        ] {
            let span = dilation * (kernel - 1) + 1;
            let out = (input + 2 * padding - span) / stride + 1;
            let options = Conv2dOptions {
                stride: [stride; 2],
                padding: [padding; 2],
                dilation: [dilation; 2],
                groups: 1,
            };
            let g = Geometry::new(
                &options,
                &[1, 1, input, input],
                &[1, 1, kernel, kernel],
                &[1, 1, out, out],
            );
            for k in 0..kernel {
                let expected: Vec<usize> = (0..out)
                    .filter(|o| {
                        let at = (o * stride + k * dilation) as isize - padding as isize;
                        (0..input as isize).contains(&at)
                    })
                    .collect();
                assert_eq!(g.inside(0, k).collect::<Vec<_>>(), expected);
            }
        }
    }

    #[test]
    fn scratch_is_kept_and_nests() {
        let outer = with_scratch::<f32, _>(10, |a| {
            with_scratch::<f32, _>(5, |b| assert_ne!(a.as_ptr(), b.as_ptr()));
            a.as_ptr() as usize
        });
        let again = with_scratch::<f32, _>(3, |a| a.as_ptr() as usize);
        let other = with_scratch::<f64, _>(3, |a| a.as_ptr() as usize);
        assert!(again == outer || again != other);
    }
}
