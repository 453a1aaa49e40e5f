//! Losses of distributions.

use ondol_autograd::{Error, Tensor, autocast_to_single, no_grad, raise};

use super::Reduction;

const TWO_PI: f64 = 2.0 * std::f64::consts::PI;

/// `y·(ln y − x)` for log-probabilities `x` and probabilities `y`, `torch.nn.functional.kl_div`,
/// `torch.kl_div`. With `log_target` the target holds logarithms too. It is
/// [`Reduction::BatchMean`] that gives the divergence.
///
/// ```
/// use ondol_nn::{functional::{Reduction, kl_div}, tensor};
/// let (x, y) = (tensor!([[0.5, 0.5]]).log(), tensor!([[1.0, 0.0]]));
/// assert!((kl_div(&x, &y, false, Reduction::BatchMean).item() - 2f64.ln()).abs() < 1e-6);
/// ```
#[track_caller]
pub fn kl_div(input: &Tensor, target: &Tensor, log_target: bool, reduction: Reduction) -> Tensor {
    let (input, target) = (&autocast_to_single(input), &autocast_to_single(target));
    let loss = if log_target {
        target.exp().mul(target.sub(input))
    } else {
        // 0·ln 0 is 0.
        let log = target.masked_fill(&target.eq(0.0), 1.0).log();
        target.mul(log.sub(input))
    };
    match reduction {
        Reduction::BatchMean => {
            let batch = if input.ndim() == 0 { 1 } else { input.size(0) };
            loss.sum().div(batch)
        }
        other => other.of(&loss),
    }
}

/// What [`poisson_nll_loss`] can be told.
#[derive(Clone, Copy, Debug)]
pub struct PoissonNllOptions {
    /// Whether the input holds logarithms of rates. Default: yes.
    pub log_input: bool,
    /// Whether Stirling's approximation of `ln y!` is added. Default: no.
    pub full: bool,
    /// What is added to a rate before its logarithm. Default: 1e-8.
    pub eps: f64,
    /// How the losses become one number. Default: their mean.
    pub reduction: Reduction,
}

impl Default for PoissonNllOptions {
    fn default() -> Self {
        PoissonNllOptions {
            log_input: true,
            full: false,
            eps: 1e-8,
            reduction: Reduction::Mean,
        }
    }
}

/// `eˣ − y·x` for counts `y` and logarithms `x` of their rates,
/// `torch.nn.functional.poisson_nll_loss`, `torch.poisson_nll_loss`; `x − y·ln(x + eps)` for rates.
///
/// ```
/// use ondol_nn::{functional::{PoissonNllOptions, poisson_nll_loss}, tensor};
/// let loss = poisson_nll_loss(&tensor!([0.0]), &tensor!([3.0]), PoissonNllOptions::default());
/// assert_eq!(loss.item(), 1.0);
/// ```
#[track_caller]
pub fn poisson_nll_loss(input: &Tensor, target: &Tensor, o: PoissonNllOptions) -> Tensor {
    let (input, target) = (&autocast_to_single(input), &autocast_to_single(target));
    let mut loss = if o.log_input {
        input.exp().sub(target.mul(input))
    } else {
        input.sub(target.mul(input.add(o.eps).log()))
    };
    if o.full {
        let few = target.le(1.0);
        let many = target.masked_fill(&few, 2.0);
        let stirling = many
            .mul(many.log())
            .sub(&many)
            .add(many.mul(TWO_PI).log().mul(0.5));
        loss = loss.add(stirling.masked_fill(&few, 0.0));
    }
    o.reduction.of(&loss)
}

/// What [`gaussian_nll_loss`] can be told.
#[derive(Clone, Copy, Debug)]
pub struct GaussianNllOptions {
    /// Whether the constant `ln(2π)/2` is added. Default: no.
    pub full: bool,
    /// The least variance. Default: 1e-6.
    pub eps: f64,
    /// How the losses become one number. Default: their mean.
    pub reduction: Reduction,
}

impl Default for GaussianNllOptions {
    fn default() -> Self {
        GaussianNllOptions {
            full: false,
            eps: 1e-6,
            reduction: Reduction::Mean,
        }
    }
}

/// `(ln var + (x − y)²/var) / 2`, `torch.nn.functional.gaussian_nll_loss`. The variances have the
/// input's size, or that without its last dimension, or 1 in it.
///
/// The bound on the variance does not stop its gradient.
///
/// ```
/// use ondol_nn::{functional::{GaussianNllOptions, gaussian_nll_loss}, tensor};
/// let (x, y, var) = (tensor!([1.0]), tensor!([3.0]), tensor!([1.0]));
/// assert_eq!(gaussian_nll_loss(&x, &y, &var, GaussianNllOptions::default()).item(), 2.0);
/// ```
///
/// # Panics
/// On a variance below 0, or of another size.
#[track_caller]
pub fn gaussian_nll_loss(
    input: &Tensor,
    target: &Tensor,
    var: &Tensor,
    o: GaussianNllOptions,
) -> Tensor {
    let (input, target, var) = (
        &autocast_to_single(input),
        &autocast_to_single(target),
        &autocast_to_single(var),
    );
    let (xs, vs) = (input.shape(), var.shape());
    let var = if vs == xs {
        var.clone()
    } else if xs.ndim() > 0 && vs[..] == xs[..xs.ndim() - 1] {
        var.unsqueeze(-1)
    } else if vs.ndim() == xs.ndim()
        && vs.last() == Some(&1)
        && vs[..vs.ndim() - 1] == xs[..xs.ndim() - 1]
    {
        var.clone()
    } else {
        raise(Error::Shape {
            op: "gaussian_nll_loss",
            lhs: xs.to_vec(),
            rhs: vs.to_vec(),
            rule:
                "var is of incorrect size: the input's, or that with a last size of 1 or without it"
                    .into(),
        });
    };
    if var.detach().lt(0.0).any().item_as::<bool>() {
        raise(Error::value(
            "gaussian_nll_loss",
            "var has negative entry/entries",
        ));
    }
    let raised = no_grad(|| var.detach().clamp_min(o.eps).sub(var.detach()));
    let var = var.add(raised);
    let mut loss = var.log().add(input.sub(target).square().div(&var)).mul(0.5);
    if o.full {
        loss = loss.add(0.5 * TWO_PI.ln());
    }
    o.reduction.of(&loss)
}
