//! Parts of datasets and several as one.

use std::sync::Arc;

use ondol_tensor::{Error, Result};

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

    pub(crate) fn shared(dataset: Arc<D>, indices: Vec<usize>) -> Self {
        Subset { dataset, indices }
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
    fn concatenation_knows_where_each_begins() {
        let all = ConcatDataset::new([Numbers(0..3), Numbers(3..3), Numbers(10..12)]).unwrap();
        assert_eq!(all.len(), 5);
        assert_eq!(batch(&all, &[4, 0, 3, 2]), [11, 0, 10, 2]);
        assert_eq!(batch(&all, &[4, 3]), [11, 10]);
        assert!(all.get(5).is_err());
        assert!(ConcatDataset::<Numbers>::new([]).is_err());
    }
}
