//! In which order samples come.

mod distributed;
mod weighted;

use ondol_tensor::{Generator, philox};

pub use self::distributed::DistributedSampler;
pub use self::weighted::WeightedRandomSampler;
use crate::context::mix;

/// An epoch of a loader: what an order may depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Epoch {
    /// The loader's seed.
    pub seed: u64,
    /// The number of the epoch, from 0.
    pub number: u64,
}

impl Epoch {
    /// Random numbers of this epoch, the same each time.
    pub fn generator(self) -> Generator {
        // Samples' streams end in the sample's index, which no dataset lets reach this.
        Generator::new(mix([self.seed, self.number, u64::MAX]))
    }
}

/// An order of samples for each epoch, `torch.utils.data.Sampler`.
pub trait Sampler: Send + Sync {
    /// How many samples an epoch has.
    fn len(&self) -> usize;

    /// Whether an epoch has none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The indices of an epoch, in order; what is random about them comes from the epoch.
    fn indices(&self, epoch: Epoch) -> Vec<usize>;
}

/// `0, 1, 2, …`, `torch.utils.data.SequentialSampler`.
#[derive(Clone, Copy, Debug)]
pub struct SequentialSampler(usize);

impl SequentialSampler {
    /// The first `n` samples.
    pub fn new(n: usize) -> Self {
        SequentialSampler(n)
    }
}

impl Sampler for SequentialSampler {
    fn len(&self) -> usize {
        self.0
    }

    fn indices(&self, _: Epoch) -> Vec<usize> {
        (0..self.0).collect()
    }
}

/// A random order, new each epoch, `torch.utils.data.RandomSampler`.
#[derive(Clone, Copy, Debug)]
pub struct RandomSampler {
    n: usize,
    replacement: bool,
    num_samples: Option<usize>,
}

impl RandomSampler {
    /// A random order of `n` samples, each once.
    pub fn new(n: usize) -> Self {
        RandomSampler {
            n,
            replacement: false,
            num_samples: None,
        }
    }

    /// Whether each draw is from all samples, so that some come twice and some not at all.
    pub fn replacement(mut self, replacement: bool) -> Self {
        self.replacement = replacement;
        self
    }

    /// How many samples an epoch has; without replacement, more than there are means several
    /// orders one after the other.
    pub fn num_samples(mut self, num_samples: usize) -> Self {
        self.num_samples = Some(num_samples);
        self
    }
}

impl Sampler for RandomSampler {
    fn len(&self) -> usize {
        if self.n == 0 {
            0
        } else {
            self.num_samples.unwrap_or(self.n)
        }
    }

    fn indices(&self, epoch: Epoch) -> Vec<usize> {
        let (generator, wanted) = (epoch.generator(), self.len());
        if self.replacement {
            let draw = |_| {
                let bits = generator.next_u64();
                philox::integer((bits >> 32) as u32, bits as u32, 0, self.n as i64) as usize
            };
            return (0..wanted).map(draw).collect();
        }
        let mut order = Vec::with_capacity(wanted + self.n);
        while order.len() < wanted {
            order.extend(generator.permutation(self.n));
        }
        order.truncate(wanted);
        order
    }
}

/// Some samples in a random order, `torch.utils.data.SubsetRandomSampler`.
#[derive(Clone, Debug)]
pub struct SubsetRandomSampler(Vec<usize>);

impl SubsetRandomSampler {
    /// The samples at `indices`, each once.
    pub fn new(indices: impl Into<Vec<usize>>) -> Self {
        SubsetRandomSampler(indices.into())
    }
}

impl Sampler for SubsetRandomSampler {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn indices(&self, epoch: Epoch) -> Vec<usize> {
        epoch
            .generator()
            .permutation(self.0.len())
            .into_iter()
            .map(|i| self.0[i])
            .collect()
    }
}

/// What an epoch's batches are made of, for [`DataLoader::batch_sampler`](crate::DataLoader::batch_sampler).
pub trait Batches: Send + Sync {
    /// How many batches an epoch has.
    fn len(&self) -> usize;

    /// Whether an epoch has none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The indices of each batch of an epoch, in order. An empty batch is an error when fetched.
    fn batches(&self, epoch: Epoch) -> Vec<Vec<usize>>;
}

/// A sampler's indices cut into batches, `torch.utils.data.BatchSampler`.
#[derive(Clone, Copy, Debug)]
pub struct BatchSampler<S> {
    sampler: S,
    batch_size: usize,
    drop_last: bool,
}

impl<S: Sampler> BatchSampler<S> {
    /// Batches of `batch_size` (0 counts as 1); `drop_last` leaves out a last one that is short.
    pub fn new(sampler: S, batch_size: usize, drop_last: bool) -> Self {
        BatchSampler {
            sampler,
            batch_size: batch_size.max(1),
            drop_last,
        }
    }
}

impl<S> BatchSampler<S> {
    /// Whose indices are cut.
    pub fn sampler(&self) -> &S {
        &self.sampler
    }
}

impl<S: Sampler> Batches for BatchSampler<S> {
    fn len(&self) -> usize {
        let n = self.sampler.len();
        if self.drop_last {
            n / self.batch_size
        } else {
            n.div_ceil(self.batch_size)
        }
    }

    fn batches(&self, epoch: Epoch) -> Vec<Vec<usize>> {
        let indices = self.sampler.indices(epoch);
        let whole = |batch: &&[usize]| !self.drop_last || batch.len() == self.batch_size;
        indices
            .chunks(self.batch_size)
            .filter(whole)
            .map(<[usize]>::to_vec)
            .collect()
    }
}

impl<S: Sampler + ?Sized> Sampler for std::sync::Arc<S> {
    fn len(&self) -> usize {
        (**self).len()
    }

    fn indices(&self, epoch: Epoch) -> Vec<usize> {
        (**self).indices(epoch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EPOCH: Epoch = Epoch { seed: 5, number: 0 };

    #[test]
    fn an_order_belongs_to_its_epoch() {
        let sampler = RandomSampler::new(50);
        let order = sampler.indices(EPOCH);
        assert_eq!(order, sampler.indices(EPOCH));
        assert_ne!(order, sampler.indices(Epoch { number: 1, ..EPOCH }));
        assert_ne!(order, sampler.indices(Epoch { seed: 6, ..EPOCH }));
        let mut sorted = order;
        sorted.sort_unstable();
        assert_eq!(sorted, SequentialSampler::new(50).indices(EPOCH));
    }

    #[test]
    fn lengths_and_replacement() {
        let with = RandomSampler::new(20)
            .replacement(true)
            .num_samples(500)
            .indices(EPOCH);
        assert_eq!(with.len(), 500);
        assert!((0..20).all(|i| with.contains(&i)) && with.iter().all(|&i| i < 20));
        let twice = RandomSampler::new(4).num_samples(10).indices(EPOCH);
        assert_eq!(twice.len(), 10);
        assert!((0..4).all(|i| twice[..4].contains(&i) && twice[4..8].contains(&i)));
        assert!(
            RandomSampler::new(0)
                .replacement(true)
                .num_samples(3)
                .indices(EPOCH)
                .is_empty()
        );
        let mut subset = SubsetRandomSampler::new([9, 4, 7]).indices(EPOCH);
        subset.sort_unstable();
        assert_eq!(subset, [4, 7, 9]);
    }

    #[test]
    fn the_last_short_batch_is_kept_or_dropped() {
        let kept = BatchSampler::new(SequentialSampler::new(5), 2, false);
        assert_eq!(kept.batches(EPOCH), [vec![0, 1], vec![2, 3], vec![4]]);
        let dropped = BatchSampler::new(SequentialSampler::new(5), 2, true);
        assert_eq!(dropped.batches(EPOCH), [vec![0, 1], vec![2, 3]]);
        assert_eq!((kept.len(), dropped.len()), (3, 2));
    }
}
