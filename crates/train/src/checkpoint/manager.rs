//! A folder with a run's checkpoints: the last few and the best.

use std::path::{Path, PathBuf};

use ondol_autograd::raise;
use ondol_serialize::atomic;
use ondol_tensor::{Error, Result};

use super::{Best, Checkpoint, numbered};

/// A folder that keeps the last few [`Checkpoint`]s of a run, and the best.
///
/// `step-00000120.pt` is that of step 120, `last.pt` another name of the newest, `best.pt` one of the
/// best by a metric that was [`set`](Checkpoint::set). At any moment, whatever happens, at least one
/// whole checkpoint is there once one was: a file has its name only when all of it is on the disk,
/// older ones go only after that, and one that is damaged later is passed over for the one before.
///
/// ```
/// use ondol_nn::Linear;
/// use ondol_train::{Checkpoint, CheckpointManager};
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path().join("runs/mlp");
/// let model = Linear::new(3, 1);
/// let mut checkpoints = CheckpointManager::new(&folder)?.keep(2).highest("accuracy");
/// let mut step = 0;
/// if let Some(checkpoint) = checkpoints.load_last()? {
///     checkpoint.restore().model(&model).apply()?;
///     step = checkpoint.get("step")?.as_int()?;
/// }
/// for accuracy in [0.5, 0.9, 0.7] {
///     step += 1; // … of training
///     let checkpoint = Checkpoint::new().model(&model).set("step", step).set("accuracy", accuracy);
///     checkpoints.save(step as u64, checkpoint)?;
/// }
/// assert_eq!(checkpoints.steps()?, [2, 3]);
/// assert_eq!(checkpoints.load_best()?.expect("there is one").get("step")?.as_int()?, 2);
/// # Ok::<(), ondol_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct CheckpointManager {
    folder: PathBuf,
    extension: &'static str,
    keep: usize,
    metric: Option<Metric>,
    best: Option<Best>,
    place: Place,
}

#[derive(Clone, Debug)]
struct Metric {
    name: String,
    highest: bool,
}

/// How the run goes on from what is in the folder.
#[derive(Clone, Debug, PartialEq)]
enum Place {
    /// Nothing was loaded or begun anew.
    Unknown,
    /// After this step; files of later ones belong to a run that is given up.
    After(u64),
    /// From the start; all that is there belongs to another run.
    Fresh,
    /// What is there is this run's.
    Own,
}

/// What [`CheckpointManager::save`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Saved {
    /// The file of the step.
    pub path: PathBuf,
    /// Whether the metric was better than ever before, so that it is `best` too.
    pub is_best: bool,
}

impl CheckpointManager {
    /// A folder for one run, which is made where it does not exist. What a process that was killed
    /// left there half written is removed.
    ///
    /// # Errors
    /// A folder that cannot be made or read.
    pub fn new(folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref();
        std::fs::create_dir_all(folder).map_err(|e| Error::io(folder, "create", e))?;
        atomic::remove_leftovers(folder)?;
        Ok(CheckpointManager {
            folder: folder.to_owned(),
            extension: "pt",
            keep: 2,
            metric: None,
            best: None,
            place: Place::Unknown,
        })
    }

    /// How many of the last checkpoints stay; 2 by default, so that there is one to go back to.
    ///
    /// # Panics
    /// Where it is 0.
    #[track_caller]
    pub fn keep(mut self, keep: usize) -> Self {
        if keep == 0 {
            raise(Error::value(
                "CheckpointManager",
                "keep must be at least 1, else nothing is kept",
            ));
        }
        self.keep = keep;
        self
    }

    /// Which metric's highest value is the best; checkpoints where it was not set do not count.
    pub fn highest(self, metric: &str) -> Self {
        self.by(metric, true)
    }

    /// Which metric's lowest value is the best, such as a loss's.
    pub fn lowest(self, metric: &str) -> Self {
        self.by(metric, false)
    }

    fn by(mut self, metric: &str, highest: bool) -> Self {
        let name = metric.to_owned();
        self.metric = Some(Metric { name, highest });
        self
    }

    /// Writes `.ond` files, Ondol's own, in place of PyTorch's `.pt`.
    pub fn native(mut self) -> Self {
        self.extension = "ond";
        self
    }

    /// Begins a new run: what earlier ones left here is removed once the first checkpoint is written.
    pub fn fresh(mut self) -> Self {
        self.place = Place::Fresh;
        self
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file of the newest checkpoint, `last.pt`.
    pub fn last_path(&self) -> PathBuf {
        self.folder.join(format!("last.{}", self.extension))
    }

    /// The file of the best checkpoint, `best.pt`.
    pub fn best_path(&self) -> PathBuf {
        self.folder.join(format!("best.{}", self.extension))
    }

    /// The steps whose checkpoints are here, from the oldest on.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn steps(&self) -> Result<Vec<u64>> {
        let files = numbered::list(&self.folder, self.extension)?;
        Ok(files.into_iter().map(|(step, _)| step).collect())
    }

    /// Writes the checkpoint of a step, then gives it the names `last` and, where it is, `best`, then
    /// removes those that are too many.
    ///
    /// # Errors
    /// Whatever the operating system refuses; what was there before is then still there. A folder with
    /// checkpoints of which none was loaded, where [`fresh`](Self::fresh) was not said either: they may
    /// be somebody's.
    pub fn save(&mut self, step: u64, mut checkpoint: Checkpoint) -> Result<Saved> {
        let before = numbered::list(&self.folder, self.extension)?;
        if self.place == Place::Unknown && !before.is_empty() {
            let message = format!(
                "the folder has {} checkpoints of another run; go on from them with load_last(), \
                 say fresh() to replace them, or choose another folder",
                before.len()
            );
            return Err(Error::file(&self.folder, message));
        }
        let best = self.better(step, &checkpoint);
        let is_best = best.is_some();
        let best = best.or_else(|| self.best.clone());
        checkpoint.about.step = Some(step);
        checkpoint.about.best = best.clone();
        let path = numbered::path(&self.folder, step, self.extension);
        checkpoint.save(&path)?;
        self.best = best;
        atomic::link(&path, self.last_path())?;
        if is_best {
            atomic::link(&path, self.best_path())?;
        }
        self.tidy(step, before, is_best)?;
        Ok(Saved { path, is_best })
    }

    /// What the best becomes by this checkpoint, where it is better.
    fn better(&self, step: u64, checkpoint: &Checkpoint) -> Option<Best> {
        let Metric { name, highest } = self.metric.as_ref()?;
        let value = checkpoint.meta.get(name.as_str())?.as_float().ok()?;
        let former = self.best.as_ref().filter(|best| best.name == *name);
        let better = match former {
            None => !value.is_nan(),
            Some(best) if *highest => value > best.value,
            Some(best) => value < best.value,
        };
        better.then(|| Best {
            name: name.clone(),
            value,
            step,
        })
    }

    /// Removes what is too old, and what belongs to no run any more.
    fn tidy(&mut self, step: u64, before: Vec<(u64, PathBuf)>, is_best: bool) -> Result<()> {
        let given_up = |other: u64| match self.place {
            Place::Fresh => true,
            Place::After(place) => other > place,
            Place::Unknown | Place::Own => false,
        };
        let (gone, mut ours): (Vec<_>, Vec<_>) = before
            .into_iter()
            .filter(|(other, _)| *other != step)
            .partition(|(other, _)| given_up(*other));
        let old = (ours.len() + 1).saturating_sub(self.keep);
        for (_, path) in gone.into_iter().chain(ours.drain(..old)) {
            numbered::remove(&path)?;
        }
        if self.place == Place::Fresh && !is_best {
            numbered::remove(&self.best_path())?;
        }
        self.place = Place::Own;
        Ok(())
    }

    /// The newest checkpoint that is whole, and where the next [`save`](Self::save) goes on; `None`
    /// where there are none. For each that is damaged a warning is printed.
    ///
    /// # Errors
    /// A folder that cannot be read, or one in which every checkpoint is damaged.
    pub fn load_last(&mut self) -> Result<Option<Checkpoint>> {
        let mut files = numbered::list(&self.folder, self.extension)?;
        let mut damaged = Vec::new();
        while let Some((step, path)) = files.pop() {
            match Checkpoint::load(&path) {
                Ok(checkpoint) => {
                    self.mend(step, &path, &checkpoint)?;
                    return Ok(Some(checkpoint));
                }
                Err(error) => {
                    let next = files.last().map(|(_, path)| path.display().to_string());
                    let next = next.unwrap_or_else(|| "nothing".to_owned());
                    eprintln!("warning: {error}; falling back to {next}");
                    damaged.push(error.to_string());
                }
            }
        }
        if damaged.is_empty() {
            return Ok(None);
        }
        let message = format!("no checkpoint here is whole:\n  {}", damaged.join("\n  "));
        Err(Error::file(&self.folder, message))
    }

    /// Goes on after this step. A kill between writing a file and giving it its other names leaves them
    /// behind; they are given now.
    fn mend(&mut self, step: u64, path: &Path, checkpoint: &Checkpoint) -> Result<()> {
        self.go_on(step, checkpoint);
        atomic::link(path, self.last_path())?;
        if self.best.as_ref().is_some_and(|best| best.step == step) {
            atomic::link(path, self.best_path())?;
        }
        Ok(())
    }

    /// Goes on from a checkpoint that was loaded elsewhere, as from one of [`load`](Self::load).
    pub(crate) fn after(mut self, checkpoint: &Checkpoint) -> Self {
        self.go_on(checkpoint.step().unwrap_or(0), checkpoint);
        self
    }

    fn go_on(&mut self, step: u64, checkpoint: &Checkpoint) {
        self.place = Place::After(step);
        self.best = checkpoint.about.best.clone();
    }

    /// The best checkpoint; `None` where there is none. It does not move the place where the run goes
    /// on.
    ///
    /// # Errors
    /// A file that cannot be read or is damaged.
    pub fn load_best(&self) -> Result<Option<Checkpoint>> {
        let path = self.best_path();
        match path.exists() {
            true => Checkpoint::load(path).map(Some),
            false => Ok(None),
        }
    }

    /// A checkpoint of one's choice, of this folder or any other. The run goes on from it: this folder's
    /// checkpoints of later steps are removed once the next one is written.
    ///
    /// # Errors
    /// As [`Checkpoint::load`].
    pub fn load(&mut self, path: impl AsRef<Path>) -> Result<Checkpoint> {
        let checkpoint = Checkpoint::load(path)?;
        self.go_on(checkpoint.step().unwrap_or(0), &checkpoint);
        Ok(checkpoint)
    }
}
