//! The data loader: how it is set up.

mod collated;
mod guard;
mod iter;
mod lanes;
mod options;
mod pool;
mod source;
mod state;
mod streamed;
mod worker;

use std::sync::Arc;

use ondol_tensor::{Result, ToValue, Value};

pub use self::collated::{Collated, DefaultCollate, Join};
pub use self::iter::LoaderIter;
use self::options::{Options, refuse};
use self::source::Job;
pub use self::source::{Indexed, Source};
use self::state::{Epochs, short_name};
pub use self::streamed::Streamed;
pub use self::worker::{WorkerInfo, get_worker_info};
use crate::context::Stream;
use crate::{Batches, Convert, Dataset, Epoch, IterableDataset, Sampler, default_convert};

/// Batches of a dataset, `torch.utils.data.DataLoader`.
///
/// Each [`iter`](DataLoader::iter) is an epoch. With workers, batches are fetched ahead on
/// threads of their own; they are the same, in the same order and to the bit, for any number of
/// workers, random transforms included. A dataset that fails or panics gives an `Err` in place of
/// the batch, naming the sample; the epoch then goes on with the next batch.
///
/// | argument | default | |
/// |---|---|---|
/// | `batch_size` | 1 | the last batch may be shorter; `None` is [`unbatched`](DataLoader::unbatched) |
/// | `shuffle` | false | a new order each epoch |
/// | `drop_last` | false | leaves out a last batch that is short |
/// | `sampler` | none | an order of one's own; not with `shuffle` |
/// | `batch_sampler` | none | batches of one's own; not with any of the above |
/// | `collate_fn` | [`Collate`](crate::Collate) | how samples become a batch |
/// | `num_workers` | 0 | threads that fetch; 0 fetches in `next()` |
/// | `prefetch_factor` | 2 | batches that each worker has ready |
/// | `timeout` | none | how long a worker is waited for |
/// | `persistent_workers` | false | workers wait for the next epoch |
/// | `worker_init_fn` | none | what a worker runs when it starts |
/// | `pin_memory` | false | accepted, without effect |
/// | `seed` | drawn at each epoch | what order and samples' random numbers come from |
/// | `generator` | the default one | what draws it |
///
/// With 0 workers PyTorch refuses `prefetch_factor`, `timeout` and `persistent_workers`; here they have
/// no effect, as a program whose `--workers` is 0 should need no other code. Workers are threads, so
/// that there is no `multiprocessing_context`, `pin_memory_device` or sharing strategy to choose, and
/// batches always come in order: `in_order=False` would make them depend on which worker is quicker.
///
/// A stream of samples, an [`IterableDataset`], is read by [`DataLoader::iterable`]. `shuffle`,
/// `sampler` and `batch_sampler`, which PyTorch refuses there, do not exist for it.
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
pub struct DataLoader<S> {
    source: Arc<S>,
    options: Options,
    epochs: Epochs,
}

impl<D: Dataset + 'static> DataLoader<D> {
    /// Batches of one sample, in order; a dataset in an `Arc` is shared.
    pub fn new(dataset: D) -> Self {
        DataLoader {
            source: Arc::new(dataset),
            options: Options::default(),
            epochs: Epochs::default(),
        }
    }

    /// Samples joined by `f` instead of their [`Collate`](crate::Collate).
    ///
    /// What `f` draws from [`sample_generator`](crate::sample_generator) depends on seed, epoch and
    /// the batch's number, so that it is the same for any number of workers. It may mix samples:
    ///
    /// ```
    /// use ondol_autograd::Tensor;
    /// use ondol_data::transforms::{CutMix, MixUp};
    /// use ondol_data::{Collate, DataLoader, TensorDataset};
    /// let data = TensorDataset::new((Tensor::ones([6, 3, 8, 8]), Tensor::range(6)));
    /// let loader = DataLoader::new(data).batch_size(3).shuffle(true).collate_fn(|samples| {
    ///     let (x, y) = Collate::collate(samples)?;
    ///     match ondol_data::sample_generator().next_u64() & 1 {
    ///         0 => MixUp::new().num_classes(6).apply(&x, &y),
    ///         _ => CutMix::new().num_classes(6).apply(&x, &y),
    ///     }
    /// });
    /// let (x, y) = loader.iter().next().unwrap()?;
    /// assert_eq!((x.shape(), y.shape()), ([3, 3, 8, 8].into(), [3, 6].into()));
    /// # Ok::<(), ondol_autograd::Error>(())
    /// ```
    pub fn collate_fn<B, F>(self, f: F) -> DataLoader<Collated<D, F>>
    where
        F: Fn(Vec<D::Item>) -> Result<B> + Send + Sync + 'static,
        B: Send + 'static,
    {
        self.reading(|dataset| Collated::new(dataset, f))
    }

    /// Each sample alone and in no batch, `batch_size=None`; numbers become tensors of no dimensions,
    /// see [`default_convert`].
    ///
    /// ```
    /// use ondol_autograd::Tensor;
    /// use ondol_data::{DataLoader, TensorDataset};
    /// let rows = TensorDataset::new(Tensor::zeros([4, 3]));
    /// let row = DataLoader::new(rows).unbatched().iter().next().unwrap()?;
    /// assert_eq!(row.shape(), [3]);
    /// # Ok::<(), ondol_autograd::Error>(())
    /// ```
    ///
    /// # Panics
    /// Where a batch size, `drop_last` or a batch sampler is set.
    #[track_caller]
    pub fn unbatched(self) -> DataLoader<Collated<D, Alone<D>>>
    where
        D::Item: Convert,
    {
        let o = &self.options;
        if o.batch_size.is_some() || o.drop_last || o.batch_sampler.is_some() {
            refuse(
                "batch_size=None option disables auto-batching and is mutually exclusive with batch_size, batch_sampler, and drop_last",
            );
        }
        let alone: Alone<D> = |samples| {
            let sample = samples.into_iter().next();
            sample.map(default_convert).ok_or_else(|| {
                ondol_tensor::Error::value("DataLoader", "there is no sample in the batch")
            })
        };
        self.reading(|dataset| Collated::new(dataset, alone))
    }
}

/// What [`DataLoader::unbatched`] does with the one sample.
type Alone<D> =
    fn(Vec<<D as Dataset>::Item>) -> Result<<<D as Dataset>::Item as Convert>::Converted>;

impl DataLoader<()> {
    /// Batches of a stream of samples, `torch.utils.data.DataLoader` of an [`IterableDataset`].
    ///
    /// Each worker reads a [`shard`](IterableDataset::shard) of it; samples are taken from the workers
    /// in turn and then joined, in `next()`, so that the batches are those of one reader.
    ///
    /// ```
    /// use ondol_data::{DataLoader, IterableWrapper};
    /// let stream = IterableWrapper::new(0..10i64);
    /// let loader = DataLoader::iterable(stream).batch_size(4).num_workers(3);
    /// let batches: Vec<_> = loader.iter().collect::<Result<_, _>>()?;
    /// assert_eq!(batches[2].to_vec::<i64>(), [8, 9]);
    /// # Ok::<(), ondol_autograd::Error>(())
    /// ```
    pub fn iterable<D: IterableDataset + 'static>(dataset: D) -> DataLoader<Streamed<D>> {
        DataLoader {
            source: Arc::new(Streamed::new(Arc::new(dataset), DefaultCollate)),
            options: Options::default(),
            epochs: Epochs::default(),
        }
    }
}

impl<D: IterableDataset + 'static, C> DataLoader<Streamed<D, C>> {
    /// Samples joined by `f` instead of their [`Collate`](crate::Collate).
    pub fn collate_fn<B, F>(self, f: F) -> DataLoader<Streamed<D, F>>
    where
        F: Fn(Vec<D::Item>) -> Result<B> + Send + Sync + 'static,
        B: Send + 'static,
    {
        self.reading(|streamed| Streamed::new(streamed.shared(), f))
    }
}

impl<S> DataLoader<S> {
    /// The same options for another source.
    fn reading<T>(self, source: impl FnOnce(Arc<S>) -> T) -> DataLoader<T> {
        DataLoader {
            source: Arc::new(source(self.source)),
            options: self.options,
            epochs: self.epochs,
        }
    }

    /// The dataset, or what was made of it.
    pub fn dataset(&self) -> &S {
        &self.source
    }
}

impl<S: Indexed> DataLoader<S> {
    /// Whether each epoch has a new random order.
    ///
    /// # Panics
    /// Where it is true and a sampler is set.
    #[track_caller]
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.options.shuffle = shuffle;
        self.checked()
    }

    /// The order of the samples.
    ///
    /// # Panics
    /// Where the loader shuffles.
    #[track_caller]
    pub fn sampler<T: Sampler + 'static>(mut self, sampler: T) -> Self {
        self.options.sampler = Some((Arc::new(sampler), short_name::<T>()));
        self.checked()
    }

    /// The batches themselves.
    ///
    /// # Panics
    /// Where batch size, shuffle, sampler or `drop_last` is set.
    #[track_caller]
    pub fn batch_sampler<B: Batches + 'static>(mut self, batches: B) -> Self {
        self.options.batch_sampler = Some((Arc::new(batches), short_name::<B>()));
        self.checked()
    }

    /// How many batches an epoch has.
    pub fn len(&self) -> usize {
        self.options.order(self.source.samples()).0.len()
    }

    /// Whether an epoch has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<S: Source> DataLoader<S> {
    /// Sets the number of the epoch that the next [`iter`](DataLoader::iter) is. It begins at its
    /// start, but for an epoch of that number that was loaded with
    /// [`load_state_dict`](DataLoader::load_state_dict): that one goes on from its place.
    pub fn set_epoch(&self, epoch: u64) {
        self.epochs.set_next(epoch);
    }

    /// How many batches an epoch has, where that is known: of a stream where it knows how many samples
    /// it has.
    pub fn len_hint(&self) -> Option<usize> {
        self.source.batches(&self.options)
    }

    /// An epoch: each batch, or what kept it from being made. The next call is the next epoch.
    ///
    /// Dropping the iterator in the middle ends its workers, and waits until they have ended.
    pub fn iter(&self) -> LoaderIter<S> {
        let (seed, number, progress) = self.epochs.begin(|| self.options.draw_seed());
        let job = Job {
            stream: Stream {
                seed,
                epoch: number,
            },
            batches: self.source.plan(&self.options, Epoch { seed, number }),
            start: progress.batches(),
            batch_size: self.options.batch_size.unwrap_or(1),
            drop_last: self.options.drop_last,
        };
        let crew = self.options.crew::<S>(&job);
        LoaderIter::new(self.source.clone(), job, progress, crew)
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
        self.source
            .shape(&self.options)
            .save(self.epochs.position())
    }

    /// Takes over a place that [`state_dict`](DataLoader::state_dict) wrote,
    /// `torchdata.stateful_dataloader.StatefulDataLoader.load_state_dict`.
    ///
    /// The next [`iter`](DataLoader::iter) goes on there: the rest of that epoch's batches, with
    /// the same random numbers, and none of those before is fetched again. The number of workers
    /// may be another. A stream can only be entered from its beginning: its samples before the place
    /// are read once more and dropped.
    ///
    /// # Errors
    /// A state of another sampler, of another number of samples or batches, or no such state.
    pub fn load_state_dict(&self, state_dict: &Value) -> Result<()> {
        let shape = self.source.shape(&self.options);
        self.epochs.load(shape.load(state_dict)?);
        Ok(())
    }
}

impl<S: Source> ToValue for DataLoader<S> {
    fn to_value(&self) -> Value {
        self.state_dict()
    }
}

impl<S: Source> IntoIterator for &DataLoader<S> {
    type Item = <LoaderIter<S> as Iterator>::Item;
    type IntoIter = LoaderIter<S>;

    fn into_iter(self) -> LoaderIter<S> {
        self.iter()
    }
}
