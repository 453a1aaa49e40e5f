//! Images as columns of patches, and back.

use ondol_tensor::{Error, Shape, window_count};

use super::ConvOptions;
use crate::compose::size::Size;
use crate::{Tensor, raise};

/// The patches under a sliding window as columns: `x [N, C, H, W]` (or `[C, H, W]`) → `[N,
/// C·KH·KW, L]` with one column for each of `L` places, `torch.nn.functional.unfold`.
///
/// The options' groups mean nothing here.
///
/// ```
/// use ondol_autograd::{ConvOptions, Tensor, functional};
/// let x = Tensor::arange(0.0, 9.0, 1.0).view((1, 1, 3, 3));
/// let columns = functional::unfold(&x, 2, ConvOptions::new());
/// assert_eq!(columns.shape(), [1, 4, 4]);
/// assert_eq!(columns.i((0, .., 0)).to_vec::<f32>(), [0.0, 1.0, 3.0, 4.0]);
/// ```
///
/// # Panics
/// Where the window does not fit.
#[track_caller]
pub fn unfold(x: &Tensor, kernel: impl Into<Size<2>>, options: ConvOptions<2>) -> Tensor {
    let Size(kernel) = kernel.into();
    if x.ndim() == 3 {
        return unfold(&x.unsqueeze(0), kernel, options).squeeze_dim(0);
    }
    let xs = x.shape();
    let error = |rule: &str| Error::Shape {
        op: "unfold",
        lhs: xs.to_vec(),
        rhs: kernel.to_vec(),
        rule: rule.into(),
    };
    if xs.ndim() != 4 {
        raise(error("expected an input [N, C, H, W] or [C, H, W]"));
    }
    let amounts = options.amounts(kernel);
    let [h, w] = [0, 1].map(|d| places(xs[2 + d], d, kernel, amounts, &options));
    let (Some(h), Some(w)) = (h, w) else {
        raise(error(
            "the window (with its dilation) cannot be larger than the padded input, nor stride or dilation 0",
        ));
    };
    let padded = if amounts == [(0, 0); 2] {
        x.clone()
    } else {
        x.pad(&[amounts[1], amounts[0]], 0.0)
    };
    let (s, d) = (options.stride, options.dilation);
    padded
        .windows(2, kernel[0], s[0], d[0])
        .windows(3, kernel[1], s[1], d[1])
        .permute([0, 1, 4, 5, 2, 3])
        .reshape(&[xs[0], xs[1] * kernel[0] * kernel[1], h * w][..])
}

/// Lays the columns of [`unfold`] back on an image of size `[H, W]`, adding where they overlap:
/// `x [N, C·KH·KW, L]` (or without `N`) → `[N, C, H, W]`, `torch.nn.functional.fold`.
///
/// ```
/// use ondol_autograd::{ConvOptions, Tensor, functional};
/// let y = functional::fold(&Tensor::ones([1, 4, 4]), 3, 2, ConvOptions::new());
/// assert_eq!(y.to_vec::<f32>(), [1.0, 2.0, 1.0, 2.0, 4.0, 2.0, 1.0, 2.0, 1.0]);
/// ```
///
/// # Panics
/// Where there are not as many columns as places, or the channels do not divide by the window.
#[track_caller]
pub fn fold(
    x: &Tensor,
    output_size: impl Into<Size<2>>,
    kernel: impl Into<Size<2>>,
    options: ConvOptions<2>,
) -> Tensor {
    let (Size(size), Size(kernel)) = (output_size.into(), kernel.into());
    if x.ndim() == 2 {
        return fold(&x.unsqueeze(0), size, kernel, options).squeeze_dim(0);
    }
    let xs = x.shape();
    let error = |rule: String| Error::Shape {
        op: "fold",
        lhs: xs.to_vec(),
        rhs: size.to_vec(),
        rule,
    };
    if xs.ndim() != 3 {
        raise(error(
            "expected an input [N, C·KH·KW, L] or [C·KH·KW, L]".into(),
        ));
    }
    let taps = kernel[0] * kernel[1];
    if taps == 0 || !xs[1].is_multiple_of(taps) {
        raise(error(format!(
            "Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got input.size(1)={} and kernel_size=({}, {})",
            xs[1], kernel[0], kernel[1]
        )));
    }
    let amounts = options.amounts(kernel);
    let [h, w] = [0, 1].map(|d| places(size[d], d, kernel, amounts, &options));
    let (h, w) = match (h, w) {
        (Some(h), Some(w)) if h * w == xs[2] => (h, w),
        (h, w) => raise(error(format!(
            "the window has {} x {} places on the output, but the input has {} columns",
            h.unwrap_or(0),
            w.unwrap_or(0),
            xs[2]
        ))),
    };
    let channels = xs[1] / taps;
    let padded = [0, 1].map(|d| size[d] + amounts[d].0 + amounts[d].1);
    let (s, d) = (options.stride, options.dilation);
    let rows = Shape::new(&[xs[0], channels, h, padded[1], kernel[0]]);
    let whole = Shape::new(&[xs[0], channels, padded[0], padded[1]]);
    x.reshape(&[xs[0], channels, kernel[0], kernel[1], h, w][..])
        .permute([0, 1, 4, 5, 2, 3])
        .fold(&rows, 3, kernel[1], s[1], d[1])
        .fold(&whole, 2, kernel[0], s[0], d[0])
        .narrow(2, amounts[0].0, size[0])
        .narrow(3, amounts[1].0, size[1])
}

/// How often the window fits along a dimension.
fn places(
    size: usize,
    d: usize,
    kernel: [usize; 2],
    amounts: [(usize, usize); 2],
    o: &ConvOptions<2>,
) -> Option<usize> {
    let padded = size + amounts[d].0 + amounts[d].1;
    (o.dilation[d] > 0).then_some(())?;
    window_count(padded, kernel[d], o.stride[d], 0, o.dilation[d])
}
