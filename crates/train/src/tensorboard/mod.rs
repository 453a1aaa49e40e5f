//! Logs that TensorBoard shows: `torch.utils.tensorboard` without Python.
//!
//! ```no_run
//! use ondol_train::tensorboard::SummaryWriter;
//! let mut writer = SummaryWriter::new("runs/mlp")?;
//! for step in 0..100 {
//!     writer.add_scalar("loss/train", 1.0 / f64::from(step + 1), step.into())?;
//! }
//! writer.close()?;
//! // tensorboard --logdir runs
//! # Ok::<(), ondol_tensor::Error>(())
//! ```

mod histogram;
mod hparams;
mod proto;
mod record;
#[cfg(test)]
mod tests;
mod writer;

pub use hparams::HParam;
pub use writer::SummaryWriter;
