//! Where batches come from.

use ondol_autograd::Tensor;
use ondol_data::{DataLoader, Source};
use ondol_tensor::{Result, Value};

/// Batches, epoch by epoch: a [`DataLoader`], or a `Vec` of batches in memory.
pub trait Loader {
    /// A batch.
    type Batch;

    /// How many batches an epoch has, where that is known.
    fn batches(&self) -> Option<usize>;

    /// Says which epoch is next, so that a run that goes on has the same order as one that was not
    /// interrupted.
    fn set_epoch(&self, epoch: usize);

    /// Where it is within an epoch, so that a run can go on there; without it, the default, the batches
    /// that were done are made again and passed over.
    fn state_dict(&self) -> Value {
        Value::None
    }

    /// Takes over a place that [`state_dict`](Self::state_dict) gave; the next epoch goes on there.
    ///
    /// # Errors
    /// A place in other data.
    fn load_state_dict(&self, _state: &Value) -> Result<()> {
        Ok(())
    }

    /// The batches of the next epoch.
    fn epoch(&self) -> Box<dyn Iterator<Item = Result<Self::Batch>> + '_>;
}

impl<S: Source> Loader for DataLoader<S> {
    type Batch = S::Batch;

    fn batches(&self) -> Option<usize> {
        self.len_hint()
    }

    fn set_epoch(&self, epoch: usize) {
        DataLoader::set_epoch(self, epoch as u64);
    }

    fn state_dict(&self) -> Value {
        DataLoader::state_dict(self)
    }

    fn load_state_dict(&self, state: &Value) -> Result<()> {
        DataLoader::load_state_dict(self, state)
    }

    fn epoch(&self) -> Box<dyn Iterator<Item = Result<Self::Batch>> + '_> {
        Box::new(self.iter())
    }
}

impl<B: Clone> Loader for Vec<B> {
    type Batch = B;

    fn batches(&self) -> Option<usize> {
        Some(self.len())
    }

    fn set_epoch(&self, _: usize) {}

    fn epoch(&self) -> Box<dyn Iterator<Item = Result<B>> + '_> {
        Box::new(self.iter().cloned().map(Ok))
    }
}

/// A batch whose inputs can be told, for predictions: a tensor, or inputs and targets.
pub trait Inputs {
    /// What the model takes.
    fn inputs(&self) -> &Tensor;
}

impl Inputs for Tensor {
    fn inputs(&self) -> &Tensor {
        self
    }
}

impl<T> Inputs for (Tensor, T) {
    fn inputs(&self) -> &Tensor {
        &self.0
    }
}
