//! Pictures as bytes.

use std::io::Cursor;

use image::{ExtendedColorType, ImageFormat};
use ondol_autograd::Tensor;
use ondol_tensor::{DType, Device, Error, Result};

/// A picture of red, green and blue bytes, row by row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pixels {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) rgb: Vec<u8>,
}

impl Pixels {
    /// One colour everywhere.
    pub(crate) fn filled(width: usize, height: usize, color: [u8; 3]) -> Self {
        Pixels {
            width,
            height,
            rgb: color.repeat(width * height),
        }
    }

    pub(crate) fn set(&mut self, x: usize, y: usize, color: [u8; 3]) {
        let place = 3 * (y * self.width + x);
        self.rgb[place..place + 3].copy_from_slice(&color);
    }

    /// Of `[C, H, W]` or `[H, W]`, floats in `0..=1` or bytes.
    pub(crate) fn of(op: &'static str, image: &Tensor) -> Result<Self> {
        let shape = image.shape().to_vec();
        let (channels, height, width) = match shape[..] {
            [h, w] => (1, h, w),
            [c @ (1 | 3), h, w] => (c, h, w),
            _ => {
                return Err(Error::Input {
                    op,
                    shape,
                    rule: "expected [C, H, W] with 1 or 3 channels, or [H, W]".into(),
                });
            }
        };
        let scale = match image.dtype() {
            DType::U8 => 1.0,
            dtype if dtype.is_floating_point() => 255.0,
            dtype => {
                return Err(Error::DType {
                    op,
                    got: dtype.to_string(),
                    expected: "floats in 0..=1, or u8".into(),
                });
            }
        };
        let values = image.value().to_device(&Device::cpu())?.cast(DType::F32)?;
        let values = values.to_vec::<f32>()?;
        let area = height * width;
        let byte = |x: f32| (x * scale).clamp(0.0, 255.0) as u8;
        let rgb = (0..area).flat_map(|i| [0, 1, 2].map(|c| byte(values[c % channels * area + i])));
        Ok(Pixels {
            width,
            height,
            rgb: rgb.collect(),
        })
    }

    /// Of `[N, C, H, W]`, so many in a row.
    pub(crate) fn side_by_side(op: &'static str, images: &Tensor, row: usize) -> Result<Self> {
        let count = if images.ndim() == 4 {
            images.size(0)
        } else {
            0
        };
        if count == 0 {
            return Err(Error::Input {
                op,
                shape: images.shape().to_vec(),
                rule: "expected pictures [N, C, H, W]".into(),
            });
        }
        let all = (0..count).map(|i| Pixels::of(op, &images.select(0, i as isize)));
        let all = all.collect::<Result<Vec<_>>>()?;
        let (width, height) = (all[0].width, all[0].height);
        let (columns, rows) = (row.min(count), count.div_ceil(row));
        let mut whole = Pixels::filled(width * columns, height * rows, [0; 3]);
        for (i, one) in all.iter().enumerate() {
            for y in 0..height {
                let from = 3 * y * width;
                let to = 3 * ((i / row * height + y) * whole.width + i % row * width);
                whole.rgb[to..to + 3 * width].copy_from_slice(&one.rgb[from..from + 3 * width]);
            }
        }
        Ok(whole)
    }

    /// Each `n × n` pixels as their mean.
    pub(crate) fn smaller(&self, n: usize) -> Pixels {
        let mut small = Pixels::filled(self.width / n, self.height / n, [0; 3]);
        for y in 0..small.height {
            for x in 0..small.width {
                let mut sums = [0usize; 3];
                for row in y * n..(y + 1) * n {
                    let start = 3 * (row * self.width + x * n);
                    for (i, &byte) in self.rgb[start..start + 3 * n].iter().enumerate() {
                        sums[i % 3] += usize::from(byte);
                    }
                }
                small.set(x, y, sums.map(|sum| ((sum + n * n / 2) / (n * n)) as u8));
            }
        }
        small
    }
}

/// A PNG file's bytes.
pub(crate) fn encode_png(pixels: &Pixels) -> Result<Vec<u8>> {
    let mut file = Vec::new();
    let side = |n: usize| {
        u32::try_from(n)
            .map_err(|_| Error::value("png", format!("{n} pixels in a row are too many")))
    };
    image::write_buffer_with_format(
        &mut Cursor::new(&mut file),
        &pixels.rgb,
        side(pixels.width)?,
        side(pixels.height)?,
        ExtendedColorType::Rgb8,
        ImageFormat::Png,
    )
    .map_err(|e| Error::value("png", format!("the picture cannot be encoded: {e}")))?;
    Ok(file)
}

/// Bytes as text, for pictures inside of an SVG.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * i)) as usize & 63];
            text.push(if i <= chunk.len() {
                char::from(digit)
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_as_in_rfc_4648() {
        for (plain, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), text);
        }
    }

    #[test]
    fn a_mean_of_pixels() {
        let mut four = Pixels::filled(2, 2, [0, 0, 0]);
        four.set(1, 0, [255, 100, 4]);
        assert_eq!(four.smaller(2).rgb, [64, 25, 1]);
    }
}
