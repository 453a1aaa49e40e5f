//! Ondol's training helpers: [`metrics`] that add up over batches, a bar for their loop,
//! [`Checkpoint`]s to go on from, [`plot`]s, [`tensorboard`] logs, and a [`Trainer`] with
//! [`callbacks`] for those who want no loop of their own.
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
//!
//! A run that can be stopped at any moment keeps a folder of [`Checkpoint`]s. Started again, it goes
//! on where the last one was made, to the bit:
//!
//! ```
//! use ondol_autograd::{Tensor, manual_seed};
//! use ondol_data::{DataLoader, TensorDataset};
//! use ondol_nn::{Forward, Linear, Module};
//! use ondol_optim::{Optimizer, SGD};
//! use ondol_train::{Checkpoint, CheckpointManager};
//! # let folder = tempfile::tempdir().unwrap();
//! # let folder = folder.path().join("runs/line");
//! /// Trains to so many steps, from the start or from where the folder's last checkpoint is.
//! fn train(folder: &std::path::Path, steps: i64) -> ondol_tensor::Result<Vec<f32>> {
//!     manual_seed(0);
//!     let model = Linear::new(1, 1);
//!     let mut optimizer = SGD::new(model.parameters(), 0.01).momentum(0.9);
//!     let x = Tensor::from_vec(vec![0.0f32, 1.0, 2.0, 3.0], [4, 1]);
//!     let loader = DataLoader::new(TensorDataset::new(x)).shuffle(true);
//!     let mut checkpoints = CheckpointManager::new(folder)?;
//!     let mut step = 0;
//!     if let Some(checkpoint) = checkpoints.load_last()? {
//!         checkpoint
//!             .restore()
//!             .model(&model)
//!             .optimizer(&mut optimizer)
//!             .loader(&loader)
//!             .apply()?;
//!         step = checkpoint.get("step")?.as_int()?;
//!     }
//!     while step < steps {
//!         for x in &loader {
//!             let x = x?;
//!             optimizer.zero_grad();
//!             (model.forward(&x) - &x * 2.0).square().mean().backward();
//!             optimizer.step();
//!             step += 1;
//!             let checkpoint = Checkpoint::new()
//!                 .model(&model)
//!                 .optimizer(&optimizer)
//!                 .loader(&loader)
//!                 .set("step", step);
//!             checkpoints.save(step as u64, checkpoint)?;
//!             if step == steps {
//!                 break;
//!             }
//!         }
//!     }
//!     Ok(model.weight.to_vec())
//! }
//! let straight = train(&folder.join("straight"), 10)?;
//! train(&folder.join("stopped"), 7)?;
//! assert_eq!(train(&folder.join("stopped"), 10)?, straight);
//! # Ok::<(), ondol_tensor::Error>(())
//! ```
#![forbid(unsafe_code)]

pub mod callbacks;
mod checkpoint;
mod history;
pub mod metrics;
mod picture;
pub mod plot;
mod progress;
mod summary;
pub mod tensorboard;
mod trainer;

pub use checkpoint::{Checkpoint, CheckpointManager, Restore, Saved, Stateful};
pub use history::{History, Logs, Mode};
pub use metrics::{Accuracy, Mean, accuracy};
pub use progress::Progress;
pub use summary::{LayerSummary, Summary, summary, summary_with};
pub use trainer::{
    BatchStep, Inputs, Interval, Loader, Run, StepOutput, Trainer, WithLoss, WithStep,
};
