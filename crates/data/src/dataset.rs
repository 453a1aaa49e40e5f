//! What a dataset is.

use std::sync::Arc;

use ondol_tensor::Result;

use crate::context::in_sample;
use crate::{Cached, Collate, Subset, with_batch, with_sample};

/// A batch of a dataset's samples.
pub type BatchOf<D> = <<D as Dataset>::Item as Collate>::Batch;

/// Samples by index, `torch.utils.data.Dataset`.
///
/// ```
/// use ondol_autograd::{Result, Tensor};
/// use ondol_data::Dataset;
///
/// struct Squares(usize);
/// impl Dataset for Squares {
///     type Item = (Tensor, i64);
///     fn len(&self) -> usize {
///         self.0
///     }
///     fn get(&self, index: usize) -> Result<(Tensor, i64)> {
///         let x = index as f32;
///         Ok((Tensor::from_vec(vec![x, x * x], [2]), (index % 2) as i64))
///     }
/// }
///
/// let (x, y) = Squares(10).get_batch(&[2, 3])?;
/// assert_eq!(x.to_vec::<f32>(), [2.0, 4.0, 3.0, 9.0]);
/// assert_eq!(y.to_vec::<i64>(), [0, 1]);
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
pub trait Dataset: Send + Sync {
    /// One sample; [`Collate`] says what a batch of them is.
    type Item: Collate;

    /// How many samples there are.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The sample at `index`. Random numbers come from [`sample_generator`](crate::sample_generator).
    ///
    /// # Errors
    /// Whatever keeps it from being read; the loader adds the index.
    fn get(&self, index: usize) -> Result<Self::Item>;

    /// The samples at `indices`, joined. By default each is got alone; override it where a whole
    /// batch can be had at once, with the same result.
    ///
    /// # Errors
    /// The first sample's that fails, with its index; samples that do not go together.
    fn get_batch(&self, indices: &[usize]) -> Result<BatchOf<Self>> {
        with_batch(indices, || {
            let one = |(position, &index)| {
                with_sample(position, || self.get(index)).map_err(|e| in_sample(position, e))
            };
            Collate::collate(
                indices
                    .iter()
                    .enumerate()
                    .map(one)
                    .collect::<Result<Vec<_>>>()?,
            )
        })
    }

    /// The dataset with `f` applied to each sample as it is got.
    fn map<T, F>(self, f: F) -> Map<Self, F>
    where
        Self: Sized,
        F: Fn(Self::Item) -> T + Send + Sync,
        T: Collate,
    {
        Map { dataset: self, f }
    }

    /// The samples of which `keep` says so. Each is got once, here, to be asked about; what is random
    /// about it is drawn anew when it is got again.
    ///
    /// ```
    /// use ondol_autograd::Tensor;
    /// use ondol_data::{Dataset, TensorDataset};
    /// let data = TensorDataset::new((Tensor::zeros([5, 2]), Tensor::range(5)));
    /// let odd = data.filter(|(_, y)| y.item() as i64 % 2 == 1)?;
    /// assert_eq!(odd.indices(), [1, 3]);
    /// # Ok::<(), ondol_autograd::Error>(())
    /// ```
    ///
    /// # Errors
    /// The first sample's that cannot be got, with its index.
    fn filter(self, keep: impl Fn(&Self::Item) -> bool) -> Result<Subset<Self>>
    where
        Self: Sized,
    {
        let mut kept = Vec::new();
        for index in 0..self.len() {
            let sample = self.get(index);
            if keep(&sample.map_err(|e| in_sample(index, e))?) {
                kept.push(index);
            }
        }
        Ok(Subset::new(self, kept))
    }

    /// The dataset with each sample kept in memory once it has been got.
    ///
    /// What is random about a sample is drawn once, from a seed that is drawn here, and kept with it: put
    /// random transforms after it, in [`map`](Dataset::map).
    ///
    /// ```
    /// use ondol_data::Dataset;
    /// # struct Slow;
    /// # impl Dataset for Slow {
    /// #     type Item = i64;
    /// #     fn len(&self) -> usize { 3 }
    /// #     fn get(&self, index: usize) -> ondol_autograd::Result<i64> { Ok(index as i64) }
    /// # }
    /// let data = Slow.cache().map(|x| x + 1);
    /// assert_eq!(data.get(2)?, 3);
    /// # Ok::<(), ondol_autograd::Error>(())
    /// ```
    fn cache(self) -> Cached<Self>
    where
        Self: Sized,
        Self::Item: Clone + Send + Sync,
    {
        Cached::new(self)
    }
}

/// A dataset whose samples are changed as they are got; made by [`Dataset::map`].
#[derive(Clone, Debug)]
pub struct Map<D, F> {
    dataset: D,
    f: F,
}

impl<D, F, T> Dataset for Map<D, F>
where
    D: Dataset,
    F: Fn(D::Item) -> T + Send + Sync,
    T: Collate,
{
    type Item = T;

    fn len(&self) -> usize {
        self.dataset.len()
    }

    fn get(&self, index: usize) -> Result<T> {
        self.dataset.get(index).map(&self.f)
    }
}

macro_rules! through_a_pointer {
    ($($pointer:ty),*) => {$(
        impl<D: Dataset + ?Sized> Dataset for $pointer {
            type Item = D::Item;

            fn len(&self) -> usize {
                (**self).len()
            }

            fn get(&self, index: usize) -> Result<D::Item> {
                (**self).get(index)
            }

            fn get_batch(&self, indices: &[usize]) -> Result<BatchOf<D>> {
                (**self).get_batch(indices)
            }
        }
    )*};
}
through_a_pointer!(Arc<D>, Box<D>, &D);
