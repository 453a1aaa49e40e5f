//! Losses of classes.

use ondol_autograd::{Scope, Tensor};

use super::loss;
use crate::functional::{ClassOptions, Reduction, cross_entropy, nll_loss};
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

loss!(CrossEntropyLoss, NLLLoss);
