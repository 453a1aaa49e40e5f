//! What a loader is told beside its dataset.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ondol_autograd::raise;
use ondol_tensor::{Error, Generator, default_generator};

use super::DataLoader;
use super::lanes::Crew;
use super::pool::{Init, Pool};
use super::source::{Job, Source};
use crate::{BatchSampler, Batches, Epoch, RandomSampler, Sampler, SequentialSampler};

/// What a loader is told.
pub struct Options {
    pub(super) batch_size: Option<usize>,
    pub(super) shuffle: bool,
    pub(super) drop_last: bool,
    // With their names, which a saved state tells.
    pub(super) sampler: Option<(Arc<dyn Sampler>, &'static str)>,
    pub(super) batch_sampler: Option<(Arc<dyn Batches>, &'static str)>,
    pub(super) num_workers: usize,
    pub(super) prefetch_factor: usize,
    pub(super) timeout: Option<Duration>,
    pub(super) persistent: bool,
    pub(super) init: Option<Init>,
    pub(super) seed: Option<u64>,
    pub(super) generator: Option<Generator>,
    pub(super) slot: Arc<Slot>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            batch_size: None,
            shuffle: false,
            drop_last: false,
            sampler: None,
            batch_sampler: None,
            num_workers: 0,
            prefetch_factor: 2,
            timeout: None,
            persistent: false,
            init: None,
            seed: None,
            generator: None,
            slot: Arc::default(),
        }
    }
}

/// Where workers wait between epochs.
#[derive(Default)]
pub(super) struct Slot(Mutex<Option<Pool>>);

impl Slot {
    fn take(&self) -> Option<Pool> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Of the workers of two epochs at once, those of one wait; the others end.
    pub(super) fn put(&self, pool: Pool) {
        let other = {
            let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            slot.replace(pool)
        };
        drop(other);
    }
}

/// What an epoch's batches are made of.
pub(super) enum Order {
    Samples(BatchSampler<Arc<dyn Sampler>>),
    Batches(Arc<dyn Batches>),
}

impl Order {
    pub(super) fn len(&self) -> usize {
        match self {
            Order::Samples(batches) => batches.len(),
            Order::Batches(batches) => batches.len(),
        }
    }

    pub(super) fn batches(&self, epoch: Epoch) -> Vec<Vec<usize>> {
        match self {
            Order::Samples(batches) => batches.batches(epoch),
            Order::Batches(batches) => batches.batches(epoch),
        }
    }
}

impl Options {
    /// Which sampler gives the samples of a dataset of `n`, its name, and whether it is asked for whole
    /// batches.
    pub(super) fn order(&self, n: usize) -> (Order, &'static str) {
        if let Some((batches, name)) = &self.batch_sampler {
            return (Order::Batches(batches.clone()), name);
        }
        let (sampler, name): (Arc<dyn Sampler>, _) = match &self.sampler {
            Some((sampler, name)) => (sampler.clone(), *name),
            None if self.shuffle => (Arc::new(RandomSampler::new(n)), "RandomSampler"),
            None => (Arc::new(SequentialSampler::new(n)), "SequentialSampler"),
        };
        let batches = BatchSampler::new(sampler, self.batch_size.unwrap_or(1), self.drop_last);
        (Order::Samples(batches), name)
    }

    /// The seed of an epoch that begins.
    pub(super) fn draw_seed(&self) -> u64 {
        let draw = || {
            let generator = self.generator.clone();
            generator.unwrap_or_else(default_generator).next_u64()
        };
        self.seed.unwrap_or_else(draw)
    }

    /// The threads for an epoch.
    pub(super) fn crew<S: Source>(&self, job: &Job) -> Crew {
        let (wanted, seed) = (self.num_workers, job.stream.seed);
        let waiting = self.persistent.then(|| self.slot.take()).flatten();
        let waiting = waiting.filter(|pool| pool.count() == wanted);
        let count = match self.persistent {
            true => wanted,
            false => S::lanes(job, wanted),
        };
        let new = || Pool::new(count, seed, self.init.as_ref());
        let pool = waiting.or_else(|| (count > 0).then(new));
        // A stream's workers send samples, any other's batches.
        let each = if S::REREADS { job.batch_size } else { 1 };
        Crew {
            num_workers: wanted,
            ahead: self.prefetch_factor.saturating_mul(each),
            timeout: self.timeout,
            pool,
            slot: self.persistent.then(|| self.slot.clone()),
        }
    }
}

impl<S: Source> DataLoader<S> {
    /// How many samples a batch has.
    ///
    /// # Panics
    /// Where it is 0, or a batch sampler is set.
    #[track_caller]
    pub fn batch_size(mut self, batch_size: usize) -> Self {
        if batch_size == 0 {
            refuse("batch_size should be a positive integer value, but got batch_size=0");
        }
        self.options.batch_size = Some(batch_size);
        self.checked()
    }

    /// Whether a last batch that is short is left out.
    ///
    /// # Panics
    /// Where it is true and a batch sampler is set.
    #[track_caller]
    pub fn drop_last(mut self, drop_last: bool) -> Self {
        self.options.drop_last = drop_last;
        self.checked()
    }

    /// How many threads fetch ahead; with 0, each batch is fetched when it is asked for, and what is
    /// said of workers below has no effect.
    pub fn num_workers(mut self, num_workers: usize) -> Self {
        self.options.num_workers = num_workers;
        self
    }

    /// How many batches each worker has ready at most.
    ///
    /// # Panics
    /// Where it is 0.
    #[track_caller]
    pub fn prefetch_factor(mut self, prefetch_factor: usize) -> Self {
        if prefetch_factor == 0 {
            refuse("prefetch_factor should be a positive integer value, but got prefetch_factor=0");
        }
        self.options.prefetch_factor = prefetch_factor;
        self
    }

    /// How long a batch of the workers is waited for; zero, as by default, is for ever.
    ///
    /// A batch that is not there in time is an `Err`, and the epoch stays where it is: `next()` waits
    /// for the same batch once more. A worker that was waited for in vain is not waited for when the
    /// iterator is dropped; it ends by itself when what it reads comes at last.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = (!timeout.is_zero()).then_some(timeout);
        self
    }

    /// Whether the workers wait for the next epoch instead of ending with this one, which spares
    /// starting threads and [`worker_init_fn`](DataLoader::worker_init_fn) at each epoch. The batches
    /// are the same. They end with the loader.
    pub fn persistent_workers(mut self, persistent_workers: bool) -> Self {
        self.options.persistent = persistent_workers;
        self.options.slot = Arc::default();
        self
    }

    /// What each worker runs when it starts, told its number;
    /// [`get_worker_info`](crate::get_worker_info) says more.
    ///
    /// What it panics with is the `Err` of each of that worker's batches; a stream, whose samples come
    /// from all workers in turn, ends with it.
    ///
    /// ```
    /// use ondol_autograd::Tensor;
    /// use ondol_data::{DataLoader, TensorDataset};
    /// use std::sync::atomic::{AtomicUsize, Ordering};
    /// use std::sync::Arc;
    /// let started = Arc::new(AtomicUsize::new(0));
    /// let count = started.clone();
    /// let loader = DataLoader::new(TensorDataset::new(Tensor::range(10)))
    ///     .num_workers(2)
    ///     .worker_init_fn(move |_id| {
    ///         count.fetch_add(1, Ordering::SeqCst);
    ///     });
    /// assert_eq!(loader.iter().count(), 10);
    /// assert_eq!(started.load(Ordering::SeqCst), 2);
    /// ```
    pub fn worker_init_fn(mut self, init: impl Fn(usize) + Send + Sync + 'static) -> Self {
        self.options.init = Some(Arc::new(init));
        self.options.slot = Arc::default();
        self
    }

    /// Whether batches are put into memory that a device can copy from by itself. Accepted for programs
    /// that come from PyTorch; it has an effect only where the device offers such memory, and none does.
    pub fn pin_memory(self, _pin_memory: bool) -> Self {
        self
    }

    /// What order and samples' random numbers come from, so that they do not depend on what else
    /// draws from the default generator.
    ///
    /// # Panics
    /// Where a generator is set.
    #[track_caller]
    pub fn seed(mut self, seed: u64) -> Self {
        self.options.seed = Some(seed);
        self.checked()
    }

    /// Which generator draws each epoch's seed, instead of the default one. It is shared, not copied:
    /// its state is no part of the loader's, and is saved with `Checkpoint::generator`.
    ///
    /// # Panics
    /// Where a seed is set.
    #[track_caller]
    pub fn generator(mut self, generator: &Generator) -> Self {
        self.options.generator = Some(generator.clone());
        self.checked()
    }

    /// The rules that hold whatever the order of the calls.
    #[track_caller]
    pub(super) fn checked(self) -> Self {
        let o = &self.options;
        let cuts = o.batch_size.is_some() || o.shuffle || o.drop_last;
        if o.batch_sampler.is_some() && (cuts || o.sampler.is_some()) {
            refuse(
                "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last",
            );
        }
        if o.shuffle && o.sampler.is_some() {
            refuse("sampler option is mutually exclusive with shuffle");
        }
        if o.seed.is_some() && o.generator.is_some() {
            refuse("generator option is mutually exclusive with seed");
        }
        self
    }
}

#[track_caller]
pub(super) fn refuse(message: &str) -> ! {
    raise(Error::value("DataLoader", message))
}
