//! The register tile of [`gemm_blocked`](super::gemm_blocked) and the packing for it, with AVX2 and FMA.
//!
//! Twelve accumulators, two loads and one broadcast fill the sixteen registers. The loops are kept
//! plain: unrolled by hand, the compiler spills an accumulator.

use std::arch::x86_64::*;
use std::mem::MaybeUninit;

use super::gemm::Matrix;
use super::gemm_blocked::Finish;

/// Rows of a tile.
pub(super) const HIGH: usize = 6;
/// Columns of a tile: two registers.
pub(super) const WIDE: usize = 16;

/// The sums of a tile.
type Sums = [[__m256; 2]; HIGH];

/// Where a tile's rows come from.
#[derive(Clone, Copy)]
pub(super) enum Rows {
    /// Packed: six numbers for each step of the inner size.
    Packed(*const f32),
    /// Where they lie, without gaps; the distance between two of them.
    Direct(*const f32, isize),
}

macro_rules! step {
    ($sums:ident, $columns:ident, $($i:literal => $x:expr),*) => {
        let (b0, b1) = (_mm256_loadu_ps($columns), _mm256_loadu_ps($columns.add(8)));
        $(
            let x = _mm256_broadcast_ss(&*$x);
            $sums[$i][0] = _mm256_fmadd_ps(x, b0, $sums[$i][0]);
            $sums[$i][1] = _mm256_fmadd_ps(x, b1, $sums[$i][1]);
        )*
    };
}

/// # Safety
/// `rows` has `HIGH` numbers and `columns` `WIDE`, for each of `depth` steps.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn packed(depth: usize, mut rows: *const f32, mut columns: *const f32, step: isize) -> Sums {
    let mut sums = [[_mm256_setzero_ps(); 2]; HIGH];
    for _ in 0..depth {
        // SAFETY: the caller's promise.
        unsafe {
            step!(sums, columns, 0 => rows, 1 => rows.add(1), 2 => rows.add(2),
                3 => rows.add(3), 4 => rows.add(4), 5 => rows.add(5));
        }
        rows = rows.wrapping_add(HIGH);
        columns = columns.wrapping_offset(step);
    }
    sums
}

/// # Safety
/// Each row has `depth` numbers, and `columns` has `WIDE` for each of them.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn direct(
    depth: usize,
    rows: [*const f32; HIGH],
    mut columns: *const f32,
    step: isize,
) -> Sums {
    let mut sums = [[_mm256_setzero_ps(); 2]; HIGH];
    // Unknown to the compiler, which would make a chain of additions of them.
    let [r0, r1, r2, r3, r4, r5] = std::hint::black_box(rows);
    for p in 0..depth {
        // SAFETY: the caller's promise.
        unsafe {
            step!(sums, columns, 0 => r0.add(p), 1 => r1.add(p), 2 => r2.add(p),
                3 => r3.add(p), 4 => r4.add(p), 5 => r5.add(p));
        }
        columns = columns.wrapping_offset(step);
    }
    sums
}

/// One tile of `c`, of `height` and `width`. `turned` says that the bias belongs to rows.
///
/// # Safety
/// The rows (of which `height` need exist) and `WIDE` columns at `step` lie in live memory for each
/// of `depth` steps; `height` times `width` elements of `c`, and as much of the bias, do too.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn tile(
    depth: usize,
    rows: Rows,
    columns: *const f32,
    step: isize,
    [height, width]: [usize; 2],
    c: Matrix<*mut f32>,
    finish: Finish,
    turned: bool,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = match rows {
            Rows::Packed(rows) => packed(depth, rows, columns, step),
            Rows::Direct(start, distance) => {
                // Beyond the edge, the last row is repeated.
                let row = |i: usize| start.wrapping_offset(i.min(height - 1) as isize * distance);
                direct(depth, std::array::from_fn(row), columns, step)
            }
        };
        if let Some(bias) = finish.bias {
            add_bias(&mut sums, bias, turned, [height, width]);
        }
        if c.column == 1 && width == WIDE {
            store_rows(&sums, height, c, finish);
        } else if c.row == 1 && [height, width] == [HIGH, WIDE] {
            store_columns(&sums, c, finish);
        } else {
            store_any(&sums, [height, width], c, finish);
        }
    }
}

/// # Safety
/// As for [`tile`].
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn add_bias(sums: &mut Sums, bias: *const f32, turned: bool, [height, width]: [usize; 2]) {
    // SAFETY: the caller's promise.
    unsafe {
        if turned {
            for (i, row) in sums.iter_mut().enumerate() {
                let b = _mm256_set1_ps(*bias.add(i.min(height - 1)));
                *row = row.map(|x| _mm256_add_ps(x, b));
            }
        } else {
            let mut padded = [0.0; WIDE];
            std::ptr::copy_nonoverlapping(bias, padded.as_mut_ptr(), width);
            let b = [
                _mm256_loadu_ps(padded.as_ptr()),
                _mm256_loadu_ps(padded.as_ptr().add(8)),
            ];
            for row in sums {
                *row = [_mm256_add_ps(row[0], b[0]), _mm256_add_ps(row[1], b[1])];
            }
        }
    }
}

/// # Safety
/// `height` rows of `WIDE` elements without gaps are writable.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn store_rows(sums: &Sums, height: usize, c: Matrix<*mut f32>, finish: Finish) {
    for (i, row) in sums.iter().enumerate().take(height) {
        for (h, &x) in row.iter().enumerate() {
            // SAFETY: the caller's promise.
            unsafe {
                let to = c.start.offset(i as isize * c.row).add(8 * h);
                let x = if finish.add {
                    _mm256_add_ps(_mm256_loadu_ps(to), x)
                } else {
                    x
                };
                _mm256_storeu_ps(to, x);
            }
        }
    }
}

/// # Safety
/// `WIDE` columns of `HIGH` elements without gaps are writable.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn store_columns(sums: &Sums, c: Matrix<*mut f32>, finish: Finish) {
    let zero = _mm256_setzero_ps();
    for h in [0, 1] {
        let columns = transpose(std::array::from_fn(|i| {
            if i < HIGH { sums[i][h] } else { zero }
        }));
        for (j, &x) in columns.iter().enumerate() {
            // SAFETY: the caller's promise: four and two numbers of the column.
            unsafe {
                let to = c.start.offset((8 * h + j) as isize * c.column);
                let rest = to.add(4).cast::<f64>();
                let mut x = x;
                if finish.add {
                    let high = _mm_castpd_ps(_mm_load_sd(rest));
                    x = _mm256_add_ps(_mm256_set_m128(high, _mm_loadu_ps(to)), x);
                }
                _mm_storeu_ps(to, _mm256_castps256_ps128(x));
                _mm_store_sd(rest, _mm_castps_pd(_mm256_extractf128_ps::<1>(x)));
            }
        }
    }
}

/// # Safety
/// `height` times `width` elements are writable.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn store_any(sums: &Sums, [height, width]: [usize; 2], c: Matrix<*mut f32>, finish: Finish) {
    // SAFETY: vectors of floats are floats; the caller's promise.
    unsafe {
        let numbers: &[[f32; WIDE]; HIGH] = &*std::ptr::from_ref(sums).cast();
        for (i, row) in numbers.iter().enumerate().take(height) {
            for (j, &x) in row.iter().enumerate().take(width) {
                let to = c.start.offset(i as isize * c.row + j as isize * c.column);
                *to = if finish.add { *to + x } else { x };
            }
        }
    }
}

/// Rows for columns.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn transpose(r: [__m256; 8]) -> [__m256; 8] {
    let pair = |a, b| (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
    let ((a0, a1), (a2, a3)) = (pair(r[0], r[1]), pair(r[2], r[3]));
    let ((a4, a5), (a6, a7)) = (pair(r[4], r[5]), pair(r[6], r[7]));
    let low = |a, b| _mm256_shuffle_ps::<0x44>(a, b);
    let high = |a, b| _mm256_shuffle_ps::<0xee>(a, b);
    let (b0, b1, b2, b3) = (low(a0, a2), high(a0, a2), low(a1, a3), high(a1, a3));
    let (b4, b5, b6, b7) = (low(a4, a6), high(a4, a6), low(a5, a7), high(a5, a7));
    let front = |a, b| _mm256_permute2f128_ps::<0x20>(a, b);
    let back = |a, b| _mm256_permute2f128_ps::<0x31>(a, b);
    [
        front(b0, b4),
        front(b1, b5),
        front(b2, b6),
        front(b3, b7),
        back(b0, b4),
        back(b1, b5),
        back(b2, b6),
        back(b3, b7),
    ]
}

/// Packs up to `N` rows of `from`, in whose columns the inner size runs: the rows' numbers of each
/// step beside each other, zeros for rows that do not exist.
///
/// # Safety
/// `rows` times `depth` elements of `from` lie in live memory; `to` has room for `N * depth` and,
/// where `N` is not a multiple of 8, eight more.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn pack<const N: usize>(rows: usize, depth: usize, from: Matrix<*const f32>, to: *mut f32) {
    // SAFETY: the caller's promise; each branch stays below `rows` and `depth`.
    unsafe {
        if rows == N && from.row == 1 {
            for p in 0..depth {
                let from = from
                    .start
                    .offset(p as isize * from.column)
                    .cast::<[f32; N]>();
                to.add(p * N)
                    .cast::<[f32; N]>()
                    .write_unaligned(from.read_unaligned());
            }
            return;
        }
        let mut p = 0;
        if rows == N && from.column == 1 {
            while p + 8 <= depth {
                for first in (0..N).step_by(8) {
                    // Beyond the last row it is repeated; the next step writes over its numbers.
                    let row = |i: usize| {
                        from.start
                            .offset((first + i).min(N - 1) as isize * from.row)
                            .add(p)
                    };
                    let rows: [__m256; 8] = std::array::from_fn(|i| _mm256_loadu_ps(row(i)));
                    for (i, &x) in transpose(rows).iter().enumerate() {
                        _mm256_storeu_ps(to.add((p + i) * N + first), x);
                    }
                }
                p += 8;
            }
        }
        for p in p..depth {
            for i in 0..N {
                let at = i as isize * from.row + p as isize * from.column;
                *to.add(p * N + i) = if i < rows {
                    *from.start.offset(at)
                } else {
                    0.0
                };
            }
        }
    }
}

/// Packs a tile's rows.
///
/// # Safety
/// As for [`pack`]; the next eight numbers of `to` are overwritten.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn pack_high(rows: usize, depth: usize, from: Matrix<*const f32>, to: *mut f32) {
    if depth == 0 {
        return;
    }
    // SAFETY: the caller's promise. The last steps go through a buffer, since what they would write
    // behind their own numbers may belong to another task.
    unsafe {
        let whole = (depth - 1) / 8 * 8;
        pack::<HIGH>(rows, whole, from, to);
        let mut last = [MaybeUninit::<f32>::uninit(); 8 * HIGH + 8];
        let rest = depth - whole;
        let from = Matrix {
            start: from.start.offset(whole as isize * from.column),
            ..from
        };
        pack::<HIGH>(rows, rest, from, last.as_mut_ptr().cast());
        std::ptr::copy_nonoverlapping(last.as_ptr().cast(), to.add(whole * HIGH), rest * HIGH);
    }
}

/// Packs a strip's columns, given as rows.
///
/// # Safety
/// As for [`pack`].
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn pack_wide(rows: usize, depth: usize, from: Matrix<*const f32>, to: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { pack::<WIDE>(rows, depth, from, to) };
}
