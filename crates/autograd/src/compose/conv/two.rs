//! Two-dimensional convolution: the backend's own way where it has one, else windows and a matrix
//! product. Those over one and three dimensions are made of it.

use ondol_tensor::{Array, Conv2dOptions, Fused};

use crate::{GradOptions, Op, Tensor, enable_grad, grad, is_grad_enabled, ok};

/// Checked operands of one dtype.
#[track_caller]
pub(super) fn convolve(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    options: Conv2dOptions,
) -> Tensor {
    if let Some(bias) = bias {
        return biased(x, weight, bias, options);
    }
    let Some(result) = Array::fused(&Fused::Conv2d(options), &[&x.value(), &weight.value()]) else {
        return composite(x, weight, options);
    };
    let value = ok(result).swap_remove(0);
    crate::watch::multiplied(value.numel() * weight.numel() / weight.size(0).max(1));
    let op = Op::new("conv2d", [x, weight]);
    let (input, kernel) = (hw(x), hw(weight));
    let (xs, ws) = (
        op.needs(1).then(|| x.snapshot()),
        op.needs(0).then(|| weight.snapshot()),
    );
    let mut op = op;
    if let Some(ws) = ws {
        op = op.rule(0, move |g| input_grad(g, &ws, options, input));
    }
    if let Some(xs) = xs {
        op = op.rule(1, move |g| weight_grad(&xs, g, options, kernel));
    }
    op.output(value)
}

/// Convolution and bias in one operation where the backend has one, and their gradients likewise.
#[track_caller]
fn biased(x: &Tensor, weight: &Tensor, bias: &Tensor, options: Conv2dOptions) -> Tensor {
    let inputs = [&x.value(), &weight.value(), &bias.value()];
    let Some(result) = Array::fused(&Fused::Conv2dBias(options), &inputs) else {
        return convolve(x, weight, None, options).add(bias.reshape([bias.numel(), 1, 1]));
    };
    let value = ok(result).swap_remove(0);
    crate::watch::multiplied(value.numel() * weight.numel() / weight.size(0).max(1));
    let op = Op::new("conv2d", [x, weight, bias]);
    let (input, kernel) = (hw(x), hw(weight));
    let xs = op.needs(1).then(|| x.snapshot());
    let ws = op.needs(0).then(|| weight.snapshot());
    let rule = move |grads: &[Option<Tensor>], _: &[Tensor], needs: &[bool]| {
        let Some(g) = &grads[0] else {
            return Ok(vec![None, None, None]);
        };
        let dx = ws.as_ref().map(|ws| input_grad(g, ws, options, input));
        let (dw, db) = match &xs {
            Some(xs) if needs[2] => {
                let (dw, db) = parameter_grads(xs, g, options, kernel);
                (Some(dw), Some(db))
            }
            Some(xs) => (Some(weight_grad(xs, g, options, kernel)), None),
            None => (None, needs[2].then(|| g.sum_dim([0, 2, 3], false))),
        };
        Ok(vec![dx, dw, db])
    };
    // The output is not read, and so not kept.
    op.function(false, Box::new(rule)).output(value)
}

/// The gradients of the weight and of the bias.
#[track_caller]
fn parameter_grads(
    x: &Tensor,
    g: &Tensor,
    options: Conv2dOptions,
    kernel: [usize; 2],
) -> (Tensor, Tensor) {
    let fused = Array::fused(
        &Fused::Conv2dParameterGrads { options, kernel },
        &[&x.value(), &g.value()],
    );
    let Some(result) = fused else {
        return (
            weight_grad(x, g, options, kernel),
            g.sum_dim([0, 2, 3], false),
        );
    };
    let mut values = ok(result);
    let (db, dw) = (values.swap_remove(1), values.swap_remove(0));
    let op = Op::new("conv2d_parameter_grads", [x, g]);
    if !op.needs(0) && !op.needs(1) {
        return (Tensor::from(dw), Tensor::from(db));
    }
    let (input, xs, gs) = (hw(x), x.snapshot(), g.snapshot());
    let rule = move |grads: &[Option<Tensor>], _: &[Tensor], needs: &[bool]| {
        let (weight, bias) = (grads[0].as_ref(), grads[1].as_ref());
        let dx = needs[0]
            .then(|| weight.map(|w| input_grad(&gs, w, options, input)))
            .flatten();
        let dg = needs[1].then(|| match (weight, bias) {
            (Some(w), bias) => Some(convolve(&xs, w, bias, options)),
            (None, Some(b)) => Some(b.reshape([b.numel(), 1, 1]).expand(&gs.shape())),
            (None, None) => None,
        });
        Ok(vec![dx, dg.flatten()])
    };
    let [dw, db] = op.function(false, Box::new(rule)).outputs([dw, db]);
    (dw, db)
}

fn hw(t: &Tensor) -> [usize; 2] {
    let s = t.shape();
    [s[2], s[3]]
}

/// The gradient of the input. It is linear in both operands, so its own rules are convolutions again.
#[track_caller]
pub(super) fn input_grad(
    g: &Tensor,
    weight: &Tensor,
    options: Conv2dOptions,
    input: [usize; 2],
) -> Tensor {
    let fused = Array::fused(
        &Fused::Conv2dInputGrad { options, input },
        &[&g.value(), &weight.value()],
    );
    let Some(result) = fused else {
        let shape = [
            g.size(0),
            weight.size(1) * options.groups,
            input[0],
            input[1],
        ];
        let x = Tensor::zeros_with(shape, (g.dtype(), &g.device())).requires_grad_(true);
        return pull_back(&x, g, |x| composite(x, weight, options));
    };
    let kernel = hw(weight);
    let (gs, ws) = (g.snapshot(), weight.snapshot());
    Op::new("conv2d_input_grad", [g, weight])
        .rule(0, move |gg| convolve(gg, &ws, None, options))
        .rule(1, move |gg| weight_grad(gg, &gs, options, kernel))
        .output(ok(result).swap_remove(0))
}

/// The gradient of the weight.
#[track_caller]
fn weight_grad(x: &Tensor, g: &Tensor, options: Conv2dOptions, kernel: [usize; 2]) -> Tensor {
    let fused = Array::fused(
        &Fused::Conv2dWeightGrad { options, kernel },
        &[&x.value(), &g.value()],
    );
    let Some(result) = fused else {
        let shape = [g.size(1), x.size(1) / options.groups, kernel[0], kernel[1]];
        let w = Tensor::zeros_with(shape, (g.dtype(), &g.device())).requires_grad_(true);
        return pull_back(&w, g, |w| composite(x, w, options));
    };
    let input = hw(x);
    let (xs, gs) = (x.snapshot(), g.snapshot());
    Op::new("conv2d_weight_grad", [x, g])
        .rule(0, move |gg| input_grad(&gs, gg, options, input))
        .rule(1, move |gg| convolve(&xs, gg, None, options))
        .output(ok(result).swap_remove(0))
}

/// The gradient of `at` through `f`, itself recorded where recording is on.
#[track_caller]
fn pull_back(at: &Tensor, g: &Tensor, f: impl FnOnce(&Tensor) -> Tensor) -> Tensor {
    let options = GradOptions {
        create_graph: is_grad_enabled(),
        ..GradOptions::default()
    };
    let y = enable_grad(|| f(at));
    match grad(&[&y], &[at], Some(&[g]), options).pop().flatten() {
        Some(gradient) => gradient,
        None => at.zeros_like(),
    }
}

/// Windows of the padded input times the weight as a matrix.
#[track_caller]
fn composite(x: &Tensor, weight: &Tensor, o: Conv2dOptions) -> Tensor {
    let (xs, ws) = (x.shape(), weight.shape());
    let (n, out, inner, g) = (xs[0], ws[0], ws[1] * ws[2] * ws[3], o.groups);
    let padded = if o.padding == [0, 0] {
        x.clone()
    } else {
        x.pad(
            &[(o.padding[1], o.padding[1]), (o.padding[0], o.padding[0])],
            0.0,
        )
    };
    let windows = padded
        .windows(2, ws[2], o.stride[0], o.dilation[0])
        .windows(3, ws[3], o.stride[1], o.dilation[1]);
    let (oh, ow) = (windows.size(2), windows.size(3));
    // [N, G, C/G, OH, OW, KH, KW] → [N, G, OH·OW, C/G·KH·KW]
    let columns = windows
        .reshape(&[n, g, ws[1], oh, ow, ws[2], ws[3]][..])
        .permute([0, 1, 3, 4, 2, 5, 6])
        .reshape(&[n, g, oh * ow, inner][..]);
    let matrix = weight
        .reshape(&[1, g, out / g, inner][..])
        .transpose(-2, -1);
    columns
        .matmul(&matrix)
        .transpose(-2, -1)
        .reshape(&[n, out, oh, ow][..])
}
