//! Files to go on from.

use std::path::{Path, PathBuf};

use ondol_tensor::Result;

use super::Callback;
use crate::{Checkpoint, CheckpointManager, Mode, Run};

/// Keeps the training in files, Keras' and Lightning's `ModelCheckpoint`, by a [`CheckpointManager`]: after
/// each epoch, after each so many steps where that is asked for, `last.pt` being the newest, and `best.pt`
/// where a figure is better than ever before. They hold the whole state, and
/// [`Trainer::resume`](crate::Trainer::resume) goes on from any of them; the weights alone are their entry
/// `model`, which PyTorch reads too. A file appears whole or not at all.
///
/// ```
/// use ondol_train::callbacks::ModelCheckpoint;
/// # let folder = tempfile::tempdir().unwrap();
/// let checkpoint = ModelCheckpoint::new(folder.path()).monitor("val_loss").every_n_train_steps(500);
/// assert!(checkpoint.last_path().ends_with("last.pt"));
/// ```
#[derive(Clone, Debug)]
pub struct ModelCheckpoint {
    folder: PathBuf,
    monitor: Option<(String, Mode)>,
    epochs: usize,
    steps: u64,
    keep: usize,
    manager: Option<CheckpointManager>,
    /// The step of the last file.
    saved: u64,
    /// Whether the next state is to be written, and with which figure.
    due: bool,
    figure: Option<f64>,
}

impl ModelCheckpoint {
    /// In a folder, which is made when the training begins. A training that begins anew replaces what an
    /// earlier one left there.
    pub fn new(folder: impl AsRef<Path>) -> Self {
        ModelCheckpoint {
            folder: folder.as_ref().to_owned(),
            monitor: None,
            epochs: 1,
            steps: 0,
            keep: 2,
            manager: None,
            saved: 0,
            due: false,
            figure: None,
        }
    }

    /// Which figure says what is best; less where it speaks of a loss or an error, else more.
    pub fn monitor(self, name: &str) -> Self {
        self.monitor_by(name, Mode::of(name))
    }

    /// Which figure says what is best, and whether less or more of it.
    pub fn monitor_by(mut self, name: &str, mode: Mode) -> Self {
        self.monitor = Some((name.to_owned(), mode));
        self
    }

    /// Writes only after each so many epochs, after the last, and where the figure may be the best; 1 by
    /// default.
    pub fn every_n_epochs(mut self, epochs: usize) -> Self {
        self.epochs = epochs.max(1);
        self
    }

    /// Writes within epochs too, after each so many steps of the optimizer; 0, the default, never.
    pub fn every_n_train_steps(mut self, steps: u64) -> Self {
        self.steps = steps;
        self
    }

    /// How many of the last files stay, `step-00000500.pt` and so on; 2 by default, so that there is one
    /// to go back to.
    ///
    /// # Panics
    /// When the training begins, where it is 0.
    pub fn keep(mut self, keep: usize) -> Self {
        self.keep = keep;
        self
    }

    /// The file of the last epoch or step that was written.
    pub fn last_path(&self) -> PathBuf {
        self.folder.join("last.pt")
    }

    /// The file of the best epoch.
    pub fn best_path(&self) -> PathBuf {
        self.folder.join("best.pt")
    }

    fn manager(&self) -> Result<CheckpointManager> {
        let manager = CheckpointManager::new(&self.folder)?;
        let manager = ondol_autograd::catch(|| manager.keep(self.keep))?;
        Ok(match &self.monitor {
            Some((name, Mode::Max)) => manager.highest(name),
            Some((name, Mode::Min)) => manager.lowest(name),
            None => manager,
        })
    }
}

impl Callback for ModelCheckpoint {
    fn on_fit_start(&mut self, run: &mut Run<'_>) -> Result<()> {
        if self.manager.is_none() {
            self.manager = Some(self.manager()?.fresh());
        }
        self.saved = run.global_step();
        Ok(())
    }

    fn on_restore(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        self.manager = Some(self.manager()?.after(checkpoint));
        Ok(())
    }

    fn on_batch_end(&mut self, run: &mut Run<'_>) -> Result<()> {
        let step = run.global_step();
        if self.steps > 0 && step - self.saved >= self.steps {
            (self.saved, self.due) = (step, true);
            run.request_save();
        }
        Ok(())
    }

    fn on_epoch_end(&mut self, run: &mut Run<'_>) -> Result<()> {
        let last = run.epoch() == run.epochs() || run.is_stopping();
        self.due |= run.epoch().is_multiple_of(self.epochs) || last;
        if let Some((name, mode)) = &self.monitor {
            let value = run.figure(name)?;
            let history = run.history();
            let best = history.best(name, *mode).map(|(epoch, _)| epoch + 1);
            self.due |= best == Some(run.epoch());
            self.figure = Some(value);
        }
        Ok(())
    }

    fn on_save(&mut self, run: &mut Run<'_>, checkpoint: &Checkpoint) -> Result<()> {
        let figure = self.figure.take();
        let (true, Some(manager)) = (std::mem::take(&mut self.due), &mut self.manager) else {
            return Ok(());
        };
        let mut checkpoint = checkpoint.clone();
        if let (Some((name, _)), Some(value)) = (&self.monitor, figure) {
            checkpoint = checkpoint.set(name, value);
        }
        manager.save(run.global_step(), checkpoint).map(drop)
    }
}
