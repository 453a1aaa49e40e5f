//! What a [`Trainer`](crate::Trainer) calls beside the loop, by Keras' and Lightning's names.
//!
//! ```
//! use ondol_tensor::Result;
//! use ondol_train::{Run, callbacks::Callback};
//! /// Ends a training that is good enough.
//! struct GoodEnough(f64);
//! impl Callback for GoodEnough {
//!     fn on_epoch_end(&mut self, run: &mut Run<'_>) -> Result<()> {
//!         if run.figure("val_accuracy")? >= self.0 {
//!             run.stop("good enough");
//!         }
//!         Ok(())
//!     }
//! }
//! ```

mod checkpoint;
mod early;
mod log;
mod rate;
mod show;

pub use checkpoint::ModelCheckpoint;
pub use early::{EarlyStopping, TerminateOnNaN};
pub use log::{CsvLogger, JsonLogger, TensorBoard};
pub use rate::{LearningRateScheduler, ReduceLROnPlateau};
pub use show::ProgressBar;

use ondol_tensor::{Result, Value};

use crate::{Checkpoint, Run};

/// What is called at each point of a training. An error ends it.
pub trait Callback {
    /// Before the first epoch.
    ///
    /// # Errors
    /// Whatever must end the training; so with all of these.
    fn on_fit_start(&mut self, _run: &mut Run<'_>) -> Result<()> {
        Ok(())
    }

    /// After the last epoch.
    ///
    /// # Errors
    /// As [`on_fit_start`](Self::on_fit_start).
    fn on_fit_end(&mut self, _run: &mut Run<'_>) -> Result<()> {
        Ok(())
    }

    /// Before the first batch of an epoch, or of the rest of one: [`Run::batch`] says how many are done.
    ///
    /// # Errors
    /// As [`on_fit_start`](Self::on_fit_start).
    fn on_epoch_start(&mut self, _run: &mut Run<'_>) -> Result<()> {
        Ok(())
    }

    /// After the validation of an epoch, with all its figures.
    ///
    /// # Errors
    /// As [`on_fit_start`](Self::on_fit_start).
    fn on_epoch_end(&mut self, _run: &mut Run<'_>) -> Result<()> {
        Ok(())
    }

    /// Before a batch of the training.
    ///
    /// # Errors
    /// As [`on_fit_start`](Self::on_fit_start).
    fn on_batch_start(&mut self, _run: &mut Run<'_>) -> Result<()> {
        Ok(())
    }

    /// After a batch of the training, with the figures so far.
    ///
    /// # Errors
    /// As [`on_fit_start`](Self::on_fit_start).
    fn on_batch_end(&mut self, _run: &mut Run<'_>) -> Result<()> {
        Ok(())
    }

    /// Before the validation.
    ///
    /// # Errors
    /// As [`on_fit_start`](Self::on_fit_start).
    fn on_validation_start(&mut self, _run: &mut Run<'_>) -> Result<()> {
        Ok(())
    }

    /// After the validation.
    ///
    /// # Errors
    /// As [`on_fit_start`](Self::on_fit_start).
    fn on_validation_end(&mut self, _run: &mut Run<'_>) -> Result<()> {
        Ok(())
    }

    /// After all callbacks saw the end of an epoch, and after batches where one
    /// [asked for it](Run::request_save): the state of the whole training, to be kept.
    ///
    /// # Errors
    /// As [`on_fit_start`](Self::on_fit_start).
    fn on_save(&mut self, _run: &mut Run<'_>, _checkpoint: &Checkpoint) -> Result<()> {
        Ok(())
    }

    /// After the training took over the state of a checkpoint.
    ///
    /// # Errors
    /// As [`on_fit_start`](Self::on_fit_start).
    fn on_restore(&mut self, _checkpoint: &Checkpoint) -> Result<()> {
        Ok(())
    }

    /// What must come back for a training to go on as if it had not been interrupted.
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

    /// Whether the state belongs to the training; not that of what is only shown.
    #[doc(hidden)]
    fn is_kept(&self) -> bool {
        true
    }
}
