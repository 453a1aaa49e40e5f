//! Resizing bytes, in whole numbers as Pillow does it.

use super::taps::{Filter, Taps};
use crate::transforms::{Image, InterpolationMode};
use ondol_tensor::Result;

/// Bits behind the point: 8 are the result's, and sums of negative weights may need two more.
const BITS: u32 = 32 - 8 - 2;
const HALF: i32 = 1 << (BITS - 1);

/// Weights as whole numbers.
fn fixed(weights: &[f64]) -> impl Iterator<Item = i32> + '_ {
    let one = f64::from(1 << BITS);
    weights
        .iter()
        .map(move |&w| (0.5f64.copysign(w) + w * one) as i32)
}

fn byte(sum: i32) -> u8 {
    (sum >> BITS).clamp(0, 255) as u8
}

/// The image in another size, as Pillow's `Image.resize` makes it.
pub(crate) fn resize(
    x: &Image,
    height: usize,
    width: usize,
    mode: InterpolationMode,
) -> Result<Image> {
    let Some(filter) = Filter::of(mode) else {
        return pick(x, height, width);
    };
    let alpha = matches!(x.channels(), 2 | 4);
    let shown = if alpha { premultiplied(x)? } else { x.clone() };
    // What is very tall loses its height first, which is quicker and rounds otherwise.
    let tall = x.height() > x.width() * 100 && height < x.height();
    let steps = if tall { [false, true] } else { [true, false] };
    let mut out = shown;
    for sideways in steps {
        out = match sideways {
            true if width != x.width() => {
                across(&out, &Taps::antialiased(x.width(), width, filter))?
            }
            false if height != x.height() => {
                down(&out, &Taps::antialiased(x.height(), height, filter))?
            }
            _ => out,
        };
    }
    if alpha { unmultiplied(out) } else { Ok(out) }
}

/// Each output the nearest pixel.
fn pick(x: &Image, height: usize, width: usize) -> Result<Image> {
    let c = x.channels();
    let rows = Taps::nearest_pillow(x.height(), height);
    let columns: Vec<usize> = Taps::nearest_pillow(x.width(), width)
        .iter()
        .map(|(at, _)| at * c)
        .collect();
    let mut pixels = Vec::with_capacity(height * width * c);
    for (row, _) in rows.iter() {
        let line = &x.pixels()[row * x.width() * c..][..x.width() * c];
        for &at in &columns {
            pixels.extend_from_slice(&line[at..at + c]);
        }
    }
    Image::new(width, height, c, pixels)
}

/// Rows of another length.
fn across(x: &Image, taps: &Taps) -> Result<Image> {
    let pixels = match x.channels() {
        1 => across_channels::<1>(x, taps),
        2 => across_channels::<2>(x, taps),
        3 => across_channels::<3>(x, taps),
        4 => across_channels::<4>(x, taps),
        c => across_any(x, taps, c),
    };
    Image::new(taps.len(), x.height(), x.channels(), pixels)
}

fn across_channels<const C: usize>(x: &Image, taps: &Taps) -> Vec<u8> {
    let (windows, weights) = fixed_windows(taps);
    let mut pixels = Vec::with_capacity(x.height() * taps.len() * C);
    for line in x.pixels().chunks_exact((x.width() * C).max(1)) {
        let (line, _) = line.as_chunks::<C>();
        for &(first, start, end) in &windows {
            let mut sums = [HALF; C];
            for (pixel, w) in line[first..].iter().zip(&weights[start..end]) {
                for (sum, &value) in sums.iter_mut().zip(pixel) {
                    *sum += i32::from(value) * w;
                }
            }
            pixels.extend(sums.map(byte));
        }
    }
    pixels
}

fn across_any(x: &Image, taps: &Taps, c: usize) -> Vec<u8> {
    let (windows, weights) = fixed_windows(taps);
    let mut pixels = Vec::with_capacity(x.height() * taps.len() * c);
    for line in x.pixels().chunks_exact((x.width() * c).max(1)) {
        for &(first, start, end) in &windows {
            for channel in 0..c {
                let values = line[first * c + channel..].iter().step_by(c);
                let sum = values
                    .zip(&weights[start..end])
                    .map(|(&v, w)| i32::from(v) * w)
                    .sum::<i32>();
                pixels.push(byte(HALF + sum));
            }
        }
    }
    pixels
}

/// The windows with the places of their weights, and all weights as whole numbers.
fn fixed_windows(taps: &Taps) -> (Vec<(usize, usize, usize)>, Vec<i32>) {
    let mut weights = Vec::new();
    let windows = taps
        .iter()
        .map(|(first, window)| {
            let start = weights.len();
            weights.extend(fixed(window));
            (first, start, weights.len())
        })
        .collect();
    (windows, weights)
}

/// Columns of another length: whole rows are added up.
fn down(x: &Image, taps: &Taps) -> Result<Image> {
    let row = x.width() * x.channels();
    let mut pixels = Vec::with_capacity(taps.len() * row);
    let mut sums = vec![HALF; row];
    for (first, window) in taps.iter() {
        sums.fill(HALF);
        let lines = x.pixels()[first * row..].chunks_exact(row.max(1));
        for (line, w) in lines.zip(fixed(window)) {
            for (sum, &value) in sums.iter_mut().zip(line) {
                *sum += i32::from(value) * w;
            }
        }
        pixels.extend(sums.iter().map(|&sum| byte(sum)));
    }
    Image::new(x.width(), taps.len(), x.channels(), pixels)
}

/// Colours times their alpha, the last channel: what is transparent must not shine through.
pub(super) fn premultiplied(x: &Image) -> Result<Image> {
    let mut out = x.clone();
    for pixel in out.pixels_mut().chunks_exact_mut(x.channels()) {
        if let Some((&mut alpha, colours)) = pixel.split_last_mut() {
            for colour in colours {
                let t = u32::from(*colour) * u32::from(alpha) + 128;
                *colour = (((t >> 8) + t) >> 8) as u8;
            }
        }
    }
    Ok(out)
}

/// The way back.
pub(super) fn unmultiplied(mut x: Image) -> Result<Image> {
    let c = x.channels();
    for pixel in x.pixels_mut().chunks_exact_mut(c) {
        if let Some((&mut alpha, colours)) = pixel.split_last_mut()
            && !matches!(alpha, 0 | 255)
        {
            for colour in colours {
                *colour = (255 * u32::from(*colour) / u32::from(alpha)).min(255) as u8;
            }
        }
    }
    Ok(x)
}
