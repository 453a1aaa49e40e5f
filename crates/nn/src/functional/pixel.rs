//! Channels and places exchanged.

use ondol_autograd::{Error, Tensor, raise};

/// `[.., C·r², H, W]` → `[.., C, H·r, W·r]`, `torch.nn.functional.pixel_shuffle`,
/// `torch.pixel_shuffle`.
///
/// ```
/// use ondol_nn::{Tensor, functional};
/// let x = Tensor::arange(0.0, 4.0, 1.0).view((4, 1, 1));
/// let y = functional::pixel_shuffle(&x, 2);
/// assert_eq!((y.shape(), y.to_vec::<f32>()), ([1, 2, 2].into(), vec![0.0, 1.0, 2.0, 3.0]));
/// ```
///
/// # Panics
/// Where the channels do not divide by `r²`.
#[track_caller]
pub fn pixel_shuffle(x: &Tensor, upscale_factor: usize) -> Tensor {
    let (r, shape) = (upscale_factor, x.shape());
    let rule = match shape.ndim() {
        0..3 => Some("expects input to have at least 3 dimensions".to_owned()),
        n if r == 0 || shape[n - 3] % (r * r) != 0 => Some(format!(
            "expects its input's 'channel' dimension to be divisible by the square of upscale_factor {r}"
        )),
        _ => None,
    };
    if let Some(rule) = rule {
        raise(Error::Input {
            op: "pixel_shuffle",
            shape: shape.to_vec(),
            rule,
        });
    }
    let n = shape.ndim() - 3;
    let (c, h, w) = (shape[n] / (r * r), shape[n + 1], shape[n + 2]);
    let sizes = |tail: &[usize]| [&shape[..n], tail].concat();
    let order: Vec<isize> = (0..n)
        .chain([n, n + 3, n + 1, n + 4, n + 2])
        .map(|d| d as isize)
        .collect();
    x.reshape(&sizes(&[c, r, r, h, w])[..])
        .permute(&order[..])
        .reshape(&sizes(&[c, h * r, w * r])[..])
}

/// `[.., C, H·r, W·r]` → `[.., C·r², H, W]`, `torch.nn.functional.pixel_unshuffle`,
/// `torch.pixel_unshuffle`.
///
/// # Panics
/// Where height and width do not divide by `r`.
#[track_caller]
pub fn pixel_unshuffle(x: &Tensor, downscale_factor: usize) -> Tensor {
    let (r, shape) = (downscale_factor, x.shape());
    let rule = match shape.ndim() {
        0..3 => Some("expects input to have at least 3 dimensions".to_owned()),
        n if r == 0 || shape[n - 2] % r != 0 || shape[n - 1] % r != 0 => Some(format!(
            "expects height and width to be divisible by downscale_factor {r}"
        )),
        _ => None,
    };
    if let Some(rule) = rule {
        raise(Error::Input {
            op: "pixel_unshuffle",
            shape: shape.to_vec(),
            rule,
        });
    }
    let n = shape.ndim() - 3;
    let (c, h, w) = (shape[n], shape[n + 1] / r, shape[n + 2] / r);
    let sizes = |tail: &[usize]| [&shape[..n], tail].concat();
    let order: Vec<isize> = (0..n)
        .chain([n, n + 2, n + 4, n + 1, n + 3])
        .map(|d| d as isize)
        .collect();
    x.reshape(&sizes(&[c, h, r, w, r])[..])
        .permute(&order[..])
        .reshape(&sizes(&[c * r * r, h, w])[..])
}

/// The channels of `x [N, C, ..]` dealt out to the groups in turn,
/// `torch.nn.functional.channel_shuffle`, `torch.nn.functional.native_channel_shuffle`,
/// `torch.channel_shuffle`, `torch.native_channel_shuffle`.
///
/// ```
/// use ondol_nn::{Tensor, functional};
/// let x = Tensor::arange(0.0, 4.0, 1.0).view((1, 4, 1));
/// assert_eq!(functional::channel_shuffle(&x, 2).to_vec::<f32>(), [0.0, 2.0, 1.0, 3.0]);
/// ```
///
/// # Panics
/// Where the groups do not divide the channels.
#[track_caller]
pub fn channel_shuffle(x: &Tensor, groups: usize) -> Tensor {
    let shape = x.shape();
    if shape.ndim() < 3 || groups == 0 || !shape[1].is_multiple_of(groups) {
        raise(Error::Input {
            op: "channel_shuffle",
            shape: shape.to_vec(),
            rule: format!(
                "expects input with > 2 dims, and number of channels divisible by groups, {groups}"
            ),
        });
    }
    let split = [&[shape[0], groups, shape[1] / groups], &shape[2..]].concat();
    x.reshape(&split[..]).transpose(1, 2).reshape(&shape)
}
