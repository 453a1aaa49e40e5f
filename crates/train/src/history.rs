//! What a training was like, epoch by epoch.

use std::fmt;
use std::path::Path;

use ondol_tensor::{Dict, Result, Value};

/// Whether less or more of a figure is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Less, as of a loss.
    Min,
    /// More, as of an accuracy.
    Max,
}

impl Mode {
    /// By the figure's name: less where it speaks of a loss or an error, otherwise more.
    pub fn of(name: &str) -> Mode {
        let name = name.to_ascii_lowercase();
        let less = ["loss", "error", "mse", "mae", "rmse", "perplexity"];
        match less.iter().any(|word| name.contains(word)) {
            true => Mode::Min,
            false => Mode::Max,
        }
    }

    /// Whether a figure is better than another by more than `min_delta`; NaN never is.
    pub fn is_better(self, value: f64, than: f64, min_delta: f64) -> bool {
        match self {
            Mode::Min => value < than - min_delta,
            Mode::Max => value > than + min_delta,
        }
    }

    /// What everything is better than.
    pub fn worst(self) -> f64 {
        match self {
            Mode::Min => f64::INFINITY,
            Mode::Max => f64::NEG_INFINITY,
        }
    }
}

/// Figures by name, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Logs(Vec<(String, f64)>);

impl Logs {
    /// Without figures.
    pub fn new() -> Self {
        Logs::default()
    }

    /// The figure of that name.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.0
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| *value)
    }

    /// Sets a figure; a new one comes last.
    pub fn set(&mut self, name: &str, value: f64) {
        match self.0.iter_mut().find(|(n, _)| n == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// The figures, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, f64)> {
        self.0.iter().map(|(name, value)| (name.as_str(), *value))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// `loss 0.4213  accuracy 0.8512`; small and large ones with a power of ten.
impl fmt::Display for Logs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (name, value)) in self.iter().enumerate() {
            let gap = if i > 0 { "  " } else { "" };
            let size = value.abs();
            match value == 0.0 || !value.is_finite() || (1e-3..1e6).contains(&size) {
                true => write!(f, "{gap}{name} {value:.4}")?,
                false => write!(f, "{gap}{name} {value:.2e}")?,
            }
        }
        Ok(())
    }
}

/// The figures of every epoch, Keras' `History`.
///
/// ```
/// use ondol_train::{History, Mode};
/// let mut history = History::new();
/// history.push(&[("loss", 0.9), ("val_loss", 1.0)]);
/// history.push(&[("loss", 0.5), ("val_loss", 0.8)]);
/// assert_eq!(history.get("loss"), Some(&[0.9, 0.5][..]));
/// assert_eq!(history.best("val_loss", Mode::Min), Some((1, 0.8)));
/// assert_eq!(history.last("loss"), Some(0.5));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    epochs: usize,
    names: Vec<String>,
    columns: Vec<Vec<f64>>,
}

impl History {
    /// Of no epochs.
    pub fn new() -> Self {
        History::default()
    }

    /// How many epochs there were.
    pub fn len(&self) -> usize {
        self.epochs
    }

    /// Whether there were none.
    pub fn is_empty(&self) -> bool {
        self.epochs == 0
    }

    /// The figures' names, in order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// A figure of all epochs; NaN where an epoch had none.
    pub fn get(&self, name: &str) -> Option<&[f64]> {
        let place = self.names.iter().position(|n| n == name)?;
        Some(&self.columns[place])
    }

    /// A figure of the last epoch.
    pub fn last(&self, name: &str) -> Option<f64> {
        self.get(name)?.last().copied()
    }

    /// The epoch, from 0, where a figure was best for the first time, and what it was.
    pub fn best(&self, name: &str, mode: Mode) -> Option<(usize, f64)> {
        let values = self.get(name)?.iter().copied().enumerate();
        let better = |best: Option<(usize, f64)>, (epoch, value): (usize, f64)| match best {
            _ if value.is_nan() => best,
            Some((_, than)) if !mode.is_better(value, than, 0.0) => best,
            _ => Some((epoch, value)),
        };
        values.fold(None, better)
    }

    /// One more epoch.
    pub fn push(&mut self, figures: &[(&str, f64)]) {
        for (name, value) in figures {
            let place = self
                .names
                .iter()
                .position(|n| n == name)
                .unwrap_or_else(|| {
                    self.names.push((*name).to_owned());
                    self.columns.push(vec![f64::NAN; self.epochs]);
                    self.names.len() - 1
                });
            self.columns[place].push(*value);
        }
        self.epochs += 1;
        for column in &mut self.columns {
            column.resize(self.epochs, f64::NAN);
        }
    }

    /// Writes a table of comma-separated values: the epoch, from 1, and a column for each figure, empty
    /// where an epoch had none. The file appears whole or not at all.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        ondol_serialize::atomic::write(path, |file| {
            let mut table = csv::Writer::from_writer(file);
            let names = self.names.iter().map(String::as_str);
            table.write_record(std::iter::once("epoch").chain(names))?;
            for epoch in 0..self.epochs {
                let cell = |column: &Vec<f64>| match column[epoch] {
                    value if value.is_nan() => String::new(),
                    value => value.to_string(),
                };
                let cells = self.columns.iter().map(cell);
                table.write_record(std::iter::once((epoch + 1).to_string()).chain(cells))?;
            }
            table.flush()
        })
    }

    /// As a tree of state.
    pub fn state_dict(&self) -> Value {
        let mut dict = Dict::new();
        dict.insert("epochs", self.epochs);
        let mut columns = Dict::new();
        for (name, column) in self.names.iter().zip(&self.columns) {
            columns.insert(
                name.as_str(),
                column.iter().map(|&v| v.into()).collect::<Vec<Value>>(),
            );
        }
        dict.insert("columns", columns);
        Value::Dict(dict)
    }

    /// Takes over what [`state_dict`](Self::state_dict) gave.
    ///
    /// # Errors
    /// Another structure; the history is then as before.
    pub fn load_state_dict(&mut self, state_dict: &Value) -> Result<()> {
        let mut loaded = History::new();
        loaded.epochs = state_dict.get("epochs")?.as_int()? as usize;
        for (name, column) in state_dict.get("columns")?.as_dict()?.iter() {
            let ondol_tensor::Key::Str(name) = name else {
                continue;
            };
            let column = column
                .as_list()?
                .iter()
                .map(Value::as_float)
                .collect::<Result<Vec<_>>>()?;
            if column.len() != loaded.epochs {
                let message = format!("{name} has {} epochs of {}", column.len(), loaded.epochs);
                return Err(ondol_tensor::Error::StateDict { message });
            }
            loaded.names.push(name.clone());
            loaded.columns.push(column);
        }
        *self = loaded;
        Ok(())
    }
}
