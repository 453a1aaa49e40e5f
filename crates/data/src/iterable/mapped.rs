//! Streams changed sample by sample.

use std::sync::Arc;

use ondol_tensor::Result;

use super::{IterableDataset, Samples};
use crate::{Collate, Epoch, WorkerInfo};

/// A stream whose samples are changed as they come; made by [`IterableDataset::map`].
#[derive(Clone, Debug)]
pub struct MappedStream<D, F> {
    stream: D,
    f: Arc<F>,
}

impl<D, F> MappedStream<D, F> {
    pub(super) fn new(stream: D, f: F) -> Self {
        MappedStream {
            stream,
            f: Arc::new(f),
        }
    }
}

impl<D, F, T> IterableDataset for MappedStream<D, F>
where
    D: IterableDataset,
    F: Fn(D::Item) -> T + Send + Sync + 'static,
    T: Collate + Send + 'static,
{
    type Item = T;

    fn iter(&self, epoch: Epoch) -> Result<Samples<T>> {
        let f = self.f.clone();
        let samples = self.stream.iter(epoch)?;
        Ok(Box::new(samples.map(move |sample| sample.map(&*f))))
    }

    fn shard(&self, epoch: Epoch, worker: WorkerInfo) -> Result<Samples<T>> {
        let f = self.f.clone();
        let samples = self.stream.shard(epoch, worker)?;
        Ok(Box::new(samples.map(move |sample| sample.map(&*f))))
    }

    fn samples(&self) -> Option<usize> {
        self.stream.samples()
    }
}

/// Some of a stream's samples; made by [`IterableDataset::filter`].
#[derive(Clone, Debug)]
pub struct FilteredStream<D, F> {
    stream: D,
    keep: Arc<F>,
}

impl<D, F> FilteredStream<D, F> {
    pub(super) fn new(stream: D, keep: F) -> Self {
        FilteredStream {
            stream,
            keep: Arc::new(keep),
        }
    }
}

impl<D, F> IterableDataset for FilteredStream<D, F>
where
    D: IterableDataset,
    F: Fn(&D::Item) -> bool + Send + Sync + 'static,
{
    type Item = D::Item;

    fn iter(&self, epoch: Epoch) -> Result<Samples<D::Item>> {
        let keep = self.keep.clone();
        let samples = self.stream.iter(epoch)?;
        // What could not be read is not lost.
        let kept = move |sample: &Result<D::Item>| sample.as_ref().map_or(true, |s| keep(s));
        Ok(Box::new(samples.filter(kept)))
    }
}

/// The beginning of a stream; made by [`IterableDataset::take`].
#[derive(Clone, Debug)]
pub struct TakenStream<D> {
    stream: D,
    n: usize,
}

impl<D> TakenStream<D> {
    pub(super) fn new(stream: D, n: usize) -> Self {
        TakenStream { stream, n }
    }
}

impl<D: IterableDataset> IterableDataset for TakenStream<D> {
    type Item = D::Item;

    fn iter(&self, epoch: Epoch) -> Result<Samples<D::Item>> {
        Ok(Box::new(self.stream.iter(epoch)?.take(self.n)))
    }

    fn samples(&self) -> Option<usize> {
        self.stream.samples().map(|n| n.min(self.n))
    }
}
