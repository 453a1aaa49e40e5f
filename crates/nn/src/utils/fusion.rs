//! A normalisation taken into the layer before it.

use ondol_autograd::{Error, Tensor, no_grad_guard, raise};

use crate::{BatchNorm2d, Conv2d, Parameter};

/// The convolution that does what `conv` and then `norm` do in evaluation,
/// `torch.nn.utils.fuse_conv_bn_eval`: `w·γ/√(var + eps)` and `(b − mean)·γ/√(var + eps) + β`.
///
/// ```
/// use ondol_nn::{BatchNorm2d, Conv2d, Forward, Module, Tensor, utils};
/// let (conv, norm) = (Conv2d::new(3, 4, 3), BatchNorm2d::new(4));
/// norm.eval();
/// let x = Tensor::randn([1, 3, 8, 8]);
/// let before = norm.forward(&conv.forward(&x));
/// let after = utils::fuse_conv_bn_eval(conv, &norm).forward(&x);
/// assert!(after.sub(before).abs().max().item() < 1e-5);
/// ```
///
/// # Panics
/// Where the norm is in training, has no running statistics, or has other channels.
#[track_caller]
pub fn fuse_conv_bn_eval(conv: Conv2d, norm: &BatchNorm2d) -> Conv2d {
    const OP: &str = "fuse_conv_bn_eval";
    let _guard = no_grad_guard();
    if crate::Module::is_training(norm) {
        raise(Error::value(OP, "Fusion only for eval!"));
    }
    let (Some(mean), Some(var)) = (&norm.running_mean, &norm.running_var) else {
        raise(Error::value(OP, "the norm keeps no running statistics"));
    };
    let channels = conv.weight.size(0);
    if mean.shape() != [channels] {
        raise(Error::Shape {
            op: OP,
            lhs: conv.weight.shape().to_vec(),
            rhs: mean.shape().to_vec(),
            rule: format!("the norm must have the convolution's {channels} channels"),
        });
    }
    let mut factor = var.add(norm.epsilon()).rsqrt();
    if let Some(weight) = &norm.weight {
        factor = factor.mul(weight);
    }
    let mut shift = match &conv.bias {
        Some(bias) => bias.sub(&**mean),
        None => mean.neg(),
    };
    shift = shift.mul(&factor);
    if let Some(bias) = &norm.bias {
        shift = shift.add(bias);
    }
    let mut per_channel = vec![1usize; conv.weight.ndim()];
    per_channel[0] = channels;
    let weight: Tensor = conv.weight.mul(factor.reshape(&per_channel[..]));
    let mut fused = conv;
    fused.weight = Parameter::new(weight);
    fused.bias = Some(Parameter::new(shift));
    fused
}
