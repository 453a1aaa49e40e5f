//! Batches of samples of similar lengths.

use crate::{Batches, Epoch};

/// Batches of samples whose lengths are similar, so that little is filled up;
/// `torchtext.data.BucketIterator`, a batch sampler here.
///
/// Each epoch the samples are shuffled and cut into pools of a number of batches; within a pool
/// they are sorted by length and cut into batches, and all batches are shuffled. The order depends
/// on the epoch alone.
///
/// | option | default | |
/// |---|---|---|
/// | `pool` | 100 | batches in a pool: more makes lengths more alike and the order less random |
/// | `shuffle` | true | false keeps the samples' and the batches' order |
/// | `drop_last` | false | leaves out a batch that is short |
///
/// ```
/// use ondol_data::text::BucketBatchSampler;
/// use ondol_data::{Batches, Epoch};
/// let sampler = BucketBatchSampler::new([5, 1, 6, 2], 2);
/// let mut batches = sampler.batches(Epoch { seed: 0, number: 0 });
/// batches.iter_mut().for_each(|batch| batch.sort());
/// batches.sort();
/// assert_eq!(batches, [[0, 2], [1, 3]]);
/// ```
#[derive(Clone, Debug)]
pub struct BucketBatchSampler {
    lengths: Vec<usize>,
    batch_size: usize,
    pool: usize,
    shuffle: bool,
    drop_last: bool,
}

impl BucketBatchSampler {
    /// Batches of `batch_size` (0 counts as 1) samples of these lengths.
    pub fn new(lengths: impl Into<Vec<usize>>, batch_size: usize) -> Self {
        BucketBatchSampler {
            lengths: lengths.into(),
            batch_size: batch_size.max(1),
            pool: 100,
            shuffle: true,
            drop_last: false,
        }
    }

    /// How many batches are sorted together (0 counts as 1).
    pub fn pool(mut self, pool: usize) -> Self {
        self.pool = pool.max(1);
        self
    }

    /// Whether samples and batches come in a new random order each epoch.
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.shuffle = shuffle;
        self
    }

    /// Whether a batch that is short is left out.
    pub fn drop_last(mut self, drop_last: bool) -> Self {
        self.drop_last = drop_last;
        self
    }
}

impl Batches for BucketBatchSampler {
    fn len(&self) -> usize {
        let n = self.lengths.len();
        if self.drop_last {
            n / self.batch_size
        } else {
            n.div_ceil(self.batch_size)
        }
    }

    fn batches(&self, epoch: Epoch) -> Vec<Vec<usize>> {
        let generator = epoch.generator();
        let n = self.lengths.len();
        let mut order: Vec<usize> = match self.shuffle {
            true => generator.permutation(n),
            false => (0..n).collect(),
        };
        let mut batches = Vec::with_capacity(self.len());
        // Whole batches in every pool but the last, so that at most one batch is short.
        for pool in order.chunks_mut(self.pool.saturating_mul(self.batch_size)) {
            pool.sort_by_key(|&i| self.lengths[i]);
            batches.extend(pool.chunks(self.batch_size).map(<[usize]>::to_vec));
        }
        batches.truncate(self.len());
        if !self.shuffle {
            return batches;
        }
        let order = generator.permutation(batches.len());
        order
            .into_iter()
            .map(|i| std::mem::take(&mut batches[i]))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EPOCH: Epoch = Epoch { seed: 5, number: 0 };

    fn lengths(n: usize) -> Vec<usize> {
        (0..n).map(|i| 1 + (i * 37) % 101).collect()
    }

    #[test]
    fn each_sample_comes_once_beside_its_like() {
        let lengths = lengths(1003);
        let sampler = BucketBatchSampler::new(lengths.clone(), 10).pool(20);
        let batches = sampler.batches(EPOCH);
        assert_eq!((batches.len(), sampler.len()), (101, 101));
        let mut all = batches.concat();
        all.sort_unstable();
        assert_eq!(all, (0..1003).collect::<Vec<_>>());
        assert_eq!(batches.iter().filter(|b| b.len() != 10).count(), 1);
        let padded = |batches: &[Vec<usize>]| -> usize {
            let longest = |b: &Vec<usize>| b.iter().map(|&i| lengths[i]).max().unwrap();
            batches.iter().map(|b| b.len() * longest(b)).sum()
        };
        let total: usize = lengths.iter().sum();
        // A batch spans a twentieth of the lengths, at random it would span nearly all.
        assert!(padded(&batches) < total * 115 / 100);
        let in_order: Vec<usize> = (0..1003).collect();
        let random: Vec<Vec<usize>> = in_order.chunks(10).map(<[usize]>::to_vec).collect();
        assert!(padded(&random) > total * 15 / 10);
        let dropped = sampler.drop_last(true);
        assert_eq!(dropped.len(), 100);
        let batches = dropped.batches(EPOCH);
        assert!(batches.len() == 100 && batches.iter().all(|b| b.len() == 10));
    }

    #[test]
    fn an_order_belongs_to_its_epoch() {
        let sampler = BucketBatchSampler::new(lengths(200), 8).pool(4);
        let batches = sampler.batches(EPOCH);
        assert_eq!(batches, sampler.batches(EPOCH));
        assert_ne!(batches, sampler.batches(Epoch { number: 1, ..EPOCH }));
        // The batches do not come by length, as they stand in a pool.
        let first: Vec<usize> = batches.iter().map(|b| lengths(200)[b[0]]).collect();
        assert!(!first.is_sorted());
    }

    #[test]
    fn in_order_a_pool_is_only_sorted() {
        let sampler = BucketBatchSampler::new([3, 1, 2, 9, 8, 7, 1], 2)
            .pool(1)
            .shuffle(false);
        let batches = sampler.batches(EPOCH);
        assert_eq!(batches, [vec![1, 0], vec![2, 3], vec![5, 4], vec![6]]);
        let empty = BucketBatchSampler::new([], 0);
        assert!(empty.is_empty() && empty.batches(EPOCH).is_empty());
    }
}
