//! Convolution of `f32` with a step of one, and the gradient of its input: products that read the
//! image where it lies.

use super::patches::{Geometry, with_scratch};
use super::tile::{WIDE, copy_row, forward as tile};
use super::wide::Wide;
use crate::cpu::parallel;
use crate::cpu::staging::{Disjoint, Scratch};

/// Positions whose results of a few filters are kept before they are written.
const POSITIONS: usize = 24 * WIDE;
/// Filters of a high tile, and of a low one.
const HIGH: usize = 6;
const LOW: usize = 4;

/// The weight in tiles of six filters and then of four, as wastes least: a tile's numbers of a tap lie
/// beside each other.
struct Weights {
    packed: Scratch<f32>,
    /// Filters and taps of a group.
    filters: usize,
    taps: usize,
    /// Filters in whole tiles, and of them those in high ones.
    padded: usize,
    high: usize,
}

impl Weights {
    /// Packs `of(group, filter, tap)`.
    fn new(
        [groups, filters, taps]: [usize; 3],
        of: impl Fn(usize, usize, usize) -> f32,
    ) -> Weights {
        let low = match filters % HIGH {
            0 | 5 => 0,
            1 | 2 if filters > LOW => 2,
            _ => 1,
        };
        let high = filters.saturating_sub(low * LOW).next_multiple_of(HIGH);
        let padded = high + low * LOW;
        let mut weights = Weights {
            packed: Scratch::new(groups * padded * taps),
            filters,
            taps,
            padded,
            high,
        };
        for group in 0..groups {
            for first in weights.tiles().collect::<Vec<_>>() {
                let (start, rows) = (weights.start(group, first), weights.rows(first));
                let tile = &mut weights.packed[start..][..rows * taps];
                for (tap, to) in tile.chunks_exact_mut(rows).enumerate() {
                    for (filter, to) in (first..).zip(to) {
                        let real = filter < filters;
                        *to = if real { of(group, filter, tap) } else { 0.0 };
                    }
                }
            }
        }
        weights
    }

    /// The first filters of the tiles.
    fn tiles(&self) -> impl Iterator<Item = usize> + use<> {
        let low = (self.high..self.padded).step_by(LOW);
        (0..self.high).step_by(HIGH).chain(low)
    }

    /// How many filters the tile has that begins with filter `first`.
    fn rows(&self, first: usize) -> usize {
        if first < self.high { HIGH } else { LOW }
    }

    /// Where it is packed.
    fn start(&self, group: usize, first: usize) -> usize {
        (group * self.padded + first) * self.taps
    }
}

/// The forward; `false`, and nothing done, where it is another's.
pub(super) fn forward(
    g: &Geometry,
    x: &[f32],
    w: &[f32],
    bias: Option<&[f32]>,
    out: &mut [f32],
) -> bool {
    let Some(wide) = Wide::forward(g) else {
        return false;
    };
    let (filters, taps) = (g.filters(), g.taps());
    let weights = Weights::new([g.groups, filters, taps], |group, filter, tap| {
        w[(group * filters + filter) * taps + tap]
    });
    run(g, &wide, x, &weights, bias, out);
    true
}

/// The input's gradient from the output's, `gradient`; `false` as above.
pub(super) fn input_grad(g: &Geometry, gradient: &[f32], w: &[f32], out: &mut [f32]) -> bool {
    let Some(wide) = Wide::backward(g) else {
        return false;
    };
    let (filters, channels) = (g.filters(), g.channels());
    let area = g.taps() / channels.max(1);
    let weights = Weights::new(
        [g.groups, channels, filters * area],
        |group, channel, tap| {
            let (filter, place) = (group * filters + tap / area, area - 1 - tap % area);
            w[(filter * channels + channel) * area + place]
        },
    );
    run(g, &wide, gradient, &weights, None, out);
    true
}

fn run(
    g: &Geometry,
    wide: &Wide,
    x: &[f32],
    weights: &Weights,
    bias: Option<&[f32]>,
    out: &mut [f32],
) {
    let offsets = wide.offsets(g);
    let inputs = wide.channels * wide.input[0] * wide.input[1];
    let area = wide.out[0] * wide.out[1];
    let bands = wide.bands();
    let jobs = g.images * g.groups * bands;
    // A task has about as much work as a fork costs.
    let per_task = ((jobs << 20) / g.work().max(1)).clamp(1, jobs);
    let out = Disjoint::new(out);
    parallel::tasks(jobs.div_ceil(per_task), g.work() >= 1 << 21, |task| {
        with_scratch::<f32, _>(wide.scratch(), |scratch| {
            for job in task * per_task..jobs.min((task + 1) * per_task) {
                let (part, band) = (job / bands, job % bands);
                let group = part % g.groups;
                let image = &x[part * inputs..][..inputs];
                let plane = Planes {
                    wide,
                    band,
                    out: &out,
                    start: part * weights.filters * area,
                };
                let bias = bias.map(|b| &b[group * weights.filters..][..weights.filters]);
                // SAFETY: only AVX2 leads here; the planes' rows of the band are this job's.
                unsafe {
                    wide.spread(image, &wide.rows(band), scratch);
                    plane.write(scratch, &offsets, weights, group, bias);
                }
            }
        });
    });
}

/// A group's output channels of an image, and a band of their rows.
struct Planes<'a> {
    wide: &'a Wide,
    band: usize,
    out: &'a Disjoint<'a, f32>,
    start: usize,
}

impl Planes<'_> {
    /// # Safety
    /// The machine has AVX2 and FMA; `x` is the band as [`Wide::spread`] writes it, and nobody else
    /// writes these rows.
    #[target_feature(enable = "avx2,fma")]
    unsafe fn write(
        &self,
        x: &[f32],
        offsets: &[usize],
        weights: &Weights,
        group: usize,
        bias: Option<&[f32]>,
    ) {
        let (wide, rows) = (self.wide, self.wide.rows(self.band));
        let all = (rows.len() - 1) * wide.pitch + wide.out[1];
        let mut sums = [0.0f32; HIGH * POSITIONS];
        for first in (0..all).step_by(POSITIONS) {
            let end = all.min(first + POSITIONS);
            for filter in weights.tiles() {
                let packed = weights.packed[weights.start(group, filter)..].as_ptr();
                let rows = weights.rows(filter);
                let real = rows.min(weights.filters.saturating_sub(filter));
                let mut beside = [0.0f32; HIGH];
                if let Some(bias) = bias {
                    beside[..real].copy_from_slice(&bias[filter..][..real]);
                }
                for p in (first..end).step_by(WIDE) {
                    // SAFETY: the scratch has room for what the last tile reads beyond the band.
                    unsafe {
                        let (x, bias) = (x.as_ptr().add(p), beside.as_ptr());
                        let to = sums.as_mut_ptr().add(p - first);
                        if rows == HIGH {
                            tile::<HIGH>(offsets, packed, x, bias, to, POSITIONS);
                        } else {
                            tile::<LOW>(offsets, packed, x, bias, to, POSITIONS);
                        }
                    }
                }
                for (i, sums) in sums.chunks_exact(POSITIONS).enumerate().take(real) {
                    // SAFETY: the caller's promise.
                    unsafe { self.store(sums, first, end, filter + i) };
                }
            }
        }
    }

    /// Writes the results `first..end` of a filter without what lies between the rows.
    ///
    /// # Safety
    /// As for [`Planes::write`].
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn store(&self, sums: &[f32], first: usize, end: usize, filter: usize) {
        let (wide, start) = (self.wide, self.wide.rows(self.band).start);
        let width = wide.out[1];
        let mut at = first;
        while at < end {
            let (row, column) = (at / wide.pitch, at % wide.pitch);
            let n = width.saturating_sub(column).min(end - at);
            if n > 0 {
                let to = self.start + (filter * wide.out[0] + start + row) * width + column;
                // SAFETY: a run of one row; the caller's promise.
                unsafe {
                    let to = self.out.part(to, n);
                    copy_row(sums[at - first..].as_ptr(), to.as_mut_ptr(), n);
                }
            }
            at = (row + 1) * wide.pitch;
        }
    }
}
