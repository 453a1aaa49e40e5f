//! Losses of an input and a target, with plain settings.

use ondol_autograd::{Scope, Tensor};

use super::{loss, settings};
use crate::functional::{
    PoissonNllOptions, Reduction, hinge_embedding_loss, huber_loss, kl_div, l1_loss, mse_loss,
    multilabel_margin_loss, poisson_nll_loss, smooth_l1_loss, soft_margin_loss,
};
use crate::{Module, Visitor};

settings! {
    /// `(input − target)²`, `torch.nn.MSELoss`.
    ///
    /// ```
    /// use ondol_nn::{MSELoss, tensor};
    /// let loss = MSELoss::new().forward(&tensor!([1.0, 2.0]), &tensor!([1.0, 4.0]));
    /// assert_eq!(loss.item(), 2.0);
    /// ```
    MSELoss {} this, input, target => mse_loss(input, target, this.reduction);
    /// `|input − target|`, `torch.nn.L1Loss`.
    ///
    /// ```
    /// use ondol_nn::{L1Loss, tensor};
    /// let loss = L1Loss::new().forward(&tensor!([1.0, 2.0]), &tensor!([0.0, 4.0]));
    /// assert_eq!(loss.item(), 1.5);
    /// ```
    L1Loss {} this, input, target => l1_loss(input, target, this.reduction);
    /// `d² / (2·beta)` where the difference `d` is below `beta`, and `|d| − beta/2` beyond,
    /// `torch.nn.SmoothL1Loss`.
    ///
    /// ```
    /// use ondol_nn::{SmoothL1Loss, tensor};
    /// assert_eq!(SmoothL1Loss::new().forward(&tensor!([3.0]), &tensor!([0.0])).item(), 2.5);
    /// ```
    SmoothL1Loss {
        /// Where the parabola ends; 1 unless said otherwise.
        beta: f64 = 1.0
    } this, input, target => smooth_l1_loss(input, target, this.beta, this.reduction);
    /// `d²/2` where the difference `d` is at most `delta`, and `delta·(|d| − delta/2)` beyond,
    /// `torch.nn.HuberLoss`.
    ///
    /// ```
    /// use ondol_nn::{HuberLoss, tensor};
    /// assert_eq!(HuberLoss::new().delta(2.0).forward(&tensor!([3.0]), &tensor!([0.0])).item(), 4.0);
    /// ```
    HuberLoss {
        /// Where the parabola ends; 1 unless said otherwise.
        delta: f64 = 1.0
    } this, input, target => huber_loss(input, target, this.delta, this.reduction);
    /// `y·(ln y − x)` for log-probabilities `x`, `torch.nn.KLDivLoss`. It is
    /// [`Reduction::BatchMean`] that gives the divergence.
    ///
    /// ```
    /// use ondol_nn::{KLDivLoss, Reduction, tensor};
    /// let y = tensor!([[0.5, 0.5]]);
    /// let loss = KLDivLoss::new().reduction(Reduction::BatchMean).forward(&y.log(), &y);
    /// assert_eq!(loss.item(), 0.0);
    /// ```
    KLDivLoss {
        /// Whether the target holds logarithms too.
        log_target: bool = false
    } this, input, target => kl_div(input, target, this.log_target, this.reduction);
    /// `x` where the target is 1 and `max(0, margin − x)` where it is −1,
    /// `torch.nn.HingeEmbeddingLoss`.
    ///
    /// ```
    /// use ondol_nn::{HingeEmbeddingLoss, tensor};
    /// let loss = HingeEmbeddingLoss::new().forward(&tensor!([0.5, 0.25]), &tensor!([1.0, -1.0]));
    /// assert_eq!(loss.item(), 0.625);
    /// ```
    HingeEmbeddingLoss {
        /// 1 unless said otherwise.
        margin: f64 = 1.0
    } this, input, target => hinge_embedding_loss(input, target, this.margin, this.reduction);
    /// `ln(1 + e^(−y·x))` for targets of 1 or −1, `torch.nn.SoftMarginLoss`.
    ///
    /// ```
    /// use ondol_nn::{SoftMarginLoss, tensor};
    /// let loss = SoftMarginLoss::new().forward(&tensor!([0.0]), &tensor!([1.0]));
    /// assert!((loss.item() - std::f64::consts::LN_2).abs() < 1e-6);
    /// ```
    SoftMarginLoss {} this, input, target => soft_margin_loss(input, target, this.reduction);
    /// How far classes that the target lists are from being `1` above the others,
    /// `torch.nn.MultiLabelMarginLoss`: see [`multilabel_margin_loss`].
    ///
    /// ```
    /// use ondol_nn::{MultiLabelMarginLoss, tensor};
    /// let loss = MultiLabelMarginLoss::new().forward(&tensor!([1.0, 0.0]), &tensor!([0, -1]));
    /// assert_eq!(loss.item(), 0.0);
    /// ```
    MultiLabelMarginLoss {} this, input, target => {
        multilabel_margin_loss(input, target, this.reduction)
    };
    /// `eˣ − y·x` for counts `y` and logarithms `x` of their rates, `torch.nn.PoissonNLLLoss`.
    ///
    /// ```
    /// use ondol_nn::{PoissonNLLLoss, tensor};
    /// assert_eq!(PoissonNLLLoss::new().forward(&tensor!([0.0]), &tensor!([3.0])).item(), 1.0);
    /// ```
    PoissonNLLLoss {
        /// Whether the input holds logarithms of rates; it does unless said otherwise.
        log_input: bool = true,
        /// Whether Stirling's approximation of `ln y!` is added.
        full: bool = false,
        /// What is added to a rate before its logarithm.
        eps: f64 = 1e-8
    } this, input, target => {
        let options = PoissonNllOptions {
            log_input: this.log_input,
            full: this.full,
            eps: this.eps,
            reduction: this.reduction,
        };
        poisson_nll_loss(input, target, options)
    };
}

loss!(
    MSELoss,
    L1Loss,
    SmoothL1Loss,
    HuberLoss,
    KLDivLoss,
    HingeEmbeddingLoss,
    SoftMarginLoss,
    MultiLabelMarginLoss,
    PoissonNLLLoss
);
