//! Filling, and copying between layouts and dtypes.

use half::{bf16, f16};

use super::elementwise::{Cost, Map, Reader, Scratch, Stage, Walk, Writer, each, map};
use super::parallel::{CHUNK_MEMORY, PARALLEL_MEMORY, split_mut};
use super::strided::{contiguous_mut, view_mut};
use crate::{DType, Element, Fill, Kind, Scalar, Source, View, ViewMut, with_dtype};

/// Writes one value or a range.
pub(super) fn fill(fill: Fill, dst: ViewMut<'_>) {
    with_dtype!(dst.dtype, T => match fill {
        Fill::Value(value) => {
            let value: T = value.cast();
            write::<T>(dst, |_| value);
        }
        Fill::Range { start: Scalar::Bool(_) | Scalar::Int(_), step: Scalar::Bool(_) | Scalar::Int(_) } => {
            let Fill::Range { start, step } = fill else { return };
            let (start, step) = (start.to_i64(), step.to_i64());
            write::<T>(dst, |i| T::from_i64(start.wrapping_add((i as i64).wrapping_mul(step))));
        }
        Fill::Range { start, step } => {
            // In double precision and rounded once, as PyTorch's `arange`.
            let (start, step) = (start.to_f64(), step.to_f64());
            write::<T>(dst, |i| T::from_f64(start + i as f64 * step));
        }
    });
}

/// Writes `value(i)` to element `i` in row-major order.
fn write<T: Element>(mut dst: ViewMut<'_>, value: impl Fn(usize) -> T + Sync) {
    match contiguous_mut::<T>(&mut dst) {
        Some(elements) => {
            let parallel = elements.len() >= PARALLEL_MEMORY;
            split_mut(elements, CHUNK_MEMORY, parallel, |start, part| {
                part.iter_mut()
                    .enumerate()
                    .for_each(|(i, e)| *e = value(start + i));
            });
        }
        None => view_mut::<T>(dst)
            .iter_mut()
            .enumerate()
            .for_each(|(i, e)| *e = value(i)),
    }
}

/// Copies, converting between dtypes: floats truncate to integers, anything but 0 is `true`.
pub(super) fn copy(src: View<'_>, dst: ViewMut<'_>) {
    macro_rules! convert {
        ($s:ty, $d:ty, $kernel:expr) => {
            map::<$s, $d, $s, $d>(Source::View(src), dst, Cost::Memory, $kernel)
        };
    }
    match (src.dtype, dst.dtype) {
        (a, b) if a == b => with_dtype!(a, T => same::<T>(src, dst)),
        // `half` has these with the machine's own instructions.
        (DType::F16, DType::F32) => convert!(f16, f32, |_, a, d| Stage::convert_all(a, d)),
        (DType::BF16, DType::F32) => convert!(bf16, f32, |_, a, d| Stage::convert_all(a, d)),
        (DType::F32, DType::F16) => convert!(f32, f16, |_, a, d| Stage::convert_all(a, d)),
        (DType::F32, DType::BF16) => convert!(f32, bf16, |_, a, d| Stage::convert_all(a, d)),
        (a, b) => with_dtype!(a, S => with_dtype!(b, D => convert!(S, D, converting::<S, D>()))),
    }
}

/// Copies without converting; tiles that are not dense are assigned by `ndarray`.
fn same<T: Element>(src: View<'_>, mut dst: ViewMut<'_>) {
    let layout = dst.layout;
    let writer = Writer::<T, T>::new(&mut dst);
    let reader = Reader::<T, T>::new(Source::View(src), &writer);
    Walk::new([Some(layout), Some(src.layout)], true, Cost::Memory).run(&|tiles| {
        let (mut unused_a, mut unused_d) = (Scratch::new(), Scratch::new());
        for [to, from] in tiles {
            if to.is_dense() && from.is_dense() {
                let a = reader.load(from, &mut unused_a);
                writer.store(to, &mut unused_d, |dst| dst.copy_from_slice(a));
            } else {
                writer.assign(to, &reader, from);
            }
        }
    });
}

/// The loop that converts between two dtypes.
fn converting<S: Element, D: Element>() -> Map<S, D> {
    |tier, a, dst| {
        each(
            tier,
            a,
            dst,
            #[inline(always)]
            |x: S| {
                // Through the widest number of the operand's kind: nothing is rounded twice.
                if S::DTYPE.kind() == Kind::Float {
                    D::from_f64(x.to_f64())
                } else {
                    D::from_i64(x.to_i64())
                }
            },
        )
    }
}
