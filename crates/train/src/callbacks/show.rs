//! What the terminal shows.

use ondol_tensor::Result;

use super::Callback;
use crate::{Progress, Run};

/// A bar for each epoch where there is a terminal and plain lines where there is none, Keras'
/// `ProgbarLogger`, Lightning's `TQDMProgressBar`; and a line of figures after each epoch. A
/// [`Trainer`](crate::Trainer) has one unless it is told not to.
#[derive(Default)]
pub struct ProgressBar {
    bar: Option<Progress>,
}

impl ProgressBar {
    /// On standard error.
    pub fn new() -> Self {
        ProgressBar::default()
    }
}

impl Callback for ProgressBar {
    fn on_epoch_start(&mut self, run: &mut Run<'_>) -> Result<()> {
        let batches = run.batches().unwrap_or(0).saturating_sub(run.batch());
        let label = format!("epoch {}/{}", run.epoch(), run.epochs());
        self.bar = Some(Progress::new(label, batches).unit("samples"));
        Ok(())
    }

    fn on_batch_end(&mut self, run: &mut Run<'_>) -> Result<()> {
        if let Some(bar) = &mut self.bar {
            let figures: Vec<(&str, f64)> = run.logs().iter().collect();
            bar.update(run.samples(), &figures);
        }
        Ok(())
    }

    fn on_epoch_end(&mut self, run: &mut Run<'_>) -> Result<()> {
        if let Some(bar) = self.bar.take() {
            bar.finish();
        }
        eprintln!("epoch {}/{}  {}", run.epoch(), run.epochs(), run.logs());
        Ok(())
    }

    fn on_fit_end(&mut self, run: &mut Run<'_>) -> Result<()> {
        if let Some(why) = run.stopped() {
            eprintln!("stopped after epoch {}: {why}", run.history().len());
        }
        Ok(())
    }

    fn is_kept(&self) -> bool {
        false
    }
}
