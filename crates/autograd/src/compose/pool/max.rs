//! The greatest of each window.

use ondol_tensor::{Error, Pool2dOptions};

use super::options::{OutputSize, PoolOptions};
use super::window::{Taps, Window};
use super::{adaptive, two};
use crate::{Tensor, no_grad_guard, raise};

/// The greatest of each window of `x [N, C, L]` (or `[C, L]`), `torch.nn.functional.max_pool1d`,
/// `torch.max_pool1d`.
///
/// ```
/// use ondol_autograd::{functional, tensor};
/// let y = functional::max_pool1d(&tensor!([[1.0, 3.0, 2.0, 0.0]]), 2);
/// assert_eq!(y.to_vec::<f32>(), [3.0, 2.0]);
/// ```
///
/// # Panics
/// Where the window does not fit, or the padding is more than half of it.
#[track_caller]
pub fn max_pool1d(x: &Tensor, options: impl Into<PoolOptions<1>>) -> Tensor {
    max_pool1d_with_indices(x, options).0
}

/// [`max_pool1d`], and where each maximum was (`i64`), `torch.nn.functional.max_pool1d_with_indices`,
/// `torch.max_pool1d_with_indices`.
#[track_caller]
pub fn max_pool1d_with_indices(x: &Tensor, options: impl Into<PoolOptions<1>>) -> (Tensor, Tensor) {
    let o = options.into();
    taps(&o).over("max_pool1d", x);
    let flat = PoolOptions {
        kernel: [1, o.kernel[0]],
        stride: [1, o.stride[0]],
        padding: [0, o.padding[0]],
        dilation: [1, o.dilation[0]],
        ceil_mode: o.ceil_mode,
    };
    let (y, at) = in_planes("max_pool1d", &x.unsqueeze(-2), flat);
    (y.squeeze_dim(-2), at.squeeze_dim(-2))
}

/// The greatest of each window of `x [N, C, H, W]` (or `[C, H, W]`),
/// `torch.nn.functional.max_pool2d`, `torch.max_pool2d`.
///
/// ```
/// use ondol_autograd::{PoolOptions, Tensor, functional};
/// let x = Tensor::arange(0.0, 25.0, 1.0).view((1, 5, 5));
/// assert_eq!(functional::max_pool2d(&x, 2).to_vec::<f32>(), [6.0, 8.0, 16.0, 18.0]);
/// let y = functional::max_pool2d(&x, PoolOptions::new(2).ceil_mode(true));
/// assert_eq!(y.shape(), [1, 3, 3]);
/// ```
///
/// # Panics
/// Where the window does not fit, or the padding is more than half of it.
#[track_caller]
pub fn max_pool2d(x: &Tensor, options: impl Into<PoolOptions<2>>) -> Tensor {
    let o = options.into();
    let window = taps(&o).over("max_pool2d", x);
    if x.ndim() == 3 {
        return max_pool2d(&x.unsqueeze(0), o).squeeze_dim(0);
    }
    if window.over == [0, 0] {
        return two::max_values(x, plain(&o));
    }
    let wider = window.padded(x, [0, 0], f64::NEG_INFINITY);
    two::max_values(&wider, plain(&o))
}

/// [`max_pool2d`], and where in its plane (`h * W + w`, `i64`) each maximum was: the first of equals,
/// which alone gets the gradient; `torch.nn.functional.max_pool2d_with_indices`.
///
/// ```
/// use ondol_autograd::{Tensor, functional};
/// let x = Tensor::arange(0.0, 16.0, 1.0).view((1, 1, 4, 4));
/// let (y, at) = functional::max_pool2d_with_indices(&x, 2);
/// assert_eq!(y.to_vec::<f32>(), [5.0, 7.0, 13.0, 15.0]);
/// assert_eq!(at.to_vec::<i64>(), [5, 7, 13, 15]);
/// ```
#[track_caller]
pub fn max_pool2d_with_indices(x: &Tensor, options: impl Into<PoolOptions<2>>) -> (Tensor, Tensor) {
    in_planes("max_pool2d", x, options.into())
}

/// The greatest of each window of `x [N, C, D, H, W]` (or `[C, D, H, W]`),
/// `torch.nn.functional.max_pool3d`, `torch.max_pool3d`.
///
/// # Panics
/// Where the window does not fit, or the padding is more than half of it.
#[track_caller]
pub fn max_pool3d(x: &Tensor, options: impl Into<PoolOptions<3>>) -> Tensor {
    max_pool3d_with_indices(x, options).0
}

/// [`max_pool3d`], and where in its volume (`(d * H + h) * W + w`, `i64`) each maximum was;
/// `torch.nn.functional.max_pool3d_with_indices`.
///
/// ```
/// use ondol_autograd::{Tensor, functional};
/// let x = Tensor::arange(0.0, 8.0, 1.0).view((1, 2, 2, 2));
/// let (y, at) = functional::max_pool3d_with_indices(&x, 2);
/// assert_eq!((y.item(), at.item()), (7.0, 7.0));
/// ```
#[track_caller]
pub fn max_pool3d_with_indices(x: &Tensor, options: impl Into<PoolOptions<3>>) -> (Tensor, Tensor) {
    let o = options.into();
    let window = taps(&o).over("max_pool3d", x);
    let at = {
        let _guard = no_grad_guard();
        greatest(&x.detach(), &o, &window)
    };
    picked(x, &at, 3)
}

/// The greatest of as many windows as the output has elements, `x [N, C, L]` (or `[C, L]`);
/// `torch.nn.functional.adaptive_max_pool1d`, `torch.adaptive_max_pool1d`.
#[track_caller]
pub fn adaptive_max_pool1d(x: &Tensor, output_size: impl Into<OutputSize<1>>) -> Tensor {
    adaptive_max_pool1d_with_indices(x, output_size).0
}

/// [`adaptive_max_pool1d`], and where each maximum was (`i64`),
/// `torch.nn.functional.adaptive_max_pool1d_with_indices`.
#[track_caller]
pub fn adaptive_max_pool1d_with_indices(
    x: &Tensor,
    output_size: impl Into<OutputSize<1>>,
) -> (Tensor, Tensor) {
    adaptive::greatest("adaptive_max_pool1d", x, output_size.into())
}

/// The greatest of as many windows as the output has elements, `x [N, C, H, W]` (or `[C, H, W]`);
/// `torch.nn.functional.adaptive_max_pool2d`.
///
/// ```
/// use ondol_autograd::{Tensor, functional};
/// let x = Tensor::arange(0.0, 12.0, 1.0).view((1, 3, 4));
/// assert_eq!(functional::adaptive_max_pool2d(&x, (1, 2)).to_vec::<f32>(), [9.0, 11.0]);
/// ```
#[track_caller]
pub fn adaptive_max_pool2d(x: &Tensor, output_size: impl Into<OutputSize<2>>) -> Tensor {
    adaptive_max_pool2d_with_indices(x, output_size).0
}

/// [`adaptive_max_pool2d`], and where in its plane each maximum was (`i64`),
/// `torch.nn.functional.adaptive_max_pool2d_with_indices`.
#[track_caller]
pub fn adaptive_max_pool2d_with_indices(
    x: &Tensor,
    output_size: impl Into<OutputSize<2>>,
) -> (Tensor, Tensor) {
    adaptive::greatest("adaptive_max_pool2d", x, output_size.into())
}

/// The greatest of as many windows as the output has elements, `x [N, C, D, H, W]` (or `[C, D, H,
/// W]`); `torch.nn.functional.adaptive_max_pool3d`.
#[track_caller]
pub fn adaptive_max_pool3d(x: &Tensor, output_size: impl Into<OutputSize<3>>) -> Tensor {
    adaptive_max_pool3d_with_indices(x, output_size).0
}

/// [`adaptive_max_pool3d`], and where in its volume each maximum was (`i64`),
/// `torch.nn.functional.adaptive_max_pool3d_with_indices`.
#[track_caller]
pub fn adaptive_max_pool3d_with_indices(
    x: &Tensor,
    output_size: impl Into<OutputSize<3>>,
) -> (Tensor, Tensor) {
    adaptive::greatest("adaptive_max_pool3d", x, output_size.into())
}

/// Puts what [`max_pool1d_with_indices`] found back to where it was, among zeros,
/// `torch.nn.functional.max_unpool1d`. Without an output size it is `(L − 1)·stride − 2·padding +
/// kernel`.
///
/// # Panics
/// Where an index is outside of the output.
#[track_caller]
pub fn max_unpool1d(
    x: &Tensor,
    indices: &Tensor,
    options: impl Into<PoolOptions<1>>,
    output_size: Option<[usize; 1]>,
) -> Tensor {
    unpool("max_unpool1d", x, indices, options.into(), output_size)
}

/// Puts what [`max_pool2d_with_indices`] found back to where it was, among zeros,
/// `torch.nn.functional.max_unpool2d`. Without an output size it is `(H − 1)·stride − 2·padding +
/// kernel`, and likewise the width.
///
/// ```
/// use ondol_autograd::{functional, tensor};
/// let (y, at) = functional::max_pool2d_with_indices(&tensor!([[[1.0, 4.0], [2.0, 3.0]]]), 2);
/// let x = functional::max_unpool2d(&y, &at, 2, None);
/// assert_eq!(x.to_vec::<f32>(), [0.0, 4.0, 0.0, 0.0]);
/// ```
///
/// # Panics
/// Where an index is outside of the output.
#[track_caller]
pub fn max_unpool2d(
    x: &Tensor,
    indices: &Tensor,
    options: impl Into<PoolOptions<2>>,
    output_size: Option<[usize; 2]>,
) -> Tensor {
    unpool("max_unpool2d", x, indices, options.into(), output_size)
}

/// Puts what [`max_pool3d_with_indices`] found back to where it was, among zeros,
/// `torch.nn.functional.max_unpool3d`.
///
/// # Panics
/// Where an index is outside of the output.
#[track_caller]
pub fn max_unpool3d(
    x: &Tensor,
    indices: &Tensor,
    options: impl Into<PoolOptions<3>>,
    output_size: Option<[usize; 3]>,
) -> Tensor {
    unpool("max_unpool3d", x, indices, options.into(), output_size)
}

fn taps<const N: usize>(o: &PoolOptions<N>) -> Taps<N> {
    Taps {
        kernel: o.kernel,
        stride: o.stride,
        padding: o.padding,
        dilation: o.dilation,
        ceil_mode: o.ceil_mode,
    }
}

fn plain(o: &PoolOptions<2>) -> Pool2dOptions {
    Pool2dOptions {
        kernel: o.kernel,
        stride: o.stride,
        padding: o.padding,
        dilation: o.dilation,
    }
}

/// Over height and width, where a backend may have its own way.
#[track_caller]
fn in_planes(op: &'static str, x: &Tensor, o: PoolOptions<2>) -> (Tensor, Tensor) {
    let window = taps(&o).over(op, x);
    if x.ndim() == 3 {
        let (y, at) = in_planes(op, &x.unsqueeze(0), o);
        return (y.squeeze_dim(0), at.squeeze_dim(0));
    }
    let options = plain(&o);
    if window.over == [0, 0] {
        return two::max_pool(x, options);
    }
    let wider = window.padded(x, [0, 0], f64::NEG_INFINITY);
    let (y, at) = two::max_pool(&wider, options);
    let (from, to) = (wider.size(3), x.size(3));
    let at = at.floor_divide(from).mul(to).add(at.remainder(from));
    (y, at)
}

/// Where the greatest of each window is, one dimension after another from the last on: so the first
/// of equals in row-major order is found.
#[track_caller]
fn greatest<const N: usize>(x: &Tensor, o: &PoolOptions<N>, window: &Window<N>) -> Tensor {
    let mut values = window.padded(x, o.padding, f64::NEG_INFINITY);
    let mut at: Option<Tensor> = None;
    let mut below = 1;
    for d in (0..N).rev() {
        let dim = (window.first + d) as isize;
        let windows = values.windows(dim, o.kernel[d], o.stride[d], o.dilation[d]);
        let (most, tap) = windows.max_dim(-1, false);
        let starts = Tensor::arange(0i64, window.count[d], 1i64)
            .mul(o.stride[d])
            .to(x.device());
        let starts = adaptive::beside(&starts, tap.ndim(), dim);
        // Places in the padded input, and in the input, where all that won lie.
        let place = tap.mul(o.dilation[d]).add(starts);
        let inside = place
            .sub(o.padding[d])
            .clamp(0.0, x.size(dim).saturating_sub(1) as f64);
        at = Some(match at {
            Some(at) => inside.mul(below).add(at.gather(dim, &place)),
            None => inside,
        });
        below *= x.size(dim);
        values = most;
    }
    at.unwrap_or(values)
}

/// The elements at the places of the last `n` dimensions, with the places.
#[track_caller]
pub(super) fn picked(x: &Tensor, at: &Tensor, n: usize) -> (Tensor, Tensor) {
    let first = (x.ndim() - n) as isize;
    let flat = at.flatten(first, -1);
    let y = x
        .flatten(first, -1)
        .gather(first, &flat)
        .reshape(at.shape());
    (y, at.clone())
}

#[track_caller]
fn unpool<const N: usize>(
    op: &'static str,
    x: &Tensor,
    indices: &Tensor,
    o: PoolOptions<N>,
    output_size: Option<[usize; N]>,
) -> Tensor {
    let first = super::window::space::<N>(op, x);
    let xs = x.shape();
    if indices.shape() != xs {
        raise(Error::Shape {
            op,
            lhs: xs.to_vec(),
            rhs: indices.shape().to_vec(),
            rule: "Expected shape of indices to be same as that of the input tensor".into(),
        });
    }
    let size = output_size.unwrap_or_else(|| {
        std::array::from_fn(|d| {
            let whole = xs[first + d].saturating_sub(1) * o.stride[d] + o.kernel[d];
            whole.saturating_sub(2 * o.padding[d])
        })
    });
    let mut shape = xs[..first].to_vec();
    shape.extend(size);
    let mut flat = xs[..first].to_vec();
    flat.push(size.iter().product());
    let (dim, first) = (first as isize, first as isize);
    Tensor::zeros_with(flat, (x.dtype(), &x.device()))
        .scatter(dim, &indices.flatten(first, -1), x.flatten(first, -1))
        .reshape(&shape[..])
}
