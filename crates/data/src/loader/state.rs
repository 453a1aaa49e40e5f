//! Where a loader is in its epochs, to be saved and gone on from.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ondol_tensor::{Dict, Error, Result, Value};

/// A place in an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    /// `None` where the epoch has not begun: its seed is drawn when it does.
    pub(super) seed: Option<u64>,
    pub(super) epoch: u64,
    /// Batches handed out, which is not how many workers have fetched.
    pub(super) batches: usize,
}

/// How far an iterator is, shared with its loader.
#[derive(Debug)]
pub(super) struct Progress {
    seed: u64,
    epoch: u64,
    batches: AtomicUsize,
    finished: AtomicBool,
}

impl Progress {
    pub(super) fn batches(&self) -> usize {
        self.batches.load(Ordering::Relaxed)
    }

    /// Counts a batch that is being handed out.
    pub(super) fn hand_out(&self) {
        self.batches.fetch_add(1, Ordering::Relaxed);
    }

    /// The end has been seen; handing out the last batch alone does not finish an epoch, as what
    /// its loop does with that batch is still to come.
    pub(super) fn finish(&self) {
        self.finished.store(true, Ordering::Relaxed);
    }
}

/// The epochs of a loader.
#[derive(Debug, Default)]
pub(super) struct Epochs(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// The number of the epoch that begins next.
    next: u64,
    /// The epoch that began last.
    last: Option<Arc<Progress>>,
    /// A place that was loaded and not yet gone on from.
    loaded: Option<Position>,
}

impl Epochs {
    fn with<T>(&self, f: impl FnOnce(&mut Inner) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Begins the next epoch or goes on with the loaded one; `draw` makes a new epoch's seed.
    pub(super) fn begin(&self, draw: impl FnOnce() -> u64) -> (u64, u64, Arc<Progress>) {
        self.with(|inner| {
            let Position {
                seed,
                epoch,
                batches,
            } = inner.loaded.take().unwrap_or(Position {
                seed: None,
                epoch: inner.next,
                batches: 0,
            });
            let seed = seed.unwrap_or_else(draw);
            inner.next = epoch.wrapping_add(1);
            let progress = Arc::new(Progress {
                seed,
                epoch,
                batches: AtomicUsize::new(batches),
                finished: AtomicBool::new(false),
            });
            inner.last = Some(progress.clone());
            (seed, epoch, progress)
        })
    }

    /// The next epoch's number; a loaded place in that epoch stays.
    pub(super) fn set_next(&self, epoch: u64) {
        self.with(|inner| {
            inner.next = epoch;
            inner.last = None;
            inner.loaded = inner.loaded.filter(|loaded| loaded.epoch == epoch);
        });
    }

    pub(super) fn load(&self, position: Position) {
        self.with(|inner| {
            inner.next = position.epoch;
            inner.last = None;
            inner.loaded = Some(position);
        });
    }

    pub(super) fn position(&self) -> Position {
        self.with(|inner| {
            if let Some(loaded) = inner.loaded {
                return loaded;
            }
            match &inner.last {
                Some(p) if !p.finished.load(Ordering::Relaxed) => Position {
                    seed: Some(p.seed),
                    epoch: p.epoch,
                    batches: p.batches(),
                },
                _ => Position {
                    seed: None,
                    epoch: inner.next,
                    batches: 0,
                },
            }
        })
    }
}

/// What must be the same for a place to mean the same.
#[derive(Debug, PartialEq, Eq)]
pub enum Shape {
    /// Samples by index.
    Counted {
        sampler: String,
        samples: usize,
        batches: usize,
    },
    /// A stream, whose end nobody may know.
    Streamed { batch_size: usize },
}

/// What stands for a sampler where there is a stream.
const STREAM: &str = "IterableDataset";

impl Shape {
    pub(super) fn save(&self, position: Position) -> Value {
        let seed = position.seed.map_or(Value::None, |s| Value::Int(s as i64));
        let mut dict = Dict::new();
        dict.insert("epoch", Value::Int(position.epoch as i64));
        dict.insert("seed", seed);
        dict.insert("batches_handed_out", position.batches);
        match self {
            Shape::Counted {
                sampler,
                samples,
                batches,
            } => {
                dict.insert("sampler", sampler.as_str());
                dict.insert("samples", *samples);
                dict.insert("batches", *batches);
            }
            Shape::Streamed { batch_size } => {
                dict.insert("sampler", STREAM);
                dict.insert("batch_size", *batch_size);
            }
        }
        dict.into()
    }

    pub(super) fn load(&self, state: &Value) -> Result<Position> {
        let size = |key: &str| -> Result<usize> {
            let n = state.get(key)?.as_int()?;
            usize::try_from(n).map_err(|_| refused(format!("{key} cannot be {n}")))
        };
        let saved = match state.get("sampler")?.as_str()? {
            STREAM => Shape::Streamed {
                batch_size: size("batch_size")?,
            },
            sampler => Shape::Counted {
                sampler: sampler.to_owned(),
                samples: size("samples")?,
                batches: size("batches")?,
            },
        };
        if saved != *self {
            return Err(refused(format!(
                "the state is of {saved}, and this loader is of {self}"
            )));
        }
        let seed = match state.get("seed")? {
            Value::None => None,
            seed => Some(seed.as_int()? as u64),
        };
        let handed_out = size("batches_handed_out")?;
        match self {
            Shape::Counted { batches, .. } if handed_out > *batches => {
                return Err(refused(format!(
                    "{handed_out} batches of an epoch of {batches} cannot have been handed out"
                )));
            }
            _ => {}
        }
        Ok(Position {
            seed,
            epoch: state.get("epoch")?.as_int()? as u64,
            batches: handed_out,
        })
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Shape::Counted {
                sampler,
                samples,
                batches,
            } => write!(f, "{batches} batches of {samples} samples by {sampler}"),
            Shape::Streamed { batch_size } => {
                write!(f, "batches of {batch_size} samples of a stream")
            }
        }
    }
}

fn refused(message: String) -> Error {
    Error::value("DataLoader::load_state_dict", message)
}

/// A type's name without its path and parameters: `RandomSampler`.
pub(super) fn short_name<T: ?Sized>() -> &'static str {
    let name = std::any::type_name::<T>();
    let bare = name.split('<').next().unwrap_or(name);
    bare.rsplit("::").next().unwrap_or(bare)
}
