//! Trouser and bag.

use super::canvas::{Canvas, Point};
use super::rng::Rng;

pub(super) fn trouser(canvas: &mut Canvas, rng: &mut Rng, shade: f32) {
    let waist = rng.around(0.24, 0.44);
    let hip = waist * rng.around(1.0, 1.3);
    let crotch = rng.around(-0.5, 0.2);
    let spread = rng.around(0.0, 0.2);
    let leg = rng.around(0.14, 0.32);
    let gap = rng.around(0.0, 0.12);
    let bottom = rng.around(0.86, 1.02);
    for side in [-1.0, 1.0] {
        let inner = gap + spread;
        let outline: Vec<Point> = [
            (0.0, -0.97),
            (waist, -0.97),
            (hip, crotch - 0.2),
            (0.5 * (hip + inner + leg), 0.3 + 0.3 * crotch),
            (inner + leg, bottom),
            (inner, bottom),
            (0.02 + gap * 0.4, crotch + 0.12),
            (0.0, crotch),
        ]
        .iter()
        .map(|&(u, v)| (side * u, v))
        .collect();
        canvas.fill(
            &outline,
            if side < 0.0 {
                shade
            } else {
                shade * rng.range(0.88, 1.0)
            },
        );
    }
    if rng.chance(0.7) {
        canvas.stroke(
            &[(-waist, -0.91), (waist, -0.91)],
            0.1,
            shade * rng.range(0.45, 0.9),
        );
    }
    if rng.chance(0.6) {
        canvas.stroke(&[(0.0, -0.86), (0.0, crotch)], 0.05, shade * 0.6);
    }
    if rng.chance(0.35) {
        // Worn knees and thighs are lighter.
        for side in [-1.0, 1.0] {
            let u = side * 0.5 * hip;
            canvas.stroke(
                &[(u, crotch), (u + side * spread * 0.5, 0.3)],
                0.1,
                (shade * 1.25).min(1.0),
            );
        }
    }
}

pub(super) fn bag(canvas: &mut Canvas, rng: &mut Rng, shade: f32) {
    let half = rng.around(0.6, 0.98);
    let top = rng.around(-0.85, 0.05);
    let bottom = rng.around(0.5, 0.95);
    let taper = rng.around(0.7, 1.12);
    let corner = rng.range(0.03, 0.22);
    // Handles first: the body lies over their ends.
    let tone = (shade * rng.range(0.6, 1.2)).min(1.0);
    match rng.below(5) {
        0 => {}
        1 => {
            // A shoulder strap that leaves the picture.
            canvas.stroke(&[(-half * 0.8, top + 0.1), (-0.3, -1.0)], 0.07, tone);
            canvas.stroke(&[(half * 0.8, top + 0.1), (0.3, -1.0)], 0.07, tone);
        }
        _ => {
            let width = half * rng.range(0.3, 0.7);
            let rise = rng.range(0.25, 0.7).min(top + 0.98);
            let arc = [
                (-width, top + 0.1),
                (-width * 0.92, top - rise * 0.6),
                (-width * 0.5, top - rise),
                (width * 0.5, top - rise),
                (width * 0.92, top - rise * 0.6),
                (width, top + 0.1),
            ];
            canvas.stroke(&arc, rng.range(0.06, 0.13), tone);
        }
    }
    let (up, low) = (half * taper.min(1.0), half / taper.max(1.0));
    canvas.fill(
        &[
            (-up + corner, top),
            (up - corner, top),
            (up, top + corner),
            (low, bottom - corner),
            (low - corner, bottom),
            (-low + corner, bottom),
            (-low, bottom - corner),
            (-up, top + corner),
        ],
        shade,
    );
    if rng.chance(0.55) {
        // The flap and its clasp.
        let drop = top + (bottom - top) * rng.range(0.25, 0.6);
        let point = rng.range(0.0, 0.12);
        canvas.fill(
            &[
                (-up, top),
                (up, top),
                (up * 0.95, drop),
                (0.0, drop + point),
                (-up * 0.95, drop),
            ],
            shade * 0.85,
        );
        canvas.stroke(
            &[(-up * 0.95, drop), (0.0, drop + point), (up * 0.95, drop)],
            0.06,
            shade * 0.5,
        );
        if rng.chance(0.6) {
            canvas.dot(
                (0.0, drop + point),
                0.09,
                if shade > 0.5 { 0.2 } else { 0.95 },
            );
        }
    } else if rng.chance(0.6) {
        canvas.stroke(
            &[(-up * 0.9, top + 0.1), (up * 0.9, top + 0.1)],
            0.05,
            shade * 0.5,
        );
    }
    if rng.chance(0.3) {
        for u in [-0.45, 0.45] {
            canvas.stroke(&[(u * half, top), (u * half, bottom)], 0.08, shade * 0.65);
        }
    }
}
