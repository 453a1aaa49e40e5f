//! A share of the samples for each process of a run.

use ondol_autograd::raise;
use ondol_tensor::Error;

use super::{Epoch, Sampler, SequentialSampler};
use crate::RandomSampler;

/// The share of process `rank` among `num_replicas`, `torch.utils.data.DistributedSampler`.
///
/// All processes have the same order and take every `num_replicas`-th sample of it, so that they
/// see different samples and equally many: where the samples do not go round, some from the
/// beginning come twice, or with `drop_last` some of the end are left out. The order depends on
/// [`seed`](Self::seed) and on the loader's number of the epoch, never on the loader's own seed,
/// which may differ from process to process; PyTorch's `set_epoch` is what the loader counts by itself.
///
/// | argument | default |
/// |---|---|
/// | `shuffle` | true |
/// | `seed` | 0, the same in all processes |
/// | `drop_last` | false |
/// | `padding` | true |
///
/// ```
/// use ondol_data::{DistributedSampler, Epoch, Sampler};
/// let epoch = Epoch { seed: 9, number: 0 };
/// let share = |rank| DistributedSampler::new(5, 2, rank).shuffle(false).indices(epoch);
/// assert_eq!(share(0), [0, 2, 4]);
/// assert_eq!(share(1), [1, 3, 0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct DistributedSampler {
    n: usize,
    num_replicas: usize,
    rank: usize,
    shuffle: bool,
    seed: u64,
    drop_last: bool,
    padding: bool,
}

impl DistributedSampler {
    /// The share of `rank`, counted from 0, in a dataset of `n` samples.
    ///
    /// # Panics
    /// Where `rank` is not below `num_replicas`.
    #[track_caller]
    pub fn new(n: usize, num_replicas: usize, rank: usize) -> Self {
        if rank >= num_replicas {
            raise(Error::value(
                "DistributedSampler",
                format!(
                    "Invalid rank {rank}, rank should be in the interval [0, {}]",
                    num_replicas.saturating_sub(1)
                ),
            ));
        }
        DistributedSampler {
            n,
            num_replicas,
            rank,
            shuffle: true,
            seed: 0,
            drop_last: false,
            padding: true,
        }
    }

    /// Whether each epoch has a new random order.
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.shuffle = shuffle;
        self
    }

    /// What the order comes from; the same number in all processes.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Whether samples that do not go round are left out, instead of some coming twice.
    pub fn drop_last(mut self, drop_last: bool) -> Self {
        self.drop_last = drop_last;
        self
    }

    /// Whether processes get equally many samples where they do not go round. Without, each sample comes
    /// exactly once and shares differ by one: for tests, whose processes need not keep step, and whose
    /// figures a sample that comes twice would bend.
    pub fn padding(mut self, padding: bool) -> Self {
        self.padding = padding;
        self
    }
}

impl Sampler for DistributedSampler {
    fn len(&self) -> usize {
        if self.drop_last {
            self.n / self.num_replicas
        } else if !self.padding {
            // Those that are over go to the first ones.
            self.n / self.num_replicas + usize::from(self.rank < self.n % self.num_replicas)
        } else {
            self.n.div_ceil(self.num_replicas)
        }
    }

    fn indices(&self, epoch: Epoch) -> Vec<usize> {
        let epoch = Epoch {
            seed: self.seed,
            ..epoch
        };
        let order = if self.shuffle {
            RandomSampler::new(self.n).indices(epoch)
        } else {
            SequentialSampler::new(self.n).indices(epoch)
        };
        let share = (0..self.len()).map(|i| order[(i * self.num_replicas + self.rank) % self.n]);
        share.collect()
    }
}

#[cfg(test)]
mod tests {
    use ondol_autograd::catch;

    use super::*;

    fn shares(n: usize, replicas: usize, set: fn(DistributedSampler) -> DistributedSampler) {
        for number in 0..3 {
            let share = |rank| {
                let sampler = set(DistributedSampler::new(n, replicas, rank));
                // Each process has a loader with a seed of its own.
                let epoch = Epoch {
                    seed: rank as u64,
                    number,
                };
                let indices = sampler.indices(epoch);
                assert_eq!(indices.len(), sampler.len());
                indices
            };
            let all: Vec<Vec<usize>> = (0..replicas).map(share).collect();
            assert!(all.iter().all(|own| own.len() == all[0].len()));
            let mut seen = vec![0; n];
            all.iter().flatten().for_each(|&i| seen[i] += 1);
            let dropping = set(DistributedSampler::new(n, replicas, 0)).drop_last;
            let (most, least) = (seen.iter().max(), seen.iter().min());
            if dropping {
                assert!(most <= Some(&1));
                assert_eq!(seen.iter().sum::<usize>(), n / replicas * replicas);
            } else {
                // Small sets go round more than once, as evenly as can be.
                assert!(least >= Some(&1) && most.unwrap() - least.unwrap() <= 1);
            }
        }
    }

    #[test]
    fn together_they_see_everything_equally_often() {
        for (n, replicas) in [(10, 2), (11, 2), (11, 4), (3, 7), (1, 5), (8, 1)] {
            shares(n, replicas, |s| s);
            shares(n, replicas, |s| s.shuffle(false));
            shares(n, replicas, |s| s.drop_last(true));
        }
        assert!(DistributedSampler::new(0, 2, 1).is_empty());
        let none = DistributedSampler::new(0, 2, 1);
        assert!(none.indices(Epoch { seed: 0, number: 0 }).is_empty());
    }

    #[test]
    fn an_order_belongs_to_seed_and_epoch() {
        let order = |seed, number| {
            let sampler = DistributedSampler::new(40, 2, 1).seed(seed);
            sampler.indices(Epoch { seed: 5, number })
        };
        assert_eq!(order(1, 0), order(1, 0));
        assert_ne!(order(1, 0), order(2, 0));
        assert_ne!(order(1, 0), order(1, 1));
        let error = catch(|| DistributedSampler::new(4, 2, 2)).unwrap_err();
        assert!(error.to_string().contains("Invalid rank 2"), "{error}");
    }

    #[test]
    fn without_padding_each_sample_comes_once() {
        for (n, replicas) in [(23, 3), (2, 4), (0, 2), (8, 2)] {
            let epoch = Epoch { seed: 0, number: 1 };
            let shares = (0..replicas).map(|rank| {
                let sampler = DistributedSampler::new(n, replicas, rank).padding(false);
                let indices = sampler.indices(epoch);
                assert_eq!(indices.len(), sampler.len());
                indices
            });
            let shares: Vec<_> = shares.collect();
            let most = shares.iter().map(Vec::len).max().unwrap();
            assert!(shares.iter().all(|share| most - share.len() <= 1));
            let mut all = shares.concat();
            all.sort_unstable();
            assert_eq!(all, (0..n).collect::<Vec<_>>());
        }
    }
}
