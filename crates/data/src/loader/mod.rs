//! The data loader: how it is set up.

mod iter;
mod state;

use std::sync::Arc;

use ondol_autograd::raise;
use ondol_tensor::{Error, Result, ToValue, Value, default_generator};

pub use self::iter::LoaderIter;
use self::iter::Plan;
use self::state::{Epochs, Shape, short_name};
use crate::context::Stream;
use crate::{BatchSampler, Batches, Dataset, Epoch, RandomSampler, Sampler, SequentialSampler};

/// Batches of a dataset, `torch.utils.data.DataLoader`.
///
/// Each [`iter`](DataLoader::iter) is an epoch. With workers, batches are fetched ahead on
/// threads of their own; they are the same, in the same order and to the bit, for any number of
/// workers, random transforms included. A dataset that fails or panics gives an `Err` in place of
/// the batch, naming the sample; the epoch then goes on with the next batch.
///
/// | argument | default | |
/// |---|---|---|
/// | `batch_size` | 1 | the last batch may be shorter |
/// | `shuffle` | false | a new order each epoch |
/// | `drop_last` | false | leaves out a last batch that is short |
/// | `sampler` | none | an order of one's own; not with `shuffle` |
/// | `batch_sampler` | none | batches of one's own; not with any of the above |
/// | `num_workers` | 0 | threads that fetch; 0 fetches in `next()` |
/// | `prefetch_factor` | 2 | batches that each worker has ready |
/// | `seed` | drawn from the default generator at each epoch | what order and samples' random numbers come from |
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_data::{DataLoader, TensorDataset};
/// let loader = DataLoader::new(TensorDataset::new(Tensor::range(10))).batch_size(4).num_workers(2);
/// let mut batches = loader.iter();
/// let first = batches.next().unwrap()?;
/// assert_eq!(first.to_vec::<i64>(), [0, 1, 2, 3]);
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
pub struct DataLoader<D> {
    dataset: Arc<D>,
    batch_size: Option<usize>,
    shuffle: bool,
    drop_last: bool,
    // With their names, which a saved state tells.
    sampler: Option<(Arc<dyn Sampler>, &'static str)>,
    batch_sampler: Option<(Arc<dyn Batches>, &'static str)>,
    num_workers: usize,
    prefetch_factor: usize,
    seed: Option<u64>,
    epochs: Epochs,
}

impl<D: Dataset + 'static> DataLoader<D> {
    /// Batches of one sample, in order; a dataset in an `Arc` is shared.
    pub fn new(dataset: D) -> Self {
        DataLoader {
            dataset: Arc::new(dataset),
            batch_size: None,
            shuffle: false,
            drop_last: false,
            sampler: None,
            batch_sampler: None,
            num_workers: 0,
            prefetch_factor: 2,
            seed: None,
            epochs: Epochs::default(),
        }
    }

    /// How many samples a batch has.
    ///
    /// # Panics
    /// Where it is 0, or a batch sampler is set.
    #[track_caller]
    pub fn batch_size(mut self, batch_size: usize) -> Self {
        if batch_size == 0 {
            refuse("batch_size should be a positive integer value, but got batch_size=0");
        }
        self.batch_size = Some(batch_size);
        self.checked()
    }

    /// Whether each epoch has a new random order.
    ///
    /// # Panics
    /// Where it is true and a sampler is set.
    #[track_caller]
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.shuffle = shuffle;
        self.checked()
    }

    /// Whether a last batch that is short is left out.
    ///
    /// # Panics
    /// Where it is true and a batch sampler is set.
    #[track_caller]
    pub fn drop_last(mut self, drop_last: bool) -> Self {
        self.drop_last = drop_last;
        self.checked()
    }

    /// The order of the samples.
    ///
    /// # Panics
    /// Where the loader shuffles.
    #[track_caller]
    pub fn sampler<S: Sampler + 'static>(mut self, sampler: S) -> Self {
        self.sampler = Some((Arc::new(sampler), short_name::<S>()));
        self.checked()
    }

    /// The batches themselves.
    ///
    /// # Panics
    /// Where batch size, shuffle, sampler or `drop_last` is set.
    #[track_caller]
    pub fn batch_sampler<B: Batches + 'static>(mut self, batches: B) -> Self {
        self.batch_sampler = Some((Arc::new(batches), short_name::<B>()));
        self.checked()
    }

    /// How many threads fetch ahead; with 0, each batch is fetched when it is asked for.
    pub fn num_workers(mut self, num_workers: usize) -> Self {
        self.num_workers = num_workers;
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
        self.prefetch_factor = prefetch_factor;
        self
    }

    /// What order and samples' random numbers come from, so that they do not depend on what else
    /// draws from the default generator.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// The rules that hold whatever the order of the calls.
    #[track_caller]
    fn checked(self) -> Self {
        let cuts = self.batch_size.is_some() || self.shuffle || self.drop_last;
        if self.batch_sampler.is_some() && (cuts || self.sampler.is_some()) {
            refuse(
                "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last",
            );
        }
        if self.shuffle && self.sampler.is_some() {
            refuse("sampler option is mutually exclusive with shuffle");
        }
        self
    }

    /// The dataset.
    pub fn dataset(&self) -> &D {
        &self.dataset
    }

    /// Sets the number of the epoch that the next [`iter`](DataLoader::iter) is. It begins at its
    /// start, but for an epoch of that number that was loaded with
    /// [`load_state_dict`](DataLoader::load_state_dict): that one goes on from its place.
    pub fn set_epoch(&self, epoch: u64) {
        self.epochs.set_next(epoch);
    }

    /// Which sampler gives the samples, its name, and whether it is asked for whole batches.
    fn order(&self) -> (Order, &'static str) {
        if let Some((batches, name)) = &self.batch_sampler {
            return (Order::Batches(batches.clone()), name);
        }
        let n = self.dataset.len();
        let (sampler, name): (Arc<dyn Sampler>, _) = match &self.sampler {
            Some((sampler, name)) => (sampler.clone(), *name),
            None if self.shuffle => (Arc::new(RandomSampler::new(n)), "RandomSampler"),
            None => (Arc::new(SequentialSampler::new(n)), "SequentialSampler"),
        };
        let batch_size = self.batch_size.unwrap_or(1);
        (
            Order::Samples(BatchSampler::new(sampler, batch_size, self.drop_last)),
            name,
        )
    }

    /// How many batches an epoch has.
    pub fn len(&self) -> usize {
        match self.order().0 {
            Order::Samples(batches) => batches.len(),
            Order::Batches(batches) => batches.len(),
        }
    }

    /// Whether an epoch has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// An epoch: each batch, or what kept it from being made. The next call is the next epoch.
    ///
    /// Dropping the iterator in the middle ends its workers.
    pub fn iter(&self) -> LoaderIter<D> {
        let draw = || self.seed.unwrap_or_else(|| default_generator().next_u64());
        let (seed, number, progress) = self.epochs.begin(draw);
        let epoch = Epoch { seed, number };
        let batches = match self.order().0 {
            Order::Samples(batches) => batches.batches(epoch),
            Order::Batches(batches) => batches.batches(epoch),
        };
        let stream = Stream {
            seed,
            epoch: number,
        };
        let plan = Plan {
            dataset: self.dataset.clone(),
            batches,
            stream,
        };
        LoaderIter::new(plan, progress, self.num_workers, self.prefetch_factor)
    }

    /// Where the loader is, `torchdata.stateful_dataloader.StatefulDataLoader.state_dict`.
    ///
    /// It can be read while an epoch is under way: number and seed of the epoch that began last
    /// and how many of its batches have been handed out (not how many workers have fetched). An
    /// epoch is over when its iterator has returned `None`; an iterator that is dropped before
    /// leaves its place, which [`set_epoch`](DataLoader::set_epoch) forgets.
    ///
    /// ```
    /// use ondol_autograd::Tensor;
    /// use ondol_data::{DataLoader, TensorDataset};
    /// let make = || DataLoader::new(TensorDataset::new(Tensor::range(100))).shuffle(true);
    /// let loader = make();
    /// let mut batches = loader.iter();
    /// batches.next();
    /// let state = loader.state_dict();
    /// let resumed = make().num_workers(2);
    /// resumed.load_state_dict(&state)?;
    /// let (straight, resumed) = (batches.next().unwrap()?, resumed.iter().next().unwrap()?);
    /// assert_eq!(straight.to_vec::<i64>(), resumed.to_vec::<i64>());
    /// # Ok::<(), ondol_autograd::Error>(())
    /// ```
    pub fn state_dict(&self) -> Value {
        self.shape().save(self.epochs.position())
    }

    /// Takes over a place that [`state_dict`](DataLoader::state_dict) wrote,
    /// `torchdata.stateful_dataloader.StatefulDataLoader.load_state_dict`.
    ///
    /// The next [`iter`](DataLoader::iter) goes on there: the rest of that epoch's batches, with
    /// the same random numbers, and none of those before is fetched again. The number of workers
    /// may be another.
    ///
    /// # Errors
    /// A state of another sampler, of another number of samples or batches, or no such state.
    pub fn load_state_dict(&self, state_dict: &Value) -> Result<()> {
        self.epochs.load(self.shape().load(state_dict)?);
        Ok(())
    }

    fn shape(&self) -> Shape {
        let (order, name) = self.order();
        let (samples, batches) = match order {
            Order::Samples(batches) => (batches.sampler().len(), batches.len()),
            Order::Batches(batches) => (self.dataset.len(), batches.len()),
        };
        Shape {
            sampler: name.to_owned(),
            samples,
            batches,
        }
    }
}

/// What an epoch's batches are made of.
enum Order {
    Samples(BatchSampler<Arc<dyn Sampler>>),
    Batches(Arc<dyn Batches>),
}

impl<D: Dataset + 'static> ToValue for DataLoader<D> {
    fn to_value(&self) -> Value {
        self.state_dict()
    }
}

impl<D: Dataset + 'static> IntoIterator for &DataLoader<D> {
    type Item = <LoaderIter<D> as Iterator>::Item;
    type IntoIter = LoaderIter<D>;

    fn into_iter(self) -> LoaderIter<D> {
        self.iter()
    }
}

#[track_caller]
fn refuse(message: &str) -> ! {
    raise(Error::value("DataLoader", message))
}
