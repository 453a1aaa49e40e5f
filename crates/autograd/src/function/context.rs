//! What a function's forward leaves for its backward.

use std::any::Any;
use std::fmt;
use std::ops::Index;
use std::sync::Arc;

use ondol_tensor::Error;

use super::Saved;
use crate::Tensor;
use crate::place::raise;

/// Carries what forward saves to backward, `torch.autograd.function.FunctionCtx`.
pub struct FunctionContext {
    saved: Vec<Tensor>,
    kept: Option<Arc<dyn Any + Send + Sync>>,
    needs: Vec<bool>,
    materialize: bool,
    non_differentiable: Vec<Tensor>,
}

impl FunctionContext {
    pub(super) fn new(needs: Vec<bool>) -> FunctionContext {
        FunctionContext {
            saved: Vec::new(),
            kept: None,
            needs,
            materialize: true,
            non_differentiable: Vec::new(),
        }
    }

    /// Keeps tensors for backward, in place of those kept before,
    /// `torch.autograd.function.FunctionCtx.save_for_backward`. Their numbers of now: later writes
    /// do not reach backward. Inputs and outputs keep their history, for second derivatives.
    pub fn save_for_backward(&mut self, tensors: &[&Tensor]) {
        self.saved = tensors.iter().map(|&t| t.clone()).collect();
    }

    /// What [`FunctionContext::save_for_backward`] kept.
    pub fn saved_tensors(&self) -> &[Tensor] {
        &self.saved
    }

    /// Keeps a value of any type for backward, in place of the one kept before: what PyTorch puts
    /// in attributes of `ctx`.
    pub fn keep<T: Any + Send + Sync>(&mut self, value: T) {
        self.kept = Some(Arc::new(value));
    }

    /// What [`FunctionContext::keep`] kept, if it is a `T`.
    pub fn kept<T: Any>(&self) -> Option<&T> {
        self.kept.as_ref()?.downcast_ref()
    }

    /// Whether an input needs a gradient; in backward, whether the one that is running asks for it.
    pub fn needs_input_grad(&self, input: usize) -> bool {
        self.needs.get(input) == Some(&true)
    }

    /// Says that outputs carry no gradient,
    /// `torch.autograd.function.FunctionCtx.mark_non_differentiable`. Integers never do.
    pub fn mark_non_differentiable(&mut self, outputs: &[&Tensor]) {
        self.non_differentiable = outputs.iter().map(|&t| t.clone()).collect();
    }

    /// Whether backward gets zeros for outputs that nothing flowed back to, as it does unless said
    /// otherwise; `torch.autograd.function.FunctionCtx.set_materialize_grads`.
    pub fn set_materialize_grads(&mut self, materialize: bool) {
        self.materialize = materialize;
    }

    pub(super) fn materializes(&self) -> bool {
        self.materialize
    }

    pub(super) fn is_differentiable(&self, output: &Tensor) -> bool {
        let marked = self.non_differentiable.iter().any(|t| t.same(output));
        !marked && output.dtype().is_floating_point()
    }

    /// What is kept of the saved tensors.
    pub(super) fn saved_as(
        &self,
        inputs: &[Tensor],
        outputs: &[Tensor],
        differentiable: &[bool],
    ) -> Vec<Saved> {
        let saved = self.saved.iter().map(|tensor| {
            let output = outputs.iter().position(|y| y.same(tensor));
            match output.filter(|&i| differentiable[i]) {
                Some(index) if !inputs.iter().any(|x| x.same(tensor)) => Saved::Output(index),
                _ => Saved::Tensor(tensor.snapshot()),
            }
        });
        saved.collect()
    }

    pub(super) fn without_tensors(self) -> FunctionContext {
        FunctionContext {
            saved: Vec::new(),
            non_differentiable: Vec::new(),
            ..self
        }
    }

    /// The context of one backward.
    pub(super) fn again(&self, saved: Vec<Tensor>, needs: Vec<bool>) -> FunctionContext {
        FunctionContext {
            saved,
            kept: self.kept.clone(),
            needs,
            materialize: self.materialize,
            non_differentiable: Vec::new(),
        }
    }
}

impl fmt::Debug for FunctionContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FunctionContext")
            .field("saved", &self.saved.len())
            .field("needs_input_grad", &self.needs)
            .finish_non_exhaustive()
    }
}

/// The gradients of a function's outputs: `grads[0]`, or [`FunctionGrads::get`] where
/// `set_materialize_grads(false)` leaves some out.
#[derive(Debug)]
pub struct FunctionGrads(Vec<Option<Tensor>>);

impl FunctionGrads {
    pub(super) fn new(grads: Vec<Option<Tensor>>) -> FunctionGrads {
        FunctionGrads(grads)
    }

    /// The gradient of an output, if one flowed back.
    pub fn get(&self, output: usize) -> Option<&Tensor> {
        self.0.get(output)?.as_ref()
    }

    /// How many outputs there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn tensors(&self) -> impl Iterator<Item = &Tensor> {
        self.0.iter().flatten()
    }
}

impl Index<usize> for FunctionGrads {
    type Output = Tensor;

    /// # Panics
    /// Where no gradient flowed back to that output, which only
    /// [`FunctionContext::set_materialize_grads`] allows, or there is no such output.
    #[track_caller]
    fn index(&self, output: usize) -> &Tensor {
        match self.get(output) {
            Some(gradient) => gradient,
            None => raise(Error::value(
                "FunctionGrads",
                format!(
                    "there is no gradient for output {output} of {}; ask with get({output})",
                    self.len()
                ),
            )),
        }
    }
}
