//! Figures of every epoch in files.

use std::fs;
use std::path::{Path, PathBuf};

use ondol_tensor::{Error, Result};
use serde_json::{Map, Number, Value as Json};

use super::Callback;
use crate::Run;
use crate::tensorboard::SummaryWriter;

/// Writes the figures of every epoch as a table of comma-separated values, Keras' `CSVLogger`: the
/// epoch, from 1, and a column for each figure. A run that goes on keeps the rows of the epochs before.
///
/// ```
/// use ondol_train::callbacks::CsvLogger;
/// let logger = CsvLogger::new("runs/mlp.csv");
/// ```
#[derive(Clone, Debug)]
pub struct CsvLogger {
    path: PathBuf,
}

impl CsvLogger {
    /// To this file.
    pub fn new(path: impl AsRef<Path>) -> Self {
        CsvLogger {
            path: path.as_ref().to_owned(),
        }
    }
}

/// The folder a file is to lie in.
fn make_folder(path: &Path) -> Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => {
            fs::create_dir_all(folder).map_err(|e| Error::io(folder, "create the folder", e))
        }
        _ => Ok(()),
    }
}

impl Callback for CsvLogger {
    fn on_fit_start(&mut self, _: &mut Run<'_>) -> Result<()> {
        make_folder(&self.path)
    }

    // The whole table each time: a figure may come later, and a kill leaves a whole file.
    fn on_epoch_end(&mut self, run: &mut Run<'_>) -> Result<()> {
        run.history().write_csv(&self.path)
    }
}

/// Writes the figures of every epoch as one JSON object on a line of its own; what is no number is
/// `null`. A run that goes on keeps the lines of the epochs before.
///
/// ```
/// use ondol_train::callbacks::JsonLogger;
/// let logger = JsonLogger::new("runs/mlp.jsonl");
/// ```
#[derive(Clone, Debug)]
pub struct JsonLogger {
    path: PathBuf,
}

impl JsonLogger {
    /// To this file.
    pub fn new(path: impl AsRef<Path>) -> Self {
        JsonLogger {
            path: path.as_ref().to_owned(),
        }
    }
}

impl Callback for JsonLogger {
    fn on_fit_start(&mut self, _: &mut Run<'_>) -> Result<()> {
        make_folder(&self.path)
    }

    fn on_epoch_end(&mut self, run: &mut Run<'_>) -> Result<()> {
        use std::io::Write;
        let history = run.history();
        ondol_serialize::atomic::write(&self.path, |file| {
            for epoch in 0..history.len() {
                let mut line = Map::new();
                line.insert("epoch".into(), (epoch + 1).into());
                for name in history.names() {
                    let value = history.get(name).map_or(f64::NAN, |column| column[epoch]);
                    let value = Number::from_f64(value).map_or(Json::Null, Json::Number);
                    line.insert(name.clone(), value);
                }
                writeln!(file, "{}", Json::Object(line))?;
            }
            Ok(())
        })
    }
}

/// Writes the figures of every epoch to an event file, Keras' `TensorBoard`: `loss` and `val_loss`
/// become the runs `train` and `validation` of one picture, `epoch_loss`, as there.
///
/// ```
/// use ondol_train::callbacks::TensorBoard;
/// let board = TensorBoard::new("runs/mlp").histogram_freq(1).update_freq(100);
/// ```
pub struct TensorBoard {
    log_dir: PathBuf,
    histograms: usize,
    batches: usize,
    train: Option<SummaryWriter>,
    validation: Option<SummaryWriter>,
}

impl TensorBoard {
    /// In this folder: `tensorboard --logdir` shows it.
    pub fn new(log_dir: impl AsRef<Path>) -> Self {
        TensorBoard {
            log_dir: log_dir.as_ref().to_owned(),
            histograms: 0,
            batches: 0,
            train: None,
            validation: None,
        }
    }

    /// Writes histograms of all parameters after each so many epochs; 0, the default, never.
    pub fn histogram_freq(mut self, epochs: usize) -> Self {
        self.histograms = epochs;
        self
    }

    /// Writes the loss of a batch after each so many steps, as `batch_loss`; 0, the default, never.
    pub fn update_freq(mut self, steps: usize) -> Self {
        self.batches = steps;
        self
    }

    fn writer<'w>(
        slot: &'w mut Option<SummaryWriter>,
        folder: &Path,
        run: &str,
    ) -> Result<&'w mut SummaryWriter> {
        match slot {
            Some(writer) => Ok(writer),
            None => Ok(slot.insert(SummaryWriter::new(folder.join(run))?)),
        }
    }
}

impl Callback for TensorBoard {
    fn on_batch_end(&mut self, run: &mut Run<'_>) -> Result<()> {
        let step = run.global_step();
        if self.batches == 0 || !step.is_multiple_of(self.batches as u64) {
            return Ok(());
        }
        let writer = Self::writer(&mut self.train, &self.log_dir, "train")?;
        writer.add_scalar("batch_loss", run.batch_loss(), step as i64)
    }

    fn on_epoch_end(&mut self, run: &mut Run<'_>) -> Result<()> {
        let step = run.epoch() as i64;
        for (name, value) in run.logs().iter() {
            let (slot, folder, name) = match name.strip_prefix("val_") {
                Some(name) => (&mut self.validation, "validation", name),
                None => (&mut self.train, "train", name),
            };
            let writer = Self::writer(slot, &self.log_dir, folder)?;
            writer.add_scalar(&format!("epoch_{name}"), value, step)?;
        }
        let writer = Self::writer(&mut self.train, &self.log_dir, "train")?;
        if self.histograms > 0 && run.epoch().is_multiple_of(self.histograms) {
            for (name, parameter) in run.model().named_parameters() {
                writer.add_histogram(&name.replace('.', "/"), &parameter, step)?;
            }
        }
        for writer in [&mut self.train, &mut self.validation]
            .into_iter()
            .flatten()
        {
            writer.flush()?;
        }
        Ok(())
    }

    fn on_fit_end(&mut self, _: &mut Run<'_>) -> Result<()> {
        for writer in [self.train.take(), self.validation.take()]
            .into_iter()
            .flatten()
        {
            writer.close()?;
        }
        Ok(())
    }
}
