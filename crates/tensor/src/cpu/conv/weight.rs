//! The gradient of a convolution's weight, and of its bias, for `f32` and a step of one.
//!
//! The batch is cut into shares, by its shape alone, that are summed each in order and then in pairs,
//! so that no number of threads changes a bit.

use super::patches::{Geometry, with_scratch};
use super::tile::{Block, pack_panel, products, sum_row};
use super::wide::Wide;
use super::{PARTIAL_SUMS, SHARES};
use crate::cpu::parallel;
use crate::cpu::staging::{Disjoint, Scratch};

/// Elements of a panel's part that stays in the first-level cache.
const PANEL: usize = 4096;
/// Elements of a task that adds shares.
const ADDING: usize = 8 * 1024;

/// The sizes of the sums of one group: a row of filters for each tap, and one for the bias.
struct Sums {
    taps: usize,
    filters: usize,
    /// Filters of a panel.
    wide: usize,
    /// Filters in whole panels.
    padded: usize,
}

impl Sums {
    fn new(g: &Geometry) -> Sums {
        // Three taps of 32 filters are a tile, or six of 16 where that wastes less.
        let filters = g.filters();
        let wide = if (filters + 31) % 32 < 16 { 16 } else { 32 };
        Sums {
            taps: g.taps(),
            filters,
            wide,
            padded: filters.next_multiple_of(wide),
        }
    }

    fn len(&self) -> usize {
        (self.taps + 1) * self.padded
    }
}

/// The weight's gradient into `out`, and the bias's where it is asked for; `false`, and nothing done,
/// where it is another's.
pub(super) fn grads(
    g: &Geometry,
    x: &[f32],
    gradient: &[f32],
    out: &mut [f32],
    bias: Option<&mut [f32]>,
) -> bool {
    let Some(wide) = Wide::forward(g) else {
        return false;
    };
    let sums = Sums::new(g);
    let each = g.groups * sums.len();
    let units = g.images * wide.bands();
    let wanted = (PARTIAL_SUMS / each).clamp(2, SHARES).min(units);
    let per_share = units.div_ceil(wanted);
    let shares = units.div_ceil(per_share);
    let offsets = wide.offsets(g);
    let mut all = Scratch::<f32>::new(each * shares);
    parallel::split_mut(&mut all, each, g.work() >= 1 << 21, |start, share| {
        let share_index = start / each;
        share.fill(0.0);
        for unit in share_index * per_share..units.min((share_index + 1) * per_share) {
            // SAFETY: only AVX2 leads here.
            unsafe { add_unit(g, &wide, &sums, &offsets, [x, gradient], unit, share) };
        }
    });
    finish(g, &sums, &all, shares, out, bias);
    true
}

/// Adds a band of an image.
///
/// # Safety
/// The machine has AVX2 and FMA.
#[target_feature(enable = "avx2,fma")]
unsafe fn add_unit(
    g: &Geometry,
    wide: &Wide,
    sums: &Sums,
    offsets: &[usize],
    [x, gradient]: [&[f32]; 2],
    unit: usize,
    to: &mut [f32],
) {
    let (image, rows) = (unit / wide.bands(), wide.rows(unit % wide.bands()));
    let (area, width) = (wide.out[0] * wide.out[1], wide.out[1]);
    let inputs = wide.channels * wide.input[0] * wide.input[1];
    // Parts of the band whose panel stays in the cache: several rows, or a piece of one.
    let most = PANEL / sums.wide;
    let columns = width.div_ceil(width.div_ceil(most));
    let parts = (rows.len() * width).div_ceil(most).min(rows.len());
    let high = if columns < width {
        1
    } else {
        rows.len().div_ceil(parts)
    };
    with_scratch::<f32, _>(wide.scratch() + high * columns * sums.wide, |scratch| {
        let (spread, panel) = scratch.split_at_mut(wide.scratch());
        for group in 0..g.groups {
            let x = &x[(image * g.groups + group) * inputs..][..inputs];
            let start = g.outputs_at(image, group);
            let gradient = &gradient[start..][..sums.filters * area];
            let to = &mut to[group * sums.len()..][..sums.len()];
            // SAFETY: the caller's promise.
            unsafe { wide.spread(x, &rows, spread) };
            for filter in 0..sums.filters {
                let row = &gradient[filter * area + rows.start * width..][..rows.len() * width];
                // SAFETY: the caller's promise; the row has that many numbers.
                to[sums.taps * sums.padded + filter] += unsafe { sum_row(row.as_ptr(), row.len()) };
            }
            for first in (0..sums.filters).step_by(sums.wide) {
                let real = sums.wide.min(sums.filters - first);
                for (top, left) in (0..rows.len())
                    .step_by(high)
                    .flat_map(|top| (0..width).step_by(columns).map(move |left| (top, left)))
                {
                    let block = Block {
                        rows: high.min(rows.len() - top),
                        width: columns.min(width - left),
                        pitch: wide.pitch,
                    };
                    let at = first * area + (rows.start + top) * width + left;
                    // SAFETY: the block's numbers follow each other, in one row or in whole ones; the
                    // sums have a row for each tap.
                    unsafe {
                        pack_panel(
                            gradient[at..].as_ptr(),
                            [real, area],
                            block.rows * block.width,
                            panel.as_mut_ptr(),
                            sums.wide,
                        );
                        let x = spread.as_ptr().add(top * wide.pitch + left);
                        let to = to.as_mut_ptr().add(first);
                        if sums.wide == 16 {
                            each_tap::<6, 2>(block, x, offsets, panel.as_ptr(), to, sums.padded);
                        } else {
                            each_tap::<3, 4>(block, x, offsets, panel.as_ptr(), to, sums.padded);
                        }
                    }
                }
            }
        }
    });
}

/// Adds the products of all taps with a panel.
///
/// # Safety
/// As for [`products`], for each offset.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn each_tap<const T: usize, const V: usize>(
    block: Block,
    x: *const f32,
    offsets: &[usize],
    panel: *const f32,
    to: *mut f32,
    row: usize,
) {
    for (i, offsets) in offsets.chunks(T).enumerate() {
        // Beyond the last tap it is repeated, and not written.
        let at = |t: usize| offsets[t.min(offsets.len() - 1)];
        // SAFETY: the caller's promise.
        unsafe {
            let x = std::array::from_fn(|t| x.add(at(t)));
            products::<T, V>(block, x, panel, to.add(i * T * row), row, offsets.len());
        }
    }
}

/// Adds the shares in pairs, and writes the taps of each filter beside each other.
fn finish(
    g: &Geometry,
    sums: &Sums,
    all: &[f32],
    shares: usize,
    out: &mut [f32],
    bias: Option<&mut [f32]>,
) {
    let each = g.groups * sums.len();
    let (out, rows) = (Disjoint::new(out), sums.taps + 1);
    let bias = bias.map(Disjoint::new);
    // A task has some taps of all filters.
    let per_task = (ADDING / sums.padded).max(1);
    let tasks = g.groups * rows.div_ceil(per_task);
    parallel::tasks(tasks, each * shares >= 4 * ADDING, |task| {
        let group = task / rows.div_ceil(per_task);
        let first = task % rows.div_ceil(per_task) * per_task;
        let taps = first..rows.min(first + per_task);
        let (start, len) = (
            group * sums.len() + first * sums.padded,
            taps.len() * sums.padded,
        );
        with_scratch::<f32, _>(len * shares, |parts| {
            for (share, part) in parts.chunks_exact_mut(len).enumerate() {
                part.copy_from_slice(&all[share * each + start..][..len]);
            }
            let mut apart = 1;
            while apart < shares {
                for i in (0..shares - apart).step_by(2 * apart) {
                    let (left, right) = parts.split_at_mut((i + apart) * len);
                    let left = &mut left[i * len..][..len];
                    left.iter_mut()
                        .zip(&right[..len])
                        .for_each(|(a, b)| *a += b);
                }
                apart *= 2;
            }
            for (tap, row) in taps.clone().zip(parts.chunks_exact(sums.padded)) {
                for (filter, &sum) in row.iter().enumerate().take(sums.filters) {
                    let at = group * sums.filters + filter;
                    // SAFETY: each number is one task's.
                    unsafe {
                        if tap < sums.taps {
                            out.part(at * sums.taps + tap, 1)[0] = sum;
                        } else if let Some(bias) = &bias {
                            bias.part(at, 1)[0] = sum;
                        }
                    }
                }
            }
        });
    });
}
