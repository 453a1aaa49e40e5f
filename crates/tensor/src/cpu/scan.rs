//! Running sums and products.

use super::number::Number;
use super::parallel::{self, CHUNK_MEMORY, PARALLEL_MEMORY};
use super::{staging, unsupported};
use crate::{DType, Element, Result, Scan, View, ViewMut, bf16, f16};

/// Running reduction along `dim`. As PyTorch's CPU, `f32` is accumulated in `f64`, halves in `f32`.
pub(super) fn scan(op: Scan, src: View<'_>, dim: usize, dst: ViewMut<'_>) -> Result<()> {
    match src.dtype {
        DType::Bool => return Err(unsupported(op.name(), src.dtype)),
        DType::U8 => run::<u8, i64>(op, src, dim, dst, i64::from, |x| x as u8),
        DType::I32 => run::<i32, i64>(op, src, dim, dst, i64::from, |x| x as i32),
        DType::I64 => run::<i64, i64>(op, src, dim, dst, |x| x, |x| x),
        DType::F16 => run::<f16, f32>(op, src, dim, dst, f16::to_f32, f16::from_f32),
        DType::BF16 => run::<bf16, f32>(op, src, dim, dst, bf16::to_f32, bf16::from_f32),
        DType::F32 => run::<f32, f64>(op, src, dim, dst, f64::from, |x| x as f32),
        DType::F64 => run::<f64, f64>(op, src, dim, dst, |x| x, |x| x),
    }
    Ok(())
}

fn run<T: Element, A: Number>(
    op: Scan,
    src: View<'_>,
    dim: usize,
    dst: ViewMut<'_>,
    widen: impl Fn(T) -> A + Send + Sync,
    narrow: impl Fn(A) -> T + Send + Sync,
) {
    if src.layout.numel() == 0 {
        return;
    }
    let (_, length, inner) = staging::around(src.layout.shape(), dim);
    let (first, meet): (A, fn(A, A) -> A) = match op {
        Scan::Sum => (A::ZERO, A::plus),
        Scan::Prod => (A::ONE, A::times),
    };
    let data = staging::read::<T>(src);
    let slice = length * inner;
    let per_task = (CHUNK_MEMORY / slice).max(1) * slice;
    staging::write::<T, _>(dst, |out| {
        parallel::split_mut(
            out,
            per_task,
            data.len() >= PARALLEL_MEMORY,
            |start, part| {
                let mut running = vec![first; inner];
                for (s, out) in part.chunks_exact_mut(slice).enumerate() {
                    let from = &data[start + s * slice..][..slice];
                    if inner == 1 {
                        let mut running = first;
                        for (to, &x) in out.iter_mut().zip(from) {
                            running = meet(running, widen(x));
                            *to = narrow(running);
                        }
                        continue;
                    }
                    running.fill(first);
                    for (to, from) in out.chunks_exact_mut(inner).zip(from.chunks_exact(inner)) {
                        for ((running, to), &x) in running.iter_mut().zip(to).zip(from) {
                            *running = meet(*running, widen(x));
                            *to = narrow(*running);
                        }
                    }
                }
            },
        );
    });
}
