//! The ways into a backward: from roots to all leaves, to some, or to the caller.

use ondol_tensor::{Array, Error, Result};

use super::plan::{Plan, Wish};
use super::{Mode, walk};
use crate::Tensor;
use crate::node::Link;
use crate::place::{ok, raise};

/// Options of [`backward`] and [`Tensor::backward_options`].
///
/// PyTorch's `create_graph` is not among them: gradients that are kept in the leaves they were
/// computed from own the graph that owns them. [`grad`] takes it.
#[derive(Clone, Copy, Debug, Default)]
pub struct BackwardOptions<'a> {
    /// Keeps the graph for another backward.
    pub retain_graph: bool,
    /// Adds to the gradients of these tensors only, instead of all leaves. One that is not a leaf
    /// keeps its gradient from now on, as after [`Tensor::retain_grad`].
    pub inputs: Option<&'a [&'a Tensor]>,
}

/// Computes the gradients of the sum of several tensors with respect to the leaves they were made
/// from, and adds them to their [`Tensor::grad`]; `torch.autograd.backward`. `gradients`, one for
/// each tensor, may be left out where all have one element.
///
/// ```
/// use ondol_autograd::{BackwardOptions, backward, tensor};
/// let (x, w) = (tensor!([1.0, 2.0]).requires_grad_(true), tensor!(3.0).requires_grad_(true));
/// let (a, b) = (x.mul(&w).sum(), x.square().sum());
/// let only_x = BackwardOptions { inputs: Some(&[&x]), ..Default::default() };
/// backward(&[&a, &b], None, only_x);
/// assert_eq!(x.grad().unwrap().to_vec::<f32>(), [5.0, 7.0]);
/// assert!(w.grad().is_none());
/// ```
///
/// # Panics
/// Where a tensor needs a gradient that is not given, does not require one, or its graph was used
/// up; where `inputs` is empty or names one that does not require a gradient.
#[track_caller]
pub fn backward(tensors: &[&Tensor], gradients: Option<&[&Tensor]>, options: BackwardOptions<'_>) {
    const OP: &str = "backward";
    let seeds = ok(seeds(OP, tensors, gradients));
    let mode = Mode::new(options.retain_graph, false);
    let Some(inputs) = options.inputs else {
        return ok(walk(seeds, None, mode));
    };
    if inputs.is_empty() {
        raise(Error::Autograd {
            op: OP,
            message: "`inputs` argument to `backward()` cannot be empty".into(),
        });
    }
    let links = ok(links(OP, inputs));
    for tensor in inputs {
        tensor.retain_grad();
    }
    let mut plan = Plan::new(seeds.iter().map(|(l, _)| l), &links, Wish::Collected);
    ok(walk(seeds, Some(&mut plan), mode));
}

/// Options of [`grad`].
#[derive(Clone, Copy, Debug, Default)]
pub struct GradOptions {
    /// Records the backward itself, so that the results can be differentiated again.
    pub create_graph: bool,
    /// Keeps the graph for another backward; implied by `create_graph`.
    pub retain_graph: bool,
    /// Gives `None` for an input that the outputs do not depend on, instead of an error.
    pub allow_unused: bool,
    /// Gives zeros for such an input.
    pub materialize_grads: bool,
}

/// The gradients of the sum of `outputs` with respect to `inputs`, without touching any `.grad`;
/// `torch.autograd.grad`. Only what lies between them is visited; hooks of the tensors on the way
/// run, those of the inputs too.
///
/// ```
/// use ondol_autograd::{grad, GradOptions, tensor};
/// let x = tensor!(2.0).requires_grad_(true);
/// let y = x.pow(3);
/// let options = GradOptions { create_graph: true, ..Default::default() };
/// let first = grad(&[&y], &[&x], None, options)[0].clone().unwrap();
/// let second = grad(&[&first], &[&x], None, GradOptions::default())[0].clone().unwrap();
/// assert_eq!((first.item(), second.item()), (12.0, 12.0));
/// ```
///
/// # Panics
/// Where an output needs a gradient that is not given, an input does not require one, or (without
/// `allow_unused` or `materialize_grads`) is not used.
#[track_caller]
pub fn grad(
    outputs: &[&Tensor],
    inputs: &[&Tensor],
    gradients: Option<&[&Tensor]>,
    options: GradOptions,
) -> Vec<Option<Tensor>> {
    const OP: &str = "grad";
    let links = ok(links(OP, inputs));
    let seeds = ok(seeds(OP, outputs, gradients));
    let mut plan = Plan::new(seeds.iter().map(|(l, _)| l), &links, Wish::Found);
    let mode = Mode::new(options.retain_graph, options.create_graph);
    ok(walk(seeds, Some(&mut plan), mode));
    let mut found: Vec<_> = links.iter().map(|link| plan.found(link)).collect();
    if options.materialize_grads {
        for (found, input) in found.iter_mut().zip(inputs) {
            found.get_or_insert_with(|| input.zeros_like());
        }
    }
    if let Some(i) = found
        .iter()
        .position(Option::is_none)
        .filter(|_| !options.allow_unused)
    {
        raise(Error::Autograd {
            op: OP,
            message: format!(
                "input {i} appears to not have been used in the graph; set allow_unused if this is wanted"
            ),
        });
    }
    found
}

/// The gradients of `outputs` at the nodes of `wanted`, visiting nothing beyond those: what lies
/// there is the caller's.
pub(crate) fn pull(
    outputs: &[&Tensor],
    gradients: &[&Tensor],
    wanted: &[Link],
    create: bool,
) -> Result<Vec<Option<Tensor>>> {
    let seeds = seeds("checkpoint", outputs, Some(gradients))?;
    let mut plan = Plan::new(seeds.iter().map(|(l, _)| l), wanted, Wish::Ends);
    walk(seeds, Some(&mut plan), Mode::new(false, create))?;
    Ok(wanted.iter().map(|link| plan.found(link)).collect())
}

fn links(op: &'static str, inputs: &[&Tensor]) -> Result<Vec<Link>> {
    let link = |(i, t): (usize, &&Tensor)| {
        let link = t.read().link.clone();
        link.ok_or_else(|| Error::Autograd {
            op,
            message: format!("input {i} does not require grad"),
        })
    };
    inputs.iter().enumerate().map(link).collect()
}

fn seeds(
    op: &'static str,
    roots: &[&Tensor],
    gradients: Option<&[&Tensor]>,
) -> Result<Vec<(Link, Tensor)>> {
    if gradients.is_some_and(|g| g.len() != roots.len()) {
        return Err(Error::Autograd {
            op,
            message: "one gradient is needed for each output".into(),
        });
    }
    let roots = roots.iter().enumerate();
    roots
        .map(|(i, root)| seed(op, i, root, gradients.map(|g| g[i])))
        .collect()
}

/// An output and the gradient to start from.
fn seed(
    op: &'static str,
    place: usize,
    root: &Tensor,
    gradient: Option<&Tensor>,
) -> Result<(Link, Tensor)> {
    let fail = |message: String| Err(Error::Autograd { op, message });
    let slot = root.read();
    let Some(link) = slot.link.clone() else {
        return fail(format!(
            "element {place} of tensors does not require grad and does not have a grad_fn"
        ));
    };
    let value = slot.value.clone();
    drop(slot);
    match gradient {
        Some(g) if &g.shape() != value.shape() => Err(Error::Shape {
            op,
            lhs: value.shape().to_vec(),
            rhs: g.shape().to_vec(),
            rule: "the gradient must have the shape of the output".into(),
        }),
        Some(g) => Ok((link, g.to_dtype(value.dtype()))),
        None if value.numel() != 1 => fail(format!(
            "grad can be implicitly created only for scalar outputs, and this one has shape {}; \
             reduce it with .sum() or .mean(), or use backward_with(&gradient)",
            value.shape()
        )),
        None => {
            let one = Array::full(value.shape().clone(), 1.0, value.dtype(), value.device())?;
            Ok((link, Tensor::from(one)))
        }
    }
}
