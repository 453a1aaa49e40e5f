//! Batches that are spread over several processes.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use ondol_autograd::Tensor;

use crate::functional::RunningStats;

/// Who knows the batches of other processes: `ondol-distributed` does.
pub trait BatchAcross: Send + Sync {
    /// [`batch_norm`](crate::functional::batch_norm) in training, with mean and variance over the
    /// batches of all processes, which also move the running statistics.
    fn batch_norm(
        &self,
        x: &Tensor,
        running: Option<RunningStats<'_>>,
        weight: Option<&Tensor>,
        bias: Option<&Tensor>,
        eps: f64,
    ) -> Tensor;
}

/// Where a layer of batch normalisation keeps who knows the batches of other processes; nobody, unless
/// somebody is set.
#[derive(Default)]
pub struct Across(RwLock<Option<Arc<dyn BatchAcross>>>);

impl Across {
    /// Who is asked.
    pub fn get(&self) -> Option<Arc<dyn BatchAcross>> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Says who is asked from now on.
    pub fn set(&self, across: Option<Arc<dyn BatchAcross>>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = across;
    }
}

impl fmt::Debug for Across {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.get().is_some() {
            "Across(others too)"
        } else {
            "Across(alone)"
        })
    }
}
