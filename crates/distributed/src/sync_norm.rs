//! Batch normalisation over the batches of all ranks together.

use std::sync::Arc;

use ondol_autograd::{Axes, Function, FunctionContext, FunctionGrads, Tensor, no_grad, ok, raise};
use ondol_nn::functional::RunningStats;
use ondol_nn::{BatchAcross, Module, Part, Visitor};
use ondol_tensor::{DType, Error, Result};

use crate::{Communicator, ReduceOp};

/// Makes all batch normalisation within the model take the statistics of all ranks' batches together
/// while it trains, as `torch.nn.SyncBatchNorm.convert_sync_batchnorm` does; returns how many layers.
///
/// PyTorch puts other layers in their places. Here the layers stay what they are, with the same keys,
/// and are told whom to ask, so that it works on a model's struct as it stands. A layer's momentum, eps
/// and running statistics go on to count; evaluation is as before. Call it before the model is wrapped.
///
/// ```
/// use ondol_distributed::{Communicator, convert_sync_batchnorm};
/// use ondol_nn::{BatchNorm2d, Conv2d, sequential};
/// let model = sequential![Conv2d::new(1, 4, 3), BatchNorm2d::new(4)];
/// assert_eq!(convert_sync_batchnorm(&model, &Communicator::single()), 1);
/// ```
pub fn convert_sync_batchnorm<M: Module + ?Sized>(model: &M, comm: &Communicator) -> usize {
    let across: Arc<dyn BatchAcross> = Arc::new(Synced(comm.clone()));
    let mut layers = 0;
    for entry in Visitor::entries(model) {
        if let Part::Across(place) = entry.part {
            place.set(Some(across.clone()));
            layers += 1;
        }
    }
    layers
}

struct Synced(Communicator);

impl BatchAcross for Synced {
    #[track_caller]
    fn batch_norm(
        &self,
        x: &Tensor,
        running: Option<RunningStats<'_>>,
        weight: Option<&Tensor>,
        bias: Option<&Tensor>,
        eps: f64,
    ) -> Tensor {
        let Statistics { mean, var, count } = ok(self.statistics(x));
        if count < 2.0 {
            raise(Error::Input {
                op: "SyncBatchNorm",
                shape: x.shape().to_vec(),
                rule: "Expected more than 1 value per channel when training, over all ranks".into(),
            });
        }
        let like = |values: &[f64], dtype: DType| {
            Tensor::from_vec(values.to_vec(), [values.len()])
                .to_dtype(dtype)
                .to(x.device())
        };
        if let Some(RunningStats {
            mean: old_mean,
            var: old_var,
            momentum,
        }) = running
        {
            let unbiased: Vec<f64> = var.iter().map(|v| v * count / (count - 1.0)).collect();
            no_grad(|| {
                for (old, batch) in [(old_mean, &mean), (old_var, &unbiased)] {
                    let batch = like(batch, old.dtype());
                    let moved = old.mul(1.0 - momentum).add(batch.mul(momentum));
                    old.set_data(moved.to_dtype(old.dtype()).value());
                }
            });
        }
        // Half types are normalised in f32, as PyTorch's kernels do.
        let wide = match x.dtype() {
            DType::F64 => DType::F64,
            _ => DType::F32,
        };
        let inverse: Vec<f64> = var.iter().map(|v| 1.0 / (v + eps).sqrt()).collect();
        let normalise = Normalise {
            comm: self.0.clone(),
            mean: like(&mean, wide),
            inverse: like(&inverse, wide),
            count,
            wide,
            bias: bias.is_some(),
        };
        let ones = Tensor::ones([mean.len()]).to_dtype(wide).to(x.device());
        let weight = weight.unwrap_or(&ones);
        let y = match bias {
            Some(bias) => normalise.apply(&[x, weight, bias]),
            None => normalise.apply(&[x, weight]),
        };
        y.to_dtype(x.dtype())
    }
}

/// Of each channel, over all ranks.
struct Statistics {
    mean: Vec<f64>,
    /// Biased.
    var: Vec<f64>,
    /// Values of a channel.
    count: f64,
}

impl Synced {
    /// Means and variances of the ranks, put together in their order: no rank's numbers are summed as
    /// squares, which would cancel.
    fn statistics(&self, x: &Tensor) -> Result<Statistics> {
        let channels = x.shape()[1];
        let n = (x.numel() / channels.max(1)) as f64;
        let mut own = vec![0.0; 2 * channels + 1];
        own[2 * channels] = n;
        if n > 0.0 {
            let x = no_grad(|| x.detach().to_dtype(DType::F64));
            let (mean, var) = (x.mean_dim(others(&x), false), x.var(others(&x), 0.0, false));
            own[..channels].copy_from_slice(&mean.value().to_vec::<f64>()?);
            own[channels..2 * channels].copy_from_slice(&var.value().to_vec::<f64>()?);
        }
        let all = self.0.gathered(own, "batch statistics")?;
        let count: f64 = all.iter().map(|rank| rank[2 * channels]).sum();
        let (mut mean, mut var) = (vec![0.0; channels], vec![0.0; channels]);
        for c in 0..channels {
            for rank in &all {
                mean[c] += rank[c] * (rank[2 * channels] / count);
            }
            for rank in &all {
                let away = rank[c] - mean[c];
                var[c] += (rank[channels + c] + away * away) * (rank[2 * channels] / count);
            }
        }
        Ok(Statistics { mean, var, count })
    }
}

/// All dimensions but the channels'.
fn others(x: &Tensor) -> Axes {
    let dims: Vec<isize> = (0..x.ndim() as isize).filter(|&d| d != 1).collect();
    Axes::from(&dims[..])
}

/// `(x − mean) · inverse · weight + bias`, whose statistics depend on the `x` of all ranks.
struct Normalise {
    comm: Communicator,
    mean: Tensor,
    inverse: Tensor,
    count: f64,
    wide: DType,
    bias: bool,
}

impl Normalise {
    /// `[C]` beside `[N, C, ..]`.
    fn per_channel(&self, t: &Tensor, x: &Tensor) -> Tensor {
        let mut shape = vec![1usize; x.ndim() - 1];
        shape[0] = t.numel();
        t.to_dtype(self.wide).reshape(&shape[..])
    }

    fn normal(&self, x: &Tensor) -> Tensor {
        let away = x.to_dtype(self.wide).sub(self.per_channel(&self.mean, x));
        away.mul(self.per_channel(&self.inverse, x))
    }

    /// Sums over all ranks of `∂y` and of `∂y · x̂`, for each channel.
    fn sums(&self, own: &[&Tensor; 2]) -> Result<[Tensor; 2]> {
        let channels = self.mean.numel();
        let mut values = Vec::with_capacity(2 * channels);
        for &sum in own {
            values.extend(sum.to_dtype(DType::F64).value().to_vec::<f64>()?);
        }
        let all = self
            .comm
            .sums(values, ReduceOp::Sum, "batch statistics, backward")?;
        let tensor = |part: &[f64]| {
            Tensor::from_vec(part.to_vec(), [channels])
                .to_dtype(self.wide)
                .to(self.mean.device())
        };
        Ok([tensor(&all[..channels]), tensor(&all[channels..])])
    }
}

impl Function for Normalise {
    type Output = Tensor;

    fn forward(&self, ctx: &mut FunctionContext, inputs: &[Tensor]) -> Tensor {
        let (x, weight) = (&inputs[0], &inputs[1]);
        ctx.save_for_backward(&[x, weight]);
        let y = self.normal(x).mul(self.per_channel(weight, x));
        match inputs.get(2) {
            Some(bias) => y.add(self.per_channel(bias, x)),
            None => y,
        }
    }

    /// With `ĝ = ∂y · weight` and sums over all ranks:
    /// `∂x = inverse · (ĝ − mean(ĝ) − x̂ · mean(ĝ · x̂))`. Weight and bias get this rank's part of
    /// theirs; the averaging of gradients sees to the rest.
    fn backward(&self, ctx: &FunctionContext, grads: &FunctionGrads) -> Vec<Option<Tensor>> {
        let [x, weight] = ctx.saved_tensors() else {
            unreachable!("forward saves two");
        };
        let g = grads[0].to_dtype(self.wide);
        let normal = self.normal(x);
        let sum_g = g.sum_dim(others(x), false);
        let sum_gx = g.mul(&normal).sum_dim(others(x), false);
        let [all_g, all_gx] = ok(self.sums(&[&sum_g, &sum_gx]));
        let mean_g = self.per_channel(&all_g.div(self.count), x);
        let mean_gx = self.per_channel(&all_gx.div(self.count), x);
        let scale = self.per_channel(&self.inverse.mul(weight.to_dtype(self.wide)), x);
        let dx = g.sub(mean_g).sub(normal.mul(mean_gx)).mul(scale);
        let mut out = vec![Some(dx), Some(sum_gx)];
        if self.bias {
            out.push(Some(sum_g));
        }
        out
    }

    fn name(&self) -> &'static str {
        "sync_batch_norm"
    }

    /// The sums of its backward are not recorded.
    fn once_differentiable(&self) -> bool {
        true
    }
}
