//! Transposed convolutions: the gradient of a convolution's input, as a layer of its own.

use ondol_tensor::{Conv2dOptions, Error, Shape, window_count};

use super::{ConvTransposeOptions, check_bias, names, plane, two, with_bias};
use crate::autocast::lower;
use crate::{Tensor, raise};

/// The transpose of a convolution: `x [N, I, L]` (or `[I, L]`) with `weight [I, O/groups, K]`, plus
/// `bias [O]`; `torch.nn.functional.conv_transpose1d`, `torch.conv_transpose1d`.
///
/// ```
/// use ondol_autograd::{ConvTransposeOptions, functional, tensor};
/// let (x, w) = (tensor!([[1.0, 2.0]]), tensor!([[[1.0, 10.0]]]));
/// let y = functional::conv_transpose1d(&x, &w, None, ConvTransposeOptions::new());
/// assert_eq!(y.to_vec::<f32>(), [1.0, 12.0, 20.0]);
/// ```
///
/// # Panics
/// Where channels, groups or sizes do not go together.
#[track_caller]
pub fn conv_transpose1d(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    options: ConvTransposeOptions<1>,
) -> Tensor {
    transposed("conv_transpose1d", x, weight, bias, options)
}

/// The transpose of a convolution: `x [N, I, H, W]` (or `[I, H, W]`) with `weight [I, O/groups, KH,
/// KW]`, plus `bias [O]`; `torch.nn.functional.conv_transpose2d`, `torch.conv_transpose2d`.
///
/// `OH = (H − 1)·stride − 2·padding + dilation·(KH − 1) + output_padding + 1`.
///
/// ```
/// use ondol_autograd::{ConvTransposeOptions, Tensor, functional};
/// let (x, w) = (Tensor::ones([1, 2, 7, 7]), Tensor::ones([2, 1, 4, 4]));
/// let options = ConvTransposeOptions::new().stride(2).padding(1);
/// assert_eq!(functional::conv_transpose2d(&x, &w, None, options).shape(), [1, 1, 14, 14]);
/// ```
///
/// # Panics
/// Where channels, groups or sizes do not go together.
#[track_caller]
pub fn conv_transpose2d(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    options: ConvTransposeOptions<2>,
) -> Tensor {
    transposed("conv_transpose2d", x, weight, bias, options)
}

/// The transpose of a convolution: `x [N, I, D, H, W]` (or `[I, D, H, W]`) with `weight [I,
/// O/groups, KD, KH, KW]`, plus `bias [O]`; `torch.nn.functional.conv_transpose3d`,
/// `torch.conv_transpose3d`.
///
/// ```
/// use ondol_autograd::{ConvTransposeOptions, Tensor, functional};
/// let (x, w) = (Tensor::ones([1, 2, 3, 3, 3]), Tensor::ones([2, 1, 2, 2, 2]));
/// let options = ConvTransposeOptions::new().stride(2);
/// assert_eq!(functional::conv_transpose3d(&x, &w, None, options).shape(), [1, 1, 6, 6, 6]);
/// ```
///
/// # Panics
/// Where channels, groups or sizes do not go together.
#[track_caller]
pub fn conv_transpose3d(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    options: ConvTransposeOptions<3>,
) -> Tensor {
    transposed("conv_transpose3d", x, weight, bias, options)
}

#[track_caller]
fn transposed<const N: usize>(
    op: &'static str,
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    o: ConvTransposeOptions<N>,
) -> Tensor {
    if x.ndim() == N + 1 && weight.ndim() == N + 2 {
        return transposed(op, &x.unsqueeze(0), weight, bias, o).squeeze_dim(0);
    }
    let out = check(op, x, weight, bias, &o);
    let (x, weight) = (&lower(x), &lower(weight));
    let flat = ConvTransposeOptions {
        stride: plane(o.stride, 1),
        padding: plane(o.padding, 0),
        output_padding: plane(o.output_padding, 0),
        dilation: plane(o.dilation, 1),
        groups: o.groups,
    };
    let size = plane(out, 1);
    let y = match N {
        1 => planes(&x.unsqueeze(2), &weight.unsqueeze(2), flat, size).squeeze_dim(2),
        2 => planes(x, weight, flat, size),
        _ => {
            // [N, I, D, H, W] → [N·D, O·KD, OH, OW] → [N, O, D, OH, OW, KD], laid over each other.
            let (xs, ws) = (x.shape(), weight.shape());
            let (channels, taps) = (ws[1] * o.groups, ws[2]);
            let slices = x
                .permute([0, 2, 1, 3, 4])
                .reshape(&[xs[0] * xs[2], xs[1], xs[3], xs[4]][..]);
            let kernels = weight.reshape(&[ws[0], ws[1] * taps, ws[3], ws[4]][..]);
            let windows = planes(&slices, &kernels, flat, size)
                .reshape(&[xs[0], xs[2], channels, taps, size[0], size[1]][..])
                .permute([0, 2, 1, 4, 5, 3]);
            let whole = (xs[2] - 1) * o.stride[0] + o.dilation[0] * (taps - 1) + 1;
            let shape = Shape::new(&[xs[0], channels, whole, size[0], size[1]]);
            let y = windows.fold(&shape, 2, taps, o.stride[0], o.dilation[0]);
            trimmed(y, 2, whole, o.padding[0], out[0])
        }
    };
    with_bias(y, bias)
}

/// Over height and width, without a bias, to a result of that size.
#[track_caller]
fn planes(x: &Tensor, weight: &Tensor, o: ConvTransposeOptions<2>, size: [usize; 2]) -> Tensor {
    let (xs, ws) = (x.shape(), weight.shape());
    let mut options = Conv2dOptions {
        stride: o.stride,
        padding: o.padding,
        dilation: o.dilation,
        groups: o.groups,
    };
    let count =
        |d: usize| window_count(size[d], ws[2 + d], o.stride[d], o.padding[d], o.dilation[d]);
    if (0..2).all(|d| count(d) == Some(xs[2 + d])) {
        return two::input_grad(x, weight, options, size);
    }
    // More is added at the end than a convolution would have left over, or more is cut than there is.
    options.padding = [0; 2];
    let whole = [0, 1].map(|d| (xs[2 + d] - 1) * o.stride[d] + o.dilation[d] * (ws[2 + d] - 1) + 1);
    let y = two::input_grad(x, weight, options, whole);
    let y = trimmed(y, 2, whole[0], o.padding[0], size[0]);
    trimmed(y, 3, whole[1], o.padding[1], size[1])
}

/// `size` elements of a dimension from `start` on, with zeros after its `whole` ones.
#[track_caller]
fn trimmed(y: Tensor, dim: isize, whole: usize, start: usize, size: usize) -> Tensor {
    let missing = (start + size).saturating_sub(whole);
    let y = if missing > 0 {
        let mut amounts = vec![(0, 0); y.ndim() - dim as usize];
        if let Some(amount) = amounts.last_mut() {
            *amount = (0, missing);
        }
        y.pad(&amounts, 0.0)
    } else {
        y
    };
    if start == 0 && size == whole + missing {
        y
    } else {
        y.narrow(dim, start, size)
    }
}

#[track_caller]
fn check<const N: usize>(
    op: &'static str,
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    o: &ConvTransposeOptions<N>,
) -> [usize; N] {
    let (xs, ws) = (x.shape(), weight.shape());
    let error = |rule: String| Error::Shape {
        op,
        lhs: xs.to_vec(),
        rhs: ws.to_vec(),
        rule,
    };
    if xs.ndim() != N + 2 || ws.ndim() != N + 2 {
        let (space, kernel) = (names::<N>(""), names::<N>("K"));
        raise(error(format!(
            "expected an input [N, C, {space}] or [C, {space}] and a weight [C, O/groups, {kernel}]"
        )));
    }
    if o.groups == 0 || ws[0] % o.groups != 0 || xs[1] != ws[0] {
        raise(error(format!(
            "given transposed=True and groups={}, this weight expects an input of {} channels, which must divide into the groups, but got {} channels instead",
            o.groups, ws[0], xs[1]
        )));
    }
    let mut out = [0; N];
    for d in 0..N {
        match o.output(d, xs[2 + d], ws[2 + d]) {
            Ok(size) => out[d] = size,
            Err(rule) => raise(error(rule)),
        }
    }
    check_bias(op, &ws, ws[1] * o.groups, bias);
    out
}
