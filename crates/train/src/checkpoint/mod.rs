//! The state of a whole run in one file.

mod file;
mod manager;
mod numbered;
mod random;
mod restore;
mod stateful;

use std::path::{Path, PathBuf};

use ondol_autograd::raise;
use ondol_data::{DataLoader, Source};
use ondol_nn::Module;
use ondol_optim::{AveragedModel, GradScaler, LRScheduler, Optimizer};
use ondol_tensor::{Dict, Error, Generator, Result, ToValue, Value, default_generator};

pub use self::manager::{CheckpointManager, Saved};
pub use self::restore::Restore;
pub use self::stateful::Stateful;

/// The name of the default generator among the generators.
const DEFAULT: &str = "default";

/// All that a run is: what is learned, how it is learned, and where the run stands.
///
/// A run that is saved, stopped and resumed from the file gives the same numbers, to the bit, as
/// one that was never stopped: so it holds the model, the optimizer, the scheduler, the loader's
/// place, and the random numbers' (the default generator's of itself). Numbers of one's own, such
/// as the epoch, go beside them with [`set`](Checkpoint::set).
///
/// It is a snapshot: each call takes the state of then, so make it between two steps.
///
/// The file is a `.pt`, which PyTorch opens, or a `.ond`; it appears whole or not at all, and an
/// older one of that name stays as it is until then.
///
/// | entry of the file | what it is |
/// |---|---|
/// | `model`, `optimizer`, `scheduler`, `loader` … | the state dicts, as PyTorch has them |
/// | `rng` | seed and offset of each generator |
/// | `meta` | what was [`set`](Checkpoint::set) |
/// | `checkpoint` | the layout's version |
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_nn::{Linear, Module};
/// use ondol_optim::{Adam, Optimizer, Schedule, StepLR};
/// use ondol_train::Checkpoint;
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("last.pt");
/// let model = Linear::new(3, 1);
/// let mut optimizer = Adam::new(model.parameters(), 0.1);
/// let mut scheduler = StepLR::new(2).on(&mut optimizer);
/// model.weight.sum().backward();
/// optimizer.step();
/// scheduler.step(&mut optimizer);
/// # use ondol_optim::LRScheduler;
/// Checkpoint::new()
///     .model(&model)
///     .optimizer(&optimizer)
///     .scheduler(&scheduler)
///     .set("epoch", 3)
///     .save(&path)?;
///
/// // In the next life everything is made as in the first, then restored.
/// let model = Linear::new(3, 1);
/// let mut optimizer = Adam::new(model.parameters(), 0.1);
/// let mut scheduler = StepLR::new(2).on(&mut optimizer);
/// let checkpoint = Checkpoint::load(&path)?;
/// let restore = checkpoint.restore().model(&model).optimizer(&mut optimizer);
/// // What is forgotten is an error, and nothing has changed.
/// let error = restore.apply().unwrap_err().to_string();
/// assert!(error.contains("`scheduler`"), "{error}");
///
/// checkpoint
///     .restore()
///     .model(&model)
///     .optimizer(&mut optimizer)
///     .scheduler(&mut scheduler)
///     .apply()?;
/// assert_eq!(checkpoint.get("epoch")?.as_int()?, 3);
/// assert_eq!(scheduler.last_epoch(), 1);
/// # Ok::<(), ondol_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Checkpoint {
    parts: Dict,
    generators: Dict,
    meta: Dict,
    about: About,
    path: Option<PathBuf>,
}

/// What a [`CheckpointManager`] notes in a checkpoint.
#[derive(Clone, Debug, Default, PartialEq)]
struct About {
    step: Option<u64>,
    best: Option<Best>,
}

/// The best value of a metric so far, and the step it was seen at.
#[derive(Clone, Debug, PartialEq)]
struct Best {
    name: String,
    value: f64,
    step: u64,
}

impl Default for Checkpoint {
    fn default() -> Self {
        Checkpoint::new()
    }
}

impl Checkpoint {
    /// One that holds the state of the default generator.
    pub fn new() -> Self {
        let mut generators = Dict::new();
        generators.insert(DEFAULT, random::value(default_generator().state()));
        Checkpoint {
            parts: Dict::new(),
            generators,
            meta: Dict::new(),
            about: About::default(),
            path: None,
        }
    }

    /// The model's parameters and buffers, as `model`.
    ///
    /// # Panics
    /// Where there is a model already; the second needs a name, see
    /// [`model_as`](Checkpoint::model_as).
    #[track_caller]
    pub fn model(self, model: &(impl Module + ?Sized)) -> Self {
        self.model_as("model", model)
    }

    /// Another model's, by a name of its own.
    ///
    /// # Panics
    /// Where the name is taken.
    #[track_caller]
    pub fn model_as(self, name: &str, model: &(impl Module + ?Sized)) -> Self {
        self.insert(name, model.state_dict().into())
    }

    /// The optimizer's states and options, as `optimizer`.
    ///
    /// # Panics
    /// Where there is one already.
    #[track_caller]
    pub fn optimizer(self, optimizer: &(impl Optimizer + ?Sized)) -> Self {
        self.optimizer_as("optimizer", optimizer)
    }

    /// Another optimizer's, by a name of its own.
    ///
    /// # Panics
    /// Where the name is taken.
    #[track_caller]
    pub fn optimizer_as(self, name: &str, optimizer: &(impl Optimizer + ?Sized)) -> Self {
        self.insert(name, optimizer.state_dict())
    }

    /// Where the learning rate's scheduler stands, as `scheduler`. For a
    /// [`ReduceLROnPlateau`](ondol_optim::ReduceLROnPlateau) use
    /// [`part`](Checkpoint::part).
    ///
    /// # Panics
    /// Where there is one already.
    #[track_caller]
    pub fn scheduler(self, scheduler: &(impl LRScheduler + ?Sized)) -> Self {
        self.scheduler_as("scheduler", scheduler)
    }

    /// Another scheduler's place, by a name of its own.
    ///
    /// # Panics
    /// Where the name is taken.
    #[track_caller]
    pub fn scheduler_as(self, name: &str, scheduler: &(impl LRScheduler + ?Sized)) -> Self {
        self.insert(name, scheduler.state_dict())
    }

    /// The scale of a scaler of losses, as `scaler`.
    ///
    /// # Panics
    /// Where there is one already.
    #[track_caller]
    pub fn scaler(self, scaler: &GradScaler) -> Self {
        self.part("scaler", scaler)
    }

    /// The averages of the model's parameters, as `ema`.
    ///
    /// # Panics
    /// Where there are some already.
    #[track_caller]
    pub fn ema(self, averages: &AveragedModel) -> Self {
        self.part("ema", averages)
    }

    /// Where the loader stands, in the middle of an epoch too, as `loader`.
    ///
    /// # Panics
    /// Where there is one already.
    #[track_caller]
    pub fn loader<S: Source>(self, loader: &DataLoader<S>) -> Self {
        self.loader_as("loader", loader)
    }

    /// Another loader's place, by a name of its own.
    ///
    /// # Panics
    /// Where the name is taken.
    #[track_caller]
    pub fn loader_as<S: Source>(self, name: &str, loader: &DataLoader<S>) -> Self {
        self.insert(name, loader.state_dict())
    }

    /// Anything else that has a state, by a name of its own.
    ///
    /// # Panics
    /// Where the name is taken.
    #[track_caller]
    pub fn part(self, name: &str, part: &(impl Stateful + ?Sized)) -> Self {
        self.insert(name, part.state_dict())
    }

    /// Where a generator of one's own stands; the default one is there of itself.
    ///
    /// # Panics
    /// Where the name is taken.
    #[track_caller]
    pub fn generator(mut self, name: &str, generator: &Generator) -> Self {
        let former = self
            .generators
            .insert(name, random::value(generator.state()));
        if former.is_some() {
            refuse(format!(
                "there is a generator `{name}` already; each needs a name of its own"
            ));
        }
        self
    }

    /// Notes a number, a text or any other value, to be read with [`get`](Checkpoint::get); one that
    /// is there already is replaced.
    pub fn set(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.meta.insert(key, value);
        self
    }

    #[track_caller]
    fn insert(mut self, name: &str, state: Value) -> Self {
        if file::OWN.contains(&name) {
            refuse(format!(
                "`{name}` is the name of an entry of the file; choose another"
            ));
        }
        if self.parts.insert(name, state).is_some() {
            refuse(format!(
                "there is a part `{name}` already; each needs a name of its own"
            ));
        }
        self
    }

    /// Writes it to a `.pt` or `.ond` file, so that `path` shows either what was there before or all of
    /// the new, whatever happens meanwhile.
    ///
    /// # Errors
    /// Another extension; a folder that does not exist; whatever the operating system refuses.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        file::check_extension(path)?;
        ondol_serialize::save(self, path)
    }

    /// Reads what [`save`](Checkpoint::save) wrote; checksums are verified.
    ///
    /// # Errors
    /// A file that cannot be read, is damaged or cut short, or holds something else.
    pub fn load(path: impl AsRef<Path>) -> Result<Checkpoint> {
        file::load(path.as_ref())
    }

    /// Begins putting the state back where it came from, see [`Restore`].
    pub fn restore(&self) -> Restore<'_> {
        Restore::new(self)
    }

    /// What was [`set`](Checkpoint::set).
    ///
    /// # Errors
    /// Where it was not; the message says what was.
    pub fn get(&self, key: &str) -> Result<&Value> {
        self.meta.get(key).ok_or_else(|| {
            let there = file::listed(&self.meta);
            self.broken(format!("no `{key}` was set; there is {there}"))
        })
    }

    /// The state of one part as it is in the file, such as the model's alone:
    /// `model.load_state_dict(checkpoint.state("model")?)`.
    ///
    /// # Errors
    /// Where there is no such part; the message says which there are.
    pub fn state(&self, name: &str) -> Result<&Value> {
        self.parts.get(name).ok_or_else(|| {
            let there = file::listed(&self.parts);
            self.broken(format!("has no part `{name}`; there is {there}"))
        })
    }

    /// The names of its parts, in order.
    pub fn parts(&self) -> Vec<String> {
        file::names(&self.parts)
    }

    /// The file it was loaded from.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The step that a [`CheckpointManager`] saved it at.
    pub fn step(&self) -> Option<u64> {
        self.about.step
    }

    /// An error of a state that does not fit; it names the file.
    fn broken(&self, message: impl std::fmt::Display) -> Error {
        let message = match &self.path {
            Some(path) => format!("{}: the checkpoint {message}", path.display()),
            None => format!("the checkpoint {message}"),
        };
        Error::StateDict { message }
    }
}

#[track_caller]
fn refuse(message: String) -> ! {
    raise(Error::value("Checkpoint", message))
}

impl ToValue for Checkpoint {
    fn to_value(&self) -> Value {
        file::value(self)
    }
}
