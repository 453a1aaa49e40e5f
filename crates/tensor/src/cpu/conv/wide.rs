//! An image with its border in rows that lie one behind the other.
//!
//! With a step of one, the numbers that a tap sees from a run of outputs are a run too, if the input's
//! rows follow each other at the same distance as the output's. So a product can read them where they
//! lie: nothing is gathered but the border. A row's right border is the next one's left border.

use std::ops::Range;

use super::patches::Geometry;
use super::tile::{WIDE, copy_row};

/// Elements the channels of a band should have at most, so that they stay in the second-level cache.
const BAND: usize = 96 * 1024;
/// Bands wanted where there are few images.
const FEW: usize = 4;

/// The sizes of a convolution with a step of one.
pub(super) struct Wide {
    pub(super) channels: usize,
    pub(super) input: [usize; 2],
    pub(super) out: [usize; 2],
    padding: [usize; 2],
    /// Distance between two rows.
    pub(super) pitch: usize,
    /// Rows that a band of output rows sees besides its own.
    halo: usize,
    /// Output rows of a band.
    band: usize,
    /// Distance between two channels.
    plane: usize,
    /// Distance between the first and the last tap of a row.
    reach: usize,
}

impl Wide {
    /// The sizes of the forward, and of the weight's gradient; `None` where the step is not one.
    pub(super) fn forward(g: &Geometry) -> Option<Wide> {
        Wide::new(g, g.channels(), g.input, g.out, g.padding())
    }

    /// The sizes of the input's gradient, which is a convolution of the output's with the taps turned.
    pub(super) fn backward(g: &Geometry) -> Option<Wide> {
        let span = g.span();
        let padding = g.padding();
        let turned = |axis: usize| span[axis].checked_sub(padding[axis]);
        Wide::new(g, g.filters(), g.out, g.input, [turned(0)?, turned(1)?])
    }

    fn new(
        g: &Geometry,
        channels: usize,
        input: [usize; 2],
        out: [usize; 2],
        padding: [usize; 2],
    ) -> Option<Wide> {
        let empty = channels == 0 || g.images == 0 || input.contains(&0) || out.contains(&0);
        if !g.has_step_one() || g.is_pointwise() || empty {
            return None;
        }
        let [halo, reach] = g.span();
        let pitch = (input[1] + padding[1]).max(out[1]);
        let fits = (BAND / (channels * pitch)).saturating_sub(halo);
        let jobs = g.images * g.groups;
        let split = if jobs < FEW && g.work() >= 1 << 21 {
            FEW.div_ceil(jobs)
        } else {
            1
        };
        let band = fits.max(halo).max(1).min(out[0].div_ceil(split));
        // An odd number of cache lines: else all channels may fall on the same few places of the cache.
        let plane = (((band + halo) * pitch + padding[1]).div_ceil(16) | 1) * 16;
        Some(Wide {
            channels,
            input,
            out,
            padding,
            pitch,
            halo,
            band,
            plane,
            reach,
        })
    }

    /// The number of bands.
    pub(super) fn bands(&self) -> usize {
        self.out[0].div_ceil(self.band)
    }

    /// The output rows of a band.
    pub(super) fn rows(&self, band: usize) -> Range<usize> {
        let start = band * self.band;
        start..self.out[0].min(start + self.band)
    }

    /// Elements of a band with its border, and of what tiles read beyond.
    pub(super) fn scratch(&self) -> usize {
        self.channels * self.plane + self.reach + WIDE
    }

    /// Where each tap finds the numbers of the first output, in the order of the weight.
    pub(super) fn offsets(&self, g: &Geometry) -> Vec<usize> {
        let ([kh, kw], dilation) = (g.kernel(), g.dilation());
        let place = |c: usize, h: usize, w: usize| {
            c * self.plane + h * dilation[0] * self.pitch + w * dilation[1]
        };
        (0..self.channels)
            .flat_map(|c| (0..kh).flat_map(move |h| (0..kw).map(move |w| (c, h, w))))
            .map(|(c, h, w)| place(c, h, w))
            .collect()
    }

    /// Writes the rows of all channels that the band of output rows sees.
    ///
    /// # Safety
    /// The machine has AVX2.
    #[target_feature(enable = "avx2")]
    pub(super) unsafe fn spread(&self, x: &[f32], rows: &Range<usize>, to: &mut [f32]) {
        let [height, width] = self.input;
        to.fill(0.0);
        // Row `i` of the band holds the input's row `rows.start + i - padding`.
        let first = self.padding[0].saturating_sub(rows.start);
        let end = (height + self.padding[0])
            .saturating_sub(rows.start)
            .min(rows.len() + self.halo);
        for c in 0..self.channels {
            for i in first..end {
                let from = &x[(c * height + rows.start + i - self.padding[0]) * width..][..width];
                let to = &mut to[c * self.plane + i * self.pitch + self.padding[1]..][..width];
                // SAFETY: both are slices of that length.
                unsafe { copy_row(from.as_ptr(), to.as_mut_ptr(), width) };
            }
        }
    }
}
