//! Layers whose inner values are computed again in backward.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use ondol_autograd::{Scope, Tensor, checkpoint, raise};

use crate::{Error, Forward, Module, Visitor};

/// A layer that keeps its input alone and runs again in backward, [`ondol_autograd::checkpoint`];
/// less memory for one more forward. Keys and text are the layer's own.
///
/// ```
/// use ondol_nn::{Checkpointed, Forward, Linear, Module, ReLU, Tensor, sequential};
/// let block = || sequential![Linear::new(8, 8), ReLU, Linear::new(8, 8)];
/// let model = sequential![Checkpointed::new(block()), Checkpointed::new(block())];
/// assert_eq!(model.named_parameters()[0].0, "0.0.weight");
/// model.forward(&Tensor::ones([2, 8])).sum().backward();
/// assert!(model.check_grads().is_complete());
/// ```
pub struct Checkpointed<M>(Arc<M>);

impl<M> Checkpointed<M> {
    /// A layer to run again.
    pub fn new(inner: M) -> Checkpointed<M> {
        Checkpointed(Arc::new(inner))
    }
}

impl<M> Clone for Checkpointed<M> {
    /// The same layer.
    fn clone(&self) -> Self {
        Checkpointed(self.0.clone())
    }
}

impl<M> Deref for Checkpointed<M> {
    type Target = M;
    fn deref(&self) -> &M {
        &self.0
    }
}

impl<M: Module> Module for Checkpointed<M> {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        self.0.visit(visitor);
    }

    fn type_name(&self) -> &'static str {
        self.0.type_name()
    }

    fn extra_repr(&self) -> String {
        self.0.extra_repr()
    }
}

impl<M: Forward + Send + Sync + 'static> Forward for Checkpointed<M> {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let _here = Scope::here();
        let layer = self.0.clone();
        checkpoint(move |x| layer.forward(&x[0]), &[x])
    }
}

impl<M: Module> fmt::Display for Checkpointed<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repr())
    }
}

impl<M: Module> fmt::Debug for Checkpointed<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repr())
    }
}

/// Runs layers one after another in `segments` parts, all but the last of them checkpointed;
/// `torch.utils.checkpoint.checkpoint_sequential`.
///
/// ```
/// use std::sync::Arc;
/// use ondol_nn::{Forward, Linear, Tensor, checkpoint_sequential};
/// let layers: Vec<Arc<dyn Forward + Send + Sync>> =
///     (0..6).map(|_| Arc::new(Linear::new(4, 4)) as _).collect();
/// let y = checkpoint_sequential(&layers, 3, &Tensor::ones([2, 4]));
/// y.sum().backward();
/// ```
///
/// # Panics
/// Where there are no segments, or more than layers.
#[track_caller]
pub fn checkpoint_sequential(
    layers: &[Arc<dyn Forward + Send + Sync>],
    segments: usize,
    x: &Tensor,
) -> Tensor {
    if segments == 0 || segments > layers.len() {
        raise(Error::value(
            "checkpoint_sequential",
            format!("{segments} segments of {} layers", layers.len()),
        ));
    }
    let _here = Scope::here();
    let (first, last) = layers.split_at(layers.len() / segments * (segments - 1));
    let mut x = x.clone();
    for part in first.chunks(layers.len() / segments) {
        let part = part.to_vec();
        x = checkpoint(move |x| all(&part, &x[0]), &[&x]);
    }
    all(last, &x)
}

fn all(layers: &[Arc<dyn Forward + Send + Sync>], x: &Tensor) -> Tensor {
    layers.iter().fold(x.clone(), |x, layer| layer.forward(&x))
}
