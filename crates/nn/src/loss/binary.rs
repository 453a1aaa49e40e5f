//! Losses of yes and no.

use ondol_autograd::{Scope, Tensor};

use super::loss;
use crate::functional::{
    Reduction, binary_cross_entropy, binary_cross_entropy_with_logits, multilabel_soft_margin_loss,
};
use crate::{Buffer, Module, Visitor};

/// `−(y·ln p + (1−y)·ln(1−p))` for probabilities `p`, `torch.nn.BCELoss`: what a sigmoid gives.
///
/// Logarithms are no less than −100, so a sure mistake costs 100 and its gradient is finite. Input
/// and target must have the same size: a model that ends in one output gives `[80, 1]`, and
/// `.squeeze()` makes `[80]` of it.
///
/// ```
/// use ondol_nn::{BCELoss, tensor};
/// let loss = BCELoss::new().forward(&tensor!([0.5]), &tensor!([1.0]));
/// assert!((loss.item() - 0.6931472).abs() < 1e-6);
/// ```
#[derive(Default)]
pub struct BCELoss {
    weight: Option<Buffer>,
    reduction: Reduction,
}

impl BCELoss {
    /// The mean of all elements.
    pub fn new() -> BCELoss {
        BCELoss::default()
    }

    /// A factor for each element; it broadcasts.
    pub fn weight(mut self, weight: Tensor) -> BCELoss {
        self.weight = Some(Buffer::new(weight));
        self
    }

    /// The loss of probabilities beside targets on `[0, 1]`.
    ///
    /// # Panics
    /// Where a probability is not on `[0, 1]`, or sizes differ.
    #[track_caller]
    pub fn forward(&self, input: &Tensor, target: &Tensor) -> Tensor {
        let _scope = Scope::enter("BCELoss", &[]);
        binary_cross_entropy(input, target, self.weight.as_deref(), self.reduction)
    }
}

impl Module for BCELoss {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        visitor.field("weight", &self.weight);
    }
}

/// [`BCELoss`] of `sigmoid(x)`, computed from `x` so that it is exact for any,
/// `torch.nn.BCEWithLogitsLoss`.
///
/// ```
/// use ondol_nn::{BCEWithLogitsLoss, tensor};
/// let loss = BCEWithLogitsLoss::new().forward(&tensor!([50.0]), &tensor!([0.0]));
/// assert_eq!(loss.item(), 50.0);
/// ```
#[derive(Default)]
pub struct BCEWithLogitsLoss {
    weight: Option<Buffer>,
    pos_weight: Option<Buffer>,
    reduction: Reduction,
}

impl BCEWithLogitsLoss {
    /// The mean of all elements.
    pub fn new() -> BCEWithLogitsLoss {
        BCEWithLogitsLoss::default()
    }

    /// A factor for each element; it broadcasts.
    pub fn weight(mut self, weight: Tensor) -> BCEWithLogitsLoss {
        self.weight = Some(Buffer::new(weight));
        self
    }

    /// A factor for the cost of a missed yes: above 1 for more recall, below for more precision.
    pub fn pos_weight(mut self, pos_weight: Tensor) -> BCEWithLogitsLoss {
        self.pos_weight = Some(Buffer::new(pos_weight));
        self
    }

    /// The loss of logits beside targets on `[0, 1]`.
    ///
    /// # Panics
    /// Where sizes differ.
    #[track_caller]
    pub fn forward(&self, input: &Tensor, target: &Tensor) -> Tensor {
        let _scope = Scope::enter("BCEWithLogitsLoss", &[]);
        let (weight, pos_weight) = (self.weight.as_deref(), self.pos_weight.as_deref());
        binary_cross_entropy_with_logits(input, target, weight, pos_weight, self.reduction)
    }
}

impl Module for BCEWithLogitsLoss {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        visitor.field("weight", &self.weight);
        visitor.field("pos_weight", &self.pos_weight);
    }
}

/// `−Σ_c (y·ln σ(x) + (1 − y)·ln σ(−x)) / C` for `x [.., C]` and targets of its size,
/// `torch.nn.MultiLabelSoftMarginLoss`.
///
/// ```
/// use ondol_nn::{MultiLabelSoftMarginLoss, tensor};
/// let loss = MultiLabelSoftMarginLoss::new().forward(&tensor!([[0.0, 0.0]]), &tensor!([[1.0, 0.0]]));
/// assert!((loss.item() - 2f64.ln()).abs() < 1e-6);
/// ```
#[derive(Default)]
pub struct MultiLabelSoftMarginLoss {
    weight: Option<Buffer>,
    reduction: Reduction,
}

impl MultiLabelSoftMarginLoss {
    /// The mean over the batch.
    pub fn new() -> MultiLabelSoftMarginLoss {
        MultiLabelSoftMarginLoss::default()
    }

    /// A factor for each class, `[C]`.
    pub fn weight(mut self, weight: Tensor) -> MultiLabelSoftMarginLoss {
        self.weight = Some(Buffer::new(weight));
        self
    }

    /// The loss of logits beside targets of 0 and 1.
    ///
    /// # Panics
    /// Where sizes differ.
    #[track_caller]
    pub fn forward(&self, input: &Tensor, target: &Tensor) -> Tensor {
        let _scope = Scope::enter("MultiLabelSoftMarginLoss", &[]);
        multilabel_soft_margin_loss(input, target, self.weight.as_deref(), self.reduction)
    }
}

impl Module for MultiLabelSoftMarginLoss {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        visitor.field("weight", &self.weight);
    }
}

loss!(BCELoss, BCEWithLogitsLoss, MultiLabelSoftMarginLoss);
