//! The whole state of a training, to go on with it later to the bit.

use std::path::Path;

use ondol_nn::Module;
use ondol_optim::Optimizer;
use ondol_tensor::{Dict, Error, GeneratorState, Key, Result, Value, get_rng_state, set_rng_state};

use super::Trainer;
use crate::History;

/// 64 bits as an integer of the file.
fn bits(value: u64) -> Value {
    Value::Int(value as i64)
}

/// Two counters of a state, epochs and steps.
fn counters(trainer: &Value) -> Result<(usize, u64)> {
    let epoch = trainer.get("epoch")?.as_int()?;
    let step = trainer.get("global_step")?.as_int()?;
    Ok((epoch as usize, step as u64))
}

impl<M: Module, O: Optimizer, S> Trainer<M, O, S> {
    /// The whole state: model, optimizer, schedulers, scaler, callbacks, history, and the default
    /// generator. It is a snapshot.
    pub fn state_dict(&self) -> Value {
        let rng = get_rng_state();
        let mut generator = Dict::new();
        generator.insert("seed", bits(rng.seed));
        generator.insert("offset", bits(rng.offset));
        let mut trainer = Dict::new();
        trainer.insert("epoch", self.place.epoch);
        trainer.insert("global_step", self.place.global_step as i64);
        trainer.insert("history", self.history.state_dict());
        let callbacks = self
            .callbacks
            .iter()
            .filter(|c| c.is_kept())
            .map(|c| c.state_dict());
        trainer.insert("callbacks", callbacks.collect::<Vec<_>>());
        let mut dict = Dict::new();
        dict.insert(
            "model",
            ondol_tensor::ToValue::to_value(&self.model.state_dict()),
        );
        dict.insert("optimizer", self.optimizer.state_dict());
        let schedulers = self.schedulers.iter().map(|(s, _)| s.state_dict());
        dict.insert("schedulers", schedulers.collect::<Vec<_>>());
        if let Some(scaler) = &self.scaler {
            dict.insert("scaler", scaler.state_dict());
        }
        dict.insert("rng", generator);
        dict.insert("trainer", trainer);
        Value::Dict(dict)
    }

    /// Takes over a state that [`state_dict`](Self::state_dict) gave: [`fit`](Self::fit) then goes on
    /// after the last epoch of it. The trainer must be set up as it was.
    ///
    /// # Errors
    /// A state of another model, optimizer or set of schedulers and callbacks. The message says which;
    /// what comes after it in this order is then as before.
    pub fn load_state_dict(&mut self, state: &Value) -> Result<()> {
        let trainer = state.get("trainer")?;
        let (epoch, global_step) = counters(trainer)?;
        let schedulers = state.get("schedulers")?.as_list()?;
        let callbacks = trainer.get("callbacks")?.as_list()?;
        let own = self.callbacks.iter().filter(|c| c.is_kept()).count();
        for (what, saved, own) in [
            ("schedulers", schedulers.len(), self.schedulers.len()),
            ("callbacks", callbacks.len(), own),
        ] {
            if saved != own {
                let message =
                    format!("the state is of a trainer with {saved} {what}, this one has {own}");
                return Err(Error::StateDict { message });
            }
        }
        let scaler = state.as_dict()?.get("scaler");
        if scaler.is_some() != self.scaler.is_some() {
            let message =
                "mixed precision with a scaler in one of both only: the saved trainer and this one";
            return Err(Error::StateDict {
                message: message.into(),
            });
        }
        let rng = state.get("rng")?;
        let rng = GeneratorState {
            seed: rng.get("seed")?.as_int()? as u64,
            offset: rng.get("offset")?.as_int()? as u64,
        };
        let mut history = History::new();
        history.load_state_dict(trainer.get("history")?)?;
        self.model.load_state_dict(state.get("model")?)?;
        self.optimizer.load_state_dict(state.get("optimizer")?)?;
        for ((scheduler, _), saved) in self.schedulers.iter_mut().zip(schedulers) {
            scheduler.load_state_dict(saved)?;
        }
        if let (Some(own), Some(saved)) = (&mut self.scaler, scaler) {
            own.load_state_dict(saved)?;
        }
        let kept = self.callbacks.iter_mut().filter(|c| c.is_kept());
        for (callback, saved) in kept.zip(callbacks) {
            callback.load_state_dict(saved)?;
        }
        self.history = history;
        (self.place.epoch, self.place.global_step) = (epoch, global_step);
        set_rng_state(rng);
        Ok(())
    }

    /// Goes on with a run from a file of [`ModelCheckpoint`](crate::callbacks::ModelCheckpoint): the
    /// weights become those of a run that was never interrupted, to the bit. Call it before
    /// [`fit`](Self::fit), with a trainer that is set up as it was; loaders are put to the right epoch.
    ///
    /// # Errors
    /// A file that cannot be read, and as [`load_state_dict`](Self::load_state_dict).
    pub fn resume(&mut self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let state = ondol_serialize::load(path)?;
        let known = state
            .as_dict()
            .is_ok_and(|dict| dict.get(Key::from("trainer")).is_some());
        if !known {
            let message =
                "no checkpoint of a trainer; load_state_dict of the model reads a state dict";
            return Err(Error::file(path, message));
        }
        self.load_state_dict(&state).map_err(|e| match e {
            Error::Value { message, .. } => Error::file(path, message),
            other => other,
        })
    }
}
