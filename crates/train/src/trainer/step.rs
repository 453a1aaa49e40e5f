//! What is done with one batch.

use ondol_autograd::Tensor;
use ondol_nn::{Forward, Loss};
use ondol_tensor::Device;

/// What a batch gave: its mean loss, and what metrics look at.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StepOutput {
    /// The loss, one number.
    pub loss: Tensor,
    /// How many samples it is the mean of.
    pub samples: usize,
    /// Outputs and targets for the metrics.
    pub outputs: Option<(Tensor, Tensor)>,
}

impl StepOutput {
    /// A loss that is the mean of so many samples.
    pub fn new(loss: Tensor, samples: usize) -> Self {
        StepOutput {
            loss,
            samples,
            outputs: None,
        }
    }

    /// What the metrics look at.
    pub fn outputs(mut self, output: Tensor, target: Tensor) -> Self {
        self.outputs = Some((output, target));
        self
    }
}

/// What a trainer does with a batch; [`Trainer::new`](crate::Trainer::new) and
/// [`Trainer::with_step`](crate::Trainer::with_step) choose it.
pub trait BatchStep<M, B> {
    /// The loss of a batch.
    fn run(&mut self, model: &M, batch: B, device: Option<&Device>) -> StepOutput;
}

/// A loss of a model's outputs beside targets.
#[derive(Clone, Debug)]
pub struct WithLoss<L>(pub(super) L);

impl<M: Forward, L: Loss> BatchStep<M, (Tensor, Tensor)> for WithLoss<L> {
    fn run(&mut self, model: &M, batch: (Tensor, Tensor), device: Option<&Device>) -> StepOutput {
        let (input, target) = match device {
            Some(device) => (batch.0.to(device), batch.1.to(device)),
            None => batch,
        };
        let output = model.forward(&input);
        let loss = self.0.loss(&output, &target);
        let samples = input.shape().first().copied().unwrap_or(1);
        StepOutput::new(loss, samples).outputs(output, target)
    }
}

/// A function of the user's.
#[derive(Clone, Debug)]
pub struct WithStep<F>(pub(super) F);

impl<M, B, F: FnMut(&M, B) -> StepOutput> BatchStep<M, B> for WithStep<F> {
    fn run(&mut self, model: &M, batch: B, _: Option<&Device>) -> StepOutput {
        (self.0)(model, batch)
    }
}
