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

/// Copies without converting.
fn same<T: Element>(src: View<'_>, mut dst: ViewMut<'_>) {
    let layout = dst.layout;
    let writer = Writer::<T, T>::new(&mut dst);
    let reader = Reader::<T, T>::new(Source::View(src), &writer);
    Walk::new([Some(layout), Some(src.layout)], true, Cost::Memory).run(&|tiles| {
        let mut scratch = Scratch::new();
        for [to, from] in tiles {
            writer.put(to, reader.load(from, &mut scratch));
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
                // Through the widest number of the operand's kind, which holds it exactly.
                if S::DTYPE.kind() == Kind::Float {
                    D::from_f64(x.to_f64())
                } else {
                    D::from_i64(x.to_i64())
                }
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::elementwise::fixture::{
        Held, bits, broadcast_layouts, contiguous, layouts, probes, result,
    };
    use super::super::parallel::with_threads;
    use super::*;
    use crate::Layout;

    fn copied<S: Element, D: Element>(src: &Held, to: &Layout) -> Vec<D> {
        result::<D>(to, |dst| {
            copy(src.view::<S>(), dst);
            Ok(())
        })
        .unwrap()
    }

    fn filled<T: Element>(with: Fill, to: &Layout) -> Vec<T> {
        result::<T>(to, |dst| {
            fill(with, dst);
            Ok(())
        })
        .unwrap()
    }

    #[test]
    fn every_pair_of_dtypes_converts_in_every_layout() {
        fn check<S: Element, D: Element>() {
            let values: Vec<S> = probes(120).into_iter().map(S::from_f64).collect();
            for (i, from) in layouts().into_iter().chain(broadcast_layouts()).enumerate() {
                let src = Held::new(&values, &from);
                let exact = |x: S| {
                    if S::DTYPE.is_floating_point() {
                        D::from_f64(x.to_f64())
                    } else {
                        D::from_i64(x.to_i64())
                    }
                };
                let expected: Vec<D> = src.to_vec::<S>().into_iter().map(exact).collect();
                for to in [&layouts()[0], &layouts()[i % 7]] {
                    assert_eq!(
                        bits(&copied::<S, D>(&src, to)),
                        bits(&expected),
                        "{} {} {from:?} {to:?}",
                        S::DTYPE,
                        D::DTYPE
                    );
                }
            }
        }
        for a in DType::ALL {
            for b in DType::ALL {
                with_dtype!(a, S => with_dtype!(b, D => check::<S, D>()));
            }
        }
    }

    #[test]
    fn conversions_follow_torch() {
        let to = contiguous(&[4]);
        let floats = Held::flat(&[-1.7f32, 2.9, 0.4, 300.0]);
        assert_eq!(copied::<f32, i64>(&floats, &to), [-1, 2, 0, 300]);
        assert_eq!(copied::<f32, u8>(&floats, &to), [255, 2, 0, 44]);
        assert_eq!(copied::<f32, bool>(&floats, &to), [true; 4]);
        let wide = Held::flat(&[i64::MAX, i64::MIN + 1, 1 << 40, -1]);
        assert_eq!(
            copied::<i64, i64>(&wide, &to),
            [i64::MAX, i64::MIN + 1, 1 << 40, -1]
        );
        assert_eq!(copied::<i64, i32>(&wide, &to), [-1, 1, 0, -1]);
    }

    #[test]
    fn fills_and_ranges() {
        for to in layouts() {
            assert!(
                filled::<f32>(Fill::Value(Scalar::Float(2.5)), &to)
                    .iter()
                    .all(|&x| x == 2.5)
            );
            let range = Fill::Range {
                start: Scalar::Int(-3),
                step: Scalar::Int(2),
            };
            assert_eq!(
                filled::<i64>(range, &to),
                (0..120).map(|i| 2 * i - 3).collect::<Vec<_>>()
            );
            let range = Fill::Range {
                start: Scalar::Float(0.5),
                step: Scalar::Float(0.1),
            };
            let expected: Vec<f32> = (0..120)
                .map(|i| (0.5 + f64::from(i) * 0.1) as f32)
                .collect();
            assert_eq!(filled::<f32>(range, &to), expected);
        }
        assert_eq!(
            filled::<bool>(Fill::Value(Scalar::Int(7)), &contiguous(&[])),
            [true]
        );
        assert_eq!(
            filled::<u8>(Fill::Value(Scalar::Int(-1)), &contiguous(&[2])),
            [255, 255]
        );
        assert_eq!(
            filled::<f64>(Fill::Value(Scalar::Int(1)), &contiguous(&[0, 3])),
            []
        );
        let wide = Fill::Range {
            start: Scalar::Int(i64::MAX - 1),
            step: Scalar::Int(1),
        };
        assert_eq!(
            filled::<i64>(wide, &contiguous(&[2])),
            [i64::MAX - 1, i64::MAX]
        );
    }

    #[test]
    fn large_copies_are_the_same_for_any_threads() {
        let (rows, cols) = (700, 517);
        let values: Vec<f32> = (0..rows * cols).map(|i| i as f32).collect();
        let turned = contiguous(&[cols, rows]).transpose(0, 1);
        for threads in [1, 2, 3] {
            with_threads(threads, || {
                let src = Held::new(&values, &turned);
                assert_eq!(copied::<f32, f32>(&src, &contiguous(&[rows, cols])), values);
                let doubles: Vec<f64> = values.iter().map(|&x| f64::from(x)).collect();
                assert_eq!(copied::<f32, f64>(&src, &turned), doubles);
                let range = Fill::Range {
                    start: Scalar::Int(0),
                    step: Scalar::Int(1),
                };
                assert_eq!(filled::<f32>(range, &contiguous(&[rows * cols])), values);
            });
        }
    }
}
