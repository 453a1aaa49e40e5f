//! The maximum over height and width: the backend's own way where it has one, else windows and a
//! maximum.

use ondol_tensor::{Array, Fused, Pool2dOptions, Shape};

use crate::{Op, Tensor, no_grad_guard, ok};

/// The values alone, of a checked input `[N, C, H, W]`.
#[track_caller]
pub(super) fn max_values(x: &Tensor, options: Pool2dOptions) -> Tensor {
    let Some(result) = Array::fused(&Fused::MaxPool2dValues(options), &[&x.value()]) else {
        return max_pool(x, options).0;
    };
    let value = ok(result).swap_remove(0);
    let op = Op::new("max_pool2d", [x]);
    if !op.needs(0) {
        return op.output(value);
    }
    let x = x.detach();
    op.rule(0, move |g| max_values_grad(g, &x, options))
        .output(value)
}

/// The gradient of [`max_values`]: the places are found again in the input, which costs less than
/// keeping them.
#[track_caller]
fn max_values_grad(g: &Tensor, x: &Tensor, options: Pool2dOptions) -> Tensor {
    let places = move |x: &Tensor| {
        let _guard = no_grad_guard();
        max_pool(x, options).1
    };
    let fused = Array::fused(&Fused::MaxPool2dGrad(options), &[&g.value(), &x.value()]);
    let Some(result) = fused else {
        return back(g, &places(x), &x.shape());
    };
    let value = ok(result).swap_remove(0);
    let op = Op::new("max_pool2d_grad", [g]);
    if !op.needs(0) {
        return op.output(value);
    }
    let (x, shape) = (x.clone(), g.shape());
    op.rule(0, move |gg| {
        let at = places(&x).flatten(2, -1);
        gg.flatten(2, -1).gather(2, &at).reshape(&shape)
    })
    .output(value)
}

/// Puts each number of the gradient to its place in a plane of zeros.
#[track_caller]
fn back(g: &Tensor, at: &Tensor, shape: &Shape) -> Tensor {
    let plane = [shape[0], shape[1], shape[2] * shape[3]];
    let count = [shape[0], shape[1], g.size(2) * g.size(3)];
    let zeros = Tensor::zeros_with(plane, (g.dtype(), &g.device()));
    zeros
        .scatter_add(2, &at.reshape(&count[..]), &g.reshape(&count[..]))
        .reshape(shape)
}

/// Checked input `[N, C, H, W]`.
#[track_caller]
pub(super) fn max_pool(x: &Tensor, options: Pool2dOptions) -> (Tensor, Tensor) {
    let Some(result) = Array::fused(&Fused::MaxPool2d(options), &[&x.value()]) else {
        return composite(x, options);
    };
    let mut results = ok(result);
    let (at, value) = (Tensor::from(results.swap_remove(1)), results.swap_remove(0));
    let (shape, index) = (x.shape(), at.clone());
    let y = Op::new("max_pool2d", [x])
        .rule(0, move |g| back(g, &index, &shape))
        .output(value);
    (y, at)
}

#[track_caller]
fn composite(x: &Tensor, o: Pool2dOptions) -> (Tensor, Tensor) {
    let (n, c, w) = (x.size(0), x.size(1), x.size(3));
    let [kh, kw] = o.kernel;
    let padded = if o.padding == [0, 0] {
        x.clone()
    } else {
        x.pad(
            &[(o.padding[1], o.padding[1]), (o.padding[0], o.padding[0])],
            f64::NEG_INFINITY,
        )
    };
    let windows = padded.windows(2, kh, o.stride[0], o.dilation[0]).windows(
        3,
        kw,
        o.stride[1],
        o.dilation[1],
    );
    let (oh, ow) = (windows.size(2), windows.size(3));
    let (values, tap) = windows
        .reshape(&[n, c, oh, ow, kh * kw][..])
        .max_dim(-1, false);
    // From the position in the window to the position in the plane.
    let (row, column) = (tap.floor_divide(kw), tap.remainder(kw));
    let start = |count: usize, d: usize| {
        Tensor::arange(0i64, count, 1i64)
            .mul(o.stride[d])
            .sub(o.padding[d])
            .to(x.device())
    };
    let h = row.mul(o.dilation[0]).add(start(oh, 0).unsqueeze(1));
    let v = column.mul(o.dilation[1]).add(start(ow, 1));
    (values, h.mul(w).add(v))
}
