//! Convolutions over one, two and three dimensions, and their transposes.

mod options;
mod patches;
mod transpose;
mod two;

use ondol_tensor::{Conv2dOptions, Error, window_count};

pub use self::options::{ConvOptions, ConvTransposeOptions, Padding};
pub use self::patches::{fold, unfold};
pub use self::transpose::{conv_transpose1d, conv_transpose2d, conv_transpose3d};

use crate::autocast::lower;
use crate::{Tensor, raise};

/// Cross-correlation of `x [N, C, L]` (or `[C, L]`) with `weight [O, C/groups, K]`, plus `bias [O]`;
/// `torch.nn.functional.conv1d`, `torch.conv1d`.
///
/// ```
/// use ondol_autograd::{ConvOptions, functional, tensor};
/// let (x, w) = (tensor!([[1.0, 2.0, 3.0]]), tensor!([[[1.0, -1.0]]]));
/// assert_eq!(functional::conv1d(&x, &w, None, ConvOptions::new()).to_vec::<f32>(), [-1.0, -1.0]);
/// ```
///
/// # Panics
/// Where channels, groups or sizes do not go together.
#[track_caller]
pub fn conv1d(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    options: ConvOptions<1>,
) -> Tensor {
    conv("conv1d", x, weight, bias, options)
}

/// Cross-correlation of `x [N, C, H, W]` (or `[C, H, W]`) with `weight [O, C/groups, KH, KW]`, plus
/// `bias [O]`; `torch.nn.functional.conv2d`, `torch.conv2d`.
///
/// `OH = ⌊(H + 2·padding − dilation·(KH−1) − 1) / stride⌋ + 1`.
///
/// ```
/// use ondol_autograd::{Conv2dOptions, ConvOptions, Padding, Tensor, functional};
/// let x = Tensor::ones([1, 1, 4, 4]);
/// let w = Tensor::ones([2, 1, 3, 3]);
/// let y = functional::conv2d(&x, &w, None, Conv2dOptions { padding: [1, 1], ..Default::default() });
/// assert_eq!(y.shape(), [1, 2, 4, 4]);
/// assert_eq!(y.i((0, 0, 1, 1)).item(), 9.0);
/// let same = functional::conv2d(&x, &w, None, ConvOptions::new().padding(Padding::Same));
/// assert_eq!(same.to_vec::<f32>(), y.to_vec::<f32>());
/// ```
///
/// # Panics
/// Where channels, groups or sizes do not go together.
#[track_caller]
pub fn conv2d(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    options: impl Into<ConvOptions<2>>,
) -> Tensor {
    conv("conv2d", x, weight, bias, options.into())
}

/// Cross-correlation of `x [N, C, D, H, W]` (or `[C, D, H, W]`) with `weight [O, C/groups, KD, KH,
/// KW]`, plus `bias [O]`; `torch.nn.functional.conv3d`, `torch.conv3d`.
///
/// ```
/// use ondol_autograd::{ConvOptions, Tensor, functional};
/// let (x, w) = (Tensor::ones([1, 1, 3, 3, 3]), Tensor::ones([1, 1, 2, 2, 2]));
/// let y = functional::conv3d(&x, &w, None, ConvOptions::new().stride((1, 2, 1)));
/// assert_eq!(y.shape(), [1, 1, 2, 1, 2]);
/// ```
///
/// # Panics
/// Where channels, groups or sizes do not go together.
#[track_caller]
pub fn conv3d(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    options: ConvOptions<3>,
) -> Tensor {
    conv("conv3d", x, weight, bias, options)
}

#[track_caller]
fn conv<const N: usize>(
    op: &'static str,
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    options: ConvOptions<N>,
) -> Tensor {
    if x.ndim() == N + 1 && weight.ndim() == N + 2 {
        return conv(op, &x.unsqueeze(0), weight, bias, options).squeeze_dim(0);
    }
    check(op, x, weight, bias, &options);
    let (x, weight) = (&lower(x), &lower(weight));
    let ws = weight.shape();
    let amounts = options.amounts(std::array::from_fn(|d| ws[2 + d]));
    // The depth is padded here, and where one side gets more than the other.
    let apart = amounts.iter().any(|(before, after)| before != after);
    let (x, padding) = if apart || (N == 3 && amounts[0].0 > 0) {
        let last_first: Vec<_> = amounts.iter().rev().copied().collect();
        (x.pad(&last_first, 0.0), [0; N])
    } else {
        (x.clone(), amounts.map(|(before, _)| before))
    };
    let o = Conv2dOptions {
        stride: plane(options.stride, 1),
        padding: plane(padding, 0),
        dilation: plane(options.dilation, 1),
        groups: options.groups,
    };
    let bias = bias.map(lower);
    let bias = bias.as_ref();
    match N {
        1 => two::convolve(&x.unsqueeze(2), &weight.unsqueeze(2), bias, o).squeeze_dim(2),
        2 => two::convolve(&x, weight, bias, o),
        _ => deep(&x, weight, bias, o, options.stride[0], options.dilation[0]),
    }
}

/// The last two of `N` numbers; `other` where there is only one.
fn plane<const N: usize>(each: [usize; N], other: usize) -> [usize; 2] {
    match each[..] {
        [width] => [other, width],
        [.., height, width] => [height, width],
        [] => [other; 2],
    }
}

/// A convolution over depth too: the taps in depth become channels of planes.
#[track_caller]
fn deep(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    o: Conv2dOptions,
    stride: usize,
    dilation: usize,
) -> Tensor {
    let (xs, ws) = (x.shape(), weight.shape());
    // [N, C, OD, H, W, KD] → [N·OD, C·KD, H, W]
    let windows = x.windows(2, ws[2], stride, dilation);
    let depth = windows.size(2);
    let planes = windows
        .permute([0, 2, 1, 5, 3, 4])
        .reshape(&[xs[0] * depth, xs[1] * ws[2], xs[3], xs[4]][..]);
    let kernels = weight.reshape(&[ws[0], ws[1] * ws[2], ws[3], ws[4]][..]);
    let y = two::convolve(&planes, &kernels, bias, o);
    y.reshape(&[xs[0], depth, ws[0], y.size(2), y.size(3)][..])
        .permute([0, 2, 1, 3, 4])
}

#[track_caller]
fn with_bias(y: Tensor, bias: Option<&Tensor>) -> Tensor {
    match bias {
        Some(bias) => {
            let mut beside = vec![1usize; y.ndim() - 1];
            beside[0] = bias.numel();
            y.add(lower(bias).reshape(&beside[..]))
        }
        None => y,
    }
}

/// The names of the dimensions of space, as errors write them.
fn names<const N: usize>(prefix: &str) -> String {
    let all = if N == 1 {
        &["L"][..]
    } else {
        &["D", "H", "W"][3 - N..]
    };
    let named = all.iter().map(|name| match (N, prefix) {
        (1, "K") => "K".to_owned(),
        _ => format!("{prefix}{name}"),
    });
    named.collect::<Vec<_>>().join(", ")
}

#[track_caller]
fn check<const N: usize>(
    op: &'static str,
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    o: &ConvOptions<N>,
) {
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
            "expected an input [N, C, {space}] or [C, {space}] and a weight [O, C/groups, {kernel}]"
        )));
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
    let amounts = o.amounts(std::array::from_fn(|d| ws[2 + d]));
    let fits = (0..N).all(|d| {
        let padded = xs[2 + d] + amounts[d].0 + amounts[d].1;
        window_count(padded, ws[2 + d], o.stride[d], 0, o.dilation[d]).is_some()
    });
    if o.dilation.contains(&0) || !fits {
        raise(error("the kernel (with its dilation) cannot be larger than the padded input, nor stride or dilation 0".into()));
    }
    check_bias(op, &ws, ws[0], bias);
}

#[track_caller]
fn check_bias(op: &'static str, weight: &[usize], channels: usize, bias: Option<&Tensor>) {
    if let Some(b) = bias
        && b.shape() != [channels]
    {
        raise(Error::Shape {
            op,
            lhs: weight.to_vec(),
            rhs: b.shape().to_vec(),
            rule: format!("expected a bias of {channels} elements, one for each output channel"),
        });
    }
}
