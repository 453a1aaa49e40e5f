//! Losses of three tensors.

use ondol_autograd::{Scope, Tensor};

use super::{reduced, settings};
use crate::distance::PairwiseDistance;
use crate::functional::{
    GaussianNllOptions, Reduction, TripletOptions, cosine_embedding_loss, gaussian_nll_loss,
    margin_ranking_loss, triplet_margin_loss, triplet_margin_with_distance_loss,
};
use crate::{Module, Visitor};

settings! {
    /// `max(0, −y·(a − b) + margin)`: whether `a` ranks above `b` (`y = 1`) or below (`y = −1`),
    /// `torch.nn.MarginRankingLoss`.
    ///
    /// ```
    /// use ondol_nn::{MarginRankingLoss, tensor};
    /// let (a, b, y) = (tensor!([1.0]), tensor!([3.0]), tensor!([1.0]));
    /// assert_eq!(MarginRankingLoss::new().margin(0.5).forward(&a, &b, &y).item(), 2.5);
    /// ```
    MarginRankingLoss {
        /// 0 unless said otherwise.
        margin: f64 = 0.0
    } this, input1, input2, target => {
        margin_ranking_loss(input1, input2, target, this.margin, this.reduction)
    };
    /// `1 − cos(a, b)` where the target is 1 and `max(0, cos(a, b) − margin)` where it is −1,
    /// `torch.nn.CosineEmbeddingLoss`.
    ///
    /// ```
    /// use ondol_nn::{CosineEmbeddingLoss, tensor};
    /// let (a, b) = (tensor!([[1.0, 0.0]]), tensor!([[0.0, 1.0]]));
    /// let loss = CosineEmbeddingLoss::new().forward(&a, &b, &tensor!([1.0]));
    /// assert!((loss.item() - 1.0).abs() < 1e-6);
    /// ```
    CosineEmbeddingLoss {
        /// 0 unless said otherwise.
        margin: f64 = 0.0
    } this, input1, input2, target => {
        cosine_embedding_loss(input1, input2, target, this.margin, this.reduction)
    };
    /// `max(0, d(a, p) − d(a, n) + margin)` for an anchor, a positive and a negative,
    /// `torch.nn.TripletMarginLoss`.
    ///
    /// ```
    /// use ondol_nn::{TripletMarginLoss, tensor};
    /// let (a, p, n) = (tensor!([0.0, 0.0]), tensor!([3.0, 4.0]), tensor!([0.0, 1.0]));
    /// assert!((TripletMarginLoss::new().forward(&a, &p, &n).item() - 5.0).abs() < 1e-5);
    /// ```
    TripletMarginLoss {
        /// 1 unless said otherwise.
        margin: f64 = 1.0,
        /// Which norm the distance is; 2 unless said otherwise.
        p: f64 = 2.0,
        /// What is added to differences.
        eps: f64 = 1e-6,
        /// Whether the negative's distance to the positive counts where it is the smaller.
        swap: bool = false
    } this, anchor, positive, negative => {
        let options = TripletOptions {
            margin: this.margin,
            p: this.p,
            eps: this.eps,
            swap: this.swap,
            reduction: this.reduction,
        };
        triplet_margin_loss(anchor, positive, negative, options)
    };
    /// `(ln var + (x − y)²/var) / 2`, `torch.nn.GaussianNLLLoss`.
    ///
    /// ```
    /// use ondol_nn::{GaussianNLLLoss, tensor};
    /// let (x, y, var) = (tensor!([1.0]), tensor!([3.0]), tensor!([1.0]));
    /// assert_eq!(GaussianNLLLoss::new().forward(&x, &y, &var).item(), 2.0);
    /// ```
    GaussianNLLLoss {
        /// Whether the constant `ln(2π)/2` is added.
        full: bool = false,
        /// The least variance.
        eps: f64 = 1e-6
    } this, input, target, var => {
        let options = GaussianNllOptions {
            full: this.full,
            eps: this.eps,
            reduction: this.reduction,
        };
        gaussian_nll_loss(input, target, var, options)
    };
}

type Distance = Box<dyn Fn(&Tensor, &Tensor) -> Tensor + Send + Sync>;

/// [`TripletMarginLoss`] with a distance of your own, `torch.nn.TripletMarginWithDistanceLoss`; the
/// Euclidean one unless said otherwise.
///
/// ```
/// use ondol_nn::{TripletMarginWithDistanceLoss, tensor};
/// let (a, p, n) = (tensor!([0.0]), tensor!([3.0]), tensor!([1.0]));
/// let loss = TripletMarginWithDistanceLoss::new().distance_function(|a, b| (a - b).abs());
/// assert_eq!(loss.forward(&a, &p, &n).item(), 3.0);
/// ```
pub struct TripletMarginWithDistanceLoss {
    distance: Option<Distance>,
    default: PairwiseDistance,
    margin: f64,
    swap: bool,
    reduction: Reduction,
}

impl TripletMarginWithDistanceLoss {
    /// The Euclidean distance and a margin of 1.
    pub fn new() -> TripletMarginWithDistanceLoss {
        TripletMarginWithDistanceLoss {
            distance: None,
            default: PairwiseDistance::new(),
            margin: 1.0,
            swap: false,
            reduction: Reduction::Mean,
        }
    }

    /// How far two batches of vectors are apart.
    pub fn distance_function(
        mut self,
        distance: impl Fn(&Tensor, &Tensor) -> Tensor + Send + Sync + 'static,
    ) -> Self {
        self.distance = Some(Box::new(distance));
        self
    }

    /// 1 unless said otherwise.
    pub fn margin(mut self, margin: f64) -> Self {
        self.margin = margin;
        self
    }

    /// Whether the negative's distance to the positive counts where it is the smaller.
    pub fn swap(mut self, swap: bool) -> Self {
        self.swap = swap;
        self
    }

    /// The loss.
    #[track_caller]
    pub fn forward(&self, anchor: &Tensor, positive: &Tensor, negative: &Tensor) -> Tensor {
        let _scope = Scope::enter("TripletMarginWithDistanceLoss", &[]);
        let distance = |a: &Tensor, b: &Tensor| match &self.distance {
            Some(distance) => distance(a, b),
            None => self.default.forward(a, b),
        };
        triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance,
            self.margin,
            self.swap,
            self.reduction,
        )
    }
}

impl Default for TripletMarginWithDistanceLoss {
    fn default() -> Self {
        TripletMarginWithDistanceLoss::new()
    }
}

impl Module for TripletMarginWithDistanceLoss {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        if self.distance.is_none() {
            visitor.field("distance_function", &self.default);
        }
    }
}

reduced!(
    MarginRankingLoss,
    CosineEmbeddingLoss,
    TripletMarginLoss,
    GaussianNLLLoss,
    TripletMarginWithDistanceLoss
);
