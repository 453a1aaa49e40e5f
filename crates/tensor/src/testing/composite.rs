//! Softmax, losses and normalisations, where a device has its own way.

use super::host::{FLOATS, check, check_exact, disagree, good, mixed, rounded, upload};
use crate::{Array, DType, Device, Fused, Reduced, Unary};

fn run(op: &Fused, inputs: &[&Array]) -> Option<Vec<Array>> {
    Array::fused(op, inputs).map(|r| good(op.name(), r).into_vec())
}

/// The dtype of statistics.
fn wide(dtype: DType) -> DType {
    if dtype == DType::F64 {
        dtype
    } else {
        DType::F32
    }
}

/// Numbers of a shape, as the dtype holds them.
fn values(dtype: DType, shape: &[usize], shift: usize) -> Vec<f64> {
    let n = shape.iter().product();
    (0..n)
        .map(|i| rounded(dtype, mixed(dtype)(i + shift) / 4.0))
        .collect()
}

/// The array as it is, and with its first and last dimension the other way round in memory.
fn layouts(array: &Array) -> [Array; 2] {
    let last = array.ndim() as isize - 1;
    let turned = array.transpose(0, last).and_then(|t| t.copy());
    let turned = turned.and_then(|t| t.transpose(0, last));
    [array.clone(), good("transpose", turned)]
}

pub(super) fn slopes(device: &Device) {
    relu_slope(device);
    for dtype in FLOATS {
        for shape in [&[7][..], &[0], &[], &[33, 40]] {
            let (gs, ys) = (values(dtype, shape, 3), values(dtype, shape, 0));
            let [g, y] = [&gs, &ys].map(|v| upload(v, shape, dtype, device));
            for op in [Unary::Relu, Unary::Sigmoid, Unary::Tanh] {
                let slope = |y: f64| match op {
                    Unary::Relu => f64::from(u8::from(y > 0.0)),
                    Unary::Sigmoid => y * (1.0 - y),
                    _ => 1.0 - y * y,
                };
                let expected: Vec<f64> = gs.iter().zip(&ys).map(|(g, &y)| g * slope(y)).collect();
                if let Some(got) = run(&Fused::UnaryGrad(op), &[&g, &y]) {
                    let what = format!("gradient of {}", op.name());
                    check(&what, &got[0], dtype, shape, &expected, 8.0);
                }
            }
        }
    }
}

/// What is not a number lets the gradient through, and 0 times infinity is 0, as PyTorch has it.
fn relu_slope(device: &Device) {
    for dtype in FLOATS {
        let (rows, columns) = (5, 13);
        let values = |scale: f64| -> Vec<f64> {
            (0..rows * columns)
                .map(|i| match i % 11 {
                    3 => f64::NAN,
                    5 => f64::INFINITY,
                    7 => -0.0,
                    _ => ((i * 7 % 9) as f64 - 4.0) * scale,
                })
                .collect()
        };
        let (gs, ys) = (values(-2.0), values(1.0));
        let shape = [rows, columns];
        let y = upload(&ys, &shape, dtype, device);
        let turned = y
            .transpose(0, 1)
            .and_then(|t| t.copy())
            .and_then(|t| t.transpose(0, 1));
        let g = upload(&gs, &shape, dtype, device);
        let expected: Vec<f64> = gs
            .iter()
            .zip(&ys)
            .map(|(&g, &y)| if y <= 0.0 { 0.0 } else { g })
            .collect();
        for y in [&y, &good("transpose", turned)] {
            if let Some(got) = run(&Fused::UnaryGrad(Unary::Relu), &[&g, y]) {
                check_exact("gradient of relu", &got[0], dtype, &shape, &expected);
            }
        }
    }
}

pub(super) fn softmax(device: &Device) {
    for dtype in FLOATS {
        for (shape, dim) in [
            (&[5, 10][..], 1),
            (&[3, 70], 1),
            (&[70, 3], 0),
            (&[2, 5, 140], 1),
            (&[9], 0),
            (&[4, 1], 1),
            (&[0, 3], 1),
        ] {
            let (xs, gs) = (values(dtype, shape, 0), values(dtype, shape, 5));
            let inner: usize = shape[dim + 1..].iter().product();
            let n = shape[dim];
            let line = |i: usize| {
                let start = i / (n * inner) * n * inner + i % inner;
                (0..n).map(move |k| start + k * inner)
            };
            let total = |i: usize| line(i).map(|k| xs[k].exp()).sum::<f64>();
            for log in [false, true] {
                let ys: Vec<f64> = (0..xs.len())
                    .map(|i| {
                        if log {
                            xs[i] - total(i).ln()
                        } else {
                            xs[i].exp() / total(i)
                        }
                    })
                    .map(|y| rounded(dtype, y))
                    .collect();
                let slopes: Vec<f64> = (0..xs.len())
                    .map(|i| {
                        if log {
                            gs[i] - ys[i].exp() * line(i).map(|k| gs[k]).sum::<f64>()
                        } else {
                            ys[i] * (gs[i] - line(i).map(|k| gs[k] * ys[k]).sum::<f64>())
                        }
                    })
                    .collect();
                let [x, g, y] = [&xs, &gs, &ys].map(|v| upload(v, shape, dtype, device));
                let what = format!("softmax along {dim}, logarithm: {log}");
                for x in &layouts(&x) {
                    if let Some(got) = run(&Fused::Softmax { dim, log }, &[x]) {
                        check(&what, &got[0], dtype, shape, &ys, 8.0);
                    }
                }
                for g in &layouts(&g) {
                    if let Some(got) = run(&Fused::SoftmaxGrad { dim, log }, &[g, &y]) {
                        check(
                            &format!("gradient of {what}"),
                            &got[0],
                            dtype,
                            shape,
                            &slopes,
                            30.0,
                        );
                    }
                }
            }
        }
    }
}

const REDUCED: [Reduced; 3] = [Reduced::Each, Reduced::Sum, Reduced::Mean];

/// What becomes of the losses of a batch of which `kept` count; the shape it has.
fn reduce(reduced: Reduced, losses: &[f64], kept: f64) -> Vec<f64> {
    match reduced {
        Reduced::Each => losses.to_vec(),
        Reduced::Sum => vec![losses.iter().sum()],
        Reduced::Mean => vec![losses.iter().sum::<f64>() / kept],
    }
}

/// Gradients of what [`reduce`] gave, and what of them reaches each loss.
fn back(reduced: Reduced, dtype: DType, n: usize, kept: f64) -> (Vec<f64>, Vec<f64>) {
    match reduced {
        Reduced::Each => {
            let each = values(dtype, &[n], 2);
            (each.clone(), each)
        }
        Reduced::Sum => (vec![1.5], vec![1.5; n]),
        Reduced::Mean => (vec![1.5], vec![1.5 / kept; n]),
    }
}

pub(super) fn cross_entropy(device: &Device) {
    const IGNORE: i64 = -100;
    for dtype in FLOATS {
        for [n, c] in [[4usize, 10], [3, 70], [1, 1], [0, 3]] {
            let xs = values(dtype, &[n, c], 0);
            let ys: Vec<f64> = (0..n)
                .map(|i| {
                    if i % 4 == 2 {
                        IGNORE as f64
                    } else {
                        (i * 7 % c) as f64
                    }
                })
                .collect();
            let counts = |i: usize| ys[i] != IGNORE as f64;
            let kept = (0..n).filter(|&i| counts(i)).count() as f64;
            let row = |i: usize| &xs[i * c..][..c];
            let total = |i: usize| row(i).iter().map(|x| x.exp()).sum::<f64>();
            let losses: Vec<f64> = (0..n)
                .map(|i| {
                    if counts(i) {
                        total(i).ln() - row(i)[ys[i] as usize]
                    } else {
                        0.0
                    }
                })
                .collect();
            let x = upload(&xs, &[n, c], dtype, device);
            let y = upload(&ys, &[n], DType::I64, device);
            for reduced in REDUCED {
                let (gs, each) = back(reduced, dtype, n, kept);
                let slopes: Vec<f64> = (0..n * c)
                    .map(|at| {
                        let (i, k) = (at / c, at % c);
                        let hit = if ys[i] == k as f64 { 1.0 } else { 0.0 };
                        let share = xs[at].exp() / total(i) - hit;
                        if counts(i) { each[i] * share } else { 0.0 }
                    })
                    .collect();
                let shape: &[usize] = if reduced == Reduced::Each { &[n] } else { &[] };
                let g = upload(&gs, shape, dtype, device);
                let ignore = IGNORE;
                for x in &layouts(&x) {
                    let op = Fused::CrossEntropy { reduced, ignore };
                    let Some(made) = run(&op, &[x, &y]) else {
                        continue;
                    };
                    let what = format!("cross_entropy of {n} rows of {c}, {reduced:?}");
                    let expected = reduce(reduced, &losses, kept);
                    check(&what, &made[0], dtype, shape, &expected, 8.0);
                    let op = Fused::CrossEntropyGrad { reduced, ignore };
                    if let Some(got) = run(&op, &[&g, x, &made[1], &made[2], &y]) {
                        let what = format!("gradient of {what}");
                        check(&what, &got[0], dtype, &[n, c], &slopes, 8.0);
                    }
                }
            }
        }
        let (x, y) = (
            upload(&[0.0; 4], &[2, 2], dtype, device),
            upload(&[1.0, 2.0], &[2], DType::I64, device),
        );
        let op = Fused::CrossEntropy {
            reduced: Reduced::Sum,
            ignore: 0,
        };
        if let Some(Ok(_)) = Array::fused(&op, &[&x, &y]) {
            disagree!("cross_entropy: target 2 of 2 classes should be refused");
        }
    }
}

pub(super) fn binary_cross_entropy(device: &Device) {
    for dtype in FLOATS {
        for shape in [&[7][..], &[0], &[33, 40], &[3, 3000]] {
            let n = shape.iter().product::<usize>();
            let ps: Vec<f64> = (0..n)
                .map(|i| rounded(dtype, (i % 9) as f64 / 8.0))
                .collect();
            let ys: Vec<f64> = (0..n)
                .map(|i| rounded(dtype, (i % 5) as f64 / 4.0))
                .collect();
            let bounded = |x: f64| x.ln().max(-100.0);
            let losses: Vec<f64> = ps
                .iter()
                .zip(&ys)
                .map(|(p, y)| -(y * bounded(*p) + (1.0 - y) * bounded(1.0 - p)))
                .collect();
            let [p, y] = [&ps, &ys].map(|v| upload(v, shape, dtype, device));
            for reduced in REDUCED {
                let (gs, each) = back(reduced, dtype, n, n as f64);
                let slopes: Vec<f64> = (0..n)
                    .map(|i| each[i] * (ps[i] - ys[i]) / (ps[i] * (1.0 - ps[i])).max(1e-12))
                    .map(|slope| {
                        if dtype == DType::F16 {
                            slope.clamp(-65504.0, 65504.0)
                        } else {
                            slope
                        }
                    })
                    .collect();
                let outs: &[usize] = if reduced == Reduced::Each { shape } else { &[] };
                let g = upload(&gs, outs, dtype, device);
                for p in &layouts(&p) {
                    let what = format!("binary_cross_entropy of {shape:?}, {reduced:?}");
                    if let Some(got) = run(&Fused::BinaryCrossEntropy(reduced), &[p, &y]) {
                        let expected = reduce(reduced, &losses, n as f64);
                        check(&what, &got[0], dtype, outs, &expected, 8.0);
                    }
                    // At the ends the slope is beyond a half.
                    if dtype != DType::F16
                        && let Some(got) =
                            run(&Fused::BinaryCrossEntropyGrad(reduced), &[&g, p, &y])
                    {
                        let what = format!("gradient of {what}");
                        check(&what, &got[0], dtype, shape, &slopes, 8.0);
                    }
                }
            }
        }
        let (p, y) = (
            upload(&[0.5, 1.5], &[2], dtype, device),
            upload(&[1.0, 1.0], &[2], dtype, device),
        );
        if let Some(Ok(_)) = Array::fused(&Fused::BinaryCrossEntropy(Reduced::Sum), &[&p, &y]) {
            disagree!("binary_cross_entropy: a probability of 1.5 should be refused");
        }
    }
}

/// What a normalisation does: which elements belong together, and which parameter each has.
struct Norm {
    name: &'static str,
    forward: Fused,
    backward: Fused,
    shape: Vec<usize>,
    group: fn(&[usize], usize) -> usize,
    parameter: fn(&[usize], usize) -> usize,
    groups: usize,
    parameters: usize,
}

const EPS: f64 = 0.25;

pub(super) fn layer_norm(device: &Device) {
    for [m, n] in [[3usize, 7], [70, 33], [2, 300], [1, 1]] {
        norm(
            device,
            &Norm {
                name: "layer_norm",
                forward: Fused::LayerNorm { eps: EPS },
                backward: Fused::LayerNormGrad { eps: EPS },
                shape: vec![m, n],
                group: |shape, i| i / shape[1],
                parameter: |shape, i| i % shape[1],
                groups: m,
                parameters: n,
            },
        );
    }
}

pub(super) fn batch_norm(device: &Device) {
    for [n, c, s] in [
        [4usize, 3, 50],
        [5, 37, 1],
        [2, 2, 3],
        [1, 1, 9],
        [130, 2, 1],
    ] {
        let channel = |shape: &[usize], i: usize| i / shape[2] % shape[1];
        norm(
            device,
            &Norm {
                name: "batch_norm",
                forward: Fused::BatchNorm { eps: EPS },
                backward: Fused::BatchNormGrad { eps: EPS },
                shape: vec![n, c, s],
                group: channel,
                parameter: channel,
                groups: c,
                parameters: c,
            },
        );
    }
}

fn norm(device: &Device, norm: &Norm) {
    for dtype in FLOATS {
        let shape = &norm.shape[..];
        let count = (shape.iter().product::<usize>() / norm.groups) as f64;
        let group = |i: usize| (norm.group)(shape, i);
        let parameter = |i: usize| (norm.parameter)(shape, i);
        let by = |f: &dyn Fn(usize) -> f64, groups: usize, of: &dyn Fn(usize) -> usize| {
            let mut sums = vec![0.0; groups];
            (0..shape.iter().product()).for_each(|i| sums[of(i)] += f(i));
            sums
        };
        let (xs, gs) = (values(dtype, shape, 0), values(dtype, shape, 5));
        let sizes = [norm.parameters];
        let (ws, bs) = (values(dtype, &sizes, 1), values(dtype, &sizes, 4));
        let share = |sums: Vec<f64>| sums.into_iter().map(|s| s / count).collect::<Vec<_>>();
        let means = share(by(&|i| xs[i], norm.groups, &group));
        let vars = share(by(
            &|i| (xs[i] - means[group(i)]).powi(2),
            norm.groups,
            &group,
        ));
        let inverse = |i: usize| 1.0 / (vars[group(i)] + EPS).sqrt();
        let plain = |i: usize| (xs[i] - means[group(i)]) * inverse(i);
        let [x, g] = [&xs, &gs].map(|v| upload(v, shape, dtype, device));
        let [w, b] = [&ws, &bs].map(|v| upload(v, &sizes, dtype, device));
        for given in 0..3 {
            let factor = |i: usize| if given > 0 { ws[parameter(i)] } else { 1.0 };
            let shift = |i: usize| if given > 1 { bs[parameter(i)] } else { 0.0 };
            let ys: Vec<f64> = (0..xs.len())
                .map(|i| plain(i) * factor(i) + shift(i))
                .collect();
            let flat = share(by(&|i| gs[i] * factor(i), norm.groups, &group));
            let steep = share(by(&|i| gs[i] * factor(i) * plain(i), norm.groups, &group));
            let slopes: Vec<f64> = (0..xs.len())
                .map(|i| {
                    let outward = gs[i] * factor(i) - flat[group(i)];
                    (outward - plain(i) * steep[group(i)]) * inverse(i)
                })
                .collect();
            let of_weight = by(&|i| gs[i] * plain(i), norm.parameters, &parameter);
            let of_bias = by(&|i| gs[i], norm.parameters, &parameter);
            let what = format!("{} of {shape:?} with {given} parameters", norm.name);
            for (x, g) in layouts(&x).iter().zip(&layouts(&g)) {
                let inputs = [x, &w, &b];
                let Some(made) = run(&norm.forward, &inputs[..=given]) else {
                    continue;
                };
                check(&what, &made[0], dtype, shape, &ys, 30.0);
                let groups = [norm.groups];
                check(
                    &format!("mean, {what}"),
                    &made[1],
                    wide(dtype),
                    &groups,
                    &means,
                    8.0,
                );
                check(
                    &format!("variance, {what}"),
                    &made[2],
                    wide(dtype),
                    &groups,
                    &vars,
                    8.0,
                );
                let inputs = [g, x, &made[1], &made[2], &w];
                let Some(got) = run(&norm.backward, &inputs[..4 + given.min(1)]) else {
                    continue;
                };
                let what = format!("gradient of {what}");
                check(&what, &got[0], dtype, shape, &slopes, 60.0);
                check(
                    &format!("weight's {what}"),
                    &got[1],
                    dtype,
                    &sizes,
                    &of_weight,
                    60.0,
                );
                check(
                    &format!("bias' {what}"),
                    &got[2],
                    dtype,
                    &sizes,
                    &of_bias,
                    60.0,
                );
            }
        }
    }
}
