//! Pooling: the backend's own way where it has one, else windows and a maximum.

use ondol_tensor::{Array, Error, Fused, Pool2dOptions, window_count};

use crate::{Op, Tensor, ok, raise};

/// The greatest of each window of `x [N, C, H, W]` (or `[C, H, W]`), `torch.nn.functional.max_pool2d`.
///
/// # Panics
/// Where the window does not fit, or the padding is more than half of it.
#[track_caller]
pub fn max_pool2d(x: &Tensor, options: Pool2dOptions) -> Tensor {
    max_pool2d_with_indices(x, options).0
}

/// [`max_pool2d`], and where in its plane (`h * W + w`, `i64`) each maximum was: the first of equals,
/// which alone gets the gradient.
///
/// ```
/// use ondol_autograd::{Pool2dOptions, Tensor, functional};
/// let x = Tensor::arange(0.0, 16.0, 1.0).view((1, 1, 4, 4));
/// let options = Pool2dOptions { kernel: [2, 2], stride: [2, 2], padding: [0, 0], dilation: [1, 1] };
/// let (y, at) = functional::max_pool2d_with_indices(&x, options);
/// assert_eq!(y.to_vec::<f32>(), [5.0, 7.0, 13.0, 15.0]);
/// assert_eq!(at.to_vec::<i64>(), [5, 7, 13, 15]);
/// ```
#[track_caller]
pub fn max_pool2d_with_indices(x: &Tensor, options: Pool2dOptions) -> (Tensor, Tensor) {
    if x.ndim() == 3 {
        let (y, at) = max_pool2d_with_indices(&x.unsqueeze(0), options);
        return (y.squeeze_dim(0), at.squeeze_dim(0));
    }
    check(x, &options);
    let Some(result) = Array::fused(&Fused::MaxPool2d(options), &[&x.value()]) else {
        return composite(x, options);
    };
    let mut results = ok(result);
    let (at, value) = (Tensor::from(results.swap_remove(1)), results.swap_remove(0));
    let (shape, index) = (x.shape(), at.clone());
    let y = Op::new("max_pool2d", [x])
        .rule(0, move |g| {
            let plane = [shape[0], shape[1], shape[2] * shape[3]];
            let count = [shape[0], shape[1], g.size(2) * g.size(3)];
            let zeros = Tensor::zeros_with(plane, (g.dtype(), &g.device()));
            zeros
                .scatter_add(2, &index.reshape(&count[..]), &g.reshape(&count[..]))
                .reshape(&shape)
        })
        .output(value);
    (y, at)
}

#[track_caller]
fn check(x: &Tensor, o: &Pool2dOptions) {
    let xs = x.shape();
    let error = |rule: String| Error::Shape {
        op: "max_pool2d",
        lhs: xs.to_vec(),
        rhs: o.kernel.to_vec(),
        rule,
    };
    if xs.ndim() != 4 {
        raise(error("expected an input [N, C, H, W] or [C, H, W]".into()));
    }
    if (0..2).any(|d| o.padding[d] > o.kernel[d] / 2) {
        raise(error(format!(
            "pad should be at most half of effective kernel size, but got pad={:?}",
            o.padding
        )));
    }
    let fits = |d: usize| {
        window_count(
            xs[2 + d],
            o.kernel[d],
            o.stride[d],
            o.padding[d],
            o.dilation[d],
        )
        .is_some()
    };
    if o.dilation.contains(&0) || !fits(0) || !fits(1) {
        raise(error("the window (with its dilation) cannot be larger than the padded input, nor stride or dilation 0".into()));
    }
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
            .to(&x.device())
    };
    let h = row.mul(o.dilation[0]).add(start(oh, 0).unsqueeze(1));
    let v = column.mul(o.dilation[1]).add(start(ow, 1));
    (values, h.mul(w).add(v))
}
