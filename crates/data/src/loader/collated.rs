//! Samples joined by a function of the user's.

use std::sync::Arc;

use ondol_tensor::Result;

use super::source::Indexed;
use crate::context::in_sample;
use crate::{Collate, Dataset, with_batch, with_sample};

/// How samples become a batch: a function for [`DataLoader::collate_fn`](crate::DataLoader::collate_fn),
/// or [`DefaultCollate`].
pub trait Join<T>: Send + Sync + 'static {
    /// The samples together.
    type Batch: Send + 'static;

    /// Joins samples, in order.
    ///
    /// # Errors
    /// Samples that do not go together.
    fn join(&self, items: Vec<T>) -> Result<Self::Batch>;
}

/// Samples joined as their [`Collate`] says, `torch.utils.data.default_collate`.
#[derive(Clone, Copy, Debug, Default)]
pub struct DefaultCollate;

impl<T: Collate> Join<T> for DefaultCollate {
    type Batch = T::Batch;

    fn join(&self, items: Vec<T>) -> Result<T::Batch> {
        T::collate(items)
    }
}

impl<T, B, F> Join<T> for F
where
    F: Fn(Vec<T>) -> Result<B> + Send + Sync + 'static,
    B: Send + 'static,
{
    type Batch = B;

    fn join(&self, items: Vec<T>) -> Result<B> {
        self(items)
    }
}

/// A dataset whose samples a function joins; made by
/// [`DataLoader::collate_fn`](crate::DataLoader::collate_fn).
#[derive(Clone, Debug)]
pub struct Collated<D, F> {
    dataset: Arc<D>,
    join: F,
}

impl<D, F> Collated<D, F> {
    pub(super) fn new(dataset: Arc<D>, join: F) -> Self {
        Collated { dataset, join }
    }

    /// The dataset itself.
    pub fn dataset(&self) -> &D {
        &self.dataset
    }
}

impl<D: Dataset + 'static, F: Join<D::Item>> Indexed for Collated<D, F> {
    type Batch = F::Batch;

    fn samples(&self) -> usize {
        self.dataset.len()
    }

    fn fetch(&self, indices: &[usize]) -> Result<F::Batch> {
        with_batch(indices, || {
            let one = |(position, &index)| {
                with_sample(position, || self.dataset.get(index))
                    .map_err(|e| in_sample(position, e))
            };
            let items: Result<Vec<_>> = indices.iter().enumerate().map(one).collect();
            self.join.join(items?)
        })
    }
}
