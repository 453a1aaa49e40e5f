//! Moving bytes about, as Pillow's `Image.transform` does it.

use ondol_tensor::{Error, Result};

use super::bytes::{premultiplied, unmultiplied};
use crate::transforms::{Image, InterpolationMode};

/// Where in the input an output lies: `x' = a·x + b·y + c`, `y' = d·x + e·y + f`, and for a
/// perspective both divided by `g·x + h·y + 1`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Map {
    Affine([f64; 6]),
    Perspective([f64; 8]),
}

impl Map {
    fn at(&self, x: f64, y: f64) -> (f64, f64) {
        match *self {
            Map::Affine([a, b, c, d, e, f]) => (a * x + b * y + c, d * x + e * y + f),
            Map::Perspective([a, b, c, d, e, f, g, h]) => {
                let under = g * x + h * y + 1.0;
                ((a * x + b * y + c) / under, (d * x + e * y + f) / under)
            }
        }
    }
}

/// The image looked up through a map; what lies outside is `fill`.
pub(crate) fn warp(
    op: &'static str,
    x: &Image,
    map: Map,
    (height, width): (usize, usize),
    mode: InterpolationMode,
    fill: &[u8],
) -> Result<Image> {
    let c = x.channels();
    if !matches!(
        mode,
        InterpolationMode::Nearest | InterpolationMode::Bilinear | InterpolationMode::Bicubic
    ) {
        return Err(Error::value(
            op,
            format!("Interpolation mode '{mode}' cannot be used. Use nearest, bilinear or bicubic"),
        ));
    }
    let alpha = matches!(c, 2 | 4) && mode != InterpolationMode::Nearest;
    let hidden;
    let x = if alpha {
        hidden = premultiplied(x)?;
        &hidden
    } else {
        x
    };
    let mut out = Image::new(width, height, c, fill.repeat(height * width))?;
    match (mode, map) {
        (InterpolationMode::Nearest, Map::Affine(a)) if a[1] == 0.0 && a[3] == 0.0 => {
            scaled(x, &mut out, a);
        }
        (InterpolationMode::Nearest, Map::Affine(a)) if fits(&a, height, width) => {
            in_whole_numbers(x, &mut out, a);
        }
        _ => looked_up(x, &mut out, map, mode),
    }
    if alpha { unmultiplied(out) } else { Ok(out) }
}

/// A place as a whole number; -1 for what lies before the first.
fn place(v: f64) -> isize {
    if v < 0.0 { -1 } else { v as isize }
}

/// Scaling and moving alone; the step is added up.
fn scaled(x: &Image, out: &mut Image, a: [f64; 6]) {
    let (w, h, c) = (x.width() as isize, x.height() as isize, x.channels());
    let mut at = a[2] + a[0] * 0.5;
    let mut columns = Vec::with_capacity(out.width());
    for _ in 0..out.width() {
        columns.push(place(at));
        at += a[0];
    }
    let row = out.width() * c;
    let mut at = a[5] + a[4] * 0.5;
    for line in out.pixels_mut().chunks_exact_mut(row.max(1)) {
        let y = place(at);
        at += a[4];
        if !(0..h).contains(&y) {
            continue;
        }
        for (to, &column) in line.chunks_exact_mut(c).zip(&columns) {
            if (0..w).contains(&column) {
                let from = (y * w + column) as usize * c;
                to.copy_from_slice(&x.pixels()[from..from + c]);
            }
        }
    }
}

/// Whether all corners can be told in 16 bits before and 16 behind the point.
fn fits(a: &[f64; 6], height: usize, width: usize) -> bool {
    let (h, w) = (height as f64, width as f64);
    [(0.0, 0.0), (w, h), (0.0, h), (w, 0.0)]
        .iter()
        .all(|&(x, y)| {
            let (x, y) = Map::Affine(*a).at(x, y);
            x.abs() < 32768.0 && y.abs() < 32768.0
        })
}

/// The nearest pixels, with whole numbers of 65536ths.
fn in_whole_numbers(x: &Image, out: &mut Image, a: [f64; 6]) {
    let fix = |v: f64| (v * 65536.0 + 0.5).floor() as i64;
    let (w, h, c) = (x.width() as i64, x.height() as i64, x.channels());
    let mut start = (
        fix(a[2] + a[0] * 0.5 + a[1] * 0.5),
        fix(a[5] + a[3] * 0.5 + a[4] * 0.5),
    );
    let (right, down) = ((fix(a[0]), fix(a[3])), (fix(a[1]), fix(a[4])));
    let row = out.width() * c;
    for line in out.pixels_mut().chunks_exact_mut(row.max(1)) {
        let mut at = start;
        for to in line.chunks_exact_mut(c) {
            let (column, row) = (at.0 >> 16, at.1 >> 16);
            if (0..w).contains(&column) && (0..h).contains(&row) {
                let from = (row * w + column) as usize * c;
                to.copy_from_slice(&x.pixels()[from..from + c]);
            }
            at = (at.0 + right.0, at.1 + right.1);
        }
        start = (start.0 + down.0, start.1 + down.1);
    }
}

/// Any map and any mode, with floats.
fn looked_up(x: &Image, out: &mut Image, map: Map, mode: InterpolationMode) {
    let (w, h, c) = (x.width(), x.height(), x.channels());
    let row = out.width() * c;
    for (oy, line) in out.pixels_mut().chunks_exact_mut(row.max(1)).enumerate() {
        for (ox, to) in line.chunks_exact_mut(c).enumerate() {
            let (px, py) = map.at(ox as f64 + 0.5, oy as f64 + 0.5);
            let inside = px >= 0.0 && px < w as f64 && py >= 0.0 && py < h as f64;
            if !inside {
                continue;
            }
            match mode {
                InterpolationMode::Bilinear => around(x, px, py, 2, to),
                InterpolationMode::Bicubic => around(x, px, py, 4, to),
                _ => {
                    let from = (py as usize * w + px as usize) * c;
                    to.copy_from_slice(&x.pixels()[from..from + c]);
                }
            }
        }
    }
}

/// A pixel made of the 2×2 or 4×4 around a place.
fn around(x: &Image, px: f64, py: f64, n: isize, to: &mut [u8]) {
    let (w, h, c) = (x.width() as isize, x.height() as isize, x.channels());
    let (px, py) = (px - 0.5, py - 0.5);
    let (left, top) = (px.floor(), py.floor());
    let (dx, dy) = (px - left, py - top);
    let first = n / 2 - 1;
    let clip = |i: isize, size: isize| i.clamp(0, size - 1) as usize;
    for (channel, to) in to.iter_mut().enumerate() {
        let mut lines = [0.0; 4];
        for j in 0..n {
            let y = clip(top as isize - first + j, h);
            let mut values = [0.0; 4];
            for i in 0..n {
                let at = (y * w as usize + clip(left as isize - first + i, w)) * c + channel;
                values[i as usize] = f64::from(x.pixels()[at]);
            }
            lines[j as usize] = between(values, n, dx);
        }
        *to = between(lines, n, dy).clamp(0.0, 255.0) as u8;
    }
}

/// A value between the two or four.
fn between([a, b, c, d]: [f64; 4], n: isize, t: f64) -> f64 {
    if n == 2 {
        return a + (b - a) * t;
    }
    let (p2, p3, p4) = (c - a, 2.0 * (a - b) + c - d, b - a - c + d);
    b + t * (p2 + t * (p3 + t * p4))
}
