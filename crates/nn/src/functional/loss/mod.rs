//! Losses: how far an output is from what it should be.

mod binary;
mod class;
mod ctc;
mod difference;
mod likelihood;
mod margin;
mod metric;

use ondol_autograd::{Error, Shape, Tensor, fused::Reduced, raise};

pub use self::binary::{binary_cross_entropy, binary_cross_entropy_with_logits};
pub use self::class::{ClassOptions, cross_entropy, nll_loss};
pub use self::ctc::{CtcOptions, ctc_loss};
pub use self::difference::{huber_loss, l1_loss, mse_loss, smooth_l1_loss};
pub use self::likelihood::{
    GaussianNllOptions, PoissonNllOptions, gaussian_nll_loss, kl_div, poisson_nll_loss,
};
pub use self::margin::{
    MultiMarginOptions, hinge_embedding_loss, margin_ranking_loss, multi_margin_loss,
    multilabel_margin_loss, multilabel_soft_margin_loss, soft_margin_loss,
};
pub use self::metric::{
    TripletOptions, cosine_embedding_loss, triplet_margin_loss, triplet_margin_with_distance_loss,
};

/// How a loss becomes one number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reduction {
    /// Not at all: one number for each element.
    None,
    /// Their mean.
    #[default]
    Mean,
    /// Their sum.
    Sum,
    /// Their sum over the size of the batch; only [`kl_div`] knows it.
    BatchMean,
}

impl Reduction {
    /// As losses that are computed at once know it.
    #[track_caller]
    pub(crate) fn fused(self) -> Reduced {
        match self {
            Reduction::None => Reduced::Each,
            Reduction::Mean => Reduced::Mean,
            Reduction::Sum => Reduced::Sum,
            Reduction::BatchMean => raise(unknown()),
        }
    }

    #[track_caller]
    pub(crate) fn of(self, loss: &Tensor) -> Tensor {
        match self {
            Reduction::None => loss.clone(),
            Reduction::Mean => loss.mean(),
            Reduction::Sum => loss.sum(),
            Reduction::BatchMean => raise(unknown()),
        }
    }
}

fn unknown() -> Error {
    let message = "batchmean is not a valid value for reduction; only kl_div has it";
    Error::value("reduction", message)
}

/// Refuses an input and a target of different sizes, and says which of them to squeeze.
#[track_caller]
pub(crate) fn check_same_size(op: &'static str, input: &Tensor, target: &Tensor) {
    let (from, to) = (input.shape(), target.shape());
    if from == to {
        return;
    }
    let mut rule = "input and target must have the same size".to_owned();
    let squeezed = |shape: &Shape| {
        shape
            .iter()
            .copied()
            .filter(|&size| size != 1)
            .collect::<Vec<_>>()
    };
    if squeezed(&from) == squeezed(&to) {
        let longer = if from.ndim() > to.ndim() {
            "input"
        } else {
            "target"
        };
        rule.push_str(&format!(
            "; call .squeeze() on the {longer} to take its dimensions of size 1 off"
        ));
    }
    raise(Error::Shape {
        op,
        lhs: from.to_vec(),
        rhs: to.to_vec(),
        rule,
    });
}
