//! Register tiles of direct convolutions, with AVX2 and FMA.
//!
//! Twelve accumulators, two loads and one broadcast fit the sixteen registers; with three loads the
//! compiler keeps an accumulator in memory, which halves the speed. The sizes of a tile are constants,
//! so that it is unrolled.

use std::arch::x86_64::*;

/// Vectors of positions of a tile of the forward.
const VECTORS: usize = 2;
/// Positions of a tile of the forward.
pub(super) const WIDE: usize = 8 * VECTORS;

/// `to[f][p] = bias[f] + Σₖ weights[k][f] · x[p + offsets[k]]`, for `F` filters and `WIDE` positions.
///
/// # Safety
/// `weights` has `F` numbers for each offset, `x` has `WIDE` at each of them, `bias` has `F`, and `to` has
/// room for `F` rows of `WIDE` that begin `row` apart.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn forward<const F: usize>(
    offsets: &[usize],
    mut weights: *const f32,
    x: *const f32,
    bias: *const f32,
    to: *mut f32,
    row: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [[_mm256_setzero_ps(); VECTORS]; F];
        for (f, sums) in sums.iter_mut().enumerate() {
            *sums = [_mm256_broadcast_ss(&*bias.add(f)); VECTORS];
        }
        for &offset in offsets {
            let from = x.add(offset);
            let (x0, x1) = (_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(8)));
            for (f, sums) in sums.iter_mut().enumerate() {
                let w = _mm256_broadcast_ss(&*weights.add(f));
                sums[0] = _mm256_fmadd_ps(w, x0, sums[0]);
                sums[1] = _mm256_fmadd_ps(w, x1, sums[1]);
            }
            weights = weights.add(F);
        }
        for (f, sums) in sums.iter().enumerate() {
            _mm256_storeu_ps(to.add(f * row), sums[0]);
            _mm256_storeu_ps(to.add(f * row + 8), sums[1]);
        }
    }
}

/// A block of positions: rows of `width`, which begin `pitch` apart in the input and follow each
/// other in the panel.
#[derive(Clone, Copy)]
pub(super) struct Block {
    pub(super) rows: usize,
    pub(super) width: usize,
    pub(super) pitch: usize,
}

/// `to[t][f] += Σₚ x[t][p] · panel[p][f]`, for `T` taps and `8 · V` filters over a block of positions.
/// Only `real` taps are written.
///
/// # Safety
/// Each `x` has the block's positions, `panel` has `8 · V` numbers for each, and `to` has `real` rows of
/// `8 · V` that begin `row` apart.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn products<const T: usize, const V: usize>(
    block: Block,
    x: [*const f32; T],
    mut panel: *const f32,
    to: *mut f32,
    row: usize,
    real: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [[_mm256_setzero_ps(); V]; T];
        // Unknown to the compiler, which would make a chain of additions of them.
        let x = std::hint::black_box(x);
        for r in 0..block.rows {
            for p in r * block.pitch..r * block.pitch + block.width {
                let each: [__m256; T] = std::array::from_fn(|t| _mm256_broadcast_ss(&*x[t].add(p)));
                for v in 0..V {
                    let g = _mm256_loadu_ps(panel.add(8 * v));
                    for t in 0..T {
                        sums[t][v] = _mm256_fmadd_ps(each[t], g, sums[t][v]);
                    }
                }
                panel = panel.add(8 * V);
            }
        }
        for (t, sums) in sums.iter().enumerate().take(real) {
            for (v, &sum) in sums.iter().enumerate() {
                let to = to.add(t * row + 8 * v);
                _mm256_storeu_ps(to, _mm256_add_ps(_mm256_loadu_ps(to), sum));
            }
        }
    }
}

/// Copies a row of `n` numbers; short ones are too short for a call into the C library.
///
/// # Safety
/// `from` has, and `to` has room for, `n` numbers, and they do not overlap.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) unsafe fn copy_row(from: *const f32, to: *mut f32, n: usize) {
    // SAFETY: the caller's promise; the last vector covers numbers copied before.
    unsafe {
        if n < 8 {
            for i in 0..n {
                *to.add(i) = *from.add(i);
            }
            return;
        }
        let mut i = 0;
        while i + 8 <= n {
            _mm256_storeu_ps(to.add(i), _mm256_loadu_ps(from.add(i)));
            i += 8;
        }
        if i < n {
            _mm256_storeu_ps(to.add(n - 8), _mm256_loadu_ps(from.add(n - 8)));
        }
    }
}

/// Writes `n` rows of `area` numbers as columns of a panel that is `wide` broad: `to[p · wide + f] =
/// from[f · area + p]`; columns without a row become 0.
///
/// # Safety
/// `from` has `n` rows of `area`, and `to` room for `area` rows of `wide`, a multiple of 8.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn pack_panel(
    from: *const f32,
    [n, distance]: [usize; 2],
    area: usize,
    to: *mut f32,
    wide: usize,
) {
    // SAFETY: the caller's promise; the last block of eight positions covers some written before.
    unsafe {
        for first in (0..wide).step_by(8) {
            let real = n.saturating_sub(first).min(8);
            if real == 8 && area >= 8 {
                let mut p = 0;
                while p < area {
                    let at = p.min(area - 8);
                    let rows = std::array::from_fn(|f| {
                        _mm256_loadu_ps(from.add((first + f) * distance + at))
                    });
                    for (i, &x) in crate::cpu::gemm_avx2::transpose(rows).iter().enumerate() {
                        _mm256_storeu_ps(to.add((at + i) * wide + first), x);
                    }
                    p += 8;
                }
                continue;
            }
            for p in 0..area {
                for f in 0..8 {
                    *to.add(p * wide + first + f) = if f < real {
                        *from.add((first + f) * distance + p)
                    } else {
                        0.0
                    };
                }
            }
        }
    }
}

/// The sum of a row, in 32 running sums.
///
/// # Safety
/// `from` has `n` numbers.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) unsafe fn sum_row(from: *const f32, n: usize) -> f32 {
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [_mm256_setzero_ps(); 4];
        let mut i = 0;
        while i + 32 <= n {
            for (v, sum) in sums.iter_mut().enumerate() {
                *sum = _mm256_add_ps(*sum, _mm256_loadu_ps(from.add(i + 8 * v)));
            }
            i += 32;
        }
        let [a, b, c, d] = sums;
        let lanes = _mm256_add_ps(_mm256_add_ps(a, b), _mm256_add_ps(c, d));
        let mut each = [0.0f32; 8];
        _mm256_storeu_ps(each.as_mut_ptr(), lanes);
        let [a, b, c, d, e, f, g, h] = each;
        let whole = ((a + e) + (b + f)) + ((c + g) + (d + h));
        (i..n).fold(whole, |sum, i| sum + *from.add(i))
    }
}
