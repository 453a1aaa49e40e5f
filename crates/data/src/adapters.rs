//! Datasets that remember.

use std::sync::OnceLock;

use ondol_tensor::{Result, default_generator};

use crate::Dataset;
use crate::context::apart;
use crate::tensor_dataset::check_index;

/// A dataset whose samples are kept once they have been got; made by [`Dataset::cache`].
#[derive(Debug)]
pub struct Cached<D: Dataset> {
    dataset: D,
    kept: Vec<OnceLock<D::Item>>,
    seed: u64,
}

impl<D: Dataset> Cached<D> {
    pub(crate) fn new(dataset: D) -> Self {
        let kept = (0..dataset.len()).map(|_| OnceLock::new()).collect();
        Cached {
            dataset,
            kept,
            seed: default_generator().next_u64(),
        }
    }

    /// How many samples are kept by now.
    pub fn kept(&self) -> usize {
        self.kept.iter().filter(|slot| slot.get().is_some()).count()
    }
}

impl<D: Dataset> Dataset for Cached<D>
where
    D::Item: Clone + Send + Sync,
{
    type Item = D::Item;

    fn len(&self) -> usize {
        self.kept.len()
    }

    fn get(&self, index: usize) -> Result<D::Item> {
        check_index("Cached", index, self.kept.len())?;
        let slot = &self.kept[index];
        if let Some(sample) = slot.get() {
            return Ok(sample.clone());
        }
        // Random numbers of its own: which epoch meets a sample first depends on the workers, and what is
        // drawn after it must not depend on whether it was kept. So two workers that get one sample at once
        // get the same. What fails is not kept.
        let sample = apart(self.seed, index, || self.dataset.get(index))?;
        Ok(slot.get_or_init(|| sample).clone())
    }
}
