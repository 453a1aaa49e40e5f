//! A training loop for those who want one.

mod builder;
mod epoch;
mod loader;
mod run;
mod state;
mod step;

pub use builder::Interval;
pub use loader::{Inputs, Loader};
pub use run::Run;
pub use step::{BatchStep, StepOutput, WithLoss, WithStep};

use ondol_nn::{Forward, Loss, Module};
use ondol_optim::{GradScaler, LRScheduler, Optimizer};
use ondol_tensor::{DType, Device, Value};

use crate::callbacks::Callback;
use crate::metrics::Metric;
use crate::{History, Logs};
use run::Place;

/// How gradients are cut before a step.
#[derive(Clone, Copy, Debug)]
enum Clip {
    Norm(f64),
    Value(f64),
}

/// A metric of the training and its like of the validation.
struct Pair {
    name: String,
    train: Box<dyn Metric>,
    valid: Box<dyn Metric>,
}

/// Trains a model: what a loop written by hand does, to the bit, with callbacks beside it. Lightning's
/// `Trainer`, Keras' `fit`.
///
/// ```
/// use ondol_autograd::{Tensor, manual_seed};
/// use ondol_data::{DataLoader, TensorDataset};
/// use ondol_nn::{CrossEntropyLoss, Linear, Module};
/// use ondol_optim::SGD;
/// use ondol_train::callbacks::EarlyStopping;
/// use ondol_train::{Accuracy, Trainer};
/// manual_seed(0);
/// let x = Tensor::randn([64, 2]);
/// let y = x.select(1, 0).gt(0.0).long();
/// let train = DataLoader::new(TensorDataset::new((x, y))).batch_size(16).shuffle(true).seed(0);
///
/// let model = Linear::new(2, 2);
/// let optimizer = SGD::new(model.parameters(), 0.5);
/// let mut trainer = Trainer::new(&model, optimizer, CrossEntropyLoss::new())
///     .epochs(20)
///     .metric("accuracy", Accuracy::new())
///     .callback(EarlyStopping::new("loss").patience(3))
///     .progress(false);
/// let history = trainer.fit(&train, None)?;
/// assert!(history.last("accuracy").unwrap() > 0.9);
/// # Ok::<(), ondol_tensor::Error>(())
/// ```
///
/// An epoch is: the model to training; for each batch the outputs (in mixed precision where asked
/// for), the loss, its gradients, and, after as many batches as are accumulated, clipping, the
/// optimizer's step and that of schedulers of [`Interval::Step`]; then the validation without
/// gradients; then schedulers of [`Interval::Epoch`]; then callbacks. Figures are called `loss`, by
/// the metrics' names and `lr`; those of the validation begin with `val_`.
pub struct Trainer<M, O, S> {
    model: M,
    optimizer: O,
    step: S,
    epochs: usize,
    accumulate: usize,
    clip: Option<Clip>,
    autocast: Option<DType>,
    scaler: Option<GradScaler>,
    schedulers: Vec<(Box<dyn LRScheduler>, Interval)>,
    metrics: Vec<Pair>,
    device: Option<Device>,
    callbacks: Vec<Box<dyn Callback>>,
    progress: bool,
    history: History,
    place: Place,
    /// Of a run that goes on in the middle of an epoch: where its loader was.
    rest: Option<Value>,
}

impl<M: Forward, O: Optimizer, L: Loss> Trainer<M, O, WithLoss<L>> {
    /// For batches of inputs and targets. The model may be borrowed or owned; the optimizer has its
    /// parameters.
    pub fn new(model: M, optimizer: O, loss: L) -> Self {
        Trainer::of(model, optimizer, WithLoss(loss))
    }
}

impl<M: Module, O: Optimizer, F> Trainer<M, O, WithStep<F>> {
    /// For batches and models of any kind: `step` is given the model and a batch and computes the loss.
    /// It is called for the validation too.
    ///
    /// ```
    /// use ondol_autograd::Tensor;
    /// use ondol_nn::{Forward, Linear, Module};
    /// use ondol_optim::SGD;
    /// use ondol_train::{StepOutput, Trainer};
    /// let model = Linear::new(3, 3);
    /// let optimizer = SGD::new(model.parameters(), 0.1);
    /// let step = |model: &Linear, x: Tensor| {
    ///     let loss = (model.forward(&x) - &x).square().mean();
    ///     StepOutput::new(loss, x.size(0))
    /// };
    /// let batches = vec![Tensor::randn([8, 3]), Tensor::randn([8, 3])];
    /// let mut trainer = Trainer::with_step(model, optimizer, step).epochs(50).progress(false);
    /// let history = trainer.fit(&batches, None)?;
    /// assert!(history.last("loss") < Some(0.1));
    /// # Ok::<(), ondol_tensor::Error>(())
    /// ```
    pub fn with_step<B>(model: M, optimizer: O, step: F) -> Self
    where
        F: FnMut(&M, B) -> StepOutput,
    {
        Trainer::of(model, optimizer, WithStep(step))
    }
}

impl<M: Module, O: Optimizer, S> Trainer<M, O, S> {
    fn of(model: M, optimizer: O, step: S) -> Self {
        Trainer {
            model,
            optimizer,
            step,
            epochs: 1,
            accumulate: 1,
            clip: None,
            autocast: None,
            scaler: None,
            schedulers: Vec::new(),
            metrics: Vec::new(),
            device: None,
            callbacks: Vec::new(),
            progress: true,
            history: History::new(),
            place: Place::default(),
            rest: None,
        }
    }

    /// The model.
    pub fn model(&self) -> &M {
        &self.model
    }

    /// The optimizer.
    pub fn optimizer(&self) -> &O {
        &self.optimizer
    }

    /// The figures of all epochs so far, those before a resume too.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// How many epochs are done.
    pub fn epoch(&self) -> usize {
        self.place.epoch
    }

    /// Why the last [`fit`](Self::fit) ended before its last epoch, where it did.
    pub fn stopped(&self) -> Option<&str> {
        self.place.stop.as_deref()
    }

    /// The figures of the last epoch.
    pub fn logs(&self) -> &Logs {
        &self.place.logs
    }

    /// Model and optimizer, to go on without a trainer.
    pub fn into_parts(self) -> (M, O) {
        (self.model, self.optimizer)
    }
}
