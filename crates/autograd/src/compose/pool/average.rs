//! The mean of each window, and other sums of it.

use super::adaptive;
use super::options::{AvgPoolOptions, OutputSize, PoolOptions};
use super::window::Taps;
use crate::{DType, Tensor};

/// The mean of each window of `x [N, C, L]` (or `[C, L]`), `torch.nn.functional.avg_pool1d`,
/// `torch.avg_pool1d`.
///
/// ```
/// use ondol_autograd::{functional, tensor};
/// let y = functional::avg_pool1d(&tensor!([[1.0, 3.0, 2.0, 0.0]]), 2);
/// assert_eq!(y.to_vec::<f32>(), [2.0, 1.0]);
/// ```
///
/// # Panics
/// Where the window does not fit, or the padding is more than half of it.
#[track_caller]
pub fn avg_pool1d(x: &Tensor, options: impl Into<AvgPoolOptions<1>>) -> Tensor {
    average("avg_pool1d", x, &options.into())
}

/// The mean of each window of `x [N, C, H, W]` (or `[C, H, W]`), `torch.nn.functional.avg_pool2d`.
///
/// ```
/// use ondol_autograd::{AvgPoolOptions, Tensor, functional};
/// let x = Tensor::ones([1, 3, 3]);
/// let options = AvgPoolOptions::new(2).stride(1).padding(1);
/// assert_eq!(functional::avg_pool2d(&x, options).i((0, 0)).to_vec::<f32>(), [0.25, 0.5, 0.5, 0.25]);
/// let y = functional::avg_pool2d(&x, options.count_include_pad(false));
/// assert_eq!(y.i((0, 0)).to_vec::<f32>(), [1.0; 4]);
/// ```
///
/// # Panics
/// Where the window does not fit, or the padding is more than half of it.
#[track_caller]
pub fn avg_pool2d(x: &Tensor, options: impl Into<AvgPoolOptions<2>>) -> Tensor {
    average("avg_pool2d", x, &options.into())
}

/// The mean of each window of `x [N, C, D, H, W]` (or `[C, D, H, W]`),
/// `torch.nn.functional.avg_pool3d`.
///
/// # Panics
/// Where the window does not fit, or the padding is more than half of it.
#[track_caller]
pub fn avg_pool3d(x: &Tensor, options: impl Into<AvgPoolOptions<3>>) -> Tensor {
    average("avg_pool3d", x, &options.into())
}

/// The mean of as many windows as the output has elements, `x [N, C, L]` (or `[C, L]`);
/// `torch.nn.functional.adaptive_avg_pool1d`, `torch.adaptive_avg_pool1d`.
#[track_caller]
pub fn adaptive_avg_pool1d(x: &Tensor, output_size: impl Into<OutputSize<1>>) -> Tensor {
    adaptive::mean("adaptive_avg_pool1d", x, output_size.into())
}

/// The mean of as many windows as the output has elements, `x [N, C, H, W]` (or `[C, H, W]`);
/// `torch.nn.functional.adaptive_avg_pool2d`.
///
/// ```
/// use ondol_autograd::{Tensor, functional};
/// let x = Tensor::arange(0.0, 12.0, 1.0).view((1, 3, 4));
/// assert_eq!(functional::adaptive_avg_pool2d(&x, 1).item(), 5.5);
/// assert_eq!(functional::adaptive_avg_pool2d(&x, [None, Some(2)]).shape(), [1, 3, 2]);
/// ```
#[track_caller]
pub fn adaptive_avg_pool2d(x: &Tensor, output_size: impl Into<OutputSize<2>>) -> Tensor {
    adaptive::mean("adaptive_avg_pool2d", x, output_size.into())
}

/// The mean of as many windows as the output has elements, `x [N, C, D, H, W]` (or `[C, D, H, W]`);
/// `torch.nn.functional.adaptive_avg_pool3d`.
#[track_caller]
pub fn adaptive_avg_pool3d(x: &Tensor, output_size: impl Into<OutputSize<3>>) -> Tensor {
    adaptive::mean("adaptive_avg_pool3d", x, output_size.into())
}

/// `(Σ xᵖ)^(1/p)` of each window of `x [N, C, L]` (or `[C, L]`), `torch.nn.functional.lp_pool1d`.
/// Padding and dilation do not apply.
#[track_caller]
pub fn lp_pool1d(x: &Tensor, norm_type: f64, options: impl Into<PoolOptions<1>>) -> Tensor {
    powers("lp_pool1d", x, norm_type, options.into())
}

/// `(Σ xᵖ)^(1/p)` of each window of `x [N, C, H, W]` (or `[C, H, W]`),
/// `torch.nn.functional.lp_pool2d`. Padding and dilation do not apply.
///
/// ```
/// use ondol_autograd::{functional, tensor};
/// let y = functional::lp_pool2d(&tensor!([[[3.0, 4.0]]]), 2.0, (1, 2));
/// assert_eq!(y.item(), 5.0);
/// ```
#[track_caller]
pub fn lp_pool2d(x: &Tensor, norm_type: f64, options: impl Into<PoolOptions<2>>) -> Tensor {
    powers("lp_pool2d", x, norm_type, options.into())
}

/// `(Σ xᵖ)^(1/p)` of each window of `x [N, C, D, H, W]` (or `[C, D, H, W]`),
/// `torch.nn.functional.lp_pool3d`. Padding and dilation do not apply.
#[track_caller]
pub fn lp_pool3d(x: &Tensor, norm_type: f64, options: impl Into<PoolOptions<3>>) -> Tensor {
    powers("lp_pool3d", x, norm_type, options.into())
}

#[track_caller]
fn average<const N: usize>(op: &'static str, x: &Tensor, o: &AvgPoolOptions<N>) -> Tensor {
    let taps = Taps {
        kernel: o.kernel,
        stride: o.stride,
        padding: o.padding,
        dilation: [1; N],
        ceil_mode: o.ceil_mode,
    };
    let window = taps.over(op, x);
    let sums = sums(op, x, &taps);
    if let Some(divisor) = o.divisor_override {
        return sums.div(divisor);
    }
    // How many elements a window holds is a product over the dimensions.
    let counts: [Vec<f64>; N] = std::array::from_fn(|d| {
        let size = x.size((window.first + d) as isize) + 2 * o.padding[d];
        let (low, high) = if o.count_include_pad {
            (0, size)
        } else {
            (o.padding[d], size - o.padding[d])
        };
        let starts = (0..window.count[d]).map(|i| i * o.stride[d]);
        starts
            .map(|s| (s + o.kernel[d]).min(high).saturating_sub(s.max(low)) as f64)
            .collect()
    });
    if counts.iter().all(|c| c.iter().all(|n| *n == c[0])) {
        return sums.div(counts.iter().map(|c| c[0]).product::<f64>());
    }
    let whole = Tensor::ones_with((), (DType::F64, &x.device()));
    let counts = counts.into_iter().enumerate().fold(whole, |whole, (d, c)| {
        let n = c.len();
        let c = Tensor::from_vec(c, n).to(x.device());
        whole.mul(adaptive::beside(
            &c,
            sums.ndim(),
            (window.first + d) as isize,
        ))
    });
    sums.div(counts.to_dtype(sums.dtype()))
}

/// The sum of each window.
#[track_caller]
fn sums<const N: usize>(op: &'static str, x: &Tensor, taps: &Taps<N>) -> Tensor {
    let window = taps.over(op, x);
    let mut windows = window.padded(x, taps.padding, 0.0);
    for d in 0..N {
        let dim = (window.first + d) as isize;
        windows = windows.windows(dim, taps.kernel[d], taps.stride[d], 1);
    }
    let last: Vec<isize> = (1..=N as isize).map(|d| -d).collect();
    windows.sum_dim(&last[..], false)
}

#[track_caller]
fn powers<const N: usize>(op: &'static str, x: &Tensor, p: f64, o: PoolOptions<N>) -> Tensor {
    let taps = Taps {
        kernel: o.kernel,
        stride: o.stride,
        padding: [0; N],
        dilation: [1; N],
        ceil_mode: o.ceil_mode,
    };
    let sums = sums(op, &x.pow(p), &taps);
    // The root is infinitely steep at 0, where the gradient is to be 0.
    let none = sums.detach().eq(0.0);
    sums.masked_fill(&none, 1.0)
        .pow(1.0 / p)
        .masked_fill(&none, 0.0)
}
