//! How many numbers become one: fixed trees over rows and over columns.
//!
//! The tree depends on the lengths alone: lanes within a block, blocks in pairs. That gives the
//! same bits for any number of threads, and sums about as accurate as PyTorch's pairwise ones.

use super::number::Number;
use super::parallel::{self, CHUNK_MEMORY, PARALLEL_MEMORY, Tier};
use super::staging::Disjoint;

/// Accumulators that do not wait for each other.
const LANES: usize = 32;
/// Elements of a row that one set of lanes takes.
const BLOCK: usize = 64 * LANES;
/// Rows that one accumulator row takes.
const ROWS: usize = 64;
/// Columns that fit the first-level cache together with the rows read.
const COLUMNS: usize = 2048;

/// An associative operation with an identity.
pub(super) trait Fold<A> {
    const IDENTITY: A;
    fn meet(a: A, b: A) -> A;
}

pub(super) struct Sum;
pub(super) struct Product;
pub(super) struct Greatest;
pub(super) struct Least;
/// Of logarithms: that of the sum of what they are logarithms of.
pub(super) struct LogSumExp;

impl<A: Number> Fold<A> for Sum {
    const IDENTITY: A = A::ZERO;
    #[inline(always)]
    fn meet(a: A, b: A) -> A {
        a.plus(b)
    }
}
impl<A: Number> Fold<A> for Product {
    const IDENTITY: A = A::ONE;
    #[inline(always)]
    fn meet(a: A, b: A) -> A {
        a.times(b)
    }
}
impl<A: Number> Fold<A> for Greatest {
    const IDENTITY: A = A::LEAST;
    #[inline(always)]
    fn meet(a: A, b: A) -> A {
        // A NaN in `a` loses no comparison below, one in `b` wins.
        if (b > a) | b.is_nan() { b } else { a }
    }
}
impl<A: Number> Fold<A> for Least {
    const IDENTITY: A = A::GREATEST;
    #[inline(always)]
    fn meet(a: A, b: A) -> A {
        if (b < a) | b.is_nan() { b } else { a }
    }
}

impl<A: Number> Fold<A> for LogSumExp {
    const IDENTITY: A = A::LEAST;
    #[inline(always)]
    fn meet(a: A, b: A) -> A {
        let (a, b) = (a.to_f64(), b.to_f64());
        let (low, high) = if a < b { (a, b) } else { (b, a) };
        // Two equal infinities differ by NaN; a NaN in either is the sum.
        let sum = if low.is_infinite() && (low < 0.0 || low == high) {
            high
        } else {
            high + (low - high).exp().ln_1p()
        };
        A::from_f64(sum)
    }
}

#[inline(always)]
fn fold_block<A: Number, F: Fold<A>>(elements: &[A]) -> A {
    if elements.len() < LANES {
        return elements.iter().fold(F::IDENTITY, |a, &x| F::meet(a, x));
    }
    let mut lanes = [F::IDENTITY; LANES];
    let (runs, rest) = elements.as_chunks::<LANES>();
    for run in runs {
        for (lane, &x) in lanes.iter_mut().zip(run) {
            *lane = F::meet(*lane, x);
        }
    }
    // The rest padded: lanes that are indexed by a variable would not stay in registers.
    let mut last = [F::IDENTITY; LANES];
    last[..rest.len()].copy_from_slice(rest);
    for (lane, &x) in lanes.iter_mut().zip(&last) {
        *lane = F::meet(*lane, x);
    }
    fold_lanes::<A, F>(lanes)
}

/// Apart from the loop above, which would otherwise be vectorised as narrowly as the last step here.
#[inline(never)]
fn fold_lanes<A: Number, F: Fold<A>>(mut lanes: [A; LANES]) -> A {
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] = F::meet(lanes[i], lanes[i + width]);
        }
        width /= 2;
    }
    lanes[0]
}

/// Combines neighbours until one is left.
fn fold_pairs<A: Copy, F: Fold<A>>(values: &mut [A]) -> A {
    let mut n = values.len();
    while n > 1 {
        for i in 0..n / 2 {
            values[i] = F::meet(values[2 * i], values[2 * i + 1]);
        }
        if n % 2 == 1 {
            values[n / 2] = values[n - 1];
        }
        n = n.div_ceil(2);
    }
    values[0]
}

/// Each row of `length` elements to one value.
pub(super) fn fold_rows<A: Number, F: Fold<A>>(data: &[A], length: usize) -> Vec<A> {
    let (tier, parallel) = (Tier::best(), data.len() >= PARALLEL_MEMORY);
    let blocks = length.div_ceil(BLOCK);
    let mut partial = vec![F::IDENTITY; data.len() / length * blocks];
    let per_task = (CHUNK_MEMORY / length.min(BLOCK)).max(1);
    parallel::split_mut(&mut partial, per_task, parallel, |start, part| {
        tier.run(
            #[inline(always)]
            move || {
                for (i, value) in part.iter_mut().enumerate() {
                    let (row, block) = ((start + i) / blocks, (start + i) % blocks);
                    let row = &data[row * length..(row + 1) * length];
                    *value =
                        fold_block::<A, F>(&row[block * BLOCK..length.min((block + 1) * BLOCK)]);
                }
            },
        );
    });
    if blocks == 1 {
        return partial;
    }
    partial.chunks_mut(blocks).map(fold_pairs::<A, F>).collect()
}

#[inline(always)]
fn add_rows<A: Number, F: Fold<A>>(into: &mut [A], data: &[A], rows: usize, columns: usize) {
    let n = into.len();
    let row = |r: usize| &data[r * columns..][..n];
    let mut r = 0;
    // Four rows for each time the accumulators are read and written.
    while r + 4 <= rows {
        let (a, b, c, d) = (row(r), row(r + 1), row(r + 2), row(r + 3));
        for i in 0..n {
            let low = F::meet(a[i], b[i]);
            let high = F::meet(c[i], d[i]);
            into[i] = F::meet(into[i], F::meet(low, high));
        }
        r += 4;
    }
    for r in r..rows {
        for (sum, x) in into.iter_mut().zip(row(r)) {
            *sum = F::meet(*sum, *x);
        }
    }
}

/// `[outer, rows, columns]` to `[outer, columns]`, read in memory order.
pub(super) fn fold_columns<A: Number, F: Fold<A>>(
    data: &[A],
    outer: usize,
    rows: usize,
    columns: usize,
) -> Vec<A> {
    // Narrow rows are taken several at a time, as one wide row, so that there is something to
    // vectorise; the few sums and rows left over are folded as usual.
    let wide = 64 / columns.max(1);
    if outer == 1 && wide >= 4 && rows >= 4 * wide {
        let whole = rows / wide;
        let (head, tail) = data.split_at(whole * wide * columns);
        let mut sums = fold_columns::<A, F>(head, 1, whole, wide * columns);
        sums.extend_from_slice(tail);
        return fold_tall::<A, F>(&sums, 1, wide + rows % wide, columns);
    }
    fold_tall::<A, F>(data, outer, rows, columns)
}

fn fold_tall<A: Number, F: Fold<A>>(
    data: &[A],
    outer: usize,
    rows: usize,
    columns: usize,
) -> Vec<A> {
    let (tier, parallel) = (Tier::best(), data.len() >= PARALLEL_MEMORY);
    let (bands, tiles) = (rows.div_ceil(ROWS), columns.div_ceil(COLUMNS));
    let mut partial = vec![F::IDENTITY; outer * bands * columns];
    let cells = outer * bands * tiles;
    let per_task = (CHUNK_MEMORY / (rows.min(ROWS) * columns.min(COLUMNS)).max(1)).max(1);
    let shared = Disjoint::new(&mut partial);
    parallel::tasks(cells.div_ceil(per_task), parallel, |task| {
        for cell in task * per_task..cells.min((task + 1) * per_task) {
            let (line, tile) = (cell / tiles, cell % tiles);
            let (o, first) = (line / bands, line % bands * ROWS);
            let start = tile * COLUMNS;
            // SAFETY: each cell is a tile of one line, and belongs to one task.
            let into = unsafe { shared.part(line * columns + start, COLUMNS.min(columns - start)) };
            let from = &data[(o * rows + first) * columns + start..];
            tier.run(
                #[inline(always)]
                move || add_rows::<A, F>(into, from, ROWS.min(rows - first), columns),
            );
        }
    });
    if bands == 1 {
        partial
    } else {
        fold_tall::<A, F>(&partial, outer, bands, columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_sum_exactly_what_is_exact() {
        for n in [1usize, 5, 31, 32, 33, 2047, 2049, 100_000, 600_001] {
            let v: Vec<f64> = (0..n).map(|i| (i % 97) as f64).collect();
            assert_eq!(fold_rows::<f64, Sum>(&v, n), [v.iter().sum::<f64>()]);
            let max = fold_rows::<f64, Greatest>(&v, n)[0];
            assert_eq!(max, (n - 1).min(96) as f64);
        }
        for (outer, rows, columns) in [
            (1, 1, 1),
            (3, 70, 5),
            (1, 5000, 3),
            (2, 200, 3000),
            (1, 1000, 10),
            (1, 130, 7),
        ] {
            let v: Vec<f32> = (0..outer * rows * columns)
                .map(|i| (i % 13) as f32)
                .collect();
            let mut expected = vec![0.0; outer * columns];
            for (i, x) in v.iter().enumerate() {
                expected[i / (rows * columns) * columns + i % columns] += x;
            }
            assert_eq!(fold_columns::<f32, Sum>(&v, outer, rows, columns), expected);
        }
    }

    #[test]
    fn long_sums_stay_accurate() {
        // Added one by one in f32, 0.1 a million times drifts to 100 958.3.
        let v = vec![0.1f32; 1_000_000];
        let exact = 0.1f32 as f64 * 1e6;
        for sum in [
            fold_rows::<f32, Sum>(&v, v.len())[0],
            fold_columns::<f32, Sum>(&v, 1, v.len(), 1)[0],
        ] {
            assert!((f64::from(sum) - exact).abs() < 0.1, "{sum}");
        }
    }

    #[test]
    fn nan_wins_wherever_it_is() {
        for at in 0..70 {
            let mut v = vec![1.0f32; 70];
            v[at] = f32::NAN;
            assert!(fold_rows::<f32, Greatest>(&v, 70)[0].is_nan());
            assert!(fold_columns::<f32, Least>(&v, 1, 70, 1)[0].is_nan());
        }
    }
}
