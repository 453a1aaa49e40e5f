//! Sandal, sneaker and ankle boot, seen from the side with the toe to the left as in the real set.

use super::canvas::{Canvas, Point};
use super::rng::Rng;

pub(super) fn sandal(canvas: &mut Canvas, rng: &mut Rng, shade: f32) {
    let ground = rng.around(0.3, 0.62);
    let heel = if rng.chance(0.45) {
        rng.range(0.35, 0.9)
    } else {
        rng.range(0.04, 0.3)
    };
    let thick = rng.around(0.07, 0.2);
    let wedge = rng.chance(0.4);
    let ball = (-0.4, ground);
    let back = (0.88, ground - heel);
    // The insole: flat under the toes, rising to the heel.
    let sole: [Point; 8] = [
        (-0.95, ground - thick * 1.2),
        (ball.0, ball.1 - thick),
        (0.25, ground - heel * 0.55 - thick),
        (back.0, back.1 - thick),
        (back.0 + 0.05, back.1),
        (0.25, ground - heel * 0.5),
        ball,
        (-0.92, ground),
    ];
    canvas.fill(&sole, shade * rng.range(0.7, 1.0));
    if wedge {
        let block = [
            (ball.0 + 0.05, ground),
            (0.25, ground - heel * 0.5),
            (back.0, back.1),
            (0.86, ground),
        ];
        canvas.fill(&block, shade * rng.range(0.5, 0.9));
    } else if heel > 0.3 {
        let width = rng.range(0.06, 0.2);
        canvas.fill(
            &[
                (0.9 - width * 1.6, back.1),
                (0.93, back.1),
                (0.88, ground),
                (0.88 - width, ground),
            ],
            shade * 0.8,
        );
    }
    let tone = (shade * rng.range(0.8, 1.25)).min(1.0);
    if rng.chance(0.15) {
        // Closed in front.
        let outline = [
            (-0.95, ground - thick),
            (-0.7, ground - 0.4),
            (-0.1, ground - 0.5),
            (0.1, ground - 0.2),
        ];
        canvas.fill_soft(&outline, tone);
    }
    let straps = 1 + rng.below(3);
    for i in 0..straps {
        let at = -0.8 + 0.3 * i as f32 + rng.range(-0.06, 0.06);
        let rise = 0.22 + 0.1 * i as f32 + rng.range(0.0, 0.1);
        let foot = ground - thick * 0.8;
        let width = rng.range(0.06, 0.17);
        canvas.stroke(
            &[
                (at, foot),
                (at + 0.1, foot - rise),
                (at + 0.34, foot - rise * 0.9),
            ],
            width,
            tone,
        );
        canvas.stroke(
            &[
                (at + 0.34, foot - rise * 0.9),
                (at + 0.46, foot - 0.1 - heel * 0.2),
            ],
            width * 0.8,
            tone * 0.8,
        );
    }
    // What holds the heel: a back with an ankle strap, or nothing.
    if rng.chance(0.75) {
        let ankle = back.1 - thick - rng.range(0.3, 0.65);
        canvas.stroke(
            &[(back.0 - 0.02, back.1), (back.0 - 0.04, ankle)],
            rng.range(0.06, 0.16),
            tone,
        );
        let front = rng.range(0.2, 0.5);
        canvas.stroke(
            &[(back.0 - 0.04, ankle), (front, ankle + 0.1)],
            rng.range(0.05, 0.13),
            tone,
        );
        if rng.chance(0.5) {
            canvas.stroke(
                &[(front, ankle + 0.1), (-0.05, ground - thick - 0.25)],
                rng.range(0.05, 0.12),
                tone * 0.9,
            );
        }
    }
}

pub(super) fn sneaker(canvas: &mut Canvas, rng: &mut Rng, shade: f32) {
    let ground = rng.around(0.34, 0.58);
    let sole = rng.around(0.08, 0.2);
    let floor = ground - sole;
    // The tallest are nearly boots.
    let height = rng.around(0.4, 0.78)
        * if rng.chance(0.15) {
            rng.range(1.1, 1.7)
        } else {
            1.0
        };
    let collar = rng.around(0.0, 0.3);
    let toe = rng.around(0.2, 0.4) * height;
    let upper = [
        (-0.97, floor),
        (-0.95, floor - toe * 0.7),
        (-0.75, floor - toe * 1.15),
        (-0.4, floor - toe * 1.5),
        (collar - 0.1, floor - height),
        (collar + 0.08, floor - height * 1.02),
        (0.5, floor - height * 0.72),
        (0.85, floor - height * rng.around(0.8, 1.05)),
        (0.95, floor - height * 0.85),
        (0.93, floor),
    ];
    canvas.fill_soft(&upper, shade);
    canvas.fill(
        &[
            (-0.95, floor - 0.03),
            (0.94, floor - 0.03),
            (0.94, floor + 0.04),
            (-0.95, floor + 0.04),
        ],
        shade,
    );
    let light = if rng.chance(0.6) {
        rng.range(0.75, 1.0)
    } else {
        shade * rng.range(0.4, 0.9)
    };
    let lip = rng.range(0.0, 0.05);
    canvas.fill(
        &[
            (-1.0, floor + lip),
            (0.97, floor - lip),
            (0.95, ground),
            (-0.93, ground),
        ],
        light,
    );
    if rng.chance(0.7) {
        // Laces along the instep.
        let tone = if shade > 0.5 { shade * 0.4 } else { 0.9 };
        for i in 0..3 {
            let t = 0.2 + 0.28 * i as f32;
            let u = -0.4 + (collar + 0.3) * t;
            let v = floor - toe * 1.5 + (toe * 1.5 - height) * t + 0.06;
            canvas.stroke(&[(u - 0.02, v - 0.02), (u + 0.14, v + 0.12)], 0.05, tone);
        }
    }
    if rng.chance(0.55) {
        let tone = if shade > 0.5 {
            shade * rng.range(0.2, 0.6)
        } else {
            rng.range(0.7, 1.0)
        };
        let at = rng.range(-0.05, 0.35);
        for i in 0..1 + rng.below(3) {
            let u = at + 0.16 * i as f32;
            canvas.stroke(
                &[(u, floor - 0.04), (u + 0.14, floor - height * 0.6)],
                0.06,
                tone,
            );
        }
    }
    if rng.chance(0.3) {
        canvas.stroke(
            &[(-0.62, floor), (-0.55, floor - toe * 1.2)],
            0.05,
            shade * 0.6,
        );
    }
}

pub(super) fn ankle_boot(canvas: &mut Canvas, rng: &mut Rng, shade: f32) {
    let ground = rng.around(0.6, 0.96);
    let heel = if rng.chance(0.4) {
        rng.range(0.25, 0.5)
    } else {
        rng.range(0.08, 0.2)
    };
    let floor = ground - 0.08;
    let top = if rng.chance(0.2) {
        rng.range(-0.3, 0.1)
    } else {
        rng.around(-1.0, -0.3)
    };
    let front = rng.around(-0.12, 0.2);
    let back = rng.around(0.72, 0.95);
    let toe = rng.around(0.2, 0.42);
    let arch = floor - heel;
    let upper = [
        (-0.97, floor),
        (-0.95, floor - toe * 0.75),
        (-0.7, floor - toe * 1.15),
        (-0.3, arch - toe * 0.9),
        (front - 0.02, arch - toe * 1.6),
        (front + rng.range(-0.1, 0.06), top),
        (back, top + rng.range(-0.06, 0.06)),
        (back - 0.04, arch - 0.35),
        (0.93, arch),
        (0.3, arch + 0.02),
        (-0.3, floor),
    ];
    canvas.fill_soft(&upper, shade);
    canvas.fill(
        &[
            (front, top),
            (back, top),
            (back - 0.02, arch - 0.2),
            (front, arch - 0.2),
        ],
        shade,
    );
    let dark = shade * rng.range(0.35, 0.9);
    let sole = [
        (-0.97, floor - 0.02),
        (-0.28, floor - 0.02),
        (0.3, arch + 0.02),
        (0.95, arch),
        (0.95, arch + 0.09),
        (0.3, arch + 0.12),
        (-0.25, ground),
        (-0.95, ground),
    ];
    canvas.fill(&sole, dark);
    let width = rng.range(0.25, 0.5);
    canvas.fill(
        &[
            (0.95 - width, arch),
            (0.95, arch),
            (0.92, ground),
            (0.95 - width * 0.9, ground),
        ],
        dark,
    );
    if rng.chance(0.4) {
        for i in 0..4 {
            let v = top + 0.12 + 0.2 * i as f32;
            canvas.stroke(&[(front, v), (front + 0.2, v + 0.05)], 0.05, shade * 0.45);
        }
    }
    if rng.chance(0.4) {
        let v = arch - rng.range(0.25, 0.55);
        canvas.stroke(
            &[(front - 0.05, v), (back, v - 0.04)],
            0.07,
            shade * rng.range(0.4, 0.8),
        );
    }
    if rng.chance(0.4) {
        // The elastic at the side.
        let u = 0.5 * (front + back);
        canvas.fill(
            &[
                (u - 0.12, top),
                (u + 0.12, top),
                (u + 0.05, arch - 0.25),
                (u - 0.05, arch - 0.25),
            ],
            shade * 0.6,
        );
    }
}
