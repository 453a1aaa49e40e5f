//! What callbacks see of a training.

use ondol_nn::Module;
use ondol_optim::Optimizer;
use ondol_tensor::{Error, Result};

use crate::metrics::Mean;
use crate::{History, Logs};

/// How far a training is.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    /// Epochs that are done.
    pub(super) epoch: usize,
    /// The loss of the epoch that is under way.
    pub(super) loss: Mean,
    /// Whether somebody asked for a checkpoint.
    pub(super) save: bool,
    pub(super) epochs: usize,
    pub(super) batch: usize,
    pub(super) batches: Option<usize>,
    pub(super) global_step: u64,
    pub(super) samples: usize,
    pub(super) batch_loss: f64,
    pub(super) logs: Logs,
    pub(super) stop: Option<String>,
}

/// A training as callbacks see it, and may change it.
pub struct Run<'a> {
    pub(super) model: &'a dyn Module,
    pub(super) optimizer: &'a mut dyn Optimizer,
    pub(super) history: &'a History,
    pub(super) place: &'a mut Place,
}

impl Run<'_> {
    /// The model.
    pub fn model(&self) -> &dyn Module {
        self.model
    }

    /// The optimizer.
    pub fn optimizer(&mut self) -> &mut dyn Optimizer {
        self.optimizer
    }

    /// The learning rate of the first group.
    pub fn lr(&self) -> f64 {
        self.optimizer.lr()
    }

    /// The figures of the epochs before; at the end of an epoch, of this one too.
    pub fn history(&self) -> &History {
        self.history
    }

    /// The number of this epoch, from 1.
    pub fn epoch(&self) -> usize {
        self.place.epoch + 1
    }

    /// How many epochs there are.
    pub fn epochs(&self) -> usize {
        self.place.epochs
    }

    /// The number of this batch, from 1.
    pub fn batch(&self) -> usize {
        self.place.batch
    }

    /// How many batches an epoch has, where that is known.
    pub fn batches(&self) -> Option<usize> {
        self.place.batches
    }

    /// How many steps the optimizer made in all epochs.
    pub fn global_step(&self) -> u64 {
        self.place.global_step
    }

    /// How many samples this batch has.
    pub fn samples(&self) -> usize {
        self.place.samples
    }

    /// The loss of this batch alone.
    pub fn batch_loss(&self) -> f64 {
        self.place.batch_loss
    }

    /// The figures of this epoch so far.
    pub fn logs(&self) -> &Logs {
        &self.place.logs
    }

    /// A figure of this epoch.
    ///
    /// # Errors
    /// Where there is none of that name; the error says which there are.
    pub fn figure(&self, name: &str) -> Result<f64> {
        self.place.logs.get(name).ok_or_else(|| {
            let names: Vec<&str> = self.place.logs.iter().map(|(name, _)| name).collect();
            Error::value(
                "Trainer",
                format!(
                    "there is no figure {name:?} to monitor; there are {}",
                    names.join(", ")
                ),
            )
        })
    }

    /// Asks for a checkpoint: [`on_save`](crate::callbacks::Callback::on_save) is called after this batch,
    /// or after the first one later that ends with a step.
    pub fn request_save(&mut self) {
        self.place.save = true;
    }

    /// Ends the training after this batch, or this epoch, and says why.
    pub fn stop(&mut self, why: impl Into<String>) {
        self.place.stop.get_or_insert_with(|| why.into());
    }

    /// Why somebody asked for the end, where somebody did.
    pub fn stopped(&self) -> Option<&str> {
        self.place.stop.as_deref()
    }

    /// Whether somebody asked for the end.
    pub fn is_stopping(&self) -> bool {
        self.place.stop.is_some()
    }
}
