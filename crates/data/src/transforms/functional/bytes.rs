//! Colour on bytes, by Pillow's arithmetic: what `torchvision.transforms.functional` does to a PIL image.
//!
//! Each works in place on the bytes of one image, the channels of a pixel side by side.

/// What becomes of each byte of a channel.
pub(super) type Table = [u8; 256];

/// The table of a function of a byte.
pub(super) fn table(f: impl Fn(u8) -> u8) -> Table {
    std::array::from_fn(|i| f(i as u8))
}

/// Each byte by its table.
pub(super) fn look_up(pixels: &mut [u8], table: &Table) {
    for p in pixels {
        *p = table[usize::from(*p)];
    }
}

/// Each channel by the table made of its histogram.
pub(super) fn by_histogram(
    pixels: &mut [u8],
    channels: usize,
    table: impl Fn(&[usize; 256]) -> Option<Table>,
) {
    for c in 0..channels {
        let mut histogram = [0usize; 256];
        for p in pixels.iter().skip(c).step_by(channels) {
            histogram[usize::from(*p)] += 1;
        }
        if let Some(table) = table(&histogram) {
            for p in pixels.iter_mut().skip(c).step_by(channels) {
                *p = table[usize::from(*p)];
            }
        }
    }
}

/// The brightness of a pixel, ITU-R 601-2 in 16 bits.
#[inline]
pub(super) fn luma(pixel: &[u8]) -> u8 {
    match *pixel {
        [r, g, b, ..] => {
            let sum = u32::from(r) * 19_595 + u32::from(g) * 38_470 + u32::from(b) * 7_471;
            ((sum + 0x8000) >> 16) as u8
        }
        [grey, ..] => grey,
        [] => 0,
    }
}

/// `from + factor · (to − from)`, cut to a byte.
#[inline]
fn mix(from: u8, to: u8, factor: f32) -> u8 {
    let (from, to) = (f32::from(from), f32::from(to));
    // The cast truncates, and keeps to a byte's range.
    (from + factor * (to - from)) as u8
}

/// Between black and the image.
pub(super) fn brightness(pixels: &mut [u8], factor: f64) {
    look_up(pixels, &table(|p| mix(0, p, factor as f32)));
}

/// Between the image's mean grey and the image.
pub(super) fn contrast(pixels: &mut [u8], channels: usize, factor: f64) {
    let count = pixels.len() / channels.max(1);
    if count == 0 {
        return;
    }
    let sum: u64 = pixels
        .chunks_exact(channels)
        .map(|pixel| u64::from(luma(pixel)))
        .sum();
    let mean = (sum as f64 / count as f64 + 0.5) as u8;
    look_up(pixels, &table(|p| mix(mean, p, factor as f32)));
}

/// Between the grey image and the image.
pub(super) fn saturation(pixels: &mut [u8], factor: f64) {
    for pixel in pixels.chunks_exact_mut(3) {
        let grey = luma(pixel);
        for p in pixel {
            *p = mix(grey, *p, factor as f32);
        }
    }
}

/// The hue of each pixel turned by `factor` of the circle, in steps of its 255th part.
pub(super) fn hue(pixels: &mut [u8], factor: f64) {
    // As a byte that goes round.
    let turn = (factor * 255.0) as i32 as u8;
    for pixel in pixels.chunks_exact_mut(3) {
        let (h, s, v) = hsv(pixel[0], pixel[1], pixel[2]);
        pixel.copy_from_slice(&rgb(h.wrapping_add(turn), s, v));
    }
}

/// Hue, saturation and value as bytes.
fn hsv(r: u8, g: u8, b: u8) -> (u8, u8, u8) {
    let (most, least) = (r.max(g).max(b), r.min(g).min(b));
    if most == least {
        return (0, 0, most);
    }
    let range = f32::from(most - least);
    let [rc, gc, bc] = [r, g, b].map(|p| f64::from(f32::from(most - p) / range));
    let sixths = if r == most {
        bc - gc
    } else if g == most {
        2.0 + rc - bc
    } else {
        4.0 + gc - rc
    };
    let h = ((f64::from(sixths as f32) / 6.0 + 1.0) % 1.0) as f32;
    let s = range / f32::from(most);
    let byte = |x: f32| (f64::from(x) * 255.0) as u8;
    (byte(h), byte(s), most)
}

/// Red, green and blue of bytes of hue, saturation and value.
fn rgb(h: u8, s: u8, v: u8) -> [u8; 3] {
    if s == 0 {
        return [v; 3];
    }
    let sixths = f64::from(h) * 6.0 / 255.0;
    let i = sixths.floor();
    let f = f64::from((sixths - i) as f32);
    let (s, value) = (f64::from(f32::from(s) / 255.0), f64::from(v));
    let p = (value * (1.0 - s)).round() as u8;
    let q = (value * (1.0 - s * f)).round() as u8;
    let t = (value * (1.0 - s * (1.0 - f))).round() as u8;
    match i as u8 % 6 {
        0 => [v, t, p],
        1 => [q, v, p],
        2 => [p, v, t],
        3 => [p, q, v],
        4 => [t, p, v],
        _ => [v, p, q],
    }
}

/// `255 · gain · (byte / 255)^gamma`.
pub(super) fn gamma(pixels: &mut [u8], gamma: f64, gain: f64) {
    let raised = |p: u8| (f64::from(p) / 255.0).powf(gamma);
    look_up(
        pixels,
        &table(|p| ((255.0 + 1.0 - 1e-3) * gain * raised(p)) as u8),
    );
}

/// The bytes of the grey image, one or three to a pixel.
pub(super) fn grey(pixels: &[u8], channels: usize, copies: usize) -> Vec<u8> {
    let greys = pixels.chunks_exact(channels.max(1)).map(luma);
    match copies {
        1 => greys.collect(),
        _ => greys.flat_map(|grey| [grey; 3]).collect(),
    }
}

/// The least byte black, the greatest white.
pub(super) fn autocontrast(pixels: &mut [u8], channels: usize) {
    by_histogram(pixels, channels, |histogram| {
        let low = histogram.iter().position(|&n| n > 0)?;
        let high = histogram.iter().rposition(|&n| n > 0)?;
        if high <= low {
            return None;
        }
        let scale = 255.0 / (high - low) as f64;
        let offset = -(low as f64) * scale;
        Some(table(|p| (f64::from(p) * scale + offset) as u8))
    });
}

/// As many pixels of each byte as of any other.
pub(super) fn equalize(pixels: &mut [u8], channels: usize) {
    by_histogram(pixels, channels, |histogram| {
        let last = histogram.iter().rposition(|&n| n > 0)?;
        let step = histogram[..last].iter().sum::<usize>() / 255;
        if step == 0 {
            return None;
        }
        let mut before = step / 2;
        Some(histogram.map(|n| {
            let to = before / step;
            before += n;
            to.min(255) as u8
        }))
    });
}

/// Between the image smoothed and the image; the edge stays as it is.
pub(super) fn sharpness(
    pixels: &mut [u8],
    [height, width]: [usize; 2],
    channels: usize,
    factor: f64,
) {
    if height < 3 || width < 3 {
        return;
    }
    let before = pixels.to_vec();
    let row = width * channels;
    for y in 0..height {
        for x in 0..row {
            let at = y * row + x;
            let inside = (1..height - 1).contains(&y) && (channels..row - channels).contains(&x);
            let smooth = if inside {
                let three = |i: usize| {
                    u32::from(before[i - channels])
                        + u32::from(before[i])
                        + u32::from(before[i + channels])
                };
                let sum = three(at - row) + three(at) + three(at + row) + 4 * u32::from(before[at]);
                // Thirteenths, rounded; a half is not possible.
                ((2 * sum + 13) / 26) as u8
            } else {
                before[at]
            };
            pixels[at] = mix(smooth, before[at], factor as f32);
        }
    }
}
