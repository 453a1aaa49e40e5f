//! Reductions over any dimensions, and positions of extremes.

use smallvec::SmallVec;

use super::fold::{Fold, Greatest, Least, Product, Sum, fold_columns, fold_rows};
use super::number::Number;
use super::parallel::{self, CHUNK_MEMORY, PARALLEL_MEMORY, Tier};
use super::staging::{self, Disjoint};
use super::unsupported;
use crate::{ArgReduce, DType, Reduce, Result, View, ViewMut};

/// Reduces the dimensions `dims` of `src`; in `dst` they have size 1.
///
/// Narrow dtypes are widened first, and the result is cast back: halves are summed in `f32`,
/// integers in `i64` (which wraps to the same bits), and few types are left to compile.
pub(super) fn reduce(op: Reduce, src: View<'_>, dims: &[usize], dst: ViewMut<'_>) -> Result<()> {
    match (op, src.dtype) {
        (Reduce::Any | Reduce::All, dtype) if dtype != DType::Bool => {
            return Err(unsupported(op.name(), dtype));
        }
        (_, DType::F64) => run_op::<f64>(op, src, dims, dst),
        (_, DType::F32 | DType::F16 | DType::BF16) => run_op::<f32>(op, src, dims, dst),
        (Reduce::Sum | Reduce::Prod, _) => run_op::<i64>(op, src, dims, dst),
        (_, DType::Bool | DType::U8) => run_op::<u8>(op, src, dims, dst),
        (_, DType::I32 | DType::I64) => run_op::<i64>(op, src, dims, dst),
    }
    Ok(())
}

fn run_op<A: Number>(op: Reduce, src: View<'_>, dims: &[usize], dst: ViewMut<'_>) {
    match op {
        Reduce::Sum => run::<A, Sum>(src, dims, dst),
        Reduce::Prod => run::<A, Product>(src, dims, dst),
        // Of truth values, the greatest is whether any is true and the least whether all are.
        Reduce::Max | Reduce::Any => run::<A, Greatest>(src, dims, dst),
        Reduce::Min | Reduce::All => run::<A, Least>(src, dims, dst),
    }
}

/// Neighbouring dimensions of one kind, as one.
struct Group {
    size: usize,
    reduced: bool,
}

fn run<A: Number, F: Fold<A>>(src: View<'_>, dims: &[usize], dst: ViewMut<'_>) {
    if src.layout.numel() == 0 {
        return staging::store(vec![F::IDENTITY; dst.layout.numel()], dst);
    }
    if let Some(values) = plain::<A, F>(src, dims) {
        return staging::store(values, dst);
    }
    // Dimensions in the order they lie in memory, so that a transposed source is read as it lies.
    let mut layout = src.layout.clone();
    let reduced = |d: usize| dims.contains(&d);
    for d in (0..layout.ndim())
        .filter(|&d| reduced(d) && layout.strides()[d] < 0)
        .collect::<SmallVec<[usize; 6]>>()
    {
        layout = layout.flip(d);
    }
    let mut order: SmallVec<[usize; 6]> = (0..layout.ndim()).collect();
    order.sort_by_key(|&d| std::cmp::Reverse(layout.strides()[d].unsigned_abs()));
    let ordered = layout.permute(&order);
    let data = staging::read::<A>(View {
        layout: &ordered,
        ..src
    });

    let mut groups: SmallVec<[Group; 6]> = SmallVec::new();
    for &d in &order {
        push(
            &mut groups,
            Group {
                size: layout.shape()[d],
                reduced: reduced(d),
            },
        );
    }
    let mut values: Option<Vec<A>> = None;
    while let Some(at) = groups.iter().rposition(|g| g.reduced) {
        let outer = groups[..at].iter().map(|g| g.size).product();
        let columns = groups[at + 1..].iter().map(|g| g.size).product();
        let rows = groups[at].size;
        values = Some(match values {
            None => step::<A, F>(&data, outer, rows, columns),
            Some(partial) => step::<A, F>(&partial, outer, rows, columns),
        });
        let rest = groups.drain(at..).skip(1).collect::<SmallVec<[Group; 2]>>();
        rest.into_iter().for_each(|g| push(&mut groups, g));
    }
    let values = values.unwrap_or_else(|| data.to_vec());
    let target = dst.layout.permute(&order);
    staging::store(
        values,
        ViewMut {
            layout: &target,
            ..dst
        },
    );
}

/// Rows or columns of what lies row-major, as losses and biases have them: without the way around
/// that any other layout takes, and to the same bits.
fn plain<A: Number, F: Fold<A>>(src: View<'_>, dims: &[usize]) -> Option<Vec<A>> {
    let shape = src.layout.shape();
    if src.dtype != A::DTYPE || dims.is_empty() {
        return None;
    }
    // Sorted and distinct, so that the ends tell.
    let (first, last) = (dims[0], dims[dims.len() - 1]);
    if last + 1 - first != dims.len() {
        return None;
    }
    let data = super::strided::contiguous::<A>(src)?;
    let size = |range: std::ops::Range<usize>| shape[range].iter().product::<usize>();
    let (outer, rows, columns) = (
        size(0..first),
        size(first..last + 1),
        size(last + 1..shape.len()),
    );
    Some(step::<A, F>(data, outer, rows, columns))
}

fn push(groups: &mut SmallVec<[Group; 6]>, group: Group) {
    match groups.last_mut() {
        Some(last) if last.reduced == group.reduced || group.size == 1 => last.size *= group.size,
        Some(last) if last.size == 1 => *last = group,
        _ => groups.push(group),
    }
}

fn step<A: Number, F: Fold<A>>(data: &[A], outer: usize, rows: usize, columns: usize) -> Vec<A> {
    if columns == 1 {
        fold_rows::<A, F>(data, rows)
    } else {
        fold_columns::<A, F>(data, outer, rows, columns)
    }
}

/// Position of the extreme along `dim`; `dst` is `i64` with size 1 there. Narrow dtypes are widened.
pub(super) fn arg_reduce(op: ArgReduce, src: View<'_>, dim: usize, dst: ViewMut<'_>) -> Result<()> {
    match src.dtype {
        DType::F64 => arg_op::<f64>(op, src, dim, dst),
        DType::F32 | DType::F16 | DType::BF16 => arg_op::<f32>(op, src, dim, dst),
        DType::I64 | DType::I32 | DType::U8 | DType::Bool => arg_op::<i64>(op, src, dim, dst),
    }
    Ok(())
}

fn arg_op<T: Number>(op: ArgReduce, src: View<'_>, dim: usize, dst: ViewMut<'_>) {
    let shape = src.layout.shape();
    let data = staging::read::<T>(src);
    staging::write::<i64, _>(dst, |out| match op {
        ArgReduce::Max => positions::<T, Greatest>(&data, shape, dim, out),
        ArgReduce::Min => positions::<T, Least>(&data, shape, dim, out),
    });
}

/// Columns compared at a time.
const TILE: usize = 512;

fn positions<T: Number, F: Fold<T>>(data: &[T], shape: &[usize], dim: usize, out: &mut [i64]) {
    if out.is_empty() {
        return;
    }
    let (_, length, inner) = staging::around(shape, dim);
    let parallel = data.len() >= PARALLEL_MEMORY;
    if inner == 1 {
        // The extreme first, many elements at a time, and then where it is.
        let extremes = fold_rows::<T, F>(data, length);
        let per_task = (CHUNK_MEMORY / length).max(1);
        parallel::split_mut(out, per_task, parallel, |start, part| {
            for (i, position) in part.iter_mut().enumerate() {
                let row = &data[(start + i) * length..][..length];
                let best = extremes[start + i];
                let at = if best.is_nan() {
                    row.iter().position(|x| x.is_nan())
                } else {
                    row.iter().position(|&x| x == best)
                };
                *position = at.unwrap_or(0) as i64;
            }
        });
        return;
    }
    let tiles = inner.div_ceil(TILE);
    let cells = out.len() / inner * tiles;
    let shared = Disjoint::new(out);
    parallel::tasks(cells, parallel, |cell| {
        let (outer, start) = (cell / tiles, cell % tiles * TILE);
        let n = TILE.min(inner - start);
        // SAFETY: each cell is a tile of one line, and is one task.
        let best_at = unsafe { shared.part(outer * inner + start, n) };
        let row = |r: usize| &data[(outer * length + r) * inner + start..][..n];
        Tier::best().run(
            #[inline(always)]
            move || {
                let mut best: [T; TILE] = [T::ZERO; TILE];
                best[..n].copy_from_slice(row(0));
                best_at.fill(0);
                for r in 1..length {
                    for ((&x, best), at) in row(r).iter().zip(&mut best).zip(best_at.iter_mut()) {
                        let met = F::meet(*best, x);
                        // A NaN is never equal to what it replaces, but is replaced by none.
                        let win = (met != *best) & !best.is_nan();
                        *at = if win { r as i64 } else { *at };
                        *best = met;
                    }
                }
            },
        );
    });
}
