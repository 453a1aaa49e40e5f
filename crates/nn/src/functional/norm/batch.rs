//! Batch normalisation.

use ondol_autograd::{Axes, Error, Shape, Tensor, fused, no_grad, raise};

use super::in_order;

/// Statistics that training batches move and evaluation uses.
#[derive(Clone, Copy, Debug)]
pub struct RunningStats<'a> {
    /// `[C]`.
    pub mean: &'a Tensor,
    /// `[C]`, unbiased.
    pub var: &'a Tensor,
    /// The share a batch gets: `(1 − momentum)·running + momentum·batch`.
    pub momentum: f64,
}

/// `(x − mean) / √(var + eps) · weight + bias` for each channel of `x [N, C, ..]`,
/// `torch.nn.functional.batch_norm`, `torch.batch_norm`.
///
/// In training, mean and biased variance are the batch's, and the running statistics are moved
/// towards the mean and the unbiased variance; else the running ones are used.
///
/// ```
/// use ondol_nn::{functional, tensor};
/// let x = tensor!([[1.0], [3.0]]);
/// let y = functional::batch_norm(&x, None, None, None, true, 0.0);
/// assert_eq!(y.to_vec::<f32>(), [-1.0, 1.0]);
/// ```
///
/// # Panics
/// In training, where a channel has a single value; in evaluation without running statistics;
/// where a size is not that of the channels.
#[track_caller]
pub fn batch_norm(
    x: &Tensor,
    running: Option<RunningStats<'_>>,
    weight: Option<&Tensor>,
    bias: Option<&Tensor>,
    training: bool,
    eps: f64,
) -> Tensor {
    let shape = x.shape();
    if shape.ndim() < 2 {
        raise(Error::Input {
            op: "batch_norm",
            shape: shape.to_vec(),
            rule: "expected at least [N, C]".into(),
        });
    }
    for part in [
        running.map(|r| r.mean),
        running.map(|r| r.var),
        weight,
        bias,
    ]
    .into_iter()
    .flatten()
    {
        if part.shape() != [shape[1]] {
            raise(Error::Shape {
                op: "batch_norm",
                lhs: shape.to_vec(),
                rhs: part.shape().to_vec(),
                rule: format!(
                    "statistics, weight and bias must hold one number for each of the {} channels",
                    shape[1]
                ),
            });
        }
    }
    let (mean, var) = match (training, running) {
        (true, _) => {
            check_batch(&shape);
            let count = (shape.numel() / shape[1].max(1)) as f64;
            if let Some(made) = at_once(x, weight, bias, eps) {
                if let Some(running) = running {
                    running.update(&Tensor::from(made.mean), &Tensor::from(made.var), count);
                }
                return made.output;
            }
            let (mean, var) = batch_statistics(x);
            if let Some(running) = running {
                running.update(&mean, &var, count);
            }
            (mean, var)
        }
        (false, Some(running)) => (running.mean.clone(), running.var.clone()),
        (false, None) => raise(Error::value(
            "batch_norm",
            "expected running statistics in evaluation mode",
        )),
    };
    standardized(x, &mean, &var, weight, bias, eps)
}

/// A training batch in one operation, where the backend has it.
#[track_caller]
fn at_once(
    x: &Tensor,
    weight: Option<&Tensor>,
    bias: Option<&Tensor>,
    eps: f64,
) -> Option<fused::Normalized> {
    let inputs = in_order(x, weight, bias)?;
    fused::batch_norm(&inputs, eps, move |inputs| {
        let (mean, var) = batch_statistics(&inputs[0]);
        standardized(&inputs[0], &mean, &var, inputs.get(1), inputs.get(2), eps)
    })
}

/// `(x − mean) / √(var + eps) · weight + bias`.
#[track_caller]
fn standardized(
    x: &Tensor,
    mean: &Tensor,
    var: &Tensor,
    weight: Option<&Tensor>,
    bias: Option<&Tensor>,
    eps: f64,
) -> Tensor {
    // `[C]` beside `[N, C, ..]`.
    let shape = x.shape();
    let mut per_channel = vec![1usize; shape.ndim() - 1];
    per_channel[0] = shape[1];
    let wide = |t: &Tensor| t.reshape(&per_channel[..]);
    // One factor and one shift for each channel: x is gone over once.
    let inverse = var.add(eps).rsqrt();
    let factor = match weight {
        Some(weight) => inverse.mul(weight),
        None => inverse,
    };
    let shift = match bias {
        Some(bias) => bias.sub(mean.mul(&factor)),
        None => mean.mul(&factor).neg(),
    };
    x.mul(wide(&factor)).add(wide(&shift))
}

/// Mean and biased variance of each channel.
#[track_caller]
fn batch_statistics(x: &Tensor) -> (Tensor, Tensor) {
    let others: Vec<isize> = (0..x.ndim() as isize).filter(|&d| d != 1).collect();
    let others = Axes::from(&others[..]);
    (x.mean_dim(others.clone(), false), x.var(others, 0.0, false))
}

impl RunningStats<'_> {
    /// A step towards a batch of `count` values for each channel.
    #[track_caller]
    fn update(&self, mean: &Tensor, var: &Tensor, count: f64) {
        no_grad(|| {
            let unbiased = var.detach().mul(count / (count - 1.0));
            for (running, batch) in [(self.mean, mean.detach()), (self.var, unbiased)] {
                let moved = running
                    .mul(1.0 - self.momentum)
                    .add(batch.mul(self.momentum));
                running.set_data(moved.to_dtype(running.dtype()).value());
            }
        });
    }
}

/// Refuses a training batch with one value for each channel: its variance is nothing.
#[track_caller]
pub(crate) fn check_batch(shape: &Shape) {
    if shape.ndim() > 1 && shape[0] * shape[2..].iter().product::<usize>() == 1 {
        raise(Error::Input {
            op: "batch_norm",
            shape: shape.to_vec(),
            rule: format!(
                "Expected more than 1 value per channel when training, got input size torch.Size({:?})",
                &shape[..]
            ),
        });
    }
}
