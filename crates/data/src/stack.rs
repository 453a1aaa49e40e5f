//! Several datasets side by side.

use ondol_autograd::raise;
use ondol_tensor::{Error, Result};

use crate::tensor_dataset::check_index;
use crate::{BatchOf, Collate, Dataset, with_batch};

/// What a [`StackDataset`] is made of: a tuple of one to four datasets, or a `Vec` of one kind.
pub trait Stack: Send + Sync {
    /// A sample of each.
    type Item: Collate;

    /// How many samples each has.
    fn lens(&self) -> Vec<usize>;

    /// The sample of each at `index`.
    ///
    /// # Errors
    /// The first one's that fails.
    fn get(&self, index: usize) -> Result<Self::Item>;

    /// The samples of each at `indices`.
    ///
    /// # Errors
    /// The first one's that fails.
    fn get_batch(&self, indices: &[usize]) -> Result<<Self::Item as Collate>::Batch>;
}

macro_rules! tuples {
    ($(($($t:ident $i:tt),+))*) => {$(
        impl<$($t: Dataset),+> Stack for ($($t,)+) {
            type Item = ($($t::Item,)+);

            fn lens(&self) -> Vec<usize> {
                vec![$(self.$i.len()),+]
            }

            fn get(&self, index: usize) -> Result<Self::Item> {
                Ok(($(self.$i.get(index)?,)+))
            }

            fn get_batch(&self, indices: &[usize]) -> Result<($(BatchOf<$t>,)+)> {
                Ok(($(self.$i.get_batch(indices)?,)+))
            }
        }
    )*};
}
tuples!((A 0)(A 0, B 1)(A 0, B 1, C 2)(A 0, B 1, C 2, D 3));

impl<D: Dataset> Stack for Vec<D> {
    type Item = Vec<D::Item>;

    fn lens(&self) -> Vec<usize> {
        self.iter().map(Dataset::len).collect()
    }

    fn get(&self, index: usize) -> Result<Self::Item> {
        self.iter().map(|d| d.get(index)).collect()
    }

    fn get_batch(&self, indices: &[usize]) -> Result<Vec<BatchOf<D>>> {
        self.iter().map(|d| d.get_batch(indices)).collect()
    }
}

/// Datasets of one length side by side, `torch.utils.data.StackDataset`: a sample is the tuple of
/// theirs.
///
/// What they draw for a sample comes from one stream, the first dataset's first.
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_data::{Dataset, StackDataset, TensorDataset};
/// let images = TensorDataset::new(Tensor::zeros([10, 3]));
/// let labels = TensorDataset::new(Tensor::range(10));
/// let both = StackDataset::new((images, labels));
/// let (x, y) = both.get_batch(&[7, 2])?;
/// assert_eq!((x.shape(), y.to_vec::<i64>()), ([2, 3].into(), vec![7, 2]));
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct StackDataset<T> {
    datasets: T,
    len: usize,
}

impl<T: Stack> StackDataset<T> {
    /// The datasets as one.
    ///
    /// # Panics
    /// Where there are none, or their lengths differ.
    #[track_caller]
    pub fn new(datasets: T) -> Self {
        let lens = datasets.lens();
        match lens.first() {
            Some(&len) if lens.iter().all(|&n| n == len) => StackDataset { datasets, len },
            Some(_) => raise(Error::value(
                "StackDataset",
                format!("Size mismatch between datasets: {lens:?}"),
            )),
            None => raise(Error::value(
                "StackDataset",
                "At least one dataset should be passed",
            )),
        }
    }

    /// The datasets.
    pub fn datasets(&self) -> &T {
        &self.datasets
    }
}

impl<T: Stack> Dataset for StackDataset<T> {
    type Item = T::Item;

    fn len(&self) -> usize {
        self.len
    }

    fn get(&self, index: usize) -> Result<T::Item> {
        check_index("StackDataset", index, self.len)?;
        self.datasets.get(index)
    }

    fn get_batch(&self, indices: &[usize]) -> Result<<T::Item as Collate>::Batch> {
        for &index in indices {
            check_index("StackDataset", index, self.len)?;
        }
        with_batch(indices, || self.datasets.get_batch(indices))
    }
}
