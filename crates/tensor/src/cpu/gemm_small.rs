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

/// A row vector times a matrix whose rows lie without gaps.
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
            move || {
                if fma {
                    vector_rows::<T, true>(x, n, b, beta, c);
                } else {
                    vector_rows::<T, false>(x, n, b, beta, c);
                }
            },
        );
    }
}

/// The matrix' rows lie without gaps: each is scaled and added, a few columns at a time.
///
/// # Safety
/// `b` and `c` lie in live memory of `n` columns, `b` of `x.len()` rows without gaps, apart from each other.
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

/// Rows of `a` and columns of `b` that lie without gaps: dot products, without packing.
///
/// # Safety
/// As for [`Gemm::library`].
pub(super) unsafe fn dots<T: Gemm, const LANES: usize>(
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
        move || unsafe {
            // One row is a vector: its time goes into reading `b`, four columns at a time.
            match (size[0] == 1, tier != Tier::Base) {
                (true, true) => dots_for::<T, LANES, 1, 4, true>(size, a, b, beta, c),
                (true, false) => dots_for::<T, LANES, 1, 4, false>(size, a, b, beta, c),
                (false, true) => dots_for::<T, LANES, 4, 3, true>(size, a, b, beta, c),
                (false, false) => dots_for::<T, LANES, 4, 3, false>(size, a, b, beta, c),
            }
        },
    );
}

/// [`dots`] with the instructions chosen.
///
/// # Safety
/// As for [`dots`].
#[inline(always)]
unsafe fn dots_for<T: Gemm, const L: usize, const R: usize, const C: usize, const FMA: bool>(
    [m, k, n]: [usize; 3],
    a: Matrix<*const T>,
    b: Matrix<*const T>,
    beta: T,
    c: Matrix<*mut T>,
) {
    for j in (0..n).step_by(C) {
        for i in (0..m).step_by(R) {
            // Beyond the edge, the last row and column are repeated.
            let row = |r: usize| a.start.wrapping_offset((i + r).min(m - 1) as isize * a.row);
            let column = |l: usize| {
                b.start
                    .wrapping_offset((j + l).min(n - 1) as isize * b.column)
            };
            // SAFETY: rows below `m` and columns below `n`, each of `k` elements.
            unsafe {
                let sums = dots_tile::<T, L, R, C, FMA>(
                    k,
                    std::array::from_fn(row),
                    std::array::from_fn(column),
                );
                for (r, sums) in sums.iter().enumerate().take(m - i) {
                    for (l, &sum) in sums.iter().enumerate().take(n - j) {
                        put(
                            c.start
                                .offset((i + r) as isize * c.row + (j + l) as isize * c.column),
                            sum,
                            beta,
                        );
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn add_products<T: Gemm, const L: usize, const R: usize, const C: usize, const FMA: bool>(
    sums: &mut [[[T; L]; C]; R],
    x: [[T; L]; R],
    y: [[T; L]; C],
) {
    for (sums, x) in sums.iter_mut().zip(&x) {
        for (sums, y) in sums.iter_mut().zip(&y) {
            for ((sum, &x), &y) in sums.iter_mut().zip(x).zip(y) {
                *sum = multiply_add::<T, FMA>(x, y, *sum);
            }
        }
    }
}

/// Products of `R` rows with `C` columns.
///
/// # Safety
/// Each row and column has `k` elements in live memory.
#[inline(always)]
unsafe fn dots_tile<T: Gemm, const L: usize, const R: usize, const C: usize, const FMA: bool>(
    k: usize,
    rows: [*const T; R],
    columns: [*const T; C],
) -> [[T; C]; R] {
    let mut sums = [[[T::ZERO; L]; C]; R];
    let whole = k / L * L;
    // SAFETY: positions below `k`.
    unsafe {
        for p in (0..whole).step_by(L) {
            let x = std::array::from_fn(|r| *rows[r].add(p).cast());
            let y = std::array::from_fn(|l| *columns[l].add(p).cast());
            add_products::<T, L, R, C, FMA>(&mut sums, x, y);
        }
        // The rest padded with zeros: a sum that is indexed by a variable would not stay in registers.
        let last = |from: *const T| {
            let mut padded = [T::ZERO; L];
            padded[..k - whole]
                .copy_from_slice(std::slice::from_raw_parts(from.add(whole), k - whole));
            padded
        };
        if whole < k {
            add_products::<T, L, R, C, FMA>(&mut sums, rows.map(last), columns.map(last));
        }
    }
    let mut out = [[T::ZERO; C]; R];
    for r in 0..R {
        for l in 0..C {
            let lanes = &mut sums[r][l];
            let mut width = L / 2;
            while width > 0 {
                for i in 0..width {
                    lanes[i] = lanes[i].plus(lanes[i + width]);
                }
                width /= 2;
            }
            out[r][l] = lanes[0];
        }
    }
    out
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
        move || unsafe {
            if tier == Tier::Base {
                short_for::<T, false>(size, a, b, beta, c);
            } else {
                short_for::<T, true>(size, a, b, beta, c);
            }
        },
    );
}

/// [`short`] with the instructions chosen.
///
/// # Safety
/// As for [`short`].
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
///
/// # Safety
/// `k` columns of `a` and rows of `b`, of `height` and `width`, lie in live memory.
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
