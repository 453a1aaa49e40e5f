//! Lines, thin and wide, with Pillow's rules of which pixels belong to them.

use super::canvas::{Canvas, Ink};

type Point = (i64, i64);

impl Canvas {
    /// A line with both of its ends.
    pub(super) fn line(&mut self, from: Point, to: Point, width: i64, ink: Ink) {
        if width <= 1 {
            self.thin(from, to, ink);
        } else if from == to {
            self.point(from.0, from.1, ink);
        } else {
            let corners = wide(from, to, width);
            self.polygon(&corners, ink);
        }
    }

    /// Bresenham's line: one pixel for each step in the longer direction.
    fn thin(&mut self, (mut x, mut y): Point, to: Point, ink: Ink) {
        let (dx, dy) = ((to.0 - x).abs(), (to.1 - y).abs());
        let (right, down) = ((to.0 - x).signum(), (to.1 - y).signum());
        let (long, short) = (dx.max(dy), dx.min(dy));
        let mut error = 2 * short - long;
        for _ in 0..=long {
            self.point(x, y, ink);
            let aside = error >= 0;
            if aside {
                error -= 2 * long;
            }
            error += 2 * short;
            if dx > dy || aside {
                x += right;
            }
            if dx <= dy || aside {
                y += down;
            }
        }
    }

    /// A filled polygon without holes.
    fn polygon(&mut self, corners: &[Point], ink: Ink) {
        let sides: Vec<(Point, Point)> = (0..corners.len())
            .map(|i| (corners[i], corners[(i + 1) % corners.len()]))
            .collect();
        let rows = corners.iter().map(|c| c.1);
        let (Some(top), Some(bottom)) = (rows.clone().min(), rows.max()) else {
            return;
        };
        for &(a, b) in sides.iter().filter(|(a, b)| a.1 == b.1) {
            self.row(a.1, a.0.min(b.0), a.0.max(b.0), ink);
        }
        for y in top.max(0)..=bottom.min(self.height - 1) {
            let mut crossings: Vec<f32> = Vec::new();
            for &(a, b) in sides.iter().filter(|(a, b)| a.1 != b.1) {
                let (upper, lower) = if a.1 < b.1 { (a, b) } else { (b, a) };
                if !(upper.1..=lower.1).contains(&y) {
                    continue;
                }
                let slope = (b.0 - a.0) as f32 / (b.1 - a.1) as f32;
                let x = (y - a.1) as f32 * slope + a.0 as f32;
                crossings.push(x);
                // Where a side ends inside of the polygon's height, the next one begins.
                if y == lower.1 && y < bottom {
                    crossings.push(x);
                }
            }
            crossings.sort_by(f32::total_cmp);
            let mut free = i64::MIN;
            for pair in crossings.chunks_exact(2) {
                let (left, right) = (half_up(pair[0]).max(free), half_down(pair[1]));
                if right >= free {
                    self.row(y, left, right, ink);
                    free = right + 1;
                }
            }
        }
    }
}

/// The corners of a wide line.
fn wide(from: Point, to: Point, width: i64) -> [Point; 4] {
    let (dx, dy) = ((to.0 - from.0) as f64, (to.1 - from.1) as f64);
    let length = dx.hypot(dy);
    let half = (width - 1) as f64 / 2.0;
    // An even width is half a pixel more on one side.
    let least = half_down_f64(half) as f64 / length;
    let most = half_up_f64(half) as f64 / length;
    let left = (half_down_f64(least * dy), half_down_f64(most * dx));
    let right = (half_down_f64(most * dy), half_down_f64(least * dx));
    [
        (from.0 - left.0, from.1 + left.1),
        (to.0 - left.0, to.1 + left.1),
        (to.0 + right.0, to.1 - right.1),
        (from.0 + right.0, from.1 - right.1),
    ]
}

/// To the nearest, halves away from 0.
fn half_up_f64(x: f64) -> i64 {
    x.round() as i64
}

/// To the nearest, halves towards 0.
fn half_down_f64(x: f64) -> i64 {
    ((x.abs() - 0.5).ceil().copysign(x)) as i64
}

fn half_up(x: f32) -> i64 {
    half_up_f64(f64::from(x))
}

fn half_down(x: f32) -> i64 {
    half_down_f64(f64::from(x))
}
