//! Two-dimensional convolution: the backend's own way where it has one, else windows and a matrix
//! product.

use ondol_tensor::{Array, Conv2dOptions, Error, Fused, window_count};

use crate::{GradOptions, Op, Tensor, enable_grad, grad, is_grad_enabled, ok, raise};

/// Cross-correlation of `x [N, C, H, W]` (or `[C, H, W]`) with `weight [O, C/groups, KH, KW]`, plus
/// `bias [O]`; `torch.nn.functional.conv2d`.
///
/// `OH = ⌊(H + 2·padding − dilation·(KH−1) − 1) / stride⌋ + 1`.
///
/// ```
/// use ondol_autograd::{Conv2dOptions, Tensor, functional};
/// let x = Tensor::ones([1, 1, 4, 4]);
/// let w = Tensor::ones([2, 1, 3, 3]);
/// let y = functional::conv2d(&x, &w, None, Conv2dOptions { padding: [1, 1], ..Default::default() });
/// assert_eq!(y.shape(), [1, 2, 4, 4]);
/// assert_eq!(y.i((0, 0, 1, 1)).item(), 9.0);
/// ```
///
/// # Panics
/// Where channels, groups or sizes do not go together.
#[track_caller]
pub fn conv2d(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    options: Conv2dOptions,
) -> Tensor {
    if x.ndim() == 3 {
        return conv2d(&x.unsqueeze(0), weight, bias, options).squeeze_dim(0);
    }
    check(x, weight, bias, &options);
    let y = convolve(x, weight, options);
    match bias {
        Some(bias) => y.add(bias.reshape((1, -1, 1, 1))),
        None => y,
    }
}

#[track_caller]
fn check(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>, o: &Conv2dOptions) {
    let (xs, ws) = (x.shape(), weight.shape());
    let error = |rule: String| Error::Shape {
        op: "conv2d",
        lhs: xs.to_vec(),
        rhs: ws.to_vec(),
        rule,
    };
    if xs.ndim() != 4 || ws.ndim() != 4 {
        raise(error(
            "expected an input [N, C, H, W] or [C, H, W] and a weight [O, C/groups, KH, KW]".into(),
        ));
    }
    if o.groups == 0 || ws[0] % o.groups != 0 {
        raise(error(format!(
            "the {} output channels must divide into {} groups",
            ws[0], o.groups
        )));
    }
    if xs[1] != ws[1] * o.groups {
        raise(error(format!(
            "given groups={}, this weight expects an input of {} channels, but got {} channels instead",
            o.groups,
            ws[1] * o.groups,
            xs[1]
        )));
    }
    let fits = |d: usize| {
        window_count(
            xs[2 + d],
            ws[2 + d],
            o.stride[d],
            o.padding[d],
            o.dilation[d],
        )
        .is_some()
    };
    if o.dilation.contains(&0) || !fits(0) || !fits(1) {
        raise(error("the kernel (with its dilation) cannot be larger than the padded input, nor stride or dilation 0".into()));
    }
    if let Some(b) = bias
        && b.shape() != [ws[0]]
    {
        raise(Error::Shape {
            op: "conv2d",
            lhs: ws.to_vec(),
            rhs: b.shape().to_vec(),
            rule: format!(
                "expected a bias of {} elements, one for each output channel",
                ws[0]
            ),
        });
    }
}

/// Checked operands, no bias.
#[track_caller]
fn convolve(x: &Tensor, weight: &Tensor, options: Conv2dOptions) -> Tensor {
    let Some(result) = Array::fused(&Fused::Conv2d(options), &[&x.value(), &weight.value()]) else {
        return composite(x, weight, options);
    };
    let value = ok(result).swap_remove(0);
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
fn input_grad(g: &Tensor, weight: &Tensor, options: Conv2dOptions, input: [usize; 2]) -> Tensor {
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
