//! The loss of a sequence that is not aligned.

use ondol_autograd::{Scope, Tensor};

use super::reduced;
use crate::functional::{CtcOptions, Reduction, ctc_loss};
use crate::{Module, Visitor};

/// The negative log-likelihood of targets, summed over all alignments, `torch.nn.CTCLoss`: see
/// [`ctc_loss`].
///
/// ```
/// use ondol_nn::{CTCLoss, Tensor, tensor};
/// let log_probs = Tensor::zeros([2, 1, 3]).log_softmax(-1);
/// let loss = CTCLoss::new().forward(&log_probs, &tensor!([[1]]), &tensor!([2]), &tensor!([1]));
/// assert!((loss.item() - 3f64.ln()).abs() < 1e-6);
/// ```
#[derive(Clone, Copy, Default)]
pub struct CTCLoss {
    blank: usize,
    zero_infinity: bool,
    reduction: Reduction,
}

impl CTCLoss {
    /// Class 0 is the blank.
    pub fn new() -> CTCLoss {
        CTCLoss::default()
    }

    /// The class that stands for nothing.
    pub fn blank(mut self, blank: usize) -> CTCLoss {
        self.blank = blank;
        self
    }

    /// Whether infinite losses count as 0.
    pub fn zero_infinity(mut self, zero_infinity: bool) -> CTCLoss {
        self.zero_infinity = zero_infinity;
        self
    }

    /// The loss of log-probabilities `[T, N, C]` beside targets.
    ///
    /// # Panics
    /// As [`ctc_loss`].
    #[track_caller]
    pub fn forward(
        &self,
        log_probs: &Tensor,
        targets: &Tensor,
        input_lengths: &Tensor,
        target_lengths: &Tensor,
    ) -> Tensor {
        let _scope = Scope::enter("CTCLoss", &[]);
        let options = CtcOptions {
            blank: self.blank,
            reduction: self.reduction,
            zero_infinity: self.zero_infinity,
        };
        ctc_loss(log_probs, targets, input_lengths, target_lengths, options)
    }
}

impl Module for CTCLoss {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
    }
}

reduced!(CTCLoss);
