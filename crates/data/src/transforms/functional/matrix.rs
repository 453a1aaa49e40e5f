//! The numbers of affine and perspective maps.

use ondol_tensor::{Error, Result};

/// The inverse of: turned by `angle` degrees, sheared and scaled about `center`, then moved; from
/// output to input, `[a, b, c, d, e, f]` with `x' = a·x + b·y + c`.
pub(in crate::transforms) fn inverse_affine(
    (cx, cy): (f64, f64),
    angle: f64,
    (tx, ty): (f64, f64),
    scale: f64,
    shear: (f64, f64),
) -> [f64; 6] {
    let (rot, sx, sy) = (
        angle.to_radians(),
        shear.0.to_radians(),
        shear.1.to_radians(),
    );
    let a = (rot - sy).cos() / sy.cos();
    let b = -(rot - sy).cos() * sx.tan() / sy.cos() - rot.sin();
    let c = (rot - sy).sin() / sy.cos();
    let d = -(rot - sy).sin() * sx.tan() / sy.cos() + rot.cos();
    let mut m = [d, -b, 0.0, -c, a, 0.0].map(|v| v / scale);
    m[2] += m[0] * (-cx - tx) + m[1] * (-cy - ty) + cx;
    m[5] += m[3] * (-cx - tx) + m[4] * (-cy - ty) + cy;
    m
}

/// A matrix and the size of what comes out.
pub(super) type Turn = ([f64; 6], (usize, usize));

/// Pillow's rotation: the matrix from output to input, and the output's height and width.
pub(super) fn pillow_rotation(
    (h, w): (usize, usize),
    angle: f64,
    expand: bool,
    center: Option<(f64, f64)>,
) -> Turn {
    let (width, height) = (w as f64, h as f64);
    let (cx, cy) = center.unwrap_or((width / 2.0, height / 2.0));
    let angle = -angle.to_radians();
    let (cos, sin) = (to_15(angle.cos()), to_15(angle.sin()));
    let (a, b, d, e) = (cos, sin, to_15(-angle.sin()), cos);
    let (mut c, mut f) = (a * -cx + b * -cy + 0.0, d * -cx + e * -cy + 0.0);
    c += cx;
    f += cy;
    if !expand {
        return ([a, b, c, d, e, f], (h, w));
    }
    let corners = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)]
        .map(|(x, y)| (a * x + b * y + c, d * x + e * y + f));
    let span = |values: [f64; 4]| {
        let most = values.into_iter().fold(f64::NEG_INFINITY, f64::max);
        let least = values.into_iter().fold(f64::INFINITY, f64::min);
        most.ceil() - least.floor()
    };
    let (nw, nh) = (span(corners.map(|p| p.0)), span(corners.map(|p| p.1)));
    let (x, y) = (-(nw - width) / 2.0, -(nh - height) / 2.0);
    let moved = (a * x + b * y + c, d * x + e * y + f);
    ([a, b, moved.0, d, e, moved.1], (nh as usize, nw as usize))
}

/// Rounded to 15 digits, so that a quarter turn is one.
fn to_15(x: f64) -> f64 {
    format!("{x:.15}").parse().unwrap_or(x)
}

/// The height and width of all that an affine map about the middle leaves, in `f32` as torchvision
/// counts.
pub(super) fn grown(m: [f64; 6], h: usize, w: usize) -> (usize, usize) {
    let m = m.map(|v| v as f32);
    let (half_w, half_h) = (0.5 * w as f32, 0.5 * h as f32);
    let corners = [
        (-half_w, -half_h),
        (-half_w, half_h),
        (half_w, half_h),
        (half_w, -half_h),
    ];
    let span = |row: [f32; 3], half: f32| {
        let values = corners.map(|(x, y)| row[0] * x + row[1] * y + row[2]);
        let most = values.into_iter().fold(f32::NEG_INFINITY, f32::max) + half;
        let least = values.into_iter().fold(f32::INFINITY, f32::min) + half;
        let cut = |v: f32| (v / 1e-4).trunc() * 1e-4;
        cut(most).ceil() - cut(least).floor()
    };
    let (width, height) = (
        span([m[0], m[1], m[2]], half_w),
        span([m[3], m[4], m[5]], half_h),
    );
    (height as usize, width as usize)
}

/// The perspective that takes `endpoints` back to `startpoints`: `(a·x + b·y + c) / (g·x + h·y + 1)`
/// and `(d·x + e·y + f) / (g·x + h·y + 1)`.
pub(in crate::transforms) fn perspective_coefficients(
    startpoints: [[isize; 2]; 4],
    endpoints: [[isize; 2]; 4],
) -> Result<[f32; 8]> {
    let mut rows = [[0.0f64; 9]; 8];
    for (i, (from, to)) in endpoints.into_iter().zip(startpoints).enumerate() {
        let [x, y] = from.map(|v| v as f64);
        let [u, v] = to.map(|v| v as f64);
        rows[2 * i] = [x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, u];
        rows[2 * i + 1] = [0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y, v];
    }
    // Gauss with pivots; eight unknowns need no library.
    for k in 0..8 {
        let best = (k..8).max_by(|&i, &j| rows[i][k].abs().total_cmp(&rows[j][k].abs()));
        rows.swap(k, best.unwrap_or(k));
        if rows[k][k].abs() < 1e-12 {
            return Err(Error::value(
                "perspective",
                format!("three of the corners {endpoints:?} lie on a line"),
            ));
        }
        for i in (0..8).filter(|&i| i != k) {
            let factor = rows[i][k] / rows[k][k];
            let pivot = rows[k];
            for (to, from) in rows[i].iter_mut().zip(pivot).skip(k) {
                *to -= factor * from;
            }
        }
    }
    Ok(std::array::from_fn(|k| (rows[k][8] / rows[k][k]) as f32))
}
