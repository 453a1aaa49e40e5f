//! Losses of distances between embeddings.

use ondol_autograd::{Error, Tensor, autocast_to_single, raise};

use super::Reduction;
use crate::functional::pairwise_distance;

/// `1 − cos(a, b)` where the target is 1 and `max(0, cos(a, b) − margin)` where it is −1, for `a, b
/// [N, D]` (or `[D]`); `torch.nn.functional.cosine_embedding_loss`, `torch.cosine_embedding_loss`.
///
/// ```
/// use ondol_nn::{functional::{Reduction, cosine_embedding_loss}, tensor};
/// let (a, b) = (tensor!([[1.0, 0.0]]), tensor!([[0.0, 2.0]]));
/// assert_eq!(cosine_embedding_loss(&a, &b, &tensor!([1]), 0.0, Reduction::Mean).item(), 1.0);
/// ```
///
/// # Panics
/// Where sizes do not go together.
#[track_caller]
pub fn cosine_embedding_loss(
    input1: &Tensor,
    input2: &Tensor,
    target: &Tensor,
    margin: f64,
    reduction: Reduction,
) -> Tensor {
    let (input1, input2, target) = (
        &autocast_to_single(input1),
        &autocast_to_single(input2),
        &autocast_to_single(target),
    );
    if input1.shape() != input2.shape()
        || !matches!((target.ndim(), input1.ndim()), (0, 1) | (1, 2))
    {
        raise(Error::Shape {
            op: "cosine_embedding_loss",
            lhs: input1.shape().to_vec(),
            rhs: input2.shape().to_vec(),
            rule: format!(
                "expected two inputs [N, D] and a target [N], or [D] and a target without dimensions, but the target is {}",
                target.shape()
            ),
        });
    }
    const EPS: f64 = 1e-12;
    let dot = input1.mul(input2).sum_dim(-1, false);
    let square = |x: &Tensor| x.square().sum_dim(-1, false).add(EPS);
    let cosine = dot.div(square(input1).mul(square(input2)).sqrt());
    let alike = cosine.neg().add(1.0).masked_fill(&target.ne(1), 0.0);
    let apart = cosine
        .sub(margin)
        .clamp_min(0.0)
        .masked_fill(&target.ne(-1), 0.0);
    reduction.of(&alike.add(apart))
}

/// What [`triplet_margin_loss`] can be told.
#[derive(Clone, Copy, Debug)]
pub struct TripletOptions {
    /// Default: 1.
    pub margin: f64,
    /// Which norm the distance is. Default: 2.
    pub p: f64,
    /// What is added to differences. Default: 1e-6.
    pub eps: f64,
    /// Whether the negative's distance to the positive counts where it is the smaller. Default: no.
    pub swap: bool,
    /// How the losses become one number. Default: their mean.
    pub reduction: Reduction,
}

impl Default for TripletOptions {
    fn default() -> Self {
        TripletOptions {
            margin: 1.0,
            p: 2.0,
            eps: 1e-6,
            swap: false,
            reduction: Reduction::Mean,
        }
    }
}

/// `max(0, d(a, p) − d(a, n) + margin)`: the anchor should be nearer to the positive than to the
/// negative, all `[N, D]` (or `[D]`); `torch.nn.functional.triplet_margin_loss`,
/// `torch.triplet_margin_loss`.
///
/// ```
/// use ondol_nn::{functional::{TripletOptions, triplet_margin_loss}, tensor};
/// let (a, p, n) = (tensor!([0.0, 0.0]), tensor!([3.0, 4.0]), tensor!([0.0, 1.0]));
/// assert!((triplet_margin_loss(&a, &p, &n, TripletOptions::default()).item() - 5.0).abs() < 1e-5);
/// ```
///
/// # Panics
/// Where the numbers of dimensions differ.
#[track_caller]
pub fn triplet_margin_loss(
    anchor: &Tensor,
    positive: &Tensor,
    negative: &Tensor,
    o: TripletOptions,
) -> Tensor {
    let (anchor, positive, negative) = (
        &autocast_to_single(anchor),
        &autocast_to_single(positive),
        &autocast_to_single(negative),
    );
    if anchor.ndim() != positive.ndim() || anchor.ndim() != negative.ndim() {
        raise(Error::Shape {
            op: "triplet_margin_loss",
            lhs: anchor.shape().to_vec(),
            rhs: positive.shape().to_vec(),
            rule: format!(
                "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but the negative is {}",
                negative.shape()
            ),
        });
    }
    let near = pairwise_distance(anchor, positive, o.p, o.eps, false);
    let mut far = pairwise_distance(anchor, negative, o.p, o.eps, false);
    if o.swap {
        far = far.minimum(pairwise_distance(positive, negative, o.p, o.eps, false));
    }
    let loss = near.sub(far).add(o.margin).clamp_min(0.0);
    o.reduction.of(&loss)
}

/// [`triplet_margin_loss`] with a distance of your own,
/// `torch.nn.functional.triplet_margin_with_distance_loss`.
///
/// ```
/// use ondol_nn::{functional::{Reduction, triplet_margin_with_distance_loss}, tensor};
/// let (a, p, n) = (tensor!([0.0]), tensor!([3.0]), tensor!([1.0]));
/// let distance = |a: &_, b: &_| tensor!([0.0]).add(a).sub(b).abs();
/// let loss = triplet_margin_with_distance_loss(&a, &p, &n, distance, 1.0, false, Reduction::Mean);
/// assert_eq!(loss.item(), 3.0);
/// ```
#[track_caller]
pub fn triplet_margin_with_distance_loss(
    anchor: &Tensor,
    positive: &Tensor,
    negative: &Tensor,
    distance: impl Fn(&Tensor, &Tensor) -> Tensor,
    margin: f64,
    swap: bool,
    reduction: Reduction,
) -> Tensor {
    let (anchor, positive, negative) = (
        &autocast_to_single(anchor),
        &autocast_to_single(positive),
        &autocast_to_single(negative),
    );
    let near = distance(anchor, positive);
    let mut far = distance(anchor, negative);
    if swap {
        far = far.minimum(distance(positive, negative));
    }
    reduction.of(&near.sub(far).add(margin).clamp_min(0.0))
}
