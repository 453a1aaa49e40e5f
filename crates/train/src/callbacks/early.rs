//! Endings before the last epoch.

use ondol_tensor::{Array, Dict, Key, Result, Value};

use super::Callback;
use crate::{Mode, Run};

/// Ends a training where a figure stops getting better, Keras' and Lightning's `EarlyStopping`.
///
/// ```
/// use ondol_train::{Mode, callbacks::EarlyStopping};
/// let stopping = EarlyStopping::new("val_accuracy").mode(Mode::Max).patience(5).restore_best_weights(true);
/// ```
#[derive(Clone, Debug)]
pub struct EarlyStopping {
    monitor: String,
    mode: Mode,
    patience: usize,
    min_delta: f64,
    restore: bool,
    best: f64,
    best_epoch: usize,
    waited: usize,
    weights: Option<Value>,
}

impl EarlyStopping {
    /// By a figure's name, such as `val_loss`; less is better where it speaks of a loss or error, else
    /// more, unless [`mode`](Self::mode) says otherwise.
    pub fn new(monitor: &str) -> Self {
        let mode = Mode::of(monitor);
        EarlyStopping {
            monitor: monitor.to_owned(),
            mode,
            patience: 0,
            min_delta: 0.0,
            restore: false,
            best: mode.worst(),
            best_epoch: 0,
            waited: 0,
            weights: None,
        }
    }

    /// Whether less or more is better.
    pub fn mode(mut self, mode: Mode) -> Self {
        (self.mode, self.best) = (mode, mode.worst());
        self
    }

    /// After how many epochs without a better figure it ends; 0, Keras' default, ends at the first.
    pub fn patience(mut self, patience: usize) -> Self {
        self.patience = patience;
        self
    }

    /// By how much a figure must be better to count; 0 by default.
    pub fn min_delta(mut self, min_delta: f64) -> Self {
        self.min_delta = min_delta.abs();
        self
    }

    /// Whether the model ends with the weights of its best epoch; false by default.
    pub fn restore_best_weights(mut self, restore: bool) -> Self {
        self.restore = restore;
        self
    }
}

/// A copy that later steps do not share memory with, so that they write in place.
fn copied(state: &Value) -> Result<Value> {
    let mut dict = Dict::new();
    for (key, value) in state.as_dict()?.iter() {
        let array: &Array = value.as_tensor()?;
        dict.insert(key.clone(), array.copy()?);
    }
    Ok(Value::Dict(dict))
}

impl Callback for EarlyStopping {
    fn on_epoch_end(&mut self, run: &mut Run<'_>) -> Result<()> {
        let value = run.figure(&self.monitor)?;
        if self.mode.is_better(value, self.best, self.min_delta) {
            (self.best, self.best_epoch, self.waited) = (value, run.epoch(), 0);
            if self.restore {
                let state = ondol_tensor::ToValue::to_value(&run.model().state_dict());
                self.weights = Some(copied(&state)?);
            }
            return Ok(());
        }
        self.waited += 1;
        if self.waited >= self.patience.max(1) {
            run.stop(format!(
                "{} was best in epoch {} ({:.4}) and not better for {} epochs",
                self.monitor, self.best_epoch, self.best, self.waited
            ));
        }
        Ok(())
    }

    fn on_fit_end(&mut self, run: &mut Run<'_>) -> Result<()> {
        match &self.weights {
            Some(weights) if self.restore => run.model().load_state_dict(weights),
            _ => Ok(()),
        }
    }

    fn state_dict(&self) -> Value {
        let mut dict = Dict::new();
        dict.insert("best", self.best);
        dict.insert("best_epoch", self.best_epoch);
        dict.insert("waited", self.waited);
        if let Some(weights) = &self.weights {
            dict.insert("weights", weights.clone());
        }
        Value::Dict(dict)
    }

    fn load_state_dict(&mut self, state: &Value) -> Result<()> {
        let best = state.get("best")?.as_float()?;
        let (epoch, waited) = (
            state.get("best_epoch")?.as_int()?,
            state.get("waited")?.as_int()?,
        );
        (self.best, self.best_epoch, self.waited) = (best, epoch as usize, waited as usize);
        self.weights = state.as_dict()?.get(Key::from("weights")).cloned();
        Ok(())
    }
}

/// Ends a training whose loss is infinite or NaN, Keras' `TerminateOnNaN`.
#[derive(Clone, Copy, Debug, Default)]
pub struct TerminateOnNaN;

impl Callback for TerminateOnNaN {
    fn on_batch_end(&mut self, run: &mut Run<'_>) -> Result<()> {
        let loss = run.batch_loss();
        if !loss.is_finite() {
            run.stop(format!(
                "the loss of epoch {}, batch {} is {loss}",
                run.epoch(),
                run.batch()
            ));
        }
        Ok(())
    }
}
