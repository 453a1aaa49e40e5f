//! One picture: a garment, the way it lies, its cloth, and what spoils it.

use super::canvas::{Canvas, Pose, SIDE};
use super::rng::Rng;
use super::{footwear, others, tops};

const LABELS: u64 = 0;
const IMAGES: u64 = 1;

/// The class of a picture: every ten neighbours hold each class once, in an order of their own.
pub(super) fn label(seed: u64, train: bool, index: u64) -> u8 {
    let mut rng = Rng::new(seed, train, LABELS, index / 10);
    let mut order: [u8; 10] = std::array::from_fn(|i| i as u8);
    for i in (1..10).rev() {
        order.swap(i, rng.below(i + 1));
    }
    order[(index % 10) as usize]
}

/// Draws the picture of that class and index into `out`.
pub(super) fn image(seed: u64, train: bool, index: u64, class: u8, out: &mut [u8]) {
    let mut rng = Rng::new(seed, train, IMAGES, index);
    let rng = &mut rng;
    let shoe = matches!(class, 5 | 7 | 9);
    let turn = rng.around(-0.09, 0.09);
    let shear = rng.around(-0.12, 0.12);
    let size = rng.around(0.92, 1.1);
    let scale = (size * rng.around(0.9, 1.1), size * rng.around(0.92, 1.04));
    let shift = (rng.around(-3.2, 3.2), rng.around(-2.8, 2.8));
    // A shoe turned like a shirt would float.
    let turn = if shoe { turn * 0.5 } else { turn };
    let mut canvas = Canvas::new(Pose::new(turn, shear, scale, shift));

    let shade = if rng.chance(0.15) {
        rng.range(0.12, 0.4)
    } else {
        rng.around(0.45, 1.0)
    };
    let draw = match class {
        0 => tops::t_shirt,
        1 => others::trouser,
        2 => tops::pullover,
        3 => tops::dress,
        4 => tops::coat,
        5 => footwear::sandal,
        6 => tops::shirt,
        7 => footwear::sneaker,
        8 => others::bag,
        _ => footwear::ankle_boot,
    };
    draw(&mut canvas, rng, shade);
    weave(&mut canvas, rng);
    if rng.chance(0.1) {
        let (width, height) = (2 + rng.below(7), 2 + rng.below(7));
        canvas.hide(rng.below(SIDE - 4), rng.below(SIDE - 4), width, height);
    }
    let noise = rng.range(0.01, 0.07);
    canvas.develop(noise, rng, out);
}

/// The cloth: light from one side, and often stripes, checks or mottling.
fn weave(canvas: &mut Canvas, rng: &mut Rng) {
    let (across, down) = (rng.range(-0.012, 0.012), rng.range(-0.014, 0.006));
    canvas.weave(|x, y| 1.0 + across * (x - 14.0) + down * (y - 14.0));
    let depth = rng.range(0.15, 0.6);
    let period = rng.range(2.2, 7.0);
    let phase = rng.range(0.0, period);
    let lean = rng.range(-0.15, 0.15);
    match rng.below(10) {
        0 => canvas.weave(|x, y| 1.0 - depth * wave(y + lean * x + phase, period)),
        1 => canvas.weave(|x, y| 1.0 - depth * wave(x + lean * y + phase, period)),
        2 => canvas.weave(|x, y| {
            1.0 - 0.5 * depth * (wave(x + lean * y + phase, period) + wave(y - lean * x, period))
        }),
        3 | 4 => {
            let spots: [f32; 49] = std::array::from_fn(|_| rng.unit());
            canvas.weave(|x, y| 1.0 - depth * between(&spots, x, y));
        }
        _ => {}
    }
}

/// A triangle wave from 0 to 1.
fn wave(at: f32, period: f32) -> f32 {
    let turns = at / period;
    (2.0 * (turns - turns.floor()) - 1.0).abs()
}

/// A 7 × 7 grid of values, interpolated over the picture.
fn between(grid: &[f32; 49], x: f32, y: f32) -> f32 {
    let (gx, gy) = (x * 6.0 / SIDE as f32, y * 6.0 / SIDE as f32);
    let (i, j) = (gx as usize, gy as usize);
    let (fx, fy) = (gx - i as f32, gy - j as f32);
    let at = |i: usize, j: usize| grid[j * 7 + i];
    let top = at(i, j) + (at(i + 1, j) - at(i, j)) * fx;
    let low = at(i, j + 1) + (at(i + 1, j + 1) - at(i, j + 1)) * fx;
    top + (low - top) * fy
}
