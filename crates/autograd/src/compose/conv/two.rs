//! Two-dimensional convolution: the backend's own way where it has one, else windows and a matrix
//! product. Those over one and three dimensions are made of it.

use ondol_tensor::{Array, Conv2dOptions, Fused};

use crate::{GradOptions, Op, Tensor, enable_grad, grad, is_grad_enabled, ok};

/// Checked operands, no bias.
#[track_caller]
pub(super) fn convolve(x: &Tensor, weight: &Tensor, options: Conv2dOptions) -> Tensor {
    let Some(result) = Array::fused(&Fused::Conv2d(options), &[&x.value(), &weight.value()]) else {
        return composite(x, weight, options);
    };
    let value = ok(result).swap_remove(0);
    crate::watch::multiplied(value.numel() * weight.numel() / weight.size(0).max(1));
    let op = Op::new("conv2d", [x, weight]);
    let (input, kernel) = (hw(x), hw(weight));
    let (xs, ws) = (x.snapshot(), weight.snapshot());
    op.rule(0, move |g| input_grad(g, &ws, options, input))
        .rule(1, move |g| weight_grad(&xs, g, options, kernel))
        .output(value)
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
        .rule(0, move |gg| convolve(gg, &ws, options))
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
        .rule(1, move |gg| convolve(&xs, gg, options))
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
