//! Parts of images, and images within larger ones.

use ondol_tensor::Result;

use crate::transforms::Image;

/// The part of an image from (`top`, `left`) on; what lies outside is `fill`, a pixel.
pub(super) fn window(
    x: &Image,
    [top, left]: [isize; 2],
    [height, width]: [usize; 2],
    fill: &[u8],
) -> Result<Image> {
    let (w, h, c) = (x.width() as isize, x.height() as isize, x.channels());
    let inside = left.clamp(0, w)..(left + width as isize).clamp(0, w);
    let before = (inside.start - left).clamp(0, width as isize) as usize;
    let blank = fill.repeat(width);
    let mut pixels = Vec::with_capacity(height * width * c);
    for y in top..top + height as isize {
        if !(0..h).contains(&y) || inside.is_empty() {
            pixels.extend_from_slice(&blank);
            continue;
        }
        let line = y * w;
        let part = (line + inside.start) as usize * c..(line + inside.end) as usize * c;
        let after = width - before - inside.len();
        pixels.extend_from_slice(&blank[..before * c]);
        pixels.extend_from_slice(&x.pixels()[part]);
        pixels.extend_from_slice(&blank[..after * c]);
    }
    Image::new(width, height, c, pixels)
}

/// The image made of these rows and columns.
pub(super) fn pick(x: &Image, rows: &[usize], columns: &[usize]) -> Result<Image> {
    let (w, c) = (x.width(), x.channels());
    let mut pixels = Vec::with_capacity(rows.len() * columns.len() * c);
    for &y in rows {
        let line = &x.pixels()[y * w * c..(y + 1) * w * c];
        for &at in columns {
            pixels.extend_from_slice(&line[at * c..(at + 1) * c]);
        }
    }
    Image::new(columns.len(), rows.len(), c, pixels)
}
