//! Ondol's training helpers: [`metrics`] that add up over batches, a bar for their loop, [`plot`]s,
//! [`tensorboard`] logs, and a [`Trainer`] with [`callbacks`] for those who want no loop of their own.
//!
//! ```
//! use ondol_autograd::tensor;
//! use ondol_train::{Accuracy, Mean, Progress};
//! let (mut loss, mut accuracy) = (Mean::new(), Accuracy::new());
//! let mut progress = Progress::new("epoch 1/1", 2);
//! for _ in 0..2 {
//!     let (logits, labels) = (tensor!([[2.0, 1.0], [0.0, 3.0]]), tensor!([0, 0]));
//!     loss.update(0.7, 2);
//!     accuracy.update(&logits, &labels);
//!     progress.update(2, &[("loss", loss.compute()), ("accuracy", accuracy.compute())]);
//! }
//! progress.finish();
//! assert_eq!(accuracy.compute(), 0.5);
//! ```
#![forbid(unsafe_code)]

pub mod callbacks;
mod history;
pub mod metrics;
mod picture;
pub mod plot;
mod progress;
mod summary;
pub mod tensorboard;
mod trainer;

pub use history::{History, Logs, Mode};
pub use metrics::{Accuracy, Mean, accuracy};
pub use progress::Progress;
pub use summary::{LayerSummary, Summary, summary, summary_with};
pub use trainer::{
    BatchStep, Inputs, Interval, Loader, Run, StepOutput, Trainer, WithLoss, WithStep,
};
