//! Figures of a model over many batches, as torchmetrics has them, with the numbers of
//! scikit-learn.
//!
//! Each has `update(&output, &target)`, which counts a batch in, `compute()` for all batches so
//! far, and `reset()`. What is computed is exact over samples, whatever the sizes of the batches.
//!
//! ```
//! use ondol_autograd::tensor;
//! use ondol_train::metrics::{Average, ConfusionMatrix, F1Score};
//! let logits = tensor!([[2.0, 0.0, 0.0], [0.0, 3.0, 1.0], [0.0, 2.0, 1.0], [1.0, 0.0, 4.0]]);
//! let targets = tensor!([0, 1, 2, 2]);
//! let mut f1 = F1Score::new(3).average(Average::Macro);
//! f1.update(&logits, &targets);
//! assert!((f1.compute() - 7.0 / 9.0).abs() < 1e-12);
//!
//! let mut confusion = ConfusionMatrix::new(3).class_names(["shirt", "coat", "bag"]);
//! confusion.update(&logits, &targets);
//! println!("{confusion}\n{}", confusion.report());
//! ```

mod accuracy;
mod confusion;
mod input;
mod mean;
pub(crate) mod merge;
mod regression;
mod report;
mod roc;
mod scores;
mod table;

use ondol_autograd::Tensor;
use ondol_tensor::{Result, Value};

pub use accuracy::{Accuracy, TopKAccuracy, accuracy, top_k_accuracy};
pub use confusion::ConfusionMatrix;
pub use mean::Mean;
pub use merge::Merge;
pub use regression::{MeanAbsoluteError, MeanSquaredError, R2Score};
pub use report::{ClassRow, ClassificationReport};
pub use roc::{AUROC, RocCurve, roc_auc_score, roc_curve};
pub use scores::{Average, F1Score, Precision, Recall};

/// A figure that adds up over batches, for code that takes any: the trainer.
///
/// Every metric has the same methods of its own, so that using one does not need this trait.
pub trait Metric {
    /// Counts a batch in.
    ///
    /// # Panics
    /// Where output and target do not go together.
    fn update(&mut self, output: &Tensor, target: &Tensor);

    /// The figure of all batches so far; NaN for none.
    fn compute(&self) -> f64;

    /// Forgets all.
    fn reset(&mut self);

    /// What was counted so far, so that a training can go on in the middle of an epoch. Without it, the
    /// default, such an epoch's figure is that of the rest of it.
    fn state_dict(&self) -> Value {
        Value::None
    }

    /// Takes over what [`state_dict`](Self::state_dict) gave.
    ///
    /// # Errors
    /// Another structure.
    fn load_state_dict(&mut self, _state: &Value) -> Result<()> {
        Ok(())
    }
}

/// Hands the trait's methods on to those of the type.
macro_rules! metric {
    ($($t:ty),+) => {$(
        impl $crate::metrics::Metric for $t {
            #[track_caller]
            fn update(&mut self, output: &ondol_autograd::Tensor, target: &ondol_autograd::Tensor) {
                <$t>::update(self, output, target);
            }

            fn compute(&self) -> f64 {
                <$t>::compute(self)
            }

            fn reset(&mut self) {
                <$t>::reset(self);
            }

            fn state_dict(&self) -> ondol_tensor::Value {
                $crate::metrics::merge::save(self)
            }

            fn load_state_dict(&mut self, state: &ondol_tensor::Value) -> ondol_tensor::Result<()> {
                $crate::metrics::merge::load(self, state)
            }
        }
    )+};
}
use metric;
