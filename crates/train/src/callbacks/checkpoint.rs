//! Files to go on from.

use std::path::{Path, PathBuf};

use ondol_tensor::{Dict, Error, Result, Value};

use super::Callback;
use crate::{Mode, Run};

/// Keeps the training in files, Keras' and Lightning's `ModelCheckpoint`: `last.pt` after each epoch,
/// and `best.pt` where a figure is better than ever before. They hold the whole state, and
/// [`Trainer::resume`](crate::Trainer::resume) goes on from either; the weights alone are their entry
/// `model`, which PyTorch reads too. A file appears whole or not at all.
///
/// ```
/// use ondol_train::callbacks::ModelCheckpoint;
/// # let folder = tempfile::tempdir().unwrap();
/// let checkpoint = ModelCheckpoint::new(folder.path()).monitor("val_loss");
/// assert!(checkpoint.last_path().ends_with("last.pt"));
/// ```
#[derive(Clone, Debug)]
pub struct ModelCheckpoint {
    folder: PathBuf,
    monitor: Option<(String, Mode)>,
    every: usize,
    best: f64,
    is_best: bool,
}

impl ModelCheckpoint {
    /// In a folder, which is made when the training begins.
    pub fn new(folder: impl AsRef<Path>) -> Self {
        ModelCheckpoint {
            folder: folder.as_ref().to_owned(),
            monitor: None,
            every: 1,
            best: f64::NAN,
            is_best: false,
        }
    }

    /// Which figure says what is best; less where it speaks of a loss or an error, else more.
    pub fn monitor(self, name: &str) -> Self {
        self.monitor_by(name, Mode::of(name))
    }

    /// Which figure says what is best, and whether less or more of it.
    pub fn monitor_by(mut self, name: &str, mode: Mode) -> Self {
        self.monitor = Some((name.to_owned(), mode));
        self.best = mode.worst();
        self
    }

    /// Writes `last.pt` only after each so many epochs, and after the last; 1 by default.
    pub fn every_n_epochs(mut self, epochs: usize) -> Self {
        self.every = epochs.max(1);
        self
    }

    /// The file of the last epoch.
    pub fn last_path(&self) -> PathBuf {
        self.folder.join("last.pt")
    }

    /// The file of the best epoch.
    pub fn best_path(&self) -> PathBuf {
        self.folder.join("best.pt")
    }
}

impl Callback for ModelCheckpoint {
    fn on_fit_start(&mut self, _: &mut Run<'_>) -> Result<()> {
        std::fs::create_dir_all(&self.folder)
            .map_err(|e| Error::io(&self.folder, "create the folder", e))
    }

    fn on_epoch_end(&mut self, run: &mut Run<'_>) -> Result<()> {
        self.is_best = false;
        if let Some((name, mode)) = &self.monitor {
            let value = run.figure(name)?;
            if mode.is_better(value, self.best, 0.0) {
                (self.best, self.is_best) = (value, true);
            }
        }
        Ok(())
    }

    fn on_save(&mut self, run: &mut Run<'_>, state: &Value) -> Result<()> {
        let last = run.epoch() == run.epochs() || run.is_stopping();
        if run.epoch().is_multiple_of(self.every) || last {
            ondol_serialize::save(state, self.last_path())?;
        }
        if self.is_best {
            ondol_serialize::save(state, self.best_path())?;
        }
        Ok(())
    }

    fn state_dict(&self) -> Value {
        let mut dict = Dict::new();
        dict.insert("best", self.best);
        Value::Dict(dict)
    }

    fn load_state_dict(&mut self, state: &Value) -> Result<()> {
        self.best = state.get("best")?.as_float()?;
        Ok(())
    }
}
