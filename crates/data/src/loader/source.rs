//! What a loader reads.

use std::sync::Arc;

use ondol_tensor::{Error, Result};

use super::guard::guarded;
use super::lanes::{Lanes, Pulled};
use super::options::{Options, Order};
use super::pool::Started;
use super::state::Shape;
use super::worker::WorkerInfo;
use crate::context::Stream;
use crate::{BatchOf, Dataset, Epoch, with_batch};

/// What a worker makes for the loader.
pub(super) type Pieces<P> = Box<dyn Iterator<Item = P> + Send>;

/// What of an epoch is to be fetched.
pub struct Job {
    pub(super) stream: Stream,
    /// The batches' indices, where they are known beforehand.
    pub(super) batches: Vec<Vec<usize>>,
    /// The first batch that is wanted; not 0 where an epoch is gone on with.
    pub(super) start: usize,
    pub(super) batch_size: usize,
    pub(super) drop_last: bool,
}

/// What has come of the next batch so far.
pub struct Hold<P> {
    pub(super) pieces: Vec<P>,
    /// How many pieces belong to batches that were handed out before.
    pub(super) skip: usize,
}

/// What a [`DataLoader`](crate::DataLoader) reads: a [`Dataset`], what
/// [`collate_fn`](crate::DataLoader::collate_fn) makes of one, or a stream of samples.
pub trait Source: Send + Sync + 'static {
    /// A batch.
    type Batch: Send + 'static;

    /// What a worker hands over: a batch, or a sample of a stream.
    #[doc(hidden)]
    type Piece: Send + 'static;

    /// Whether an epoch can only be entered from its beginning.
    #[doc(hidden)]
    const REREADS: bool;

    /// The batches of an epoch, where they are known.
    #[doc(hidden)]
    fn plan(&self, options: &Options, epoch: Epoch) -> Vec<Vec<usize>>;

    /// What must be the same for a place in an epoch to mean the same.
    #[doc(hidden)]
    fn shape(&self, options: &Options) -> Shape;

    /// How many workers have something to do.
    #[doc(hidden)]
    fn lanes(job: &Job, num_workers: usize) -> usize;

    /// The pieces of one worker.
    #[doc(hidden)]
    fn pieces(
        self: Arc<Self>,
        job: Arc<Job>,
        worker: WorkerInfo,
        started: Started,
    ) -> Pieces<Self::Piece>;

    /// The batch `number`.
    #[doc(hidden)]
    fn gather(
        &self,
        job: &Job,
        number: usize,
        hold: &mut Hold<Self::Piece>,
        lanes: &mut Lanes<Self::Piece>,
    ) -> Pulled<Result<Self::Batch>>;

    /// How many batches an epoch has, where that is known.
    #[doc(hidden)]
    fn batches(&self, options: &Options) -> Option<usize>;
}

/// A source whose samples have indices.
pub trait Indexed: Send + Sync + 'static {
    /// A batch.
    type Batch: Send + 'static;

    /// How many samples there are.
    #[doc(hidden)]
    fn samples(&self) -> usize;

    /// The samples at `indices`, joined.
    #[doc(hidden)]
    fn fetch(&self, indices: &[usize]) -> Result<Self::Batch>;
}

impl<D: Dataset + 'static> Indexed for D {
    type Batch = BatchOf<D>;

    fn samples(&self) -> usize {
        self.len()
    }

    fn fetch(&self, indices: &[usize]) -> Result<BatchOf<D>> {
        self.get_batch(indices)
    }
}

/// What is said of a worker whose start panicked.
pub(super) fn not_started(worker: WorkerInfo, text: &str) -> Error {
    Error::data(format!(
        "worker {}: worker_init_fn panicked: {text}",
        worker.id
    ))
}

impl<S: Indexed> Source for S {
    type Batch = <S as Indexed>::Batch;
    type Piece = Result<<S as Indexed>::Batch>;
    const REREADS: bool = false;

    fn plan(&self, options: &Options, epoch: Epoch) -> Vec<Vec<usize>> {
        options.order(self.samples()).0.batches(epoch)
    }

    fn shape(&self, options: &Options) -> Shape {
        let (order, name) = options.order(self.samples());
        let (samples, batches) = match &order {
            Order::Samples(batches) => (batches.sampler().len(), order.len()),
            Order::Batches(_) => (self.samples(), order.len()),
        };
        Shape::Counted {
            sampler: name.to_owned(),
            samples,
            batches,
        }
    }

    fn lanes(job: &Job, num_workers: usize) -> usize {
        num_workers.min(job.batches.len().saturating_sub(job.start))
    }

    /// Worker `w` of `W` has the batches `w`, `w + W`, … after the first.
    fn pieces(
        self: Arc<Self>,
        job: Arc<Job>,
        worker: WorkerInfo,
        started: Started,
    ) -> Pieces<Self::Piece> {
        let own = (job.start + worker.id..job.batches.len()).step_by(worker.num_workers);
        Box::new(own.map(move |i| {
            if let Err(text) = &started {
                return Err(not_started(worker, text));
            }
            let indices = &job.batches[i];
            let culprit = || format!("batch {i} (samples {indices:?})");
            let read = || with_batch(indices, || self.fetch(indices));
            guarded(job.stream, i, culprit, read)?
        }))
    }

    fn gather(
        &self,
        job: &Job,
        number: usize,
        _: &mut Hold<Self::Piece>,
        lanes: &mut Lanes<Self::Piece>,
    ) -> Pulled<Result<Self::Batch>> {
        if number >= job.batches.len() {
            return Pulled::End;
        }
        match lanes.pull() {
            Pulled::End => Pulled::Piece(Err(Error::data(format!(
                "batch {number}: its worker ended before it was fetched"
            )))),
            pulled => pulled,
        }
    }

    fn batches(&self, options: &Options) -> Option<usize> {
        Some(options.order(self.samples()).0.len())
    }
}
