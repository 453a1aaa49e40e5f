//! Streams one after the other.

use std::collections::VecDeque;
use std::sync::Arc;

use ondol_tensor::Result;

use super::{IterableDataset, Samples};
use crate::Epoch;

/// Streams one after the other, `torch.utils.data.ChainDataset`.
///
/// For streams of different types with the same samples, use `Box<dyn IterableDataset<Item = …>>`.
///
/// ```
/// use ondol_data::{ChainDataset, DataLoader, IterableWrapper};
/// let both = ChainDataset::new([IterableWrapper::new(0..3i64), IterableWrapper::new(7..9)]);
/// let batch = DataLoader::iterable(both).batch_size(5).iter().next().unwrap()?;
/// assert_eq!(batch.to_vec::<i64>(), [0, 1, 2, 7, 8]);
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
#[derive(Debug)]
pub struct ChainDataset<D> {
    streams: Vec<Arc<D>>,
}

impl<D: IterableDataset> ChainDataset<D> {
    /// The streams as one.
    pub fn new(streams: impl IntoIterator<Item = D>) -> Self {
        ChainDataset {
            streams: streams.into_iter().map(Arc::new).collect(),
        }
    }
}

impl<D: IterableDataset + 'static> IterableDataset for ChainDataset<D> {
    type Item = D::Item;

    fn iter(&self, epoch: Epoch) -> Result<Samples<D::Item>> {
        Ok(Box::new(Chain {
            streams: self.streams.iter().cloned().collect(),
            open: None,
            epoch,
        }))
    }

    fn samples(&self) -> Option<usize> {
        self.streams.iter().map(|stream| stream.samples()).sum()
    }
}

/// Each is opened when the one before it has ended.
struct Chain<D: IterableDataset> {
    streams: VecDeque<Arc<D>>,
    open: Option<Samples<D::Item>>,
    epoch: Epoch,
}

impl<D: IterableDataset> Iterator for Chain<D> {
    type Item = Result<D::Item>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(sample) = self.open.as_mut().and_then(Iterator::next) {
                return Some(sample);
            }
            match self.streams.pop_front()?.iter(self.epoch) {
                Ok(samples) => self.open = Some(samples),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
