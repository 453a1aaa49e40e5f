//! The learning rate by hand, and by a figure.

use ondol_tensor::{Result, Value};

use super::Callback;
use crate::Run;

/// Sets the learning rate before each epoch, Keras' `LearningRateScheduler`: the function is given
/// the epoch, from 0, and the learning rate of now.
///
/// ```
/// use ondol_train::callbacks::LearningRateScheduler;
/// let halved = LearningRateScheduler::new(|epoch, lr| if epoch > 0 && epoch % 10 == 0 { lr / 2.0 } else { lr });
/// ```
pub struct LearningRateScheduler<F>(F);

impl<F: FnMut(usize, f64) -> f64> LearningRateScheduler<F> {
    /// By this function.
    pub fn new(schedule: F) -> Self {
        LearningRateScheduler(schedule)
    }
}

impl<F: FnMut(usize, f64) -> f64> Callback for LearningRateScheduler<F> {
    fn on_epoch_start(&mut self, run: &mut Run<'_>) -> Result<()> {
        // The rest of an epoch has its rate already.
        if run.batch() > 0 {
            return Ok(());
        }
        let lr = (self.0)(run.epoch() - 1, run.lr());
        ondol_autograd::catch(|| run.optimizer().set_lr(lr))
    }
}

/// Lowers the learning rate where a figure stops getting better, Keras' `ReduceLROnPlateau`, by
/// [`ondol_optim::ReduceLROnPlateau`].
///
/// ```
/// use ondol_train::callbacks::ReduceLROnPlateau;
/// let plateau = ReduceLROnPlateau::new("val_loss", ondol_optim::ReduceLROnPlateau::new().factor(0.5).patience(2));
/// ```
#[derive(Clone, Debug)]
pub struct ReduceLROnPlateau {
    monitor: String,
    scheduler: ondol_optim::ReduceLROnPlateau,
    begun: bool,
}

impl ReduceLROnPlateau {
    /// By a figure's name; the scheduler says what is better and by how much the rate falls.
    pub fn new(monitor: &str, scheduler: ondol_optim::ReduceLROnPlateau) -> Self {
        ReduceLROnPlateau {
            monitor: monitor.to_owned(),
            scheduler,
            begun: false,
        }
    }
}

impl Callback for ReduceLROnPlateau {
    fn on_fit_start(&mut self, run: &mut Run<'_>) -> Result<()> {
        if !self.begun {
            let scheduler = self.scheduler.clone();
            self.scheduler = ondol_autograd::catch(|| scheduler.on(run.optimizer()))?;
            self.begun = true;
        }
        Ok(())
    }

    fn on_epoch_end(&mut self, run: &mut Run<'_>) -> Result<()> {
        let value = run.figure(&self.monitor)?;
        ondol_autograd::catch(|| self.scheduler.step(value, run.optimizer()))
    }

    fn state_dict(&self) -> Value {
        self.scheduler.state_dict()
    }

    fn load_state_dict(&mut self, state: &Value) -> Result<()> {
        self.scheduler.load_state_dict(state)?;
        self.begun = true;
        Ok(())
    }
}
