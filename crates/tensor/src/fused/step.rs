//! Updates in place.

use smallvec::SmallVec;

use super::fused_enabled;
use crate::{Array, Result, View, ViewMut};

/// An update in place that a backend may do in one pass over each parameter.
///
/// `in_outs` holds, for each parameter in turn, the parameter and its states; `inputs` one
/// gradient for each. All have the parameter's shape and dtype and are contiguous.
#[derive(Clone, Debug, PartialEq)]
pub enum FusedStep {
    /// `torch.optim.SGD`; one state, the momentum buffer, where `momentum != 0`.
    Sgd {
        /// Learning rate.
        lr: f64,
        /// Momentum factor μ.
        momentum: f64,
        /// Dampening τ.
        dampening: f64,
        /// Whether to use Nesterov momentum.
        nesterov: bool,
        /// Weight decay λ, added to the gradient.
        weight_decay: f64,
        /// Whether to ascend.
        maximize: bool,
        /// Whether the momentum buffer is yet to be set: it then becomes the gradient, undampened.
        first: bool,
    },
    /// `torch.optim.Adam` and `AdamW`; two states, first and second moment.
    Adam {
        /// Learning rate.
        lr: f64,
        /// Decay of the first moment.
        beta1: f64,
        /// Decay of the second moment.
        beta2: f64,
        /// Added to the denominator.
        eps: f64,
        /// Weight decay λ.
        weight_decay: f64,
        /// Whether decay multiplies the weight (AdamW) instead of joining the gradient.
        decoupled: bool,
        /// Whether to ascend.
        maximize: bool,
        /// The step's number, from 1.
        step: u64,
    },
}

impl FusedStep {
    /// Its name, as profiles print it.
    pub fn name(&self) -> &'static str {
        match self {
            FusedStep::Sgd { .. } => "sgd_step",
            FusedStep::Adam { .. } => "adam_step",
        }
    }

    /// How many in-outs belong to one parameter.
    pub fn in_outs(&self) -> usize {
        match self {
            FusedStep::Sgd { momentum, .. } => 1 + usize::from(*momentum != 0.0),
            FusedStep::Adam { .. } => 3,
        }
    }
}

impl Array {
    /// The backend's own way to update arrays in place; `None` where it has none. Arrays that are
    /// shared or strided are copied first.
    pub fn fused_step(
        op: &FusedStep,
        in_outs: &mut [&mut Array],
        inputs: &[&Array],
    ) -> Option<Result<()>> {
        let first = inputs.first()?;
        let fits = |a: &Array| a.dtype == first.dtype && a.device == first.device;
        if !fused_enabled() || !in_outs.iter().all(|a| fits(a)) || !inputs.iter().all(|a| fits(a)) {
            return None;
        }
        let mut run = || -> Result<Option<()>> {
            // Nearly always none: gradients come row-major.
            let strided = inputs.iter().filter(|a| !a.is_contiguous());
            let copies = strided.map(|a| a.copy()).collect::<Result<Vec<_>>>()?;
            for a in in_outs.iter_mut() {
                a.make_unique()?;
                if !a.is_contiguous() {
                    **a = a.copy()?;
                }
            }
            let mut copies = copies.iter();
            let mut views: SmallVec<[View<'_>; 8]> = SmallVec::new();
            for a in inputs {
                let a = if a.is_contiguous() {
                    None
                } else {
                    copies.next()
                }
                .unwrap_or(a);
                views.push(a.view_());
            }
            let mut muts: SmallVec<[ViewMut<'_>; 8]> =
                in_outs.iter_mut().map(|a| a.fresh_mut()).collect();
            let backend = first.backend();
            backend.fused_step(op, &mut muts, &views).transpose()
        };
        run().transpose()
    }
}
