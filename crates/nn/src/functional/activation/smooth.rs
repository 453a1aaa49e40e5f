//! Activations without corners, and the exponential ones, which have one at 0.

use ondol_autograd::{Op, Tensor, no_grad_guard};

/// `1 / (1 + e⁻ˣ)`, `torch.nn.functional.sigmoid`.
#[track_caller]
pub fn sigmoid(x: &Tensor) -> Tensor {
    x.sigmoid()
}

/// `tanh x`, `torch.nn.functional.tanh`.
#[track_caller]
pub fn tanh(x: &Tensor) -> Tensor {
    x.tanh()
}

/// `x` above 0 and `alpha·(eˣ − 1)` below, `torch.nn.functional.elu`.
///
/// ```
/// use ondol_nn::{functional, tensor};
/// let y = functional::elu(&tensor!([-1.0, 2.0]), 1.0);
/// assert_eq!(y.to_vec::<f32>(), [(-1f32).exp_m1(), 2.0]);
/// ```
#[track_caller]
pub fn elu(x: &Tensor, alpha: f64) -> Tensor {
    // Bounded, as an infinite exponential beside a gradient of 0 would be NaN.
    let below = x.clamp_max(0.0).expm1().mul(alpha);
    Tensor::where_(&x.gt(0.0), x, &below)
}

/// `1.0507·elu(x, 1.6733)`, the self-normalising unit, `torch.nn.functional.selu`, `torch.selu`.
#[track_caller]
pub fn selu(x: &Tensor) -> Tensor {
    elu(x, 1.673_263_242_354_377_2).mul(1.050_700_987_355_480_5)
}

/// `x` above 0 and `alpha·(e^(x/alpha) − 1)` below, `torch.nn.functional.celu`, `torch.celu`.
#[track_caller]
pub fn celu(x: &Tensor, alpha: f64) -> Tensor {
    let below = x.clamp_max(0.0).div(alpha).expm1().mul(alpha);
    Tensor::where_(&x.gt(0.0), x, &below)
}

/// How [`gelu`] is computed, PyTorch's `approximate`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gelu {
    /// By the error function, PyTorch's `'none'`.
    #[default]
    Exact,
    /// By a hyperbolic tangent that is close to it, PyTorch's `'tanh'`.
    Tanh,
}

/// `x·Φ(x)` with the normal distribution's `Φ`, `torch.nn.functional.gelu`.
///
/// ```
/// use ondol_nn::{functional::{Gelu, gelu}, tensor};
/// assert!((gelu(&tensor!(1.0), Gelu::Exact).item() - 0.8413447).abs() < 1e-6);
/// assert!((gelu(&tensor!(1.0), Gelu::Tanh).item() - 0.8411920).abs() < 1e-6);
/// ```
#[track_caller]
pub fn gelu(x: &Tensor, approximate: Gelu) -> Tensor {
    let phi = match approximate {
        Gelu::Exact => x.mul(std::f64::consts::FRAC_1_SQRT_2).erf(),
        Gelu::Tanh => {
            let scale = (2.0 / std::f64::consts::PI).sqrt();
            let cube = x.square().mul(x).mul(0.044_715);
            x.add(cube).mul(scale).tanh()
        }
    };
    x.mul(0.5).mul(phi.add(1.0))
}

/// `x·σ(x)`, also called swish, `torch.nn.functional.silu`.
///
/// ```
/// use ondol_nn::{functional, tensor};
/// assert!((functional::silu(&tensor!(1.0)).item() - 0.7310586).abs() < 1e-6);
/// ```
#[track_caller]
pub fn silu(x: &Tensor) -> Tensor {
    x.mul(x.sigmoid())
}

/// `x·tanh(softplus(x))`, `torch.nn.functional.mish`.
#[track_caller]
pub fn mish(x: &Tensor) -> Tensor {
    x.mul(softplus(x, 1.0, 20.0).tanh())
}

/// `ln(1 + e^(beta·x)) / beta`, and `x` itself where `beta·x` is above `threshold` (PyTorch: 1 and
/// 20), `torch.nn.functional.softplus`.
///
/// ```
/// use ondol_nn::{functional, tensor};
/// let y = functional::softplus(&tensor!([0.0, 1000.0]), 1.0, 20.0);
/// assert_eq!(y.to_vec::<f32>(), [2f32.ln(), 1000.0]);
/// ```
#[track_caller]
pub fn softplus(x: &Tensor, beta: f64, threshold: f64) -> Tensor {
    let scaled = x.mul(beta);
    let linear = scaled.gt(threshold);
    let soft = scaled.clamp_max(threshold).exp().log1p().div(beta);
    Tensor::where_(&linear, x, &soft)
}

/// `x / (1 + |x|)`, `torch.nn.functional.softsign`.
#[track_caller]
pub fn softsign(x: &Tensor) -> Tensor {
    x.div(x.abs().add(1.0))
}

/// `x − tanh x`, `torch.nn.functional.tanhshrink`.
#[track_caller]
pub fn tanhshrink(x: &Tensor) -> Tensor {
    x.sub(x.tanh())
}

/// `ln σ(x) = min(x, 0) − ln(1 + e^{−|x|})`, exact for any `x`, `torch.nn.functional.logsigmoid`.
#[track_caller]
pub fn logsigmoid(x: &Tensor) -> Tensor {
    let value = {
        let _guard = no_grad_guard();
        x.clamp_max(0.0).sub(x.abs().neg().exp().log1p())
    };
    let at = x.snapshot();
    Op::new("logsigmoid", [x])
        .rule(0, move |g| g.mul(at.neg().sigmoid()))
        .output(value.value())
}
