//! Streams in random order.

use ondol_tensor::{Generator, Result, philox};

use super::{IterableDataset, Samples};
use crate::Epoch;

/// A stream in an order that is random within a buffer; made by [`IterableDataset::shuffle`].
#[derive(Clone, Debug)]
pub struct ShuffledStream<D> {
    stream: D,
    buffer_size: usize,
}

impl<D> ShuffledStream<D> {
    pub(super) fn new(stream: D, buffer_size: usize) -> Self {
        ShuffledStream {
            stream,
            buffer_size: buffer_size.max(1),
        }
    }
}

impl<D: IterableDataset> IterableDataset for ShuffledStream<D> {
    type Item = D::Item;

    fn iter(&self, epoch: Epoch) -> Result<Samples<D::Item>> {
        Ok(Box::new(Shuffled {
            samples: self.stream.iter(epoch)?,
            buffer: Vec::new(),
            size: self.buffer_size,
            generator: epoch.generator(),
        }))
    }

    fn samples(&self) -> Option<usize> {
        self.stream.samples()
    }
}

struct Shuffled<T> {
    samples: Samples<T>,
    buffer: Vec<Result<T>>,
    size: usize,
    generator: Generator,
}

impl<T> Iterator for Shuffled<T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Result<T>> {
        while self.buffer.len() < self.size {
            match self.samples.next() {
                Some(sample) => self.buffer.push(sample),
                None => break,
            }
        }
        if self.buffer.is_empty() {
            return None;
        }
        let bits = self.generator.next_u64();
        let n = self.buffer.len() as i64;
        let chosen = philox::integer((bits >> 32) as u32, bits as u32, 0, n) as usize;
        Some(self.buffer.swap_remove(chosen))
    }
}
