//! A small grey canvas with anti-aliased shapes.
//!
//! Coverage is exact: each edge adds the signed area it cuts from every pixel it crosses, and a running
//! sum along the row turns these into the share of the pixel that is inside.

use super::rng::Rng;

/// Width and height in pixels.
pub(super) const SIDE: usize = 28;
/// An edge writes up to two columns to the right of the pixel it crosses.
const STRIDE: usize = SIDE + 2;

pub(super) type Point = (f32, f32);

/// From garment space (`-1..1`, x to the right, y down) to pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pose {
    xx: f32,
    xy: f32,
    yx: f32,
    yy: f32,
    x: f32,
    y: f32,
}

impl Pose {
    /// A pose that turns by `2·atan(turn)`, leans by `shear`, scales and moves (pixels).
    pub(super) fn new(turn: f32, shear: f32, scale: Point, shift: Point) -> Self {
        // The rational form of a rotation needs no sine, which is not the same on every platform.
        let norm = 1.0 + turn * turn;
        let (cos, sin) = ((1.0 - turn * turn) / norm, 2.0 * turn / norm);
        let half = SIDE as f32 / 2.0;
        let (sx, sy) = (13.0 * scale.0, 13.0 * scale.1);
        Pose {
            xx: cos * sx,
            xy: (cos * shear - sin) * sy,
            yx: sin * sx,
            yy: (sin * shear + cos) * sy,
            x: half + shift.0,
            y: half + shift.1,
        }
    }

    fn map(&self, (u, v): Point) -> Point {
        (
            self.xx * u + self.xy * v + self.x,
            self.yx * u + self.yy * v + self.y,
        )
    }
}

/// Ink and cloth of one picture.
pub(super) struct Canvas {
    pose: Pose,
    ink: [f32; SIDE * SIDE],
    cloth: [f32; SIDE * SIDE],
    area: [f32; STRIDE * SIDE],
}

impl Canvas {
    pub(super) fn new(pose: Pose) -> Self {
        Canvas {
            pose,
            ink: [0.0; SIDE * SIDE],
            cloth: [0.0; SIDE * SIDE],
            area: [0.0; STRIDE * SIDE],
        }
    }

    /// Fills a closed outline with a shade from 0 (black) to 1 (white).
    pub(super) fn fill(&mut self, outline: &[Point], shade: f32) {
        let mut from = self.pose.map(outline[outline.len() - 1]);
        for &point in outline {
            let to = self.pose.map(point);
            self.edge(from, to);
            from = to;
        }
        self.paint(shade);
    }

    /// Fills an outline whose corners are rounded off.
    pub(super) fn fill_soft(&mut self, outline: &[Point], shade: f32) {
        self.fill(&rounded(&rounded(outline)), shade);
    }

    /// Draws a line through the points, `width` wide.
    pub(super) fn stroke(&mut self, line: &[Point], width: f32, shade: f32) {
        let half = width / 2.0;
        for pair in line.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            let (dx, dy) = (b.0 - a.0, b.1 - a.1);
            let length = (dx * dx + dy * dy).sqrt();
            if length == 0.0 {
                continue;
            }
            let (nx, ny) = (-dy / length * half, dx / length * half);
            let quad = [
                (a.0 + nx, a.1 + ny),
                (b.0 + nx, b.1 + ny),
                (b.0 - nx, b.1 - ny),
                (a.0 - nx, a.1 - ny),
            ];
            self.ring(&quad);
        }
        // Joints, so that a bend has no notch on its outer side; thin lines do not show one.
        if width > 0.12 && line.len() > 2 {
            for &(u, v) in &line[1..line.len() - 1] {
                let c = half * 0.7;
                // Wound the same way as the quads, or it would cut holes into them.
                let disc = [
                    (u, v - half),
                    (u - c, v - c),
                    (u - half, v),
                    (u - c, v + c),
                    (u, v + half),
                    (u + c, v + c),
                    (u + half, v),
                    (u + c, v - c),
                ];
                self.ring(&disc);
            }
        }
        self.paint(shade);
    }

    /// A small round dot.
    pub(super) fn dot(&mut self, (u, v): Point, radius: f32, shade: f32) {
        let c = radius * 0.7;
        self.fill(
            &[
                (u, v - radius),
                (u + c, v - c),
                (u + radius, v),
                (u + c, v + c),
                (u, v + radius),
                (u - c, v + c),
                (u - radius, v),
                (u - c, v - c),
            ],
            shade,
        );
    }

    fn ring(&mut self, outline: &[Point]) {
        let mut from = self.pose.map(outline[outline.len() - 1]);
        for &point in outline {
            let to = self.pose.map(point);
            self.edge(from, to);
            from = to;
        }
    }

    fn edge(&mut self, a: Point, b: Point) {
        if a.1 == b.1 {
            return;
        }
        let (sign, top, bottom) = if a.1 < b.1 { (1.0, a, b) } else { (-1.0, b, a) };
        let slope = (bottom.0 - top.0) / (bottom.1 - top.1);
        let mut y = top.1.max(0.0);
        let end = bottom.1.min(SIDE as f32);
        let mut x = top.0 + (y - top.1) * slope;
        let mut row = y as usize;
        while y < end && row < SIDE {
            let next_y = ((row + 1) as f32).min(end);
            let next_x = x + slope * (next_y - y);
            let (left, right) = if x < next_x { (x, next_x) } else { (next_x, x) };
            let limit = SIDE as f32;
            let cells = &mut self.area[row * STRIDE..(row + 1) * STRIDE];
            cut(
                cells,
                left.clamp(0.0, limit),
                right.clamp(0.0, limit),
                sign * (next_y - y),
            );
            (x, y, row) = (next_x, next_y, row + 1);
        }
    }

    /// Lays the shape that was cut over the picture and clears it.
    fn paint(&mut self, shade: f32) {
        for (row, cells) in self.area.chunks_exact_mut(STRIDE).enumerate() {
            let mut sum = 0.0;
            for (column, cell) in cells[..SIDE].iter_mut().enumerate() {
                sum += *cell;
                let cover = sum.abs().min(1.0);
                if cover > 1e-4 {
                    let pixel = row * SIDE + column;
                    self.ink[pixel] += (shade - self.ink[pixel]) * cover;
                    self.cloth[pixel] = self.cloth[pixel].max(cover);
                }
            }
            cells.fill(0.0);
        }
    }

    /// Multiplies the cloth by a pattern of the pixel's place.
    pub(super) fn weave(&mut self, pattern: impl Fn(f32, f32) -> f32) {
        for row in 0..SIDE {
            for column in 0..SIDE {
                let pixel = row * SIDE + column;
                if self.cloth[pixel] > 0.0 {
                    self.ink[pixel] *= pattern(column as f32, row as f32);
                }
            }
        }
    }

    /// Hides a rectangle of pixels.
    pub(super) fn hide(&mut self, left: usize, top: usize, width: usize, height: usize) {
        for row in top..(top + height).min(SIDE) {
            for column in left..(left + width).min(SIDE) {
                self.ink[row * SIDE + column] = 0.0;
                self.cloth[row * SIDE + column] = 0.0;
            }
        }
    }

    /// The pixels as bytes, with noise on the cloth; the background stays black, as in the real set.
    pub(super) fn develop(&self, noise: f32, rng: &mut Rng, out: &mut [u8]) {
        for ((byte, &ink), &cloth) in out.iter_mut().zip(&self.ink).zip(&self.cloth) {
            *byte = if cloth > 0.0 {
                // Dark cloth shows little noise, bright cloth more.
                let noisy = ink + noise * cloth * (0.15 + ink) * rng.normal();
                (noisy * 255.0 + 0.5).clamp(0.0, 255.0) as u8
            } else {
                0
            };
        }
    }
}

/// Adds what a piece of an edge cuts from one row: it spans `left..right` and is `height` high.
fn cut(cells: &mut [f32], left: f32, right: f32, height: f32) {
    let first = left as usize;
    let last = right.ceil() as usize;
    let left_floor = first as f32;
    if last <= first + 1 {
        let share = 0.5 * (left + right) - left_floor;
        cells[first] += height - height * share;
        cells[first + 1] += height * share;
        return;
    }
    let slope = 1.0 / (right - left);
    let into = left - left_floor;
    let beyond = right - last as f32 + 1.0;
    let head = 0.5 * slope * (1.0 - into) * (1.0 - into);
    let tail = 0.5 * slope * beyond * beyond;
    cells[first] += height * head;
    if last == first + 2 {
        cells[first + 1] += height * (1.0 - head - tail);
    } else {
        let second = slope * (1.5 - into);
        cells[first + 1] += height * (second - head);
        for cell in &mut cells[first + 2..last - 1] {
            *cell += height * slope;
        }
        let done = second + (last - first - 3) as f32 * slope;
        cells[last - 1] += height * (1.0 - done - tail);
    }
    cells[last] += height * tail;
}

/// Chaikin's corner cutting, once.
fn rounded(outline: &[Point]) -> Vec<Point> {
    let mut out = Vec::with_capacity(2 * outline.len());
    for (i, &a) in outline.iter().enumerate() {
        let b = outline[(i + 1) % outline.len()];
        out.push((0.75 * a.0 + 0.25 * b.0, 0.75 * a.1 + 0.25 * b.1));
        out.push((0.25 * a.0 + 0.75 * b.0, 0.25 * a.1 + 0.75 * b.1));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pixels(draw: impl FnOnce(&mut Canvas)) -> Vec<u8> {
        // One garment unit is 13 pixels: this pose makes the units pixels, from the corner.
        let mut canvas = Canvas::new(Pose::new(
            0.0,
            0.0,
            (1.0 / 13.0, 1.0 / 13.0),
            (-14.0, -14.0),
        ));
        draw(&mut canvas);
        let mut out = vec![0; SIDE * SIDE];
        canvas.develop(0.0, &mut Rng::new(0, true, 0, 0), &mut out);
        out
    }

    #[test]
    fn coverage_is_the_area_inside() {
        let out = pixels(|c| c.fill(&[(2.0, 3.0), (4.5, 3.0), (4.5, 5.25), (2.0, 5.25)], 1.0));
        assert_eq!(out[3 * SIDE + 2], 255);
        assert_eq!(out[3 * SIDE + 4], 128);
        assert_eq!(out[5 * SIDE + 2], 64);
        assert_eq!(out[5 * SIDE + 4], 32);
        assert_eq!(out[3 * SIDE + 5], 0);
        assert_eq!(out[2 * SIDE + 3], 0);
    }

    #[test]
    fn a_slanted_edge_keeps_the_total_area() {
        let triangle = [(1.3, 2.1), (25.7, 6.4), (9.2, 24.9)];
        let out = pixels(|c| c.fill(&triangle, 1.0));
        let [a, b, c] = triangle;
        let area = ((b.0 - a.0) * (c.1 - a.1) - (c.0 - a.0) * (b.1 - a.1)).abs() / 2.0;
        let sum: f32 = out.iter().map(|&p| f32::from(p) / 255.0).sum();
        assert!((sum - area).abs() < 0.5, "{sum} and {area}");
    }

    #[test]
    fn what_leaves_the_canvas_is_cut_off() {
        let out = pixels(|c| {
            c.fill(
                &[(-50.0, -50.0), (80.0, -50.0), (80.0, 80.0), (-50.0, 80.0)],
                1.0,
            )
        });
        assert!(out.iter().all(|&p| p == 255));
        let out = pixels(|c| c.fill(&[(30.0, 0.0), (40.0, 0.0), (40.0, 28.0), (30.0, 28.0)], 1.0));
        assert!(out.iter().all(|&p| p == 0));
    }

    #[test]
    fn a_bent_stroke_has_no_holes() {
        for line in [
            [(5.0, 5.0), (14.0, 14.0), (23.0, 5.0)],
            [(23.0, 5.0), (14.0, 14.0), (5.0, 5.0)],
        ] {
            let out = pixels(|c| c.stroke(&line, 6.0, 1.0));
            assert_eq!(out[13 * SIDE + 13], 255);
            assert_eq!(out[8 * SIDE + 8], 255);
            assert_eq!(out[20 * SIDE + 2], 0);
        }
    }
}
