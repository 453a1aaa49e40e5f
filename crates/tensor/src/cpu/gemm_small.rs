//! Products that a packing kernel is slow at: one row or column, and short inner sizes.

use super::gemm::{Gemm, Matrix};
use super::number::{Number, multiply_add};
use super::parallel::Tier;

/// Columns and rows of the register tile of [`short`].
const WIDE: usize = 16;
const HIGH: usize = 4;

/// Stores a result beside what was there.
///
/// # Safety
/// `to` must be writable.
#[inline(always)]
unsafe fn put<T: Number>(to: *mut T, value: T, beta: T) {
    // SAFETY: the caller's promise; `c` is not read where beta is 0, it may be uninitialised.
    unsafe {
        *to = if beta == T::ZERO {
            value
        } else {
            value.plus(beta.times(*to))
        }
    };
}

/// A row vector times a matrix, whose rows or columns lie without gaps.
///
/// # Safety
/// As for [`Gemm::library`].
pub(super) unsafe fn vector<T: Gemm>(
    k: usize,
    n: usize,
    x: Matrix<*const T>,
    b: Matrix<*const T>,
    beta: T,
    c: Matrix<*mut T>,
) {
    let copied: Vec<T>;
    // SAFETY: `x` has `k` elements by the caller's promise, and the loops stay inside `b` and `c`.
    unsafe {
        let x = if x.column == 1 || k == 1 {
            std::slice::from_raw_parts(x.start, k)
        } else {
            copied = (0..k)
                .map(|p| *x.start.offset(p as isize * x.column))
                .collect();
            &copied
        };
        let tier = Tier::best();
        let fma = tier != Tier::Base;
        tier.run(
            #[inline(always)]
            || match (b.column == 1, fma) {
                (true, true) => vector_rows::<T, true>(x, n, b, beta, c),
                (true, false) => vector_rows::<T, false>(x, n, b, beta, c),
                (false, true) => vector_columns::<T, true>(x, n, b, beta, c),
                (false, false) => vector_columns::<T, false>(x, n, b, beta, c),
            },
        );
    }
}

/// The matrix' rows lie without gaps: each is scaled and added, a few columns at a time.
#[inline(always)]
unsafe fn vector_rows<T: Gemm, const FMA: bool>(
    x: &[T],
    n: usize,
    b: Matrix<*const T>,
    beta: T,
    c: Matrix<*mut T>,
) {
    const TILE: usize = 64;
    // SAFETY: `j + width <= n`, and rows below `x.len()`.
    unsafe {
        let mut j = 0;
        while j + TILE <= n {
            let mut sums = [T::ZERO; TILE];
            for (p, &x) in x.iter().enumerate() {
                let row =
                    std::slice::from_raw_parts(b.start.offset(p as isize * b.row).add(j), TILE);
                for (sum, &b) in sums.iter_mut().zip(row) {
                    *sum = multiply_add::<T, FMA>(x, b, *sum);
                }
            }
            for (i, &sum) in sums.iter().enumerate() {
                put(c.start.offset((j + i) as isize * c.column), sum, beta);
            }
            j += TILE;
        }
        if j < n {
            let width = n - j;
            let mut sums = [T::ZERO; TILE];
            for (p, &x) in x.iter().enumerate() {
                let row =
                    std::slice::from_raw_parts(b.start.offset(p as isize * b.row).add(j), width);
                for (sum, &b) in sums.iter_mut().zip(row) {
                    *sum = multiply_add::<T, FMA>(x, b, *sum);
                }
            }
            for (i, &sum) in sums[..width].iter().enumerate() {
                put(c.start.offset((j + i) as isize * c.column), sum, beta);
            }
        }
    }
}

/// The matrix' columns lie without gaps: dot products, four at a time.
#[inline(always)]
unsafe fn vector_columns<T: Gemm, const FMA: bool>(
    x: &[T],
    n: usize,
    b: Matrix<*const T>,
    beta: T,
    c: Matrix<*mut T>,
) {
    // SAFETY: columns below `n`, each of `x.len()` elements.
    unsafe {
        let column =
            |j: usize| std::slice::from_raw_parts(b.start.offset(j as isize * b.column), x.len());
        let mut j = 0;
        while j + 4 <= n {
            let sums =
                dots::<T, FMA, 4>(x, [column(j), column(j + 1), column(j + 2), column(j + 3)]);
            for (i, &sum) in sums.iter().enumerate() {
                put(c.start.offset((j + i) as isize * c.column), sum, beta);
            }
            j += 4;
        }
        for j in j..n {
            let [sum] = dots::<T, FMA, 1>(x, [column(j)]);
            put(c.start.offset(j as isize * c.column), sum, beta);
        }
    }
}

#[inline(always)]
fn dots<T: Gemm, const FMA: bool, const N: usize>(x: &[T], columns: [&[T]; N]) -> [T; N] {
    const LANES: usize = 16;
    let mut lanes = [[T::ZERO; LANES]; N];
    let (runs, rest) = x.as_chunks::<LANES>();
    let columns = columns.map(|c| c.as_chunks::<LANES>());
    for (r, run) in runs.iter().enumerate() {
        for (lanes, column) in lanes.iter_mut().zip(&columns) {
            for ((lane, &x), &b) in lanes.iter_mut().zip(run).zip(&column.0[r]) {
                *lane = multiply_add::<T, FMA>(x, b, *lane);
            }
        }
    }
    std::array::from_fn(|c| {
        let lanes = &mut lanes[c];
        for (i, (&x, &b)) in rest.iter().zip(columns[c].1).enumerate() {
            lanes[i] = multiply_add::<T, FMA>(x, b, lanes[i]);
        }
        let mut width = LANES / 2;
        while width > 0 {
            for i in 0..width {
                lanes[i] = lanes[i].plus(lanes[i + width]);
            }
            width /= 2;
        }
        lanes[0]
    })
}

/// Any rows and columns, without packing: `b`'s and `c`'s rows lie without gaps.
///
/// # Safety
/// As for [`Gemm::library`].
pub(super) unsafe fn short<T: Gemm>(
    size: [usize; 3],
    a: Matrix<*const T>,
    b: Matrix<*const T>,
    beta: T,
    c: Matrix<*mut T>,
) {
    let tier = Tier::best();
    // SAFETY: the caller's promise.
    tier.run(
        #[inline(always)]
        || unsafe {
            if tier == Tier::Base {
                short_for::<T, false>(size, a, b, beta, c);
            } else {
                short_for::<T, true>(size, a, b, beta, c);
            }
        },
    );
}

#[inline(always)]
unsafe fn short_for<T: Gemm, const FMA: bool>(
    [m, k, n]: [usize; 3],
    a: Matrix<*const T>,
    b: Matrix<*const T>,
    beta: T,
    c: Matrix<*mut T>,
) {
    // SAFETY: every tile is cut to lie inside the matrices.
    unsafe {
        for j in (0..n).step_by(WIDE) {
            let width = WIDE.min(n - j);
            let b = Matrix {
                start: b.start.add(j),
                ..b
            };
            for i in (0..m).step_by(HIGH) {
                let height = HIGH.min(m - i);
                let a = Matrix {
                    start: a.start.offset(i as isize * a.row),
                    ..a
                };
                let sums = if width == WIDE {
                    tile::<T, FMA>(k, a, b, height, WIDE)
                } else {
                    tile::<T, FMA>(k, a, b, height, width)
                };
                for (r, sums) in sums[..height].iter().enumerate() {
                    let row = c.start.offset((i + r) as isize * c.row).add(j);
                    for (l, &sum) in sums[..width].iter().enumerate() {
                        put(row.add(l), sum, beta);
                    }
                }
            }
        }
    }
}

/// Always the whole register tile; rows beyond `height` repeat the last, columns beyond `width` are 0.
#[inline(always)]
unsafe fn tile<T: Gemm, const FMA: bool>(
    k: usize,
    a: Matrix<*const T>,
    b: Matrix<*const T>,
    height: usize,
    width: usize,
) -> [[T; WIDE]; HIGH] {
    let mut sums = [[T::ZERO; WIDE]; HIGH];
    let starts: [isize; HIGH] = std::array::from_fn(|i| i.min(height - 1) as isize * a.row);
    for p in 0..k as isize {
        let mut row = [T::ZERO; WIDE];
        // SAFETY: `width` columns of row `p` of `b`, and rows below `height` of `a`.
        unsafe {
            row[..width]
                .copy_from_slice(std::slice::from_raw_parts(b.start.offset(p * b.row), width));
            for (sums, start) in sums.iter_mut().zip(starts) {
                let x = *a.start.offset(start + p * a.column);
                for (sum, &b) in sums.iter_mut().zip(&row) {
                    *sum = multiply_add::<T, FMA>(x, b, *sum);
                }
            }
        }
    }
    sums
}
