//! Parts of datasets and several as one.

use std::sync::Arc;

use ondol_tensor::{Error, Generator, Result, default_generator};

use crate::tensor_dataset::check_index;
use crate::{BatchOf, Collate, Dataset, with_batch, with_sample};

/// Some of a dataset's samples, `torch.utils.data.Subset`.
#[derive(Debug)]
pub struct Subset<D> {
    dataset: Arc<D>,
    indices: Vec<usize>,
}

impl<D> Clone for Subset<D> {
    fn clone(&self) -> Self {
        Subset {
            dataset: self.dataset.clone(),
            indices: self.indices.clone(),
        }
    }
}

impl<D: Dataset> Subset<D> {
    /// The samples at `indices`, in that order.
    pub fn new(dataset: D, indices: impl Into<Vec<usize>>) -> Self {
        Subset {
            dataset: Arc::new(dataset),
            indices: indices.into(),
        }
    }

    /// The whole dataset.
    pub fn dataset(&self) -> &D {
        &self.dataset
    }

    /// Which of its samples are here.
    pub fn indices(&self) -> &[usize] {
        &self.indices
    }

    fn inner(&self, index: usize) -> Result<usize> {
        check_index("Subset", index, self.indices.len())?;
        Ok(self.indices[index])
    }
}

impl<D: Dataset> Dataset for Subset<D> {
    type Item = D::Item;

    fn len(&self) -> usize {
        self.indices.len()
    }

    fn get(&self, index: usize) -> Result<D::Item> {
        self.dataset.get(self.inner(index)?)
    }

    fn get_batch(&self, indices: &[usize]) -> Result<BatchOf<D>> {
        let inner = indices
            .iter()
            .map(|&i| self.inner(i))
            .collect::<Result<Vec<_>>>()?;
        with_batch(indices, || self.dataset.get_batch(&inner))
    }
}

/// Datasets one after the other, `torch.utils.data.ConcatDataset`.
///
/// For datasets of different types with the same samples, use
/// `Box<dyn Dataset<Item = …>>`.
#[derive(Clone, Debug)]
pub struct ConcatDataset<D> {
    datasets: Vec<D>,
    /// Where each ends.
    ends: Vec<usize>,
}

impl<D: Dataset> ConcatDataset<D> {
    /// The datasets as one.
    ///
    /// # Errors
    /// No datasets.
    pub fn new(datasets: impl Into<Vec<D>>) -> Result<Self> {
        let datasets = datasets.into();
        if datasets.is_empty() {
            return Err(Error::value(
                "ConcatDataset",
                "datasets should not be an empty iterable",
            ));
        }
        let ends = datasets
            .iter()
            .scan(0, |end, d| {
                *end += d.len();
                Some(*end)
            })
            .collect();
        Ok(ConcatDataset { datasets, ends })
    }

    /// Which dataset holds `index`, and where.
    fn place(&self, index: usize) -> Result<(usize, usize)> {
        check_index("ConcatDataset", index, self.len())?;
        let which = self.ends.partition_point(|&end| end <= index);
        let start = if which == 0 { 0 } else { self.ends[which - 1] };
        Ok((which, index - start))
    }
}

impl<D: Dataset> Dataset for ConcatDataset<D> {
    type Item = D::Item;

    fn len(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    fn get(&self, index: usize) -> Result<D::Item> {
        let (which, inner) = self.place(index)?;
        self.datasets[which].get(inner)
    }

    fn get_batch(&self, indices: &[usize]) -> Result<BatchOf<D>> {
        let places = indices
            .iter()
            .map(|&i| self.place(i))
            .collect::<Result<Vec<_>>>()?;
        with_batch(indices, || {
            let first = places.first().map_or(0, |p| p.0);
            if places.iter().all(|p| p.0 == first) {
                let inner: Vec<usize> = places.iter().map(|p| p.1).collect();
                return self.datasets[first].get_batch(&inner);
            }
            let one = |(position, &(which, inner)): (usize, &(usize, usize))| {
                with_sample(position, || self.datasets[which].get(inner))
                    .map_err(|e| crate::context::in_sample(position, e))
            };
            Collate::collate(
                places
                    .iter()
                    .enumerate()
                    .map(one)
                    .collect::<Result<Vec<_>>>()?,
            )
        })
    }
}

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
    let generator = match generator.into() {
        Some(generator) => generator,
        None => default_generator(),
    };
    let order = generator.permutation(dataset.len());
    let dataset = Arc::new(dataset);
    let mut start = 0;
    Ok(lengths.parts(|i| {
        let indices = order[start..start + counts[i]].to_vec();
        start += counts[i];
        Subset {
            dataset: dataset.clone(),
            indices,
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Numbers(std::ops::Range<i64>);
    impl Dataset for Numbers {
        type Item = i64;

        fn len(&self) -> usize {
            self.0.clone().count()
        }

        fn get(&self, index: usize) -> Result<i64> {
            Ok(self.0.start + index as i64)
        }
    }

    fn batch(dataset: &impl Dataset<Item = i64>, indices: &[usize]) -> Vec<i64> {
        dataset
            .get_batch(indices)
            .unwrap()
            .value()
            .to_vec()
            .unwrap()
    }

    #[test]
    fn parts_cover_the_whole_once() {
        let generator = Generator::new(3);
        let [a, b, c] = random_split(Numbers(0..10), [5, 3, 2], &generator).unwrap();
        let mut all = [a.indices(), b.indices(), c.indices()].concat();
        all.sort_unstable();
        assert_eq!(all, (0..10).collect::<Vec<_>>());
        let again = random_split(Numbers(0..10), vec![5, 3, 2], &Generator::new(3)).unwrap();
        assert_eq!(again[1].indices(), b.indices());
        let first = b.indices()[0] as i64;
        assert_eq!(batch(&b, &[0]), [first]);
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
        let text = random_split(Numbers(0..10), [5, 4], None)
            .unwrap_err()
            .to_string();
        assert!(
            text.contains("Sum of input lengths does not equal"),
            "{text}"
        );
    }

    #[test]
    fn concatenation_knows_where_each_begins() {
        let all = ConcatDataset::new([Numbers(0..3), Numbers(3..3), Numbers(10..12)]).unwrap();
        assert_eq!(all.len(), 5);
        assert_eq!(batch(&all, &[4, 0, 3, 2]), [11, 0, 10, 2]);
        assert_eq!(batch(&all, &[4, 3]), [11, 10]);
        assert!(all.get(5).is_err());
        assert!(ConcatDataset::<Numbers>::new([]).is_err());
    }
}
