//! Backward: walks the graph from the latest node to the earliest, without recursion.
//!
//! Un-broadcasting, casts and sums over several uses happen here, once, for every rule.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use ondol_tensor::{Array, Binary, Error, Result, Shape};
use smallvec::SmallVec;

use crate::mode::GradGuard;
use crate::node::{Edge, EdgeRule, Link, Node, Recorded};
use crate::place::{Scope, ok, placed, raise};
use crate::{Tensor, no_grad};

/// Gradients that have reached a node's outputs so far.
struct Pending {
    node: Arc<Node>,
    grads: SmallVec<[Option<Tensor>; 1]>,
}

/// Which gradients the caller wants, instead of the leaves' `.grad`.
type Wanted = HashMap<(u64, usize), Option<Tensor>>;

#[derive(Clone, Copy)]
struct Mode {
    retain: bool,
    create: bool,
}

#[track_caller]
pub(crate) fn backward(root: &Tensor, gradient: Option<&Tensor>, retain: bool) {
    let seed = ok(seed("backward", root, gradient));
    let mode = Mode {
        retain,
        create: false,
    };
    ok(walk(vec![seed], None, mode));
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
}

/// The gradients of the sum of `outputs` with respect to `inputs`, without touching any `.grad`;
/// `torch.autograd.grad`.
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
/// `allow_unused`) is not used.
#[track_caller]
pub fn grad(
    outputs: &[&Tensor],
    inputs: &[&Tensor],
    gradients: Option<&[&Tensor]>,
    options: GradOptions,
) -> Vec<Option<Tensor>> {
    const OP: &str = "grad";
    let error = |message: String| Error::Autograd { op: OP, message };
    if gradients.is_some_and(|g| g.len() != outputs.len()) {
        raise(error("one gradient is needed for each output".into()));
    }
    let link = |(i, t): (usize, &&Tensor)| {
        let link = t.read().link.clone();
        link.ok_or_else(|| error(format!("input {i} does not require grad")))
    };
    let links: Vec<Link> = ok(inputs.iter().enumerate().map(link).collect());
    let seeds = outputs
        .iter()
        .enumerate()
        .map(|(i, t)| seed(OP, t, gradients.map(|g| g[i])));
    let seeds = ok(seeds.collect::<Result<Vec<_>>>());
    let mut wanted: Wanted = links
        .iter()
        .map(|l| ((l.node.seq, l.index), None))
        .collect();
    let mode = Mode {
        retain: options.retain_graph || options.create_graph,
        create: options.create_graph,
    };
    ok(walk(seeds, Some(&mut wanted), mode));
    let found: Vec<_> = links
        .iter()
        .map(|l| wanted[&(l.node.seq, l.index)].clone())
        .collect();
    if let Some(i) = found
        .iter()
        .position(Option::is_none)
        .filter(|_| !options.allow_unused)
    {
        raise(error(format!(
            "input {i} appears to not have been used in the graph; set allow_unused if this is wanted"
        )));
    }
    found
}

/// An output and the gradient to start from.
fn seed(op: &'static str, root: &Tensor, gradient: Option<&Tensor>) -> Result<(Link, Tensor)> {
    let fail = |message: String| Err(Error::Autograd { op, message });
    let slot = root.read();
    let Some(link) = slot.link.clone() else {
        return fail(
            "element 0 of tensors does not require grad and does not have a grad_fn".into(),
        );
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

fn walk(seeds: Vec<(Link, Tensor)>, mut wanted: Option<&mut Wanted>, mode: Mode) -> Result<()> {
    // Keyed by age: the last entry depends on no other one that is waiting.
    let mut waiting: BTreeMap<u64, Pending> = BTreeMap::new();
    for (link, gradient) in seeds {
        arrive(&mut waiting, link, gradient, mode)?;
    }
    let _mode = GradGuard::set(mode.create);
    while let Some((_, Pending { node, grads })) = waiting.pop_last() {
        for (index, gradient) in grads.iter().enumerate() {
            let Some(gradient) = gradient else { continue };
            if let Some(found) = wanted.as_mut().and_then(|w| w.get_mut(&(node.seq, index))) {
                *found = Some(gradient.clone());
            }
            if (node.is_leaf() && wanted.is_none()) || node.is_retained(index) {
                collect(&node, index, gradient, mode)?;
            }
        }
        if !node.is_leaf() {
            step(&node, grads, &mut waiting, mode)?;
        }
    }
    Ok(())
}

/// Adds to the gradient kept at a node.
fn collect(node: &Node, index: usize, gradient: &Tensor, mode: Mode) -> Result<()> {
    // Read first: it may be the very gradient that is kept.
    let value = gradient.value();
    node.change_grad(index, |kept| match kept {
        // A new handle: others may hold this gradient, and the next backward adds to ours in place.
        None if mode.create => Ok(Some(gradient.snapshot())),
        None => Ok(Some(Tensor::from(value))),
        Some(sum) if mode.create => Ok(Some(sum.add(gradient))),
        Some(sum) => {
            sum.write().value.binary_(Binary::Add, &value)?;
            Ok(None)
        }
    })
}

/// Runs an operation's rules and hands the results to its inputs. Errors name the forward's line.
fn step(
    node: &Arc<Node>,
    grads: SmallVec<[Option<Tensor>; 1]>,
    waiting: &mut BTreeMap<u64, Pending>,
    mode: Mode,
) -> Result<()> {
    let _scope = Scope::backward(node.name, node.at);
    let recorded = node.recorded(mode.retain).ok_or_else(|| Error::Autograd {
        op: node.name,
        message: "Trying to backward through the graph a second time, but what it needs was freed by the first; \
                  use backward_retain() the first time"
            .into(),
    });
    let done = recorded.and_then(|recorded| run(node, &recorded, grads, waiting, mode));
    done.map_err(|error| placed(error, node.at))
}

fn run(
    node: &Arc<Node>,
    recorded: &Recorded,
    grads: SmallVec<[Option<Tensor>; 1]>,
    waiting: &mut BTreeMap<u64, Pending>,
    mode: Mode,
) -> Result<()> {
    let outputs = rebuild(node, recorded, mode);
    if recorded.joint.is_some() {
        return joint(node, recorded, grads, &outputs, waiting, mode);
    }
    if grads.iter().skip(1).any(Option::is_some) {
        return Err(Error::Autograd {
            op: node.name,
            message: "a gradient reached its second output, and only a .joint(…) rule gets that; it would be lost".into(),
        });
    }
    let Some(Some(gradient)) = grads.into_iter().next() else {
        return Ok(());
    };
    for edge in &recorded.edges {
        let result = match &edge.rule {
            EdgeRule::Gradient(rule) => rule(&gradient),
            EdgeRule::GradientAndOutput(rule) => rule(&gradient, &outputs[0]),
            EdgeRule::Missing | EdgeRule::Joint => return Err(no_rule(node, edge)),
        };
        deliver(node, edge, result, waiting, mode)?;
    }
    Ok(())
}

fn no_rule(node: &Node, edge: &Edge) -> Error {
    Error::Autograd {
        op: node.name,
        message: format!(
            "it has no gradient rule for input {}; its gradient would be lost",
            edge.input
        ),
    }
}

/// The outputs as tensors, for the rules that read them. A rule never captures its own output,
/// which would keep itself alive.
fn rebuild(node: &Arc<Node>, recorded: &Recorded, mode: Mode) -> SmallVec<[Tensor; 1]> {
    let outputs = recorded.saved.iter().enumerate();
    outputs
        .map(|(index, value)| {
            Tensor::make(
                value.clone(),
                mode.create.then(|| Link {
                    node: node.clone(),
                    index,
                }),
            )
        })
        .collect()
}

fn joint(
    node: &Node,
    recorded: &Recorded,
    mut grads: SmallVec<[Option<Tensor>; 1]>,
    outputs: &[Tensor],
    waiting: &mut BTreeMap<u64, Pending>,
    mode: Mode,
) -> Result<()> {
    let Some(rule) = &recorded.joint else {
        return Ok(());
    };
    grads.resize(recorded.outputs, None);
    let inputs = recorded
        .edges
        .iter()
        .map(|e| e.input + 1)
        .max()
        .unwrap_or(0);
    let mut needs = vec![false; inputs];
    recorded.edges.iter().for_each(|e| needs[e.input] = true);
    let mut results = rule(&grads, outputs, &needs);
    for edge in &recorded.edges {
        match results.get_mut(edge.input).and_then(Option::take) {
            Some(result) => deliver(node, edge, result, waiting, mode)?,
            None => return Err(no_rule(node, edge)),
        }
    }
    Ok(())
}

/// Gives a gradient its input's shape and dtype, and sends it there.
fn deliver(
    node: &Node,
    edge: &Edge,
    gradient: Tensor,
    waiting: &mut BTreeMap<u64, Pending>,
    mode: Mode,
) -> Result<()> {
    let gradient = unbroadcast(node.name, gradient, &edge.shape)?;
    let gradient = if gradient.dtype() == edge.dtype {
        gradient
    } else {
        gradient.to_dtype(edge.dtype)
    };
    arrive(waiting, edge.to.clone(), gradient, mode)
}

/// Sums what broadcasting stretched.
fn unbroadcast(op: &'static str, gradient: Tensor, shape: &Shape) -> Result<Tensor> {
    let from = gradient.shape();
    if &from == shape {
        return Ok(gradient);
    }
    let lead = from.ndim().checked_sub(shape.ndim());
    let fits = lead.is_some_and(|lead| {
        shape
            .iter()
            .zip(&from[lead..])
            .all(|(&to, &is)| to == is || to == 1)
    });
    let Some(lead) = lead.filter(|_| fits) else {
        return Err(Error::Shape {
            op,
            lhs: shape.to_vec(),
            rhs: from.to_vec(),
            rule: "its gradient rule gave a gradient that does not fit the input".into(),
        });
    };
    let dims: Vec<isize> = (0..from.ndim())
        .filter(|&d| d < lead || (shape[d - lead] == 1 && from[d] != 1))
        .map(|d| d as isize)
        .collect();
    let summed = if dims.is_empty() {
        gradient
    } else {
        gradient.sum_dim(&dims[..], true)
    };
    Ok(summed.reshape(shape))
}

/// Adds a gradient to what has reached an output.
fn arrive(
    waiting: &mut BTreeMap<u64, Pending>,
    link: Link,
    gradient: Tensor,
    mode: Mode,
) -> Result<()> {
    let pending = waiting.entry(link.node.seq).or_insert_with(|| Pending {
        node: link.node.clone(),
        grads: SmallVec::new(),
    });
    while pending.grads.len() <= link.index {
        pending.grads.push(None);
    }
    let slot = &mut pending.grads[link.index];
    *slot = Some(match slot.take() {
        None => gradient,
        Some(sum) if mode.create => sum.add(&gradient),
        Some(sum) => no_grad(|| -> Result<Tensor> {
            // In place where the sum is ours alone; a copy where its buffer is shared.
            let mut value = sum.into_value();
            value.binary_(Binary::Add, &gradient.value())?;
            Ok(Tensor::from(value))
        })?,
    });
    Ok(())
}
