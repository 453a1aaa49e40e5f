//! Samples that come one after the other, without indices.

mod chain;
mod mapped;
mod share;
mod shuffled;

use std::sync::Arc;

use ondol_tensor::Result;

pub use self::chain::ChainDataset;
pub use self::mapped::{FilteredStream, MappedStream, TakenStream};
pub use self::shuffled::ShuffledStream;
use crate::{Collate, Epoch, WorkerInfo};

/// The samples of an epoch, one after the other.
pub type Samples<T> = Box<dyn Iterator<Item = Result<T>> + Send>;

/// Samples one after the other, `torch.utils.data.IterableDataset`: of a file too large to be
/// indexed, a network, a generator without end. [`DataLoader::iterable`](crate::DataLoader::iterable)
/// makes batches of it.
///
/// ```
/// use ondol_data::{DataLoader, Epoch, IterableDataset, Samples};
/// use ondol_autograd::Result;
///
/// struct Squares(i64);
/// impl IterableDataset for Squares {
///     type Item = (i64, i64);
///     fn iter(&self, _: Epoch) -> Result<Samples<(i64, i64)>> {
///         Ok(Box::new((0..self.0).map(|i| Ok((i, i * i)))))
///     }
/// }
///
/// let loader = DataLoader::iterable(Squares(5)).batch_size(3).num_workers(2);
/// let batches: Vec<_> = loader.iter().collect::<Result<_>>()?;
/// assert_eq!(batches[0].1.to_vec::<i64>(), [0, 1, 4]);
/// assert_eq!(batches[1].1.to_vec::<i64>(), [9, 16]);
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
pub trait IterableDataset: Send + Sync {
    /// One sample; [`Collate`] says what a batch of them is.
    type Item: Collate + Send + 'static;

    /// The samples of an epoch. What is random about the order comes from the epoch; what is random
    /// about a sample, from [`sample_generator`](crate::sample_generator), best in
    /// [`map`](IterableDataset::map).
    ///
    /// # Errors
    /// What keeps them from being read at all. A sample that cannot be read is an `Err` among them; those
    /// after it are read all the same.
    fn iter(&self, epoch: Epoch) -> Result<Samples<Self::Item>>;

    /// One worker's share: by default every worker reads all samples and keeps those whose number is
    /// its own, that number and `num_workers`, and so on.
    ///
    /// Override it where a worker can leave out the others' samples at less cost. The loader takes
    /// samples from the workers in turn, so that a share of the same samples gives the same batches for
    /// any number of workers; with other shares (a file for each) all samples come once, in an order that
    /// depends on the number of workers.
    ///
    /// # Errors
    /// As [`iter`](IterableDataset::iter).
    fn shard(&self, epoch: Epoch, worker: WorkerInfo) -> Result<Samples<Self::Item>> {
        Ok(share::share(self.iter(epoch)?, worker))
    }

    /// How many samples an epoch has, where that is known.
    fn samples(&self) -> Option<usize> {
        None
    }

    /// The stream with `f` applied to each sample. A worker applies it to the samples of its share only,
    /// so that this is the place for what takes long.
    fn map<T, F>(self, f: F) -> MappedStream<Self, F>
    where
        Self: Sized,
        F: Fn(Self::Item) -> T + Send + Sync + 'static,
        T: Collate + Send + 'static,
    {
        MappedStream::new(self, f)
    }

    /// The samples of which `keep` says so.
    fn filter<F>(self, keep: F) -> FilteredStream<Self, F>
    where
        Self: Sized,
        F: Fn(&Self::Item) -> bool + Send + Sync + 'static,
    {
        FilteredStream::new(self, keep)
    }

    /// The first `n` samples.
    fn take(self, n: usize) -> TakenStream<Self>
    where
        Self: Sized,
    {
        TakenStream::new(self, n)
    }

    /// The samples in an order that is random within a buffer of `buffer_size`: each time one of its
    /// samples, chosen at random, gives way to the next of the stream. Every worker reads all of the
    /// stream, so put it before [`map`](IterableDataset::map).
    fn shuffle(self, buffer_size: usize) -> ShuffledStream<Self>
    where
        Self: Sized,
    {
        ShuffledStream::new(self, buffer_size)
    }
}

macro_rules! through_a_pointer {
    ($($pointer:ty),*) => {$(
        impl<D: IterableDataset + ?Sized> IterableDataset for $pointer {
            type Item = D::Item;

            fn iter(&self, epoch: Epoch) -> Result<Samples<D::Item>> {
                (**self).iter(epoch)
            }

            fn shard(&self, epoch: Epoch, worker: WorkerInfo) -> Result<Samples<D::Item>> {
                (**self).shard(epoch, worker)
            }

            fn samples(&self) -> Option<usize> {
                (**self).samples()
            }
        }
    )*};
}
through_a_pointer!(Arc<D>, Box<D>);

/// Samples in memory as a stream.
///
/// ```
/// use ondol_data::{Epoch, IterableDataset, IterableWrapper};
/// let stream = IterableWrapper::new(["a", "b"]);
/// let mut samples = stream.iter(Epoch { seed: 0, number: 0 })?;
/// assert_eq!(samples.next().unwrap()?, "a");
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct IterableWrapper<T>(Arc<[T]>);

impl<T> IterableWrapper<T> {
    /// These samples, in order.
    pub fn new(samples: impl IntoIterator<Item = T>) -> Self {
        IterableWrapper(samples.into_iter().collect())
    }
}

impl<T: Collate + Clone + Send + Sync + 'static> IterableWrapper<T> {
    /// Every `step`-th sample from `start` on.
    fn every(&self, start: usize, step: usize) -> Samples<T> {
        let all = self.0.clone();
        let mut at = start;
        Box::new(std::iter::from_fn(move || {
            let sample = all.get(at)?.clone();
            at += step;
            Some(Ok(sample))
        }))
    }
}

impl<T: Collate + Clone + Send + Sync + 'static> IterableDataset for IterableWrapper<T> {
    type Item = T;

    fn iter(&self, _: Epoch) -> Result<Samples<T>> {
        Ok(self.every(0, 1))
    }

    fn shard(&self, _: Epoch, worker: WorkerInfo) -> Result<Samples<T>> {
        Ok(self.every(worker.id, worker.num_workers))
    }

    fn samples(&self) -> Option<usize> {
        Some(self.0.len())
    }
}
