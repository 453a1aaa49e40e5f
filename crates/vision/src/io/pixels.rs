//! Pixels as a file has them, and their channels changed.

/// Rows of pixels, the channels of one side by side.
#[derive(Clone, Debug)]
pub(super) struct Pixels {
    pub(super) width: usize,
    pub(super) height: usize,
    /// 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha.
    pub(super) channels: usize,
    /// The greatest value, 255 or 65535.
    pub(super) max: u16,
    pub(super) values: Vec<u16>,
}

impl Pixels {
    /// The upper byte of 16-bit values.
    pub(super) fn eight_bits(mut self) -> Pixels {
        if self.max > 255 {
            self.values.iter_mut().for_each(|v| *v >>= 8);
            self.max = 255;
        }
        self
    }

    /// With that many channels: grey is repeated, colour is weighed, alpha is dropped or opaque.
    ///
    /// `luma` weighs as JPEG does, otherwise as PNG's library does.
    pub(super) fn with_channels(mut self, channels: usize, luma: bool) -> Pixels {
        let (from, to) = (self.channels, channels);
        if from == to {
            return self;
        }
        let mut values = Vec::with_capacity(self.width * self.height * to);
        for pixel in self.values.chunks_exact(from) {
            if from < 3 || to >= 3 {
                let colour = if from < 3 {
                    [pixel[0]; 3]
                } else {
                    [pixel[0], pixel[1], pixel[2]]
                };
                values.extend(&colour[..if to < 3 { 1 } else { 3 }]);
            } else {
                values.push(grey(pixel, luma));
            }
            if to % 2 == 0 {
                values.push(if from % 2 == 0 {
                    pixel[from - 1]
                } else {
                    self.max
                });
            }
        }
        self.values = values;
        self.channels = to;
        self
    }
}

fn grey(pixel: &[u16], luma: bool) -> u16 {
    let [r, g, b] = [0, 1, 2].map(|c| u64::from(pixel[c]));
    if r == g && g == b {
        return r as u16;
    }
    // Weights of 0.2989, 0.587 and the rest in 15 bits, or of 0.299, 0.587 and 0.114 in 16.
    let grey = if luma {
        (19595 * r + 38470 * g + 7471 * b + 32768) >> 16
    } else {
        (9794 * r + 19235 * g + 3739 * b) >> 15
    };
    grey as u16
}
