//! The loop itself.

use std::panic::Location;

use ondol_autograd::{Tensor, autocast_guard, catch, no_grad};
use ondol_nn::{Forward, Module};
use ondol_optim::{Optimizer, clip_grad_norm_, clip_grad_value_};
use ondol_tensor::{Error, Result, Value};

use super::loader::{Inputs, Loader};
use super::run::Run;
use super::step::{BatchStep, StepOutput};
use super::{Clip, Interval, Trainer};
use crate::callbacks::ProgressBar;
use crate::metrics::Mean;
use crate::summary::Flags;
use crate::{History, Logs};

/// Calls every callback; a macro, so that the rest of the trainer stays borrowable.
macro_rules! call {
    ($trainer:ident, $method:ident $(, $argument:expr)*) => {{
        let mut callbacks = std::mem::take(&mut $trainer.callbacks);
        let mut run = Run {
            model: &$trainer.model,
            optimizer: &mut $trainer.optimizer,
            history: &$trainer.history,
            place: &mut $trainer.place,
        };
        let done = callbacks.iter_mut().try_for_each(|c| c.$method(&mut run $(, $argument)*));
        $trainer.callbacks = callbacks;
        done
    }};
}

/// An error with the epoch and batch it belongs to.
fn located(error: Error, place: Vec<String>, caller: &'static Location<'static>) -> Error {
    match error {
        Error::At { source, layers, at } => Error::At {
            source,
            layers: place.into_iter().chain(layers).collect(),
            at,
        },
        other => Error::At {
            source: Box::new(other),
            layers: place,
            at: caller,
        },
    }
}

impl<M: Module, O: Optimizer, S> Trainer<M, O, S> {
    /// Trains up to the last epoch, or until a callback ends it; what was done before, by an earlier
    /// call or in a run that is gone on with, is not done again. Returns the figures of all epochs.
    ///
    /// # Errors
    /// Whatever keeps a batch from being read or computed, and what callbacks meet, with epoch and
    /// batch: `… in epoch 2/5 > batch 17`.
    #[track_caller]
    pub fn fit<D: Loader>(
        &mut self,
        train: &D,
        valid: Option<&dyn Loader<Batch = D::Batch>>,
    ) -> Result<History>
    where
        S: BatchStep<M, D::Batch>,
    {
        let caller = Location::caller();
        self.place.stop = None;
        self.place.epochs = self.epochs;
        self.place.batches = train.batches();
        if let Some(device) = &self.device {
            self.model.to(device)?;
        }
        // The bar comes first, so that what other callbacks print stands below it.
        if self.progress {
            self.callbacks.insert(0, Box::new(ProgressBar::new()));
        }
        let done = self.run_epochs(train, valid, caller);
        if self.progress {
            self.callbacks.remove(0);
        }
        done.map(|()| self.history.clone())
    }

    fn run_epochs<D: Loader>(
        &mut self,
        train: &D,
        valid: Option<&dyn Loader<Batch = D::Batch>>,
        caller: &'static Location<'static>,
    ) -> Result<()>
    where
        S: BatchStep<M, D::Batch>,
    {
        call!(self, on_fit_start)?;
        while self.place.epoch < self.epochs && self.place.stop.is_none() {
            let epoch = format!("epoch {}/{}", self.place.epoch + 1, self.epochs);
            self.place.logs = Logs::new();
            let mut done = self.train_epoch(train, caller);
            if let (Ok(()), Some(valid)) = (&done, valid) {
                done = self.validate(valid, caller);
            }
            done.and_then(|()| self.end_epoch())
                .map_err(|e| located(e, vec![epoch], caller))?;
        }
        call!(self, on_fit_end)
    }

    fn train_epoch<D: Loader>(
        &mut self,
        train: &D,
        caller: &'static Location<'static>,
    ) -> Result<()>
    where
        S: BatchStep<M, D::Batch>,
    {
        let rest = self.rest.take();
        if rest.is_none() {
            (self.place.batch, self.place.loss) = (0, Mean::new());
            self.metrics.iter_mut().for_each(|pair| pair.train.reset());
        }
        call!(self, on_epoch_start)?;
        self.model.train();
        self.optimizer.zero_grad();
        let mut pending = 0;
        train.set_epoch(self.place.epoch);
        let mut batches = match &rest {
            None => train.epoch(),
            // A loader without a place: what was done is passed over.
            Some(Value::None) => {
                let mut batches = train.epoch();
                for batch in batches.by_ref().take(self.place.batch) {
                    batch?;
                }
                batches
            }
            Some(place) => {
                train.load_state_dict(place)?;
                train.epoch()
            }
        };
        loop {
            let Some(batch) = batches.next() else { break };
            let place = || vec![format!("batch {}", self.place.batch + 1)];
            let batch = batch.map_err(|e| located(e, place(), caller))?;
            let last = batches.size_hint() == (0, Some(0));
            self.place.batch += 1;
            let place = vec![format!("batch {}", self.place.batch)];
            let done = self.train_batch(batch, &mut pending, last);
            done.map_err(|e| located(e, place, caller))?;
            // Not with gradients that wait for a step, and after the last batch with the epoch.
            if self.place.save && pending == 0 && !last {
                self.save(Some(train.state_dict()))?;
            }
            if self.place.stop.is_some() {
                break;
            }
        }
        // Where the number of batches was not known before.
        if pending > 0 && self.place.stop.is_none() {
            catch(|| self.make_step())?;
        }
        Ok(())
    }

    fn train_batch<B>(&mut self, batch: B, pending: &mut usize, last: bool) -> Result<()>
    where
        S: BatchStep<M, B>,
    {
        call!(self, on_batch_start)?;
        let output = catch(|| {
            let output = self.forward(batch);
            let mut loss = match self.accumulate {
                1 => output.loss.clone(),
                batches => &output.loss / batches as f64,
            };
            if let Some(scaler) = &mut self.scaler {
                loss = scaler.scale(&loss);
            }
            loss.backward();
            *pending += 1;
            if *pending == self.accumulate || last {
                self.make_step();
                *pending = 0;
            }
            output
        })?;
        catch(|| {
            self.place.batch_loss = output.loss.item();
            self.place.samples = output.samples;
            let loss = &mut self.place.loss;
            loss.update(self.place.batch_loss, output.samples);
            self.place.logs.set("loss", loss.compute());
            if let Some((output, target)) = &output.outputs {
                let output = output.detach();
                for pair in &mut self.metrics {
                    pair.train.update(&output, target);
                    self.place.logs.set(&pair.name, pair.train.compute());
                }
            }
        })?;
        call!(self, on_batch_end)
    }

    fn forward<B>(&mut self, batch: B) -> StepOutput
    where
        S: BatchStep<M, B>,
    {
        let _cast = self.autocast.map(|dtype| autocast_guard(dtype));
        self.step.run(&self.model, batch, self.device.as_ref())
    }

    fn make_step(&mut self) {
        if let (Some(scaler), Some(_)) = (&mut self.scaler, self.clip) {
            scaler.unscale_(&self.optimizer);
        }
        if let Some(clip) = self.clip {
            let groups = self.optimizer.param_groups();
            let parameters = groups.iter().flat_map(|group| group.params());
            match clip {
                Clip::Norm(max) => drop(clip_grad_norm_(parameters, max, 2.0, false)),
                Clip::Value(value) => clip_grad_value_(parameters, value),
            }
        }
        let made = match &mut self.scaler {
            Some(scaler) => {
                let made = scaler.step(&mut self.optimizer);
                scaler.update();
                made
            }
            None => {
                self.optimizer.step();
                true
            }
        };
        self.optimizer.zero_grad();
        self.place.global_step += 1;
        // A step that was left out moves no schedule either.
        if made {
            self.schedule(Interval::Step);
        }
    }

    fn schedule(&mut self, when: Interval) {
        for (scheduler, interval) in &mut self.schedulers {
            if *interval == when {
                scheduler.step(&mut self.optimizer);
            }
        }
    }

    fn validate<B>(
        &mut self,
        valid: &dyn Loader<Batch = B>,
        caller: &'static Location<'static>,
    ) -> Result<()>
    where
        S: BatchStep<M, B>,
    {
        call!(self, on_validation_start)?;
        valid.set_epoch(self.place.epoch);
        let figures = self.measure(valid, caller)?;
        for (name, value) in figures.iter() {
            self.place.logs.set(&format!("val_{name}"), value);
        }
        call!(self, on_validation_end)
    }

    /// Loss and metrics over batches, in evaluation and without gradients.
    fn measure<B>(
        &mut self,
        batches: &dyn Loader<Batch = B>,
        caller: &'static Location<'static>,
    ) -> Result<Logs>
    where
        S: BatchStep<M, B>,
    {
        self.metrics.iter_mut().for_each(|pair| pair.valid.reset());
        let Trainer {
            model,
            step,
            metrics,
            ..
        } = self;
        let _flags = Flags::evaluation(&*model);
        let mut mean = Mean::new();
        for (i, batch) in batches.epoch().enumerate() {
            let mut run = |batch| {
                no_grad(|| {
                    let output = {
                        let _cast = self.autocast.map(|dtype| autocast_guard(dtype));
                        step.run(model, batch, self.device.as_ref())
                    };
                    mean.update(output.loss.item(), output.samples);
                    if let Some((output, target)) = &output.outputs {
                        metrics
                            .iter_mut()
                            .for_each(|pair| pair.valid.update(output, target));
                    }
                })
            };
            let done = batch.and_then(|batch| catch(|| run(batch)));
            done.map_err(|e| located(e, vec![format!("validation batch {}", i + 1)], caller))?;
        }
        let mut logs = Logs::new();
        logs.set("loss", mean.compute());
        for pair in metrics {
            logs.set(&pair.name, pair.valid.compute());
        }
        Ok(logs)
    }

    fn end_epoch(&mut self) -> Result<()> {
        let lr = self.optimizer.lr();
        self.place.logs.set("lr", lr);
        if self.place.stop.is_none() {
            catch(|| self.schedule(Interval::Epoch))?;
        }
        let figures: Vec<(&str, f64)> = self.place.logs.iter().collect();
        self.history.push(&figures);
        call!(self, on_epoch_end)?;
        // After all callbacks saw the epoch, so that what is saved is the state of all.
        self.save(None)?;
        self.place.epoch += 1;
        Ok(())
    }

    /// Has callbacks keep the state of now: within an epoch with the place of its loader, or after one.
    fn save(&mut self, loader: Option<Value>) -> Result<()> {
        self.place.save = false;
        let checkpoint = self.checkpoint_at(loader);
        call!(self, on_save, &checkpoint)
    }

    /// Loss and metrics over batches, in evaluation and without gradients: `loss` and the metrics by
    /// their names.
    ///
    /// # Errors
    /// Whatever keeps a batch from being read or computed, with its number.
    #[track_caller]
    pub fn evaluate<B>(&mut self, batches: &dyn Loader<Batch = B>) -> Result<Logs>
    where
        S: BatchStep<M, B>,
    {
        let caller = Location::caller();
        if let Some(device) = &self.device {
            self.model.to(device)?;
        }
        self.measure(batches, caller)
    }

    /// The model's outputs for all batches, joined, in evaluation and without gradients.
    ///
    /// # Errors
    /// Whatever keeps a batch from being read or computed, with its number; no batches.
    #[track_caller]
    pub fn predict<B: Inputs>(&self, batches: &dyn Loader<Batch = B>) -> Result<Tensor>
    where
        M: Forward,
    {
        let caller = Location::caller();
        let _flags = Flags::evaluation(&self.model);
        let mut outputs: Vec<Tensor> = Vec::new();
        for (i, batch) in batches.epoch().enumerate() {
            let run = |batch: B| {
                let input = match &self.device {
                    Some(device) => batch.inputs().to(device),
                    None => batch.inputs().clone(),
                };
                let _cast = self.autocast.map(|dtype| autocast_guard(dtype));
                no_grad(|| self.model.forward(&input))
            };
            let output = batch.and_then(|batch| catch(|| run(batch)));
            outputs.push(output.map_err(|e| located(e, vec![format!("batch {}", i + 1)], caller))?);
        }
        if outputs.is_empty() {
            return Err(Error::data("there are no batches to predict"));
        }
        catch(|| Tensor::cat(&outputs, 0))
    }
}
