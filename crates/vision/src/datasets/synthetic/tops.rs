//! T-shirt, pullover, dress, coat and shirt: one cut with different measures, so that they can be
//! mistaken for each other as the real ones are.

use super::canvas::{Canvas, Point};
use super::rng::Rng;

/// The measures of a top; widths are half widths.
struct Cut {
    shoulder: f32,
    chest: f32,
    waist: f32,
    hem: f32,
    collar: f32,
    /// How low the neckline hangs.
    neckline: f32,
    top: f32,
    bottom: f32,
    /// 0 without sleeves.
    sleeve: f32,
    cuff: f32,
    /// How far a sleeve stands off, 0 hanging straight down.
    spread: f32,
}

impl Cut {
    /// The measures that all tops have in common.
    fn plain(rng: &mut Rng) -> Self {
        let chest = rng.around(0.46, 0.7);
        Cut {
            shoulder: chest * rng.around(0.86, 1.08),
            chest,
            waist: chest * rng.around(0.86, 1.02),
            hem: chest * rng.around(0.9, 1.12),
            collar: rng.around(0.16, 0.32),
            neckline: rng.around(0.05, 0.22),
            top: -0.92,
            bottom: rng.around(0.6, 0.98),
            sleeve: 0.4,
            cuff: rng.around(0.15, 0.24),
            spread: rng.around(0.1, 0.5),
        }
    }

    fn slope(&self) -> f32 {
        self.top + 0.12
    }

    fn armpit(&self) -> f32 {
        self.top + 0.48
    }

    fn draw(&self, canvas: &mut Canvas, rng: &mut Rng, shade: f32) {
        if self.sleeve > 0.0 {
            let tone = shade * rng.range(0.8, 1.02);
            for side in [-1.0, 1.0] {
                let sleeve = self.sleeve_outline();
                let outline: Vec<Point> = sleeve.iter().map(|&(u, v)| (side * u, v)).collect();
                canvas.fill(&outline, tone);
            }
        }
        let waist_at = 0.45 * self.top + 0.55 * self.bottom;
        let right = [
            (self.collar, self.top),
            (self.shoulder, self.slope()),
            (self.chest, self.armpit()),
            (self.waist, waist_at),
            (self.hem, self.bottom),
        ];
        let mut outline: Vec<Point> = right.to_vec();
        outline.extend(right.iter().rev().map(|&(u, v)| (-u, v)));
        outline.push((-self.collar * 0.55, self.top + self.neckline * 0.8));
        outline.push((0.0, self.top + self.neckline));
        outline.push((self.collar * 0.55, self.top + self.neckline * 0.8));
        canvas.fill(&outline, shade);
        if self.sleeve > 0.5 {
            // The shadow between a long sleeve and the body.
            let depth = rng.range(0.3, 0.8);
            for side in [-1.0, 1.0] {
                let seam = [
                    (side * self.chest, self.armpit()),
                    (side * self.waist, waist_at),
                    (side * self.hem, self.bottom),
                ];
                canvas.stroke(&seam, 0.06, shade * depth);
            }
        }
    }

    /// The right sleeve: shoulder, cuff, armpit.
    fn sleeve_outline(&self) -> [Point; 4] {
        let length = self.sleeve * (self.bottom - self.top);
        let norm = (1.0 + self.spread * self.spread).sqrt();
        let (du, dv) = (self.spread / norm, 1.0 / norm);
        let start = (self.shoulder, self.slope());
        let outer = (start.0 + 0.1 + du * length, start.1 + dv * length);
        let inner = (outer.0 - dv * self.cuff, outer.1 + du * self.cuff);
        [start, outer, inner, (self.chest * 0.8, self.armpit())]
    }

    fn neck_band(&self, canvas: &mut Canvas, width: f32, shade: f32) {
        let line = [
            (-self.collar, self.top),
            (-self.collar * 0.55, self.top + self.neckline * 0.8),
            (0.0, self.top + self.neckline),
            (self.collar * 0.55, self.top + self.neckline * 0.8),
            (self.collar, self.top),
        ];
        canvas.stroke(&line, width, shade);
    }

    /// Two flaps that fold outward from the neck.
    fn collar_flaps(&self, canvas: &mut Canvas, drop: f32, shade: f32) {
        for side in [-1.0, 1.0] {
            canvas.fill(
                &[
                    (side * 0.02, self.top + self.neckline),
                    (side * self.collar, self.top - 0.04),
                    (side * (self.collar + 0.12), self.top + 0.08),
                    (side * self.collar * 0.8, self.top + self.neckline + drop),
                ],
                shade,
            );
        }
    }

    /// A line of buttons, or a zip, down the middle.
    fn front(&self, canvas: &mut Canvas, rng: &mut Rng, width: f32, shade: f32, buttons: usize) {
        let lean = rng.range(-0.04, 0.04);
        let start = self.top + self.neckline;
        canvas.stroke(&[(lean, start), (lean, self.bottom)], width, shade);
        for i in 0..buttons {
            let at = start + (self.bottom - start) * (i as f32 + 0.5) / buttons as f32;
            canvas.dot((lean + 0.06, at), 0.04, shade * 0.3);
        }
    }

    fn hem_bands(&self, canvas: &mut Canvas, shade: f32) {
        canvas.stroke(
            &[
                (-self.hem, self.bottom - 0.04),
                (self.hem, self.bottom - 0.04),
            ],
            0.07,
            shade,
        );
        let [_, outer, inner, _] = self.sleeve_outline();
        for side in [-1.0, 1.0] {
            canvas.stroke(
                &[
                    (side * outer.0, outer.1 - 0.03),
                    (side * inner.0, inner.1 - 0.03),
                ],
                0.07,
                shade,
            );
        }
    }
}

/// A print on the chest: a block, a bar or a disc.
fn print(canvas: &mut Canvas, rng: &mut Rng, shade: f32) {
    let tone = if shade > 0.5 {
        shade * rng.range(0.2, 0.7)
    } else {
        rng.range(0.6, 1.0)
    };
    let at = rng.range(-0.35, 0.15);
    let (w, h) = (rng.range(0.1, 0.3), rng.range(0.04, 0.22));
    match rng.below(3) {
        0 => canvas.fill(
            &[(-w, at - h), (w, at - h), (w, at + h), (-w, at + h)],
            tone,
        ),
        1 => canvas.dot((0.0, at), w.min(0.24), tone),
        _ => canvas.stroke(&[(-w, at), (w, at + rng.range(-0.1, 0.1))], 0.1, tone),
    }
}

pub(super) fn t_shirt(canvas: &mut Canvas, rng: &mut Rng, shade: f32) {
    let mut cut = Cut::plain(rng);
    cut.sleeve = rng.around(0.1, 0.36);
    cut.spread = rng.around(0.35, 1.3);
    cut.cuff = rng.around(0.2, 0.34);
    // A few have next to no sleeves.
    if rng.chance(0.1) {
        cut.sleeve = 0.0;
        cut.chest *= 0.9;
        cut.collar *= 1.15;
    }
    cut.draw(canvas, rng, shade);
    if rng.chance(0.45) {
        print(canvas, rng, shade);
    }
    if rng.chance(0.5) {
        cut.neck_band(canvas, 0.05, shade * rng.range(0.6, 1.1));
    }
}

pub(super) fn pullover(canvas: &mut Canvas, rng: &mut Rng, shade: f32) {
    let mut cut = Cut::plain(rng);
    cut.sleeve = rng.around(0.78, 1.0);
    cut.spread = rng.around(0.02, 0.3);
    cut.neckline = rng.around(0.03, 0.16);
    cut.draw(canvas, rng, shade);
    if rng.chance(0.7) {
        cut.neck_band(canvas, rng.range(0.06, 0.12), shade * rng.range(0.6, 1.1));
    }
    if rng.chance(0.6) {
        cut.hem_bands(canvas, shade * rng.range(0.65, 0.95));
    }
    if rng.chance(0.2) {
        print(canvas, rng, shade);
    }
    if rng.chance(0.22) {
        cut.front(canvas, rng, 0.06, shade * 0.4, 0);
    }
}

pub(super) fn coat(canvas: &mut Canvas, rng: &mut Rng, shade: f32) {
    let mut cut = Cut::plain(rng);
    cut.sleeve = rng.around(0.72, 0.98);
    cut.spread = rng.around(0.02, 0.26);
    cut.bottom = rng.around(0.68, 1.0);
    cut.neckline = rng.around(0.08, 0.4);
    cut.draw(canvas, rng, shade);
    let edge = if rng.chance(0.75) {
        shade * rng.range(0.05, 0.6)
    } else {
        (shade * 1.4).min(1.0)
    };
    let buttons = if rng.chance(0.5) { 3 + rng.below(3) } else { 0 };
    if rng.chance(0.75) {
        cut.front(canvas, rng, 0.08, edge, buttons);
    }
    if rng.chance(0.7) {
        let drop = rng.range(0.02, 0.3);
        cut.collar_flaps(canvas, drop, shade * rng.range(0.65, 1.15));
    } else if rng.chance(0.5) {
        // A hood lies behind the neck.
        canvas.fill_soft(
            &[(-0.34, -0.7), (-0.26, -1.0), (0.26, -1.0), (0.34, -0.7)],
            shade * 0.8,
        );
    }
    if rng.chance(0.5) {
        for side in [-1.0, 1.0] {
            let (at, v) = (side * cut.hem * 0.55, rng.range(0.25, 0.4));
            canvas.stroke(&[(at - 0.12, v), (at + 0.12, v + 0.02)], 0.06, shade * 0.5);
        }
    }
    if rng.chance(0.2) {
        canvas.stroke(&[(-cut.waist, 0.1), (cut.waist, 0.1)], 0.1, shade * 0.6);
    }
}

pub(super) fn shirt(canvas: &mut Canvas, rng: &mut Rng, shade: f32) {
    let mut cut = Cut::plain(rng);
    cut.chest *= 0.97;
    if rng.chance(0.4) {
        cut.sleeve = rng.around(0.12, 0.45);
        cut.spread = rng.around(0.3, 1.1);
        cut.cuff = rng.around(0.18, 0.3);
    } else {
        cut.sleeve = rng.around(0.6, 0.98);
        cut.spread = rng.around(0.03, 0.4);
    }
    cut.draw(canvas, rng, shade);
    if rng.chance(0.55) {
        let tone = shade * rng.range(0.6, 1.2);
        cut.collar_flaps(canvas, rng.range(0.02, 0.14), tone.min(1.0));
    } else {
        cut.neck_band(canvas, 0.06, shade * 0.8);
    }
    if rng.chance(0.6) {
        let buttons = 4 + rng.below(3);
        let tone = shade * rng.range(0.55, 0.9);
        cut.front(canvas, rng, 0.045, tone, buttons);
    }
    if rng.chance(0.25) {
        canvas.stroke(
            &[(0.15, -0.25), (0.33, -0.25), (0.33, -0.05)],
            0.05,
            shade * 0.65,
        );
    }
}

pub(super) fn dress(canvas: &mut Canvas, rng: &mut Rng, shade: f32) {
    let mut cut = Cut::plain(rng);
    cut.top = -0.98;
    cut.bottom = rng.around(0.8, 1.02);
    cut.chest = rng.around(0.2, 0.36);
    // Some are tunics, as wide as a shirt.
    if rng.chance(0.15) {
        cut.chest *= 1.5;
        cut.bottom -= 0.15;
    }
    cut.shoulder = cut.chest * rng.around(0.8, 1.1);
    cut.collar = cut.shoulder * rng.around(0.45, 0.85);
    cut.waist = cut.chest * rng.around(0.75, 1.1);
    cut.hem = cut.waist * rng.around(1.0, 2.4);
    cut.neckline = rng.around(0.05, 0.35);
    cut.cuff = rng.around(0.1, 0.18);
    cut.sleeve = match rng.below(10) {
        0..=4 => 0.0,
        5..=7 => rng.around(0.06, 0.25),
        _ => rng.around(0.4, 0.65),
    };
    cut.spread = rng.around(0.1, 0.5);
    cut.draw(canvas, rng, shade);
    if rng.chance(0.35) {
        canvas.stroke(
            &[(-cut.waist, 0.0), (cut.waist, 0.0)],
            0.08,
            shade * rng.range(0.3, 0.8),
        );
    }
    // Pleats of a wide skirt.
    if cut.hem > 1.3 * cut.waist && rng.chance(0.6) {
        for fold in [-0.5, 0.0, 0.5] {
            let line = [(fold * cut.waist, 0.05), (fold * cut.hem, cut.bottom)];
            canvas.stroke(&line, 0.05, shade * rng.range(0.6, 0.9));
        }
    }
}
