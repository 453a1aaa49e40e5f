//! Samples drawn by weight.

use ondol_autograd::raise;
use ondol_tensor::{Error, Generator};

use super::{Epoch, Sampler};

/// Samples as often as their weights say, new draws each epoch,
/// `torch.utils.data.WeightedRandomSampler`.
///
/// With replacement, sample `i` is drawn with probability `weightᵢ / Σ weight` each time; without,
/// those not yet drawn are weighed against each other. Weights need not add up to one.
///
/// ```
/// use ondol_data::{DataLoader, TensorDataset, WeightedRandomSampler};
/// use ondol_autograd::Tensor;
/// // The rare class, sample 3, is seen about as often as the other three together.
/// let sampler = WeightedRandomSampler::new([1.0, 1.0, 1.0, 3.0], 100, true);
/// let loader = DataLoader::new(TensorDataset::new(Tensor::range(4))).sampler(sampler).seed(0);
/// assert_eq!(loader.len(), 100);
/// ```
#[derive(Clone, Debug)]
pub struct WeightedRandomSampler {
    weights: Vec<f64>,
    num_samples: usize,
    replacement: bool,
}

impl WeightedRandomSampler {
    /// `num_samples` draws an epoch by these weights.
    ///
    /// # Panics
    /// Where a weight is negative or not finite, `num_samples` is 0, no weight is positive, or,
    /// without replacement, fewer weights are positive than samples are wanted.
    #[track_caller]
    pub fn new(weights: impl Into<Vec<f64>>, num_samples: usize, replacement: bool) -> Self {
        let weights = weights.into();
        if let Some((i, w)) = weights
            .iter()
            .enumerate()
            .find(|(_, w)| !w.is_finite() || **w < 0.0)
        {
            refuse(format!(
                "weights should be finite and not negative, but got weights[{i}]={w}"
            ));
        }
        if num_samples == 0 {
            refuse("num_samples should be a positive integer value, but got num_samples=0");
        }
        let positive = weights.iter().filter(|&&w| w > 0.0).count();
        if positive == 0 {
            refuse("no weight is positive, so that there is nothing to draw");
        }
        if !replacement && num_samples > positive {
            refuse(format!(
                "without replacement, num_samples={num_samples} is more than the {positive} samples of positive weight"
            ));
        }
        WeightedRandomSampler {
            weights,
            num_samples,
            replacement,
        }
    }
}

/// A number from 0 to below 1.
fn unit(generator: &Generator) -> f64 {
    (generator.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

impl Sampler for WeightedRandomSampler {
    fn len(&self) -> usize {
        self.num_samples
    }

    fn indices(&self, epoch: Epoch) -> Vec<usize> {
        let generator = epoch.generator();
        if self.replacement {
            let mut total = 0.0;
            let sums: Vec<f64> = self
                .weights
                .iter()
                .map(|w| {
                    total += w;
                    total
                })
                .collect();
            // Rounding may carry a draw to the end of the last sum; it belongs to the last weight above 0.
            let last = sums.partition_point(|&sum| sum < total);
            let draw = |_| {
                let at = unit(&generator) * total;
                sums.partition_point(|&sum| sum <= at).min(last)
            };
            return (0..self.num_samples).map(draw).collect();
        }
        // Each waits an exponential time of its weight's rate; the first to come are drawn, in their
        // order (Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006).
        let wait = |(i, &w): (usize, &f64)| {
            let u = unit(&generator);
            (w > 0.0).then(|| (-(1.0 - u).ln() / w, i))
        };
        let mut waits: Vec<(f64, usize)> =
            self.weights.iter().enumerate().filter_map(wait).collect();
        waits.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        waits.truncate(self.num_samples);
        waits.into_iter().map(|(_, i)| i).collect()
    }
}

#[track_caller]
fn refuse(message: impl Into<String>) -> ! {
    raise(Error::value("WeightedRandomSampler", message))
}

#[cfg(test)]
mod tests {
    use ondol_autograd::catch;

    use super::*;

    const EPOCH: Epoch = Epoch { seed: 3, number: 0 };

    #[test]
    fn draws_follow_the_weights() {
        let sampler = WeightedRandomSampler::new([0.0, 1.0, 0.0, 3.0, 0.0], 8000, true);
        let drawn = sampler.indices(EPOCH);
        assert_eq!((drawn.len(), sampler.len()), (8000, 8000));
        let ones = drawn.iter().filter(|&&i| i == 1).count();
        assert!(drawn.iter().all(|&i| i == 1 || i == 3));
        // Five standard deviations of a binomial.
        assert!((1800..2200).contains(&ones), "{ones}");
        assert_eq!(drawn, sampler.indices(EPOCH));
        assert_ne!(drawn, sampler.indices(Epoch { number: 1, ..EPOCH }));
    }

    #[test]
    fn without_replacement_each_comes_once() {
        let sampler = WeightedRandomSampler::new([5.0, 1.0, 0.0, 1.0], 3, false);
        let mut first = 0;
        for number in 0..700 {
            let mut drawn = sampler.indices(Epoch { seed: 1, number });
            first += usize::from(drawn[0] == 0);
            drawn.sort_unstable();
            assert_eq!(drawn, [0, 1, 3]);
        }
        // 5 of 7; five standard deviations.
        assert!((440..560).contains(&first), "{first}");
    }

    #[test]
    fn what_cannot_be_drawn_is_refused() {
        let says = |weights: &[f64], n, replacement, text: &str| {
            let error = catch(|| WeightedRandomSampler::new(weights, n, replacement));
            let error = error.unwrap_err().to_string();
            assert!(error.contains(text), "{error}");
        };
        says(&[1.0, -1.0], 1, true, "weights[1]=-1");
        says(&[f64::NAN], 1, true, "weights[0]=NaN");
        says(&[1.0], 0, true, "positive integer value");
        says(&[0.0, 0.0], 1, true, "no weight is positive");
        says(&[1.0, 0.0], 2, false, "more than the 1 samples");
    }
}
