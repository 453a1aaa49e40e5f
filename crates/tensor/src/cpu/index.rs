//! Gathering from and scattering to computed places along a dimension.

use super::fold::{Fold, Greatest, Least, Product, Sum};
use super::number::Number;
use super::parallel::{self, CHUNK_MEMORY, PARALLEL_MEMORY, Tier};
use super::staging::{self, Disjoint, Staged};
use super::{strided, unsupported};
use crate::{DType, Element, Error, Layout, Result, Scatter, Source, View, ViewMut, with_dtype};

/// The places along one dimension, all checked to lie inside of it.
enum Places<'a> {
    /// The same for every line along the dimension, as `index_select` has it.
    Line(Staged<'a, i64>),
    /// One for each element, row-major.
    Each(Staged<'a, i64>),
}

fn places<'a>(op: &'static str, index: View<'a>, dim: usize, size: usize) -> Result<Places<'a>> {
    let layout = index.layout;
    let alike = |d: usize| layout.strides()[d] == 0 || layout.shape()[d] == 1;
    let line = (0..layout.ndim()).all(|d| d == dim || alike(d));
    let all = if line {
        let mut shape = layout.shape().clone();
        (0..layout.ndim())
            .filter(|&d| d != dim)
            .for_each(|d| shape[d] = shape[d].min(1));
        let thin = Layout::strided(shape, layout.strides(), layout.offset());
        Staged::Copied(staging::copied(View {
            layout: &thin,
            ..index
        }))
    } else {
        staging::read::<i64>(index)
    };
    if let Some(&index) = all.iter().find(|&&i| i < 0 || i >= size as i64) {
        return Err(Error::Index {
            op,
            index,
            dim,
            size,
        });
    }
    Ok(if line {
        Places::Line(all)
    } else {
        Places::Each(all)
    })
}

/// `dst[…, i, …] = src[…, index[…, i, …], …]` along `dim`.
pub(super) fn gather(src: View<'_>, dim: usize, index: View<'_>, dst: ViewMut<'_>) -> Result<()> {
    if dst.layout.numel() == 0 {
        return Ok(());
    }
    let places = places("gather", index, dim, src.layout.shape()[dim])?;
    with_dtype!(src.dtype, T => {
        staging::write::<T, _>(dst, |out| match (places, strided::contiguous::<T>(src)) {
            (Places::Line(line), Some(data)) => {
                let (_, size, inner) = staging::around(src.layout.shape(), dim);
                gather_lines(data, size, inner, &line, out);
            }
            (Places::Line(line), None) => {
                let (_, n, inner) = staging::around(index.layout.shape(), dim);
                gather_each::<T>(src, dim, index.layout.shape(), |i| line[i / inner % n], out);
            }
            (Places::Each(all), _) => gather_each::<T>(src, dim, index.layout.shape(), |i| all[i], out),
        });
    });
    Ok(())
}

/// Copies runs of `inner` elements.
fn gather_lines<T: Element>(data: &[T], size: usize, inner: usize, line: &[i64], out: &mut [T]) {
    let per_task = (CHUNK_MEMORY / inner).max(1);
    parallel::split_mut(
        out,
        per_task * inner,
        data.len().min(out.len()) >= PARALLEL_MEMORY,
        |start, part| {
            for (r, run) in part.chunks_exact_mut(inner).enumerate() {
                let row = start / inner + r;
                let from = (row / line.len() * size + line[row % line.len()] as usize) * inner;
                run.copy_from_slice(&data[from..from + inner]);
            }
        },
    );
}

/// Element by element, from any strides; `place(i)` belongs to element `i` of the result.
fn gather_each<T: Element>(
    src: View<'_>,
    dim: usize,
    shape: &[usize],
    place: impl Fn(usize) -> i64 + Send + Sync,
    out: &mut [T],
) {
    let data = strided::buffer_of::<T>(src);
    let strides = src.layout.strides();
    let last = shape.len() - 1;
    let n = shape[last];
    let inner_stride = if last == dim { 0 } else { strides[last] };
    let per_task = (CHUNK_MEMORY / 4 / n).max(1);
    parallel::split_mut(
        out,
        per_task * n,
        shape.iter().product::<usize>() >= PARALLEL_MEMORY / 4,
        |start, part| {
            for (r, run) in part.chunks_exact_mut(n).enumerate() {
                let mut row = start / n + r;
                let first = row * n;
                let mut base = src.layout.offset() as isize;
                for d in (0..last).rev() {
                    if d != dim {
                        base += (row % shape[d]) as isize * strides[d];
                    }
                    row /= shape[d];
                }
                for (j, to) in run.iter_mut().enumerate() {
                    let along = place(first + j) as isize * strides[dim];
                    *to = data[(base + along + j as isize * inner_stride) as usize];
                }
            }
        },
    );
}

/// `dst[…, index[…, i, …], …] (op)= src[…, i, …]` along `dim`, in index order.
pub(super) fn scatter(
    op: Scatter,
    dim: usize,
    index: View<'_>,
    src: Source<'_>,
    dst: ViewMut<'_>,
) -> Result<()> {
    if index.layout.numel() == 0 {
        return Ok(());
    }
    let places = places(op.name(), index, dim, dst.layout.shape()[dim])?;
    let n = index.layout.shape()[dim];
    match (op, dst.dtype) {
        // Sums and products of halves are kept in f32 and rounded once.
        (Scatter::Add | Scatter::Mul, DType::F16 | DType::BF16) => {
            by_op::<f32>(op, dim, n, &places, src, dst)
        }
        (_, dtype) => with_dtype!(dtype, T => by_op::<T>(op, dim, n, &places, src, dst)),
    }
}

/// What stays instead of what was there: see [`Scatter::Set`].
struct Last;
impl<A: Number> Fold<A> for Last {
    const IDENTITY: A = A::ZERO;
    #[inline(always)]
    fn meet(_: A, b: A) -> A {
        b
    }
}

fn by_op<T: Number>(
    op: Scatter,
    dim: usize,
    n: usize,
    places: &Places<'_>,
    src: Source<'_>,
    dst: ViewMut<'_>,
) -> Result<()> {
    match op {
        Scatter::Set => run::<T, Last>(op, dim, n, places, src, dst),
        Scatter::Add => run::<T, Sum>(op, dim, n, places, src, dst),
        Scatter::Mul => run::<T, Product>(op, dim, n, places, src, dst),
        Scatter::Max => run::<T, Greatest>(op, dim, n, places, src, dst),
        Scatter::Min => run::<T, Least>(op, dim, n, places, src, dst),
    }
}

fn run<T: Number, F: Fold<T>>(
    op: Scatter,
    dim: usize,
    n: usize,
    places: &Places<'_>,
    src: Source<'_>,
    dst: ViewMut<'_>,
) -> Result<()> {
    let (outer, size, inner) = staging::around(dst.layout.shape(), dim);
    let (values, one);
    let source = match src {
        Source::View(view) => {
            values = staging::read::<T>(view);
            &values[..]
        }
        Source::Scalar(scalar) => {
            one = [scalar.cast::<T>()];
            &one[..]
        }
        Source::Destination => return Err(unsupported(op.name(), dst.dtype)),
    };
    let value = |i: usize| {
        if source.len() == 1 {
            source[0]
        } else {
            source[i]
        }
    };
    staging::update::<T, _>(dst, |data| match places {
        Places::Line(line) if inner > 1 && source.len() > 1 => {
            scatter_lines::<T, F>(data, [outer, size, inner], line, source)
        }
        _ => {
            let parallel = outer * n * inner >= PARALLEL_MEMORY / 4;
            parallel::split_mut(data, size * inner, parallel, |start, part| {
                let first = start / size * n;
                for i in 0..n * inner {
                    let at = match places {
                        Places::Line(line) => line[i / inner],
                        Places::Each(all) => all[first + i],
                    };
                    let to = &mut part[at as usize * inner + i % inner];
                    *to = F::meet(*to, value(first + i));
                }
            });
        }
    });
    Ok(())
}

/// Columns a task takes of each row, so that one large table is shared between tasks.
const TILE: usize = 512;

/// Whole rows of `inner` elements; every column sees its rows in index order.
fn scatter_lines<T: Number, F: Fold<T>>(
    data: &mut [T],
    dst: [usize; 3],
    line: &[i64],
    source: &[T],
) {
    let [outer, size, inner] = dst;
    let (n, tiles) = (line.len(), inner.div_ceil(TILE));
    let shared = Disjoint::new(data);
    parallel::tasks(outer * tiles, source.len() >= PARALLEL_MEMORY, |task| {
        let (o, start) = (task / tiles, task % tiles * TILE);
        let width = TILE.min(inner - start);
        for (i, &at) in line.iter().enumerate() {
            let from = &source[(o * n + i) * inner + start..][..width];
            // SAFETY: a task has its own columns of its own outer slice, one row at a time.
            let to = unsafe { shared.part((o * size + at as usize) * inner + start, width) };
            Tier::best().run(
                #[inline(always)]
                || {
                    to.iter_mut()
                        .zip(from)
                        .for_each(|(to, &x)| *to = F::meet(*to, x))
                },
            );
        }
    });
}
