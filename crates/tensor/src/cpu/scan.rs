//! Running sums, products, extremes and sums of exponentials.

use super::fold::{Fold, Greatest, Least, LogSumExp, Product, Sum};
use super::number::Number;
use super::parallel::{self, CHUNK_MEMORY, PARALLEL_MEMORY};
use super::{staging, unsupported};
use crate::{DType, Result, Scan, View, ViewMut};

/// Running reduction along `dim`. As on PyTorch's CPU, `f32` is accumulated in `f64`, halves in
/// `f32`; integers in `i64`.
pub(super) fn scan(op: Scan, src: View<'_>, dim: usize, dst: ViewMut<'_>) -> Result<()> {
    match src.dtype {
        DType::Bool => return Err(unsupported(op.name(), src.dtype)),
        dtype if op == Scan::LogSumExp && !dtype.is_floating_point() => {
            return Err(unsupported(op.name(), dtype));
        }
        DType::U8 | DType::I32 | DType::I64 => run_op::<i64>(op, src, dim, dst),
        DType::F16 | DType::BF16 => run_op::<f32>(op, src, dim, dst),
        DType::F32 | DType::F64 => run_op::<f64>(op, src, dim, dst),
    }
    Ok(())
}

fn run_op<A: Number>(op: Scan, src: View<'_>, dim: usize, dst: ViewMut<'_>) {
    match op {
        Scan::Sum => run::<A, Sum>(src, dim, dst),
        Scan::Prod => run::<A, Product>(src, dim, dst),
        Scan::Max => run::<A, Greatest>(src, dim, dst),
        Scan::Min => run::<A, Least>(src, dim, dst),
        Scan::LogSumExp => run::<A, LogSumExp>(src, dim, dst),
    }
}

fn run<A: Number, F: Fold<A>>(src: View<'_>, dim: usize, dst: ViewMut<'_>) {
    if src.layout.numel() == 0 {
        return;
    }
    let (_, length, inner) = staging::around(src.layout.shape(), dim);
    let data = staging::read::<A>(src);
    let slice = length * inner;
    let per_task = (CHUNK_MEMORY / slice).max(1) * slice;
    staging::write::<A, _>(dst, |out| {
        parallel::split_mut(
            out,
            per_task,
            data.len() >= PARALLEL_MEMORY,
            |start, part| {
                let mut running = vec![F::IDENTITY; inner];
                for (s, out) in part.chunks_exact_mut(slice).enumerate() {
                    let from = &data[start + s * slice..][..slice];
                    if inner == 1 {
                        let mut running = F::IDENTITY;
                        for (to, &x) in out.iter_mut().zip(from) {
                            running = F::meet(running, x);
                            *to = running;
                        }
                        continue;
                    }
                    running.fill(F::IDENTITY);
                    for (to, from) in out.chunks_exact_mut(inner).zip(from.chunks_exact(inner)) {
                        for ((running, to), &x) in running.iter_mut().zip(to).zip(from) {
                            *running = F::meet(*running, x);
                            *to = *running;
                        }
                    }
                }
            },
        );
    });
}
