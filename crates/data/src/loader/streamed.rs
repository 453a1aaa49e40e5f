//! Streams of samples, shared out among workers and put together again.

use std::sync::Arc;

use ondol_tensor::{Error, Result};

use super::collated::{DefaultCollate, Join};
use super::guard::guarded;
use super::lanes::{Lanes, Pulled};
use super::options::Options;
use super::pool::Started;
use super::source::{Hold, Job, Pieces, Source, not_started};
use super::state::Shape;
use super::worker::WorkerInfo;
use crate::context::name_error;
use crate::{Epoch, IterableDataset, Samples, with_batch, with_sample};

/// An [`IterableDataset`] as a loader reads it; made by
/// [`DataLoader::iterable`](crate::DataLoader::iterable).
#[derive(Clone, Debug)]
pub struct Streamed<D, C = DefaultCollate> {
    dataset: Arc<D>,
    join: C,
}

impl<D, C> Streamed<D, C> {
    pub(super) fn new(dataset: Arc<D>, join: C) -> Self {
        Streamed { dataset, join }
    }

    /// The dataset itself.
    pub fn dataset(&self) -> &D {
        &self.dataset
    }

    pub(super) fn shared(&self) -> Arc<D> {
        self.dataset.clone()
    }
}

/// What came of a sample.
pub enum Sample<T> {
    Item(T),
    /// It could not be read; those after it may.
    Failed(Error),
    /// Its worker panicked, and nothing comes after it.
    Fatal(Error),
}

/// One worker's share of a stream.
struct Share<D: IterableDataset> {
    dataset: Arc<D>,
    job: Arc<Job>,
    worker: WorkerInfo,
    started: Started,
    /// Not opened yet at first.
    samples: Option<Samples<D::Item>>,
    /// How many have come.
    count: usize,
    over: bool,
}

impl<D: IterableDataset> Share<D> {
    fn advance(&mut self) -> Option<Sample<D::Item>> {
        if let Err(text) = &self.started {
            return Some(Sample::Fatal(not_started(self.worker, text)));
        }
        // Samples are numbered as one worker would meet them.
        let index = self.count * self.worker.num_workers + self.worker.id;
        let name = || format!("sample {index}");
        let (dataset, worker, samples) = (&self.dataset, self.worker, &mut self.samples);
        let epoch = Epoch {
            seed: self.job.stream.seed,
            number: self.job.stream.epoch,
        };
        let read = || {
            let open = match samples {
                Some(open) => open,
                None => samples.insert(dataset.shard(epoch, worker)?),
            };
            with_batch(&[index], || with_sample(0, || Ok(open.next())))
        };
        let sample = match guarded(self.job.stream, 0, name, read) {
            Err(panicked) => Sample::Fatal(panicked),
            // The stream could not be opened.
            Ok(Err(error)) => Sample::Fatal(error),
            Ok(Ok(None)) => return None,
            Ok(Ok(Some(Err(error)))) => Sample::Failed(name_error(&name(), error)),
            Ok(Ok(Some(Ok(item)))) => Sample::Item(item),
        };
        self.count += 1;
        Some(sample)
    }
}

impl<D: IterableDataset> Iterator for Share<D> {
    type Item = Sample<D::Item>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let sample = self.advance();
        self.over = !matches!(sample, Some(Sample::Item(_) | Sample::Failed(_)));
        sample
    }
}

impl<D, C> Source for Streamed<D, C>
where
    D: IterableDataset + 'static,
    C: Join<D::Item>,
{
    type Batch = C::Batch;
    type Piece = Sample<D::Item>;
    const REREADS: bool = true;

    fn plan(&self, _: &Options, _: Epoch) -> Vec<Vec<usize>> {
        Vec::new()
    }

    fn shape(&self, options: &Options) -> Shape {
        Shape::Streamed {
            batch_size: options.batch_size.unwrap_or(1),
        }
    }

    fn lanes(_: &Job, num_workers: usize) -> usize {
        num_workers
    }

    fn pieces(
        self: Arc<Self>,
        job: Arc<Job>,
        worker: WorkerInfo,
        started: Started,
    ) -> Pieces<Self::Piece> {
        Box::new(Share {
            dataset: self.shared(),
            job,
            worker,
            started,
            samples: None,
            count: 0,
            over: false,
        })
    }

    /// Samples are taken from the workers in turn and only then joined, here, so that a batch does not
    /// depend on how many there are.
    fn gather(
        &self,
        job: &Job,
        number: usize,
        hold: &mut Hold<Self::Piece>,
        lanes: &mut Lanes<Self::Piece>,
    ) -> Pulled<Result<Self::Batch>> {
        while hold.pieces.len() < job.batch_size {
            match lanes.pull() {
                Pulled::Late => return Pulled::Late,
                Pulled::End => break,
                Pulled::Piece(sample) => {
                    if matches!(sample, Sample::Fatal(_)) {
                        lanes.end();
                    }
                    match hold.skip {
                        0 => hold.pieces.push(sample),
                        _ => hold.skip -= 1,
                    }
                }
            }
        }
        let samples = std::mem::take(&mut hold.pieces);
        let short = samples.len() < job.batch_size;
        if samples.is_empty() {
            return Pulled::End;
        }
        let mut items = Vec::with_capacity(samples.len());
        for sample in samples {
            match sample {
                Sample::Item(item) => items.push(item),
                // What failed is told even where its batch would have been left out.
                Sample::Failed(e) | Sample::Fatal(e) => return Pulled::Piece(Err(e)),
            }
        }
        if short && job.drop_last {
            return Pulled::End;
        }
        let first = number * job.batch_size;
        let indices: Vec<usize> = (first..first + items.len()).collect();
        let name = || format!("batch {number} (samples {indices:?})");
        let join = || with_batch(&indices, || self.join.join(items));
        let batch = guarded(job.stream, number, name, join);
        Pulled::Piece(batch.and_then(|batch| batch))
    }

    fn batches(&self, options: &Options) -> Option<usize> {
        let batch_size = options.batch_size.unwrap_or(1);
        self.dataset.samples().map(|n| match options.drop_last {
            true => n / batch_size,
            false => n.div_ceil(batch_size),
        })
    }
}
