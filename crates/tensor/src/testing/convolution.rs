//! Convolution and pooling, where a device has its own way.

use super::host::{FLOATS, check, check_exact, good, mixed, rounded, upload};
use crate::{Array, Conv2dOptions, DType, Device, Fused, Pool2dOptions, window_count};

fn run(op: &Fused, inputs: &[&Array]) -> Option<Vec<Array>> {
    Array::fused(op, inputs).map(|r| good(op.name(), r).into_vec())
}

/// Calls `f(output, input, weight)` with the flat places of every product of a convolution.
fn each_product(
    x: [usize; 4],
    w: [usize; 4],
    y: [usize; 4],
    o: &Conv2dOptions,
    mut f: impl FnMut(usize, usize, usize),
) {
    let flat = |i: [usize; 4], s: [usize; 4]| ((i[0] * s[1] + i[1]) * s[2] + i[2]) * s[3] + i[3];
    let filters = y[1] / o.groups;
    let place = |axis: usize, out: usize, k: usize, size: usize| {
        (out * o.stride[axis] + k * o.dilation[axis])
            .checked_sub(o.padding[axis])
            .filter(|&p| p < size)
    };
    for n in 0..y[0] {
        for c in 0..y[1] {
            for (oh, ow) in (0..y[2]).flat_map(|h| (0..y[3]).map(move |w| (h, w))) {
                for ic in 0..w[1] {
                    for (kh, kw) in (0..w[2]).flat_map(|h| (0..w[3]).map(move |w| (h, w))) {
                        let (Some(ih), Some(iw)) = (place(0, oh, kh, x[2]), place(1, ow, kw, x[3]))
                        else {
                            continue;
                        };
                        let channel = c / filters * w[1] + ic;
                        f(
                            flat([n, c, oh, ow], y),
                            flat([n, channel, ih, iw], x),
                            flat([c, ic, kh, kw], w),
                        );
                    }
                }
            }
        }
    }
}

/// Input, weight, stride, padding, dilation, groups.
type Shapes = (
    [usize; 4],
    [usize; 4],
    [usize; 2],
    [usize; 2],
    [usize; 2],
    usize,
);
const CONVOLUTIONS: [Shapes; 13] = [
    ([2, 1, 5, 5], [3, 1, 3, 3], [1, 1], [1, 1], [1, 1], 1),
    ([3, 4, 7, 6], [5, 4, 3, 3], [1, 1], [0, 0], [1, 1], 1),
    ([2, 3, 9, 8], [4, 3, 3, 2], [2, 3], [1, 2], [1, 1], 1),
    ([2, 4, 9, 9], [6, 2, 3, 3], [1, 1], [2, 2], [2, 2], 2),
    ([2, 4, 6, 6], [4, 1, 3, 3], [1, 2], [1, 1], [1, 1], 4),
    ([3, 6, 4, 5], [7, 6, 1, 1], [1, 1], [0, 0], [1, 1], 1),
    ([1, 2, 4, 4], [3, 2, 1, 1], [2, 2], [1, 1], [1, 1], 1),
    ([1, 1, 1, 8], [1, 1, 1, 8], [1, 1], [0, 0], [1, 1], 1),
    ([18, 2, 5, 5], [2, 2, 5, 5], [1, 1], [2, 2], [1, 1], 1),
    ([0, 2, 4, 4], [3, 2, 3, 3], [1, 1], [1, 1], [1, 1], 1),
    // More filters and places than a tile, several rows of tiles, a kernel wider than high.
    ([2, 3, 9, 31], [35, 3, 2, 4], [1, 1], [1, 2], [1, 1], 1),
    ([2, 6, 6, 140], [14, 3, 3, 3], [1, 1], [2, 0], [2, 3], 2),
    // More border than a window reaches.
    ([2, 2, 4, 3], [17, 2, 2, 2], [1, 1], [3, 2], [1, 1], 1),
];

pub(super) fn conv2d(device: &Device) {
    for dtype in FLOATS {
        for (x, w, stride, padding, dilation, groups) in CONVOLUTIONS {
            let options = Conv2dOptions {
                stride,
                padding,
                dilation,
                groups,
            };
            let size = |axis: usize| {
                window_count(
                    x[axis + 2],
                    w[axis + 2],
                    stride[axis],
                    padding[axis],
                    dilation[axis],
                )
                .unwrap_or(0)
            };
            let y = [x[0], w[0], size(0), size(1)];
            let values = |shape: [usize; 4], shift: usize| -> Vec<f64> {
                (0..shape.iter().product())
                    .map(|i| rounded(dtype, mixed(dtype)(i + shift) / 4.0))
                    .collect()
            };
            let (xs, ws, gs) = (values(x, 0), values(w, 3), values(y, 8));
            let [mut ys, mut dxs, mut dws] = [y, x, w].map(|s| vec![0.0; s.iter().product()]);
            let bias: Vec<f64> = (0..w[0])
                .map(|i| rounded(dtype, mixed(dtype)(i + 5)))
                .collect();
            each_product(x, w, y, &options, |o, i, t| {
                ys[o] += xs[i] * ws[t];
                dxs[i] += gs[o] * ws[t];
                dws[t] += gs[o] * xs[i];
            });
            let array = |v: &[f64], s: [usize; 4]| upload(v, &s, dtype, device);
            // Contiguous, and channels last.
            for last in [false, true] {
                let arrange = |a: Array| {
                    let moved = || a.permute(&[0, 2, 3, 1])?.copy()?.permute(&[0, 3, 1, 2]);
                    if last {
                        good("permute", moved())
                    } else {
                        a.clone()
                    }
                };
                let (ax, aw, ag) = (
                    arrange(array(&xs, x)),
                    arrange(array(&ws, w)),
                    arrange(array(&gs, y)),
                );
                let what = |name: &str| {
                    format!("{name} of {x:?} and {w:?}, {options:?}, channels last: {last}")
                };
                let (input, kernel) = ([x[2], x[3]], [w[2], w[3]]);
                let ab = upload(&bias, &[w[0]], dtype, device);
                if let Some(got) = run(&Fused::Conv2dBias(options), &[&ax, &aw, &ab]) {
                    let plane = y[2] * y[3];
                    let with = |(i, y): (usize, &f64)| y + bias[i / plane % w[0]];
                    let expected: Vec<f64> = ys.iter().enumerate().map(with).collect();
                    check(
                        &what("conv2d with bias"),
                        &got[0],
                        dtype,
                        &y,
                        &expected,
                        30.0,
                    );
                }
                if let Some(got) = run(
                    &Fused::Conv2dParameterGrads { options, kernel },
                    &[&ax, &ag],
                ) {
                    let mut sums = vec![0.0; w[0]];
                    for (i, g) in gs.iter().enumerate() {
                        sums[i / (y[2] * y[3]) % w[0]] += g;
                    }
                    let what = what("conv2d_parameter_grads");
                    check(&what, &got[0], dtype, &w, &dws, 30.0);
                    check(&what, &got[1], dtype, &[w[0]], &sums, 30.0);
                }
                let calls = [
                    (Fused::Conv2d(options), &ax, &aw, y, &ys),
                    (Fused::Conv2dInputGrad { options, input }, &ag, &aw, x, &dxs),
                    (
                        Fused::Conv2dWeightGrad { options, kernel },
                        &ax,
                        &ag,
                        w,
                        &dws,
                    ),
                ];
                for (op, a, b, shape, expected) in calls {
                    if let Some(got) = run(&op, &[a, b]) {
                        check(&what(op.name()), &got[0], dtype, &shape, expected, 30.0);
                    }
                }
            }
        }
    }
}

const POOLINGS: [([usize; 4], Pool2dOptions); 7] = [
    ([2, 2, 5, 23], pool([2, 2], [2, 2], [0, 0], [1, 1])),
    ([2, 3, 6, 8], pool([2, 2], [2, 2], [0, 0], [1, 1])),
    ([1, 2, 7, 5], pool([2, 2], [2, 2], [0, 0], [1, 1])),
    ([2, 2, 7, 6], pool([3, 2], [1, 2], [1, 1], [1, 1])),
    ([1, 3, 9, 9], pool([3, 3], [2, 2], [1, 1], [2, 2])),
    ([1, 1, 4, 4], pool([4, 4], [4, 4], [0, 0], [1, 1])),
    ([0, 1, 4, 4], pool([2, 2], [2, 2], [0, 0], [1, 1])),
];

const fn pool(
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
    dilation: [usize; 2],
) -> Pool2dOptions {
    Pool2dOptions {
        kernel,
        stride,
        padding,
        dilation,
    }
}

pub(super) fn max_pool2d(device: &Device) {
    for dtype in FLOATS {
        for (x, o) in POOLINGS {
            // Equals in every window, and a NaN here and there.
            let value = |i: usize| {
                if i % 41 == 17 {
                    f64::NAN
                } else {
                    (i * 7 % 5) as f64 - 7.0
                }
            };
            let xs: Vec<f64> = (0..x.iter().product()).map(value).collect();
            let flat = upload(&xs, &x, dtype, device);
            let turned = flat
                .transpose(2, 3)
                .and_then(|t| t.copy())
                .and_then(|t| t.transpose(2, 3));
            let size = |axis: usize| {
                window_count(
                    x[axis + 2],
                    o.kernel[axis],
                    o.stride[axis],
                    o.padding[axis],
                    o.dilation[axis],
                )
                .unwrap_or(0)
            };
            let y = [x[0], x[1], size(0), size(1)];
            let (values, places) = pooled(&xs, x, y, &o);
            for array in [&flat, &good("transpose", turned)] {
                if let Some(got) = run(&Fused::MaxPool2d(o), &[array]) {
                    let what = format!("max_pool2d of {x:?}, {o:?}");
                    check_exact(&what, &got[0], dtype, &y, &values);
                    check_exact(&what, &got[1], DType::I64, &y, &places);
                }
                if let Some(got) = run(&Fused::MaxPool2dValues(o), &[array]) {
                    let what = format!("the values of max_pool2d of {x:?}, {o:?}");
                    check_exact(&what, &got[0], dtype, &y, &values);
                }
                let gs: Vec<f64> = (0..values.len()).map(|i| (i % 5) as f64 - 2.0).collect();
                let g = upload(&gs, &y, dtype, device);
                if let Some(got) = run(&Fused::MaxPool2dGrad(o), &[&g, array]) {
                    let mut sums = vec![0.0; xs.len()];
                    for (i, (g, place)) in gs.iter().zip(&places).enumerate() {
                        sums[i / (y[2] * y[3]) * x[2] * x[3] + *place as usize] += g;
                    }
                    let what = format!("max_pool2d_grad of {x:?}, {o:?}");
                    check_exact(&what, &got[0], dtype, &x, &sums);
                }
            }
        }
    }
}

fn pooled(xs: &[f64], x: [usize; 4], y: [usize; 4], o: &Pool2dOptions) -> (Vec<f64>, Vec<f64>) {
    let (mut values, mut places) = (vec![], vec![]);
    for plane in 0..y[0] * y[1] {
        for (oh, ow) in (0..y[2]).flat_map(|h| (0..y[3]).map(move |w| (h, w))) {
            let mut best: Option<(f64, usize)> = None;
            for (kh, kw) in (0..o.kernel[0]).flat_map(|h| (0..o.kernel[1]).map(move |w| (h, w))) {
                let place = |axis: usize, out: usize, k: usize| {
                    let at =
                        (out * o.stride[axis] + k * o.dilation[axis]).checked_sub(o.padding[axis]);
                    at.filter(|&p| p < x[axis + 2])
                };
                let (Some(h), Some(w)) = (place(0, oh, kh), place(1, ow, kw)) else {
                    continue;
                };
                let v = xs[plane * x[2] * x[3] + h * x[3] + w];
                if best.is_none_or(|(b, _)| v > b || (v.is_nan() && !b.is_nan())) {
                    best = Some((v, h * x[3] + w));
                }
            }
            let (value, place) = best.unwrap_or((f64::NEG_INFINITY, 0));
            values.push(value);
            places.push(place as f64);
        }
    }
    (values, places)
}
