//! Maxima of 2x2 windows of `f32` that lie side by side, four windows at a time.

use std::arch::x86_64::*;

/// Windows that a row needs: the last four of a row may be some that were done before.
pub(super) const LEAST: usize = 4;

/// The numbers of four windows, in row-major order of the window.
type Taps = [__m128; 4];

/// # Safety
/// Two rows at `top` and `bottom` have eight numbers.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn load(top: *const f32, bottom: *const f32) -> Taps {
    // SAFETY: the caller's promise.
    let [a, b, c, d] = unsafe {
        [
            _mm_loadu_ps(top),
            _mm_loadu_ps(top.add(4)),
            _mm_loadu_ps(bottom),
            _mm_loadu_ps(bottom.add(4)),
        ]
    };
    [
        _mm_shuffle_ps::<0x88>(a, b),
        _mm_shuffle_ps::<0xdd>(a, b),
        _mm_shuffle_ps::<0x88>(c, d),
        _mm_shuffle_ps::<0xdd>(c, d),
    ]
}

/// The greatest, of equals the first, and where one of the four is no number.
#[inline]
#[target_feature(enable = "avx2")]
fn greatest([a, b, c, d]: Taps) -> (__m128, __m128) {
    // Of equals the instruction gives its second operand.
    let most = _mm_max_ps(_mm_max_ps(d, c), _mm_max_ps(b, a));
    let nan = _mm_or_ps(_mm_cmpunord_ps(a, b), _mm_cmpunord_ps(c, d));
    (most, nan)
}

/// Calls `f` with where windows begin in a row of `count`, four at a time.
#[inline(always)]
fn fours(count: usize, mut f: impl FnMut(usize)) {
    let mut i = 0;
    while i < count {
        f(i.min(count - 4));
        i += 4;
    }
}

/// The values of a plane's windows.
///
/// # Safety
/// The machine has AVX2. The plane has `width` columns and holds all windows, at least [`LEAST`] of
/// which are in a row.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn values(data: &[f32], width: usize, out: [usize; 2], values: &mut [f32]) {
    assert!(out[1] >= LEAST && width >= 2 * out[1] && data.len() >= 2 * out[0] * width);
    for (row, values) in values.chunks_exact_mut(out[1]).enumerate().take(out[0]) {
        let top = data[2 * row * width..].as_ptr();
        fours(out[1], |i| {
            // SAFETY: `i + 4` windows lie in the row, by the assertion.
            unsafe {
                let taps = load(top.add(2 * i), top.add(width + 2 * i));
                let (most, nan) = greatest(taps);
                _mm_storeu_ps(values.as_mut_ptr().add(i), _mm_or_ps(most, nan));
            }
        });
    }
}

/// The gradient of a plane from that of its windows' values.
///
/// # Safety
/// As for [`values`].
#[target_feature(enable = "avx2")]
pub(super) unsafe fn gradient(
    data: &[f32],
    width: usize,
    out: [usize; 2],
    gradient: &[f32],
    to: &mut [f32],
) {
    assert!(out[1] >= LEAST && width >= 2 * out[1] && data.len() >= 2 * out[0] * width);
    assert!(to.len() == data.len() && gradient.len() >= out[0] * out[1]);
    for row in 0..out[0] {
        let first = 2 * row * width;
        let top = data[first..].as_ptr();
        let g = gradient[row * out[1]..].as_ptr();
        let under = to[first..].as_mut_ptr();
        fours(out[1], |i| {
            // SAFETY: `i + 4` windows lie in the row, by the assertions.
            unsafe {
                let taps = load(top.add(2 * i), top.add(width + 2 * i));
                let (most, nan) = greatest(taps);
                let g = _mm_loadu_ps(g.add(i));
                // What is still to be given away.
                let mut rest = _mm_castsi128_ps(_mm_set1_epi32(-1));
                let shares = taps.map(|x| {
                    let wins = _mm_blendv_ps(_mm_cmpeq_ps(x, most), _mm_cmpunord_ps(x, x), nan);
                    let share = _mm_and_ps(_mm_and_ps(wins, rest), g);
                    rest = _mm_andnot_ps(wins, rest);
                    share
                });
                for (row, pair) in shares.as_chunks::<2>().0.iter().enumerate() {
                    let to = under.add(row * width + 2 * i);
                    _mm_storeu_ps(to, _mm_unpacklo_ps(pair[0], pair[1]));
                    _mm_storeu_ps(to.add(4), _mm_unpackhi_ps(pair[0], pair[1]));
                }
            }
        });
        // A last column without a partner.
        for row in to[first..][..2 * width].chunks_exact_mut(width) {
            row[2 * out[1]..].fill(0.0);
        }
    }
    to[2 * out[0] * width..].fill(0.0);
}
