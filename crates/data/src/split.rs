//! Random parts of a dataset.

use std::sync::Arc;

use ondol_tensor::{Error, Generator, Result, default_generator};

use crate::{Dataset, Subset};

/// How [`random_split`] is told its lengths: counts or fractions, in an array or a `Vec`.
pub trait SplitLengths {
    /// The parts, in the same container.
    type Parts<P>;

    /// How many samples each part gets of `total`.
    ///
    /// # Errors
    /// Counts whose sum is not `total`; fractions outside of `[0, 1]` or whose sum is not 1.
    fn counts(&self, total: usize) -> Result<Vec<usize>>;

    /// The parts as the container that the lengths came in.
    fn parts<P>(&self, make: impl FnMut(usize) -> P) -> Self::Parts<P>;
}

/// A length: a count or a fraction.
trait Length: Copy {
    fn counts(lengths: &[Self], total: usize) -> Result<Vec<usize>>;
}

impl Length for usize {
    fn counts(lengths: &[usize], total: usize) -> Result<Vec<usize>> {
        if lengths
            .iter()
            .try_fold(0usize, |sum, &n| sum.checked_add(n))
            != Some(total)
        {
            return Err(Error::value(
                "random_split",
                format!(
                    "Sum of input lengths does not equal the length of the input dataset! \
                     {lengths:?} against {total}"
                ),
            ));
        }
        Ok(lengths.to_vec())
    }
}

impl Length for f64 {
    fn counts(fractions: &[f64], total: usize) -> Result<Vec<usize>> {
        if let Some(i) = fractions.iter().position(|f| !(0.0..=1.0).contains(f)) {
            let message = format!(
                "Fraction at index {i} is not between 0 and 1: {}",
                fractions[i]
            );
            return Err(Error::value("random_split", message));
        }
        let sum: f64 = fractions.iter().sum();
        if (sum - 1.0).abs() > 1e-9 {
            let message = format!("the fractions {fractions:?} must sum to 1, not {sum}");
            return Err(Error::value("random_split", message));
        }
        let mut counts: Vec<usize> = fractions
            .iter()
            .map(|f| (total as f64 * f).floor() as usize)
            .collect();
        // What rounding left over goes to the first parts, one each, as PyTorch deals it out.
        let rest = total.saturating_sub(counts.iter().sum());
        for i in 0..rest {
            counts[i % fractions.len()] += 1;
        }
        Ok(counts)
    }
}

macro_rules! split_lengths {
    ($($t:ty),*) => {$(
        impl<const N: usize> SplitLengths for [$t; N] {
            type Parts<P> = [P; N];

            fn counts(&self, total: usize) -> Result<Vec<usize>> {
                <$t>::counts(self, total)
            }

            fn parts<P>(&self, make: impl FnMut(usize) -> P) -> [P; N] {
                std::array::from_fn(make)
            }
        }

        impl SplitLengths for Vec<$t> {
            type Parts<P> = Vec<P>;

            fn counts(&self, total: usize) -> Result<Vec<usize>> {
                <$t>::counts(self, total)
            }

            fn parts<P>(&self, make: impl FnMut(usize) -> P) -> Vec<P> {
                (0..self.len()).map(make).collect()
            }
        }
    )*};
}
split_lengths!(usize, f64);

/// Splits a dataset at random into parts that do not overlap, `torch.utils.data.random_split`.
///
/// `lengths` are counts that sum to the dataset's length or fractions that sum to 1; the order is
/// drawn from `generator`, or from the default one where it is `None`.
///
/// # Errors
/// Lengths that do not fit the dataset.
///
/// ```
/// use ondol_autograd::{Generator, Tensor};
/// use ondol_data::{Dataset, TensorDataset, random_split};
/// let data = TensorDataset::new(Tensor::range(10));
/// let [train, valid] = random_split(data, [0.8, 0.2], &Generator::new(0))?;
/// assert_eq!((train.len(), valid.len()), (8, 2));
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
pub fn random_split<'g, D: Dataset, L: SplitLengths>(
    dataset: D,
    lengths: L,
    generator: impl Into<Option<&'g Generator>>,
) -> Result<L::Parts<Subset<D>>> {
    let counts = lengths.counts(dataset.len())?;
    let generator = generator
        .into()
        .map_or_else(default_generator, Generator::clone);
    let order = generator.permutation(dataset.len());
    let dataset = Arc::new(dataset);
    let mut start = 0;
    Ok(lengths.parts(|i| {
        let indices = order[start..start + counts[i]].to_vec();
        start += counts[i];
        Subset::shared(dataset.clone(), indices)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Numbers(usize);
    impl Dataset for Numbers {
        type Item = usize;

        fn len(&self) -> usize {
            self.0
        }

        fn get(&self, index: usize) -> Result<usize> {
            Ok(index)
        }
    }

    #[test]
    fn parts_cover_the_whole_once() {
        let generator = Generator::new(3);
        let [a, b, c] = random_split(Numbers(10), [5, 3, 2], &generator).unwrap();
        let mut all = [a.indices(), b.indices(), c.indices()].concat();
        all.sort_unstable();
        assert_eq!(all, (0..10).collect::<Vec<_>>());
        let again = random_split(Numbers(10), vec![5, 3, 2], &Generator::new(3)).unwrap();
        assert_eq!(again[1].indices(), b.indices());
        assert_eq!(b.get(0).unwrap(), b.indices()[0]);
        assert!(b.get(3).is_err());
    }

    #[test]
    fn fractions_deal_the_rest_to_the_first() {
        let thirds = [1.0 / 3.0; 3];
        assert_eq!(SplitLengths::counts(&thirds, 11).unwrap(), [4, 4, 3]);
        assert_eq!(
            SplitLengths::counts(&[0.9, 0.1], 60_000).unwrap(),
            [54_000, 6_000]
        );
        for (wrong, says) in [([0.5, 0.4], "sum to 1"), ([1.5, -0.5], "index 0")] {
            let text = SplitLengths::counts(&wrong, 10).unwrap_err().to_string();
            assert!(text.contains(says), "{text}");
        }
        let text = random_split(Numbers(10), [5, 4], None)
            .unwrap_err()
            .to_string();
        assert!(
            text.contains("Sum of input lengths does not equal"),
            "{text}"
        );
    }
}
