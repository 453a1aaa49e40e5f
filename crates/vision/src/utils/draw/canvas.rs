//! Pixels to draw on, with Pillow's rules of which pixels belong to a shape.

use ondol_autograd::{DType, Tensor};
use ondol_tensor::{Array, Error, Result};

/// A colour and how much it covers, 255 for all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ink {
    pub(super) rgb: [u8; 3],
    pub(super) alpha: u8,
}

impl Ink {
    pub(super) fn opaque(rgb: [u8; 3]) -> Ink {
        Ink { rgb, alpha: 255 }
    }
}

/// A picture of three bytes a pixel.
pub(super) struct Canvas {
    pub(super) width: i64,
    pub(super) height: i64,
    pixels: Vec<u8>,
    dtype: DType,
}

/// Checks a picture to be drawn on: `[C, H, W]` of bytes or a float type.
pub(super) fn check(op: &'static str, image: &Tensor, channels: &[usize]) -> Result<()> {
    let shape = image.shape();
    let refuse = |message: String| Err(Error::value(op, message));
    if image.dtype() != DType::U8 && !image.dtype().is_floating_point() {
        return refuse(format!(
            "the image is of {}, expected u8 or a float type",
            image.dtype()
        ));
    }
    if shape.len() != 3 {
        return refuse(format!(
            "got {shape:?}; pass one image [C, H, W], not a batch"
        ));
    }
    if !channels.contains(&shape[0]) {
        return refuse(format!(
            "got {shape:?}, expected {}",
            if channels.len() == 1 {
                "[3, H, W]"
            } else {
                "[1 or 3, H, W]"
            }
        ));
    }
    Ok(())
}

impl Canvas {
    /// A checked picture: a grey one in three channels, floats as `255.999·x` without what follows the
    /// point.
    pub(super) fn of(image: &Tensor) -> Canvas {
        let shape = image.shape();
        let (channels, height, width) = (shape[0], shape[1], shape[2]);
        let image = image.detach().cpu();
        let planes: Vec<u8> = match image.dtype() {
            DType::U8 => image.contiguous().to_vec(),
            _ => {
                let values = image.to_dtype(DType::F32).contiguous().to_vec::<f32>();
                values.into_iter().map(|x| (x * 255.999) as u8).collect()
            }
        };
        let area = height * width;
        let at = |i: usize, c: usize| planes[c % channels * area + i];
        Canvas {
            width: width as i64,
            height: height as i64,
            pixels: (0..area)
                .flat_map(|i| [at(i, 0), at(i, 1), at(i, 2)])
                .collect(),
            dtype: image.dtype(),
        }
    }

    /// The picture `[3, H, W]` in the type it came in.
    pub(super) fn into_tensor(self) -> Result<Tensor> {
        let area = (self.width * self.height) as usize;
        let planes = (0..3 * area).map(|i| self.pixels[i % area * 3 + i / area]);
        let shape = [3, self.height as usize, self.width as usize];
        let array = match self.dtype {
            DType::U8 => Array::from_vec(planes.collect::<Vec<u8>>(), shape)?,
            _ => {
                let floats: Vec<f32> = planes.map(|v| f32::from(v) * (1.0 / 255.0)).collect();
                Array::from_vec(floats, shape)?
            }
        };
        Ok(Tensor::from(array).to_dtype(self.dtype))
    }

    pub(super) fn point(&mut self, x: i64, y: i64, ink: Ink) {
        self.row(y, x, x, ink);
    }

    /// The pixels from `left` to `right`, both included.
    pub(super) fn row(&mut self, y: i64, left: i64, right: i64, ink: Ink) {
        let (left, right) = (left.max(0), right.min(self.width - 1));
        if !(0..self.height).contains(&y) || left > right {
            return;
        }
        let from = (y * self.width + left) as usize * 3;
        let to = (y * self.width + right + 1) as usize * 3;
        for pixel in self.pixels[from..to].chunks_exact_mut(3) {
            for (value, color) in pixel.iter_mut().zip(ink.rgb) {
                *value = blend(ink.alpha, *value, color);
            }
        }
    }

    /// A rectangle, its corners included.
    pub(super) fn fill(&mut self, [left, top, right, bottom]: [i64; 4], ink: Ink) {
        for y in top.max(0)..=bottom.min(self.height - 1) {
            self.row(y, left, right, ink);
        }
    }

    /// A frame that grows inwards from its corners.
    pub(super) fn frame(&mut self, [left, top, right, bottom]: [i64; 4], width: i64, ink: Ink) {
        // More would lie outside of the picture or be drawn twice.
        for i in 0..width.min(self.width.max(self.height) * 2) {
            self.row(top + i, left, right, ink);
            self.row(bottom - i, left, right, ink);
            // From below the upper rows to the lower ones, the last pixel left out: upwards, where
            // the frame is flatter than that.
            let (from, to) = (top + width, bottom - width + 1);
            let (a, b) = if from <= to {
                (from, to - 1)
            } else {
                (to + 1, from)
            };
            self.fill([right - i, a, right - i, b], ink);
            self.fill([left + i, a, left + i, b], ink);
        }
    }

    /// A disc.
    pub(super) fn disc(&mut self, x: i64, y: i64, radius: i64, ink: Ink) {
        // Pillow draws no ellipse without a size.
        if radius == 0 {
            return;
        }
        // From the right end of the middle row to the top: the pixel nearest to the circle each time.
        let off = |dx: i64, dy: i64| (dx * dx + dy * dy - radius * radius).abs();
        let (mut dx, mut dy) = (radius, 0);
        let mut drawn = -1;
        loop {
            if dy > drawn {
                self.row(y + dy, x - dx, x + dx, ink);
                if dy > 0 {
                    self.row(y - dy, x - dx, x + dx, ink);
                }
                drawn = dy;
            }
            if dx == 0 && dy >= radius {
                return;
            }
            let mut next = (dx, dy + 1);
            for other in [(dx - 1, dy + 1), (dx - 1, dy)] {
                if dx > 0 && off(next.0, next.1) > off(other.0, other.1) {
                    next = other;
                }
            }
            (dx, dy) = next;
        }
    }
}

/// The rounded mean of what is there and what is laid over it.
fn blend(alpha: u8, below: u8, above: u8) -> u8 {
    let (alpha, below, above) = (u32::from(alpha), u32::from(below), u32::from(above));
    let sum = below * (255 - alpha) + above * alpha + 128;
    (((sum >> 8) + sum) >> 8) as u8
}
