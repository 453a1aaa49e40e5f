//! Motion as colours.

use std::f32::consts::PI;

use ondol_autograd::{DType, Tensor, ok};
use ondol_tensor::{Array, Error, Result};

/// How many colours lie between red and yellow, yellow and green, green and cyan, cyan and blue, blue and
/// magenta, magenta and red.
const STEPS: [usize; 6] = [15, 6, 4, 11, 13, 6];

/// Motion as a picture, `torchvision.utils.flow_to_image`: the direction is the colour, the length, of
/// the longest, is how strong it is.
///
/// Takes `[2, H, W]` or `[N, 2, H, W]` of `f32`, steps to the right and down, and gives `[3, H, W]` or
/// `[N, 3, H, W]` of `u8`. Standing still is white.
///
/// # Panics
/// Where the shape or the type is another.
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_vision::utils::flow_to_image;
/// assert_eq!(flow_to_image(&Tensor::zeros([2, 4, 5])).shape(), [3, 4, 5]);
/// ```
#[track_caller]
pub fn flow_to_image(flow: &Tensor) -> Tensor {
    ok(colors(flow))
}

fn colors(flow: &Tensor) -> Result<Tensor> {
    let mut shape = flow.shape().to_vec();
    let (images, area) = match shape[..] {
        [2, h, w] => (1, h * w),
        [n, 2, h, w] => (n, h * w),
        _ => {
            return Err(Error::value(
                "flow_to_image",
                format!("got {shape:?}, expected [2, H, W] or [N, 2, H, W]"),
            ));
        }
    };
    if flow.dtype() != DType::F32 {
        return Err(Error::value(
            "flow_to_image",
            format!("got {}, expected f32", flow.dtype()),
        ));
    }
    let values = flow.detach().cpu().contiguous().to_vec::<f32>();
    let step = |image: usize, i: usize| {
        let at = image * 2 * area + i;
        (values[at], values[at + area])
    };
    let length = |(x, y): (f32, f32)| (x * x + y * y).sqrt();
    let all = (0..images).flat_map(|image| (0..area).map(move |i| (image, i)));
    let longest = all.clone().fold(0.0, |most: f32, (image, i)| {
        most.max(length(step(image, i)))
    });
    let scale = longest + f32::EPSILON;
    let wheel = wheel();
    let mut bytes = vec![0u8; images * 3 * area];
    for (image, i) in all {
        let (x, y) = step(image, i);
        let (x, y) = (x / scale, y / scale);
        let strength = length((x, y));
        let turn = (-y).atan2(-x) / PI;
        let place = (turn + 1.0) / 2.0 * (wheel.len() - 1) as f32;
        let low = place.floor();
        let part = place - low;
        let low = low as usize;
        let high = (low + 1) % wheel.len();
        for c in 0..3 {
            let color = (1.0 - part) * (wheel[low][c] / 255.0) + part * (wheel[high][c] / 255.0);
            let color = 1.0 - strength * (1.0 - color);
            bytes[(image * 3 + c) * area + i] = (255.0 * color).floor() as u8;
        }
    }
    let at = shape.len() - 3;
    shape[at] = 3;
    Ok(Tensor::from(Array::from_vec(bytes, shape)?))
}

/// All directions: from one of six colours to the next, one channel rises or falls.
fn wheel() -> Vec<[f32; 3]> {
    const CORNERS: [[bool; 3]; 6] = [
        [true, false, false],
        [true, true, false],
        [false, true, false],
        [false, true, true],
        [false, false, true],
        [true, false, true],
    ];
    let mut wheel = Vec::new();
    for (i, &steps) in STEPS.iter().enumerate() {
        let (from, to) = (CORNERS[i], CORNERS[(i + 1) % 6]);
        for step in 0..steps {
            let rise = (255.0 * step as f32 / steps as f32).floor();
            wheel.push([0, 1, 2].map(|c| match (from[c], to[c]) {
                (false, false) => 0.0,
                (true, true) => 255.0,
                (false, true) => rise,
                (true, false) => 255.0 - rise,
            }));
        }
    }
    wheel
}
