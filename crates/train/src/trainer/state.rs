//! The whole state of a training, to go on with it later to the bit.

use std::path::Path;

use ondol_nn::Module;
use ondol_optim::Optimizer;
use ondol_tensor::{Dict, Error, Result, Value};

use super::{Pair, Trainer};
use crate::callbacks::Callback;
use crate::checkpoint::{Checkpoint, CheckpointManager, Stateful};
use crate::metrics::{Mean, merge};

/// The parts that are several: `scheduler`, `scheduler2`, …
fn numbered(name: &str, i: usize) -> String {
    match i {
        0 => name.to_owned(),
        i => format!("{name}{}", i + 1),
    }
}

/// A state that is made or read elsewhere.
struct Told(Value);

impl Stateful for Told {
    fn state_dict(&self) -> Value {
        self.0.clone()
    }
    fn load_state_dict(&mut self, state: &Value) -> Result<()> {
        self.0 = state.clone();
        Ok(())
    }
}

/// A callback as a part.
struct Kept<'a>(&'a mut Box<dyn Callback>);

impl Stateful for Kept<'_> {
    fn state_dict(&self) -> Value {
        self.0.state_dict()
    }
    fn load_state_dict(&mut self, state: &Value) -> Result<()> {
        self.0.load_state_dict(state)
    }
}

/// What has been counted in the epoch that is under way.
struct Counted<'a>(&'a mut [Pair], &'a mut Mean);

impl Stateful for Counted<'_> {
    fn state_dict(&self) -> Value {
        counted(self.0, self.1)
    }
    fn load_state_dict(&mut self, state: &Value) -> Result<()> {
        merge::load(self.1, state.get("loss")?)?;
        for pair in self.0.iter_mut() {
            pair.train.load_state_dict(state.get(pair.name.as_str())?)?;
        }
        Ok(())
    }
}

fn counted(metrics: &[Pair], loss: &Mean) -> Value {
    let mut dict = Dict::new();
    dict.insert("loss", merge::save(loss));
    for pair in metrics {
        dict.insert(pair.name.as_str(), pair.train.state_dict());
    }
    dict.into()
}

impl<M: Module, O: Optimizer, S> Trainer<M, O, S> {
    /// The whole state after the last epoch that is done: model, optimizer, schedulers, scaler, callbacks,
    /// history, and the default generator. It is a snapshot.
    pub fn checkpoint(&self) -> Checkpoint {
        self.checkpoint_of(self.place.epoch, None)
    }

    /// Within an epoch, with its loader's place, or at the end of one.
    pub(super) fn checkpoint_at(&self, loader: Option<Value>) -> Checkpoint {
        match loader {
            Some(_) => self.checkpoint_of(self.place.epoch, loader),
            None => self.checkpoint_of(self.place.epoch + 1, None),
        }
    }

    fn checkpoint_of(&self, epoch: usize, loader: Option<Value>) -> Checkpoint {
        let mut checkpoint = Checkpoint::new()
            .model(&self.model)
            .optimizer(&self.optimizer)
            .part("history", &self.history);
        for (i, (scheduler, _)) in self.schedulers.iter().enumerate() {
            checkpoint = checkpoint.scheduler_as(&numbered("scheduler", i), &**scheduler);
        }
        if let Some(scaler) = &self.scaler {
            checkpoint = checkpoint.scaler(scaler);
        }
        let kept = self.callbacks.iter().filter(|c| c.is_kept());
        for (i, callback) in kept.enumerate() {
            checkpoint = checkpoint.part(&numbered("callback", i), &Told(callback.state_dict()));
        }
        let mut batch = 0;
        if let Some(place) = loader {
            batch = self.place.batch;
            checkpoint = checkpoint
                .part("loader", &Told(place))
                .part("epoch", &Told(counted(&self.metrics, &self.place.loss)));
        }
        checkpoint
            .set("epoch", epoch)
            .set("batch", batch)
            .set("global_step", self.place.global_step as i64)
    }

    /// Takes over the state of a checkpoint of a trainer: [`fit`](Self::fit) then goes on after the last
    /// epoch or batch of it. The trainer must be set up as it was.
    ///
    /// # Errors
    /// A state of another model, optimizer or set of schedulers and callbacks. The message says what does
    /// not fit, and nothing has changed.
    pub fn restore(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        let number = |key| Ok::<_, Error>(checkpoint.get(key)?.as_int()? as usize);
        let (epoch, batch, step) = (number("epoch")?, number("batch")?, number("global_step")?);
        let own = self.callbacks.iter().filter(|c| c.is_kept()).count();
        let (schedulers, callbacks) = (self.schedulers.len(), own);
        for (what, own) in [("scheduler", schedulers), ("callback", callbacks)] {
            let of_it = |name: &&String| name.starts_with(what);
            let saved = checkpoint.parts().iter().filter(of_it).count();
            if saved != own {
                let message =
                    format!("the state is of a trainer with {saved} {what}s, this one has {own}");
                return Err(Error::StateDict { message });
            }
        }
        let mut place = Told(Value::None);
        let mut loss = Mean::new();
        let mut counted = Counted(&mut self.metrics, &mut loss);
        let kept = self.callbacks.iter_mut().filter(|c| c.is_kept());
        let mut kept: Vec<Kept> = kept.map(Kept).collect();
        let mut restore = checkpoint
            .restore()
            .model(&self.model)
            .optimizer(&mut self.optimizer)
            .part("history", &mut self.history);
        for (i, (scheduler, _)) in self.schedulers.iter_mut().enumerate() {
            restore = restore.scheduler_as(&numbered("scheduler", i), &mut **scheduler);
        }
        if let Some(scaler) = &mut self.scaler {
            restore = restore.scaler(scaler);
        }
        for (i, callback) in kept.iter_mut().enumerate() {
            restore = restore.part(&numbered("callback", i), callback);
        }
        if batch > 0 {
            restore = restore
                .part("loader", &mut place)
                .part("epoch", &mut counted);
        }
        restore.apply()?;
        self.place.loss = loss;
        self.rest = (batch > 0).then_some(place.0);
        (self.place.epoch, self.place.batch) = (epoch, batch);
        self.place.global_step = step as u64;
        for callback in &mut self.callbacks {
            callback.on_restore(checkpoint)?;
        }
        Ok(())
    }

    /// Goes on with a run from a file of [`ModelCheckpoint`](crate::callbacks::ModelCheckpoint), or from the
    /// newest whole one of its folder, in the middle of an epoch too: the weights become those of a run
    /// that was never interrupted, to the bit. Call it before [`fit`](Self::fit), with a trainer that is
    /// set up as it was; loaders are put to the right place.
    ///
    /// # Errors
    /// A file that cannot be read, a folder without one, and as [`restore`](Self::restore).
    pub fn resume(&mut self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let checkpoint = match path.is_dir() {
            false => Checkpoint::load(path)?,
            true => CheckpointManager::new(path)?
                .load_last()?
                .ok_or_else(|| Error::file(path, "there is no checkpoint to resume from"))?,
        };
        self.restore(&checkpoint)
    }
}
