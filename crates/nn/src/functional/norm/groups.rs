//! Normalisation of each sample by itself, over groups of channels or single ones.

use ondol_autograd::{Error, Shape, Tensor, no_grad, raise};

use super::{RunningStats, batch_norm, scaled, standardized, wide};

/// `(x − mean) / √(var + eps) · weight + bias` for each sample of `x [N, C, ..]` over each of
/// `num_groups` groups of its channels; `weight` and `bias` are `[C]` (PyTorch's `eps`: 1e-5).
/// `torch.nn.functional.group_norm`, `torch.group_norm`.
///
/// ```
/// use ondol_nn::{Tensor, functional};
/// let y = functional::group_norm(&Tensor::randn([2, 6, 5]), 3, None, None, 1e-5);
/// assert!(y.i((0, 2..4)).mean().item().abs() < 1e-5);
/// ```
///
/// # Panics
/// Where the groups do not divide the channels.
#[track_caller]
pub fn group_norm(
    x: &Tensor,
    num_groups: usize,
    weight: Option<&Tensor>,
    bias: Option<&Tensor>,
    eps: f64,
) -> Tensor {
    let shape = channels("group_norm", x, [weight, bias]);
    if num_groups == 0 || !shape[1].is_multiple_of(num_groups) {
        raise(Error::Input {
            op: "group_norm",
            shape: shape.to_vec(),
            rule: format!(
                "Expected number of channels in input to be divisible by num_groups, but got num_groups={num_groups}"
            ),
        });
    }
    let inner = shape[1..].iter().product::<usize>() / num_groups;
    let groups = wide(x).reshape(&[shape[0], num_groups, inner][..]);
    let y = standardized(&groups, &[-1], eps).reshape(&shape);
    scaled(
        y,
        beside(weight, &shape).as_ref(),
        beside(bias, &shape).as_ref(),
    )
    .to_dtype(x.dtype())
}

/// `(x − mean) / √(var + eps) · weight + bias` for each channel of each sample of `x [N, C, ..]`,
/// `torch.nn.functional.instance_norm`, `torch.instance_norm`.
///
/// With `use_input_stats` mean and variance are each channel's own, and the running statistics move
/// towards their mean over the batch; else the running ones are used.
///
/// ```
/// use ondol_nn::{functional, tensor};
/// let y = functional::instance_norm(&tensor!([[[1.0, 3.0]]]), None, None, None, true, 0.0);
/// assert_eq!(y.to_vec::<f32>(), [-1.0, 1.0]);
/// ```
///
/// # Panics
/// Where a channel has a single value; without input statistics and running ones.
#[track_caller]
pub fn instance_norm(
    x: &Tensor,
    running: Option<RunningStats<'_>>,
    weight: Option<&Tensor>,
    bias: Option<&Tensor>,
    use_input_stats: bool,
    eps: f64,
) -> Tensor {
    let shape = channels("instance_norm", x, [weight, bias]);
    if !use_input_stats {
        return batch_norm(x, running, weight, bias, false, eps);
    }
    let space: usize = shape[2..].iter().product();
    if space == 1 {
        raise(Error::Input {
            op: "instance_norm",
            shape: shape.to_vec(),
            rule: "Expected more than 1 spatial element when training".into(),
        });
    }
    let wide = wide(x);
    let dims: Vec<isize> = (2..shape.ndim() as isize).collect();
    if let Some(running) = running {
        no_grad(|| {
            let x = wide.detach();
            let mean = x.mean_dim(&dims[..], false).mean_dim(0, false);
            let var = x.var(&dims[..], 1.0, false).mean_dim(0, false);
            for (kept, batch) in [(running.mean, mean), (running.var, var)] {
                let moved = kept
                    .mul(1.0 - running.momentum)
                    .add(batch.mul(running.momentum));
                kept.set_data(moved.to_dtype(kept.dtype()).value());
            }
        });
    }
    let y = standardized(&wide, &dims, eps);
    scaled(
        y,
        beside(weight, &shape).as_ref(),
        beside(bias, &shape).as_ref(),
    )
    .to_dtype(x.dtype())
}

/// The shape `[N, C, ..]`, with parameters `[C]`.
#[track_caller]
fn channels(op: &'static str, x: &Tensor, parameters: [Option<&Tensor>; 2]) -> Shape {
    let shape = x.shape();
    if shape.ndim() < 2 {
        raise(Error::Input {
            op,
            shape: shape.to_vec(),
            rule: format!(
                "Expected at least 2 dimensions for input tensor but received {}",
                shape.ndim()
            ),
        });
    }
    for parameter in parameters.into_iter().flatten() {
        if parameter.shape() != [shape[1]] {
            raise(Error::Shape {
                op,
                lhs: shape.to_vec(),
                rhs: parameter.shape().to_vec(),
                rule: format!(
                    "Expected weight and bias to be vectors of size equal to the {} channels",
                    shape[1]
                ),
            });
        }
    }
    shape
}

/// `[C]` beside `[N, C, ..]`.
#[track_caller]
fn beside(parameter: Option<&Tensor>, shape: &Shape) -> Option<Tensor> {
    let mut sizes = vec![1usize; shape.ndim() - 1];
    sizes[0] = shape[1];
    parameter.map(|parameter| parameter.reshape(&sizes[..]))
}
