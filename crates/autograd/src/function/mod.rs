//! Operations that users write, with their own backward.

mod context;

use std::sync::Arc;

use ondol_tensor::{Array, DType, Device, Error, Result, Shape};

pub use self::context::{FunctionContext, FunctionGrads};
use crate::place::Scope;
use crate::{Op, Tensor, Tensors, is_grad_enabled, no_grad};

/// An operation with a backward of one's own, `torch.autograd.Function`. What is not a tensor, a
/// slope or a mode, is a field of the type.
///
/// ```
/// use ondol_autograd::{Function, FunctionContext, FunctionGrads, Tensor, tensor};
///
/// /// `eˣ`, from its own result.
/// struct Exp;
///
/// impl Function for Exp {
///     type Output = Tensor;
///
///     fn forward(&self, ctx: &mut FunctionContext, inputs: &[Tensor]) -> Tensor {
///         let y = inputs[0].exp();
///         ctx.save_for_backward(&[&y]);
///         y
///     }
///
///     fn backward(&self, ctx: &FunctionContext, grads: &FunctionGrads) -> Vec<Option<Tensor>> {
///         let [y] = ctx.saved_tensors() else { unreachable!() };
///         vec![Some(&grads[0] * y)]
///     }
/// }
///
/// let x = tensor!([0.0, 1.0]).requires_grad_(true);
/// let y = Exp.apply(&[&x]);
/// y.sum().backward();
/// assert_eq!(x.grad().unwrap().to_vec::<f32>(), y.to_vec::<f32>());
/// ```
///
/// A straight-through estimator rounds, and lets gradients pass as if it did not:
///
/// ```
/// use ondol_autograd::{Function, FunctionContext, FunctionGrads, Tensor, tensor};
///
/// struct RoundThrough;
///
/// impl Function for RoundThrough {
///     type Output = Tensor;
///
///     fn forward(&self, _: &mut FunctionContext, inputs: &[Tensor]) -> Tensor {
///         inputs[0].round()
///     }
///
///     fn backward(&self, _: &FunctionContext, grads: &FunctionGrads) -> Vec<Option<Tensor>> {
///         vec![Some(grads[0].clone())]
///     }
/// }
///
/// let x = tensor!([0.4, 2.6]).requires_grad_(true);
/// let y = RoundThrough.apply(&[&x]);
/// assert_eq!(y.to_vec::<f32>(), [0.0, 3.0]);
/// y.mul(2.0).sum().backward();
/// assert_eq!(x.grad().unwrap().to_vec::<f32>(), [2.0, 2.0]);
/// ```
///
/// Backward written in tensor operations can be differentiated again, through the inputs and
/// outputs that were saved. What forward computed in between has no history, as forward records
/// nothing: compute it again in backward, or give it as a further output.
pub trait Function: Sized + Send + Sync + 'static {
    /// What forward gives: a `Tensor`, a pair, an array or a `Vec` of them.
    type Output: Tensors;

    /// The results. Nothing in it is recorded. A write to an input does not reach the caller's
    /// tensor; there is no `mark_dirty`.
    fn forward(&self, ctx: &mut FunctionContext, inputs: &[Tensor]) -> Self::Output;

    /// The gradients of the inputs, one for each, given those of the outputs. `None` where none
    /// flows; what an input that needs none gets is not looked at.
    fn backward(&self, ctx: &FunctionContext, grads: &FunctionGrads) -> Vec<Option<Tensor>>;

    /// The name in errors, in [`Tensor::grad_fn`] and in pictures of the graph; that of the type
    /// unless said otherwise.
    fn name(&self) -> &'static str {
        let path = std::any::type_name::<Self>();
        let path = path.split('<').next().unwrap_or(path);
        path.rsplit("::").next().unwrap_or(path)
    }

    /// Whether backward is not to be differentiated: it then records nothing, and a second
    /// derivative through it is an error; `torch.autograd.function.once_differentiable`.
    fn once_differentiable(&self) -> bool {
        false
    }

    /// Runs forward on the inputs and records backward, `torch.autograd.Function.apply`.
    ///
    /// # Panics
    /// In backward, by the function's name: where it gives another number of gradients than there
    /// are inputs, or one that does not fit its input.
    #[track_caller]
    fn apply(self, inputs: &[&Tensor]) -> Self::Output {
        let op = Op::new(self.name(), inputs.iter().copied());
        let _here = Scope::here();
        let needs = (0..inputs.len()).map(|i| op.needs(i)).collect();
        let mut ctx = FunctionContext::new(needs);
        let handles: Vec<Tensor> = inputs.iter().map(|t| t.snapshot()).collect();
        let outputs = no_grad(|| self.forward(&mut ctx, &handles)).into_vec();
        let values: Vec<Array> = outputs.iter().map(Tensor::value).collect();
        if !op.is_recorded() {
            return Tensors::from_vec(values.into_iter().map(Tensor::from).collect());
        }
        let differentiable: Vec<bool> = outputs.iter().map(|y| ctx.is_differentiable(y)).collect();
        let applied = Applied {
            saved: ctx.saved_as(&handles, &outputs, &differentiable),
            kinds: values.iter().map(kind).collect(),
            inputs: inputs.len(),
            ctx: ctx.without_tensors(),
            function: self,
        };
        let reads = applied.saved.iter().any(|s| matches!(s, Saved::Output(_)));
        let applied = Arc::new(applied);
        let rule = move |grads: &[Option<Tensor>], outputs: &[Tensor], needs: &[bool]| {
            applied.backward(grads, outputs, needs)
        };
        let outputs = op
            .function(reads, Box::new(rule))
            .outputs_of(values, &differentiable);
        Tensors::from_vec(outputs)
    }
}

/// A tensor that forward saved. An output is not kept as such, as it would keep itself alive.
enum Saved {
    Tensor(Tensor),
    Output(usize),
}

/// What zeros in the place of a gradient are made from.
type Kind = (Shape, DType, Device);

fn kind(value: &Array) -> Kind {
    (value.shape().clone(), value.dtype(), value.device().clone())
}

/// A function that has run, with what it saved.
struct Applied<F> {
    function: F,
    ctx: FunctionContext,
    saved: Vec<Saved>,
    kinds: Vec<Kind>,
    inputs: usize,
}

impl<F: Function> Applied<F> {
    fn backward(
        &self,
        grads: &[Option<Tensor>],
        outputs: &[Tensor],
        needs: &[bool],
    ) -> Result<Vec<Option<Tensor>>> {
        // Snapshots: what backward writes to must not be what the next one reads.
        let saved = self.saved.iter().map(|saved| match saved {
            Saved::Tensor(tensor) => tensor.snapshot(),
            Saved::Output(index) => outputs[*index].clone(),
        });
        let saved: Vec<Tensor> = saved.collect();
        let needs = (0..self.inputs).map(|i| needs.get(i) == Some(&true));
        let ctx = self.ctx.again(saved.clone(), needs.collect());
        let grads = self.grads(grads)?;
        let once = self.function.once_differentiable() && is_grad_enabled();
        let mut results = if once {
            no_grad(|| self.function.backward(&ctx, &grads))
        } else {
            self.function.backward(&ctx, &grads)
        };
        let name = self.function.name();
        if results.len() != self.inputs {
            return Err(Error::Autograd {
                op: name,
                message: format!(
                    "its backward returned an incorrect number of gradients (expected {}, got {})",
                    self.inputs,
                    results.len()
                ),
            });
        }
        if once {
            let sources: Vec<&Tensor> = grads.tensors().chain(&saved).collect();
            for result in results.iter_mut().flatten() {
                *result = once_only(name, &sources, result);
            }
        }
        Ok(results)
    }

    /// The gradients as the function asked for them: zeros where nothing flowed back, or `None`.
    fn grads(&self, grads: &[Option<Tensor>]) -> Result<FunctionGrads> {
        let filled = grads.iter().zip(&self.kinds).map(|(grad, kind)| {
            if grad.is_some() || !self.ctx.materializes() {
                return Ok(grad.clone());
            }
            let (shape, dtype, device) = kind;
            Array::full(shape.clone(), 0.0, *dtype, device).map(|zeros| Some(zeros.into()))
        });
        filled.collect::<Result<_>>().map(FunctionGrads::new)
    }
}

/// The numbers of `result`, which cannot be differentiated by what it was made from.
fn once_only(name: &'static str, sources: &[&Tensor], result: &Tensor) -> Tensor {
    let refuse = move |_: &[Option<Tensor>], _: &[Tensor], _: &[bool]| {
        Err(Error::Autograd {
            op: name,
            message: "trying to differentiate twice a function that is once_differentiable".into(),
        })
    };
    Op::new(name, sources.iter().copied())
        .function(false, Box::new(refuse))
        .output(result.value())
}
