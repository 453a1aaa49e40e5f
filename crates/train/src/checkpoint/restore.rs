//! Putting a checkpoint's state back, all of it or nothing.

use ondol_data::{DataLoader, Source};
use ondol_nn::Module;
use ondol_optim::{AveragedModel, GradScaler, LRScheduler, Optimizer};
use ondol_tensor::{Error, Generator, GeneratorState, Result, Value, default_generator};

use super::{Checkpoint, DEFAULT, Stateful, file, random, refuse};

/// The random numbers as a name that can be skipped.
const RNG: &str = "rng";

/// What becomes of each part of a [`Checkpoint`], see [`Checkpoint::restore`].
///
/// Every part of the checkpoint must be given a place, or be left out by name with
/// [`skip`](Restore::skip); and every place needs its part. The default generator is restored of
/// itself. Nothing changes before [`apply`](Restore::apply), and where anything does not fit,
/// nothing does then.
#[must_use = "nothing is restored until `apply` is called"]
pub struct Restore<'a> {
    checkpoint: &'a Checkpoint,
    targets: Vec<(String, Box<dyn Stateful + 'a>)>,
    generators: Vec<(String, Generator)>,
    skipped: Vec<String>,
}

impl<'a> Restore<'a> {
    pub(super) fn new(checkpoint: &'a Checkpoint) -> Self {
        Restore {
            checkpoint,
            targets: Vec::new(),
            generators: vec![(DEFAULT.to_owned(), default_generator())],
            skipped: Vec::new(),
        }
    }

    /// The part `model`; its keys must be the model's.
    ///
    /// # Panics
    /// Where the part has a place already, as all of these methods.
    #[track_caller]
    pub fn model(self, model: &'a (impl Module + ?Sized)) -> Self {
        self.model_as("model", model)
    }

    /// Another model's part.
    #[track_caller]
    pub fn model_as(self, name: &str, model: &'a (impl Module + ?Sized)) -> Self {
        self.place(name, Model(model))
    }

    /// The part `optimizer`.
    #[track_caller]
    pub fn optimizer(self, optimizer: &'a mut (impl Optimizer + ?Sized)) -> Self {
        self.optimizer_as("optimizer", optimizer)
    }

    /// Another optimizer's part.
    #[track_caller]
    pub fn optimizer_as(self, name: &str, optimizer: &'a mut (impl Optimizer + ?Sized)) -> Self {
        self.place(name, OptimizerPart(optimizer))
    }

    /// The part `scheduler`.
    #[track_caller]
    pub fn scheduler(self, scheduler: &'a mut (impl LRScheduler + ?Sized)) -> Self {
        self.scheduler_as("scheduler", scheduler)
    }

    /// Another scheduler's part.
    #[track_caller]
    pub fn scheduler_as(self, name: &str, scheduler: &'a mut (impl LRScheduler + ?Sized)) -> Self {
        self.place(name, SchedulerPart(scheduler))
    }

    /// The part `scaler`.
    #[track_caller]
    pub fn scaler(self, scaler: &'a mut GradScaler) -> Self {
        self.part("scaler", scaler)
    }

    /// The part `ema`.
    #[track_caller]
    pub fn ema(self, averages: &'a mut AveragedModel) -> Self {
        self.part("ema", averages)
    }

    /// The part `loader`; the next [`iter`](DataLoader::iter) goes on where the saved one stood.
    #[track_caller]
    pub fn loader<S: Source>(self, loader: &'a DataLoader<S>) -> Self {
        self.loader_as("loader", loader)
    }

    /// Another loader's part.
    #[track_caller]
    pub fn loader_as<S: Source>(self, name: &str, loader: &'a DataLoader<S>) -> Self {
        self.place(name, Loader(loader))
    }

    /// Any other part.
    #[track_caller]
    pub fn part(self, name: &str, part: &'a mut (impl Stateful + ?Sized)) -> Self {
        self.place(name, Lent(part))
    }

    /// A generator that was saved by this name.
    #[track_caller]
    pub fn generator(mut self, name: &str, generator: &Generator) -> Self {
        let taken = self.generators.iter().any(|(there, _)| there == name);
        if taken {
            refuse(format!("the generator `{name}` has its place already"));
        }
        self.generators.push((name.to_owned(), generator.clone()));
        self
    }

    /// Leaves a part or a generator as it is in the program, whatever the checkpoint holds of it;
    /// `rng` is the default generator.
    pub fn skip(mut self, name: &str) -> Self {
        let name = if name == RNG { DEFAULT } else { name };
        self.skipped.push(name.to_owned());
        self.generators
            .retain(|(there, _)| there != name || name != DEFAULT);
        self
    }

    #[track_caller]
    fn place(mut self, name: &str, target: impl Stateful + 'a) -> Self {
        let taken = self.targets.iter().any(|(there, _)| there == name);
        if taken {
            refuse(format!("the part `{name}` has its place already"));
        }
        self.targets.push((name.to_owned(), Box::new(target)));
        self
    }

    /// Puts everything in its place.
    ///
    /// # Errors
    /// Parts without a place, places without a part, and states that do not fit; all are named, and
    /// nothing has changed.
    pub fn apply(self) -> Result<()> {
        let generators = self.checked()?;
        let mut targets = self.targets;
        let mut before: Vec<Value> = Vec::with_capacity(targets.len());
        for i in 0..targets.len() {
            let (name, target) = &mut targets[i];
            let saved = self.checkpoint.state(name)?;
            let own = target.state_dict();
            if let Err(error) = target.load_state_dict(saved) {
                let error = self
                    .checkpoint
                    .broken(format!("does not fit: `{name}`: {error}"));
                let done = targets[..i].iter_mut().zip(&before);
                return Err(undone(done, error));
            }
            before.push(own);
        }
        // Last: nothing above may draw from what is restored here.
        for (generator, state) in generators {
            generator.set_state(state);
        }
        Ok(())
    }

    /// The generators with their states, where all that is in the checkpoint has a place and all
    /// places have a part.
    fn checked(&self) -> Result<Vec<(Generator, GeneratorState)>> {
        let checkpoint = self.checkpoint;
        let mut lines = Vec::new();
        let skipped = |name: &String| self.skipped.contains(name);
        for name in checkpoint.parts() {
            if !skipped(&name) && !self.targets.iter().any(|(there, _)| *there == name) {
                lines.push(format!(
                    "holds `{name}`, which is restored nowhere; give it a place, or say .skip({name:?})"
                ));
            }
        }
        for (name, _) in &self.targets {
            if checkpoint.parts.get(name.as_str()).is_none() {
                let there = file::listed(&checkpoint.parts);
                lines.push(format!("has no `{name}` to restore; there is {there}"));
            }
        }
        for name in file::names(&checkpoint.generators) {
            if !skipped(&name) && !self.generators.iter().any(|(there, _)| *there == name) {
                lines.push(format!(
                    "holds the generator `{name}`, which is restored nowhere; add .generator({name:?}, …) or \
                     .skip({name:?})"
                ));
            }
        }
        let mut states = Vec::with_capacity(self.generators.len());
        for (name, generator) in &self.generators {
            match checkpoint.generators.get(name.as_str()).map(random::state) {
                Some(Ok(state)) => states.push((generator.clone(), state)),
                Some(Err(error)) => lines.push(format!("has a broken generator `{name}`: {error}")),
                None => {
                    let there = file::listed(&checkpoint.generators);
                    lines.push(format!(
                        "has no generator `{name}` to restore; there is {there}"
                    ));
                }
            }
        }
        match lines.is_empty() {
            true => Ok(states),
            false => Err(checkpoint.broken(lines.join(";\n  it "))),
        }
    }
}

/// Puts the states of before back, and says so where that fails.
fn undone<'b, 'a: 'b>(
    done: impl DoubleEndedIterator<Item = (&'b mut (String, Box<dyn Stateful + 'a>), &'b Value)>,
    error: Error,
) -> Error {
    for ((name, target), before) in done.rev() {
        if let Err(second) = target.load_state_dict(before) {
            let message = format!(
                "{error}\n  and `{name}`, which was restored before, does not take its former state again: {second}"
            );
            return Error::StateDict { message };
        }
    }
    error
}

/// The kinds of parts, alike.
struct Model<'a, M: ?Sized>(&'a M);
struct OptimizerPart<'a, O: ?Sized>(&'a mut O);
struct SchedulerPart<'a, S: ?Sized>(&'a mut S);
struct Loader<'a, S>(&'a DataLoader<S>);
struct Lent<'a, P: ?Sized>(&'a mut P);

impl<M: Module + ?Sized> Stateful for Model<'_, M> {
    fn state_dict(&self) -> Value {
        self.0.state_dict().into()
    }
    fn load_state_dict(&mut self, state_dict: &Value) -> Result<()> {
        self.0.load_state_dict(state_dict)
    }
}

impl<O: Optimizer + ?Sized> Stateful for OptimizerPart<'_, O> {
    fn state_dict(&self) -> Value {
        self.0.state_dict()
    }
    fn load_state_dict(&mut self, state_dict: &Value) -> Result<()> {
        self.0.load_state_dict(state_dict)
    }
}

impl<S: LRScheduler + ?Sized> Stateful for SchedulerPart<'_, S> {
    fn state_dict(&self) -> Value {
        self.0.state_dict()
    }
    fn load_state_dict(&mut self, state_dict: &Value) -> Result<()> {
        self.0.load_state_dict(state_dict)
    }
}

impl<S: Source> Stateful for Loader<'_, S> {
    fn state_dict(&self) -> Value {
        self.0.state_dict()
    }
    fn load_state_dict(&mut self, state_dict: &Value) -> Result<()> {
        self.0.load_state_dict(state_dict)
    }
}

impl<P: Stateful + ?Sized> Stateful for Lent<'_, P> {
    fn state_dict(&self) -> Value {
        self.0.state_dict()
    }
    fn load_state_dict(&mut self, state_dict: &Value) -> Result<()> {
        self.0.load_state_dict(state_dict)
    }
}
