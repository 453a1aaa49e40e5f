//! Losses of classes.

use ondol_autograd::{Scope, Tensor};

use super::loss;
use crate::functional::{
    ClassOptions, MultiMarginOptions, Reduction, cross_entropy, multi_margin_loss, nll_loss,
};
use crate::{Buffer, Module, Visitor};

/// `−ln softmax(x)_y` for logits `x [N, C, ..]`, `torch.nn.CrossEntropyLoss`. Targets are class
/// indices `[N, ..]`, or probabilities of the input's size.
///
/// ```
/// use ondol_nn::{CrossEntropyLoss, tensor};
/// let logits = tensor!([[2.0, 1.0, 0.1]]);
/// let loss = CrossEntropyLoss::new().forward(&logits, &tensor!([0]));
/// assert!((loss.item() - 0.4170300).abs() < 1e-6);
/// let smoothed = CrossEntropyLoss::new().label_smoothing(0.1).forward(&logits, &tensor!([0]));
/// assert!((smoothed.item() - 0.5136967).abs() < 1e-6);
/// ```
pub struct CrossEntropyLoss {
    weight: Option<Buffer>,
    ignore_index: i64,
    label_smoothing: f64,
    reduction: Reduction,
}

impl Default for CrossEntropyLoss {
    fn default() -> Self {
        CrossEntropyLoss {
            weight: None,
            ignore_index: -100,
            label_smoothing: 0.0,
            reduction: Reduction::Mean,
        }
    }
}

impl CrossEntropyLoss {
    /// The mean over the batch.
    pub fn new() -> CrossEntropyLoss {
        CrossEntropyLoss::default()
    }

    /// A factor for each class, `[C]`; the mean divides by the sum of those that counted.
    pub fn weight(mut self, weight: Tensor) -> CrossEntropyLoss {
        self.weight = Some(Buffer::new(weight));
        self
    }

    /// Targets of this number cost nothing and do not count; −100 unless said otherwise.
    pub fn ignore_index(mut self, ignore_index: i64) -> CrossEntropyLoss {
        self.ignore_index = ignore_index;
        self
    }

    /// How much of each target is spread over all classes, on `[0, 1]`.
    pub fn label_smoothing(mut self, label_smoothing: f64) -> CrossEntropyLoss {
        self.label_smoothing = label_smoothing;
        self
    }

    /// The loss of logits beside class indices or probabilities.
    ///
    /// # Panics
    /// On a target that is no class, or sizes that do not go together.
    #[track_caller]
    pub fn forward(&self, input: &Tensor, target: &Tensor) -> Tensor {
        let _scope = Scope::enter("CrossEntropyLoss", &[]);
        let options = ClassOptions {
            weight: self.weight.as_deref(),
            ignore_index: self.ignore_index,
            label_smoothing: self.label_smoothing,
            reduction: self.reduction,
        };
        cross_entropy(input, target, &options)
    }
}

impl Module for CrossEntropyLoss {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        visitor.field("weight", &self.weight);
    }
}

/// `−x_y` for log-probabilities `x [N, C, ..]`, what [`crate::LogSoftmax`] gives,
/// `torch.nn.NLLLoss`.
///
/// ```
/// use ondol_nn::{NLLLoss, tensor};
/// let loss = NLLLoss::new().forward(&tensor!([[-0.5, -1.0]]), &tensor!([1]));
/// assert_eq!(loss.item(), 1.0);
/// ```
pub struct NLLLoss {
    weight: Option<Buffer>,
    ignore_index: i64,
    reduction: Reduction,
}

impl Default for NLLLoss {
    fn default() -> Self {
        NLLLoss {
            weight: None,
            ignore_index: -100,
            reduction: Reduction::Mean,
        }
    }
}

impl NLLLoss {
    /// The mean over the batch.
    pub fn new() -> NLLLoss {
        NLLLoss::default()
    }

    /// A factor for each class, `[C]`; the mean divides by the sum of those that counted.
    pub fn weight(mut self, weight: Tensor) -> NLLLoss {
        self.weight = Some(Buffer::new(weight));
        self
    }

    /// Targets of this number cost nothing and do not count; −100 unless said otherwise.
    pub fn ignore_index(mut self, ignore_index: i64) -> NLLLoss {
        self.ignore_index = ignore_index;
        self
    }

    /// The loss of log-probabilities beside class indices.
    ///
    /// # Panics
    /// On a target that is no class, or sizes that do not go together.
    #[track_caller]
    pub fn forward(&self, input: &Tensor, target: &Tensor) -> Tensor {
        let _scope = Scope::enter("NLLLoss", &[]);
        let options = ClassOptions {
            weight: self.weight.as_deref(),
            ignore_index: self.ignore_index,
            reduction: self.reduction,
            ..ClassOptions::default()
        };
        nll_loss(input, target, &options)
    }
}

impl Module for NLLLoss {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        visitor.field("weight", &self.weight);
    }
}

/// `Σ_{j≠y} max(0, margin − x_y + x_j)ᵖ / C` for `x [N, C]` and classes `y [N]`,
/// `torch.nn.MultiMarginLoss`.
///
/// ```
/// use ondol_nn::{MultiMarginLoss, tensor};
/// let loss = MultiMarginLoss::new().forward(&tensor!([[0.1, 0.2, 0.4, 0.8]]), &tensor!([3]));
/// assert!((loss.item() - 0.325).abs() < 1e-6);
/// ```
pub struct MultiMarginLoss {
    weight: Option<Buffer>,
    p: u32,
    margin: f64,
    reduction: Reduction,
}

impl Default for MultiMarginLoss {
    fn default() -> Self {
        MultiMarginLoss {
            weight: None,
            p: 1,
            margin: 1.0,
            reduction: Reduction::Mean,
        }
    }
}

impl MultiMarginLoss {
    /// The mean over the batch.
    pub fn new() -> MultiMarginLoss {
        MultiMarginLoss::default()
    }

    /// A factor for each class, `[C]`.
    pub fn weight(mut self, weight: Tensor) -> MultiMarginLoss {
        self.weight = Some(Buffer::new(weight));
        self
    }

    /// The power of each term, 1 or 2; 1 unless said otherwise.
    pub fn p(mut self, p: u32) -> MultiMarginLoss {
        self.p = p;
        self
    }

    /// 1 unless said otherwise.
    pub fn margin(mut self, margin: f64) -> MultiMarginLoss {
        self.margin = margin;
        self
    }

    /// The loss of scores beside class indices.
    ///
    /// # Panics
    /// On a target that is no class, or sizes that do not go together.
    #[track_caller]
    pub fn forward(&self, input: &Tensor, target: &Tensor) -> Tensor {
        let _scope = Scope::enter("MultiMarginLoss", &[]);
        let options = MultiMarginOptions {
            p: self.p,
            margin: self.margin,
            weight: self.weight.as_deref(),
            reduction: self.reduction,
        };
        multi_margin_loss(input, target, options)
    }
}

impl Module for MultiMarginLoss {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        visitor.field("weight", &self.weight);
    }
}

loss!(CrossEntropyLoss, NLLLoss, MultiMarginLoss);
