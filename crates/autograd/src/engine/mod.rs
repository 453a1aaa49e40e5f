//! Backward: walks the graph from the latest node to the earliest, without recursion.
//!
//! Un-broadcasting, casts and sums over several uses happen once, for every rule, in `arrive`.

mod arrive;
mod entry;
mod frame;
mod hooked;
mod plan;

use std::collections::BTreeMap;
use std::sync::Arc;

use ondol_tensor::{Binary, Error, Result};
use smallvec::SmallVec;

use self::arrive::{arrive, deliver};
pub(crate) use self::entry::pull;
pub use self::entry::{BackwardOptions, GradOptions, backward, grad};
pub(crate) use self::frame::{at_end, note, noted};
use self::hooked::{NodeHooks, change};
use self::plan::Plan;
use crate::Tensor;
use crate::anomaly;
use crate::autocast::AutocastGuard;
use crate::mode::GradGuard;
use crate::node::{Edge, EdgeRule, Joint, Link, Node, Recorded};
use crate::place::{Scope, placed};

/// Gradients of a node's outputs.
type Grads = SmallVec<[Option<Tensor>; 1]>;

/// Gradients that have reached a node's outputs so far.
struct Pending {
    node: Arc<Node>,
    grads: Grads,
}

/// The nodes that gradients have reached, by age: the last entry depends on no other one that is
/// waiting.
type Waiting = BTreeMap<u64, Pending>;

#[derive(Clone, Copy)]
struct Mode {
    /// Keeps the graph.
    retain: bool,
    /// Records the backward itself.
    create: bool,
    /// Stops at the first NaN.
    check_nan: bool,
}

impl Mode {
    fn new(retain: bool, create: bool) -> Mode {
        Mode {
            retain: retain || create,
            create,
            check_nan: anomaly::checks_nan(),
        }
    }
}

/// Sends gradients from `seeds` to the leaves, or as a plan says.
fn walk(seeds: Vec<(Link, Tensor)>, mut plan: Option<&mut Plan>, mode: Mode) -> Result<()> {
    let mut waiting = Waiting::new();
    for (link, gradient) in seeds {
        if plan.as_ref().is_none_or(|p| p.needs(&link.node)) {
            arrive(&mut waiting, link, gradient, mode)?;
        }
    }
    let _mode = GradGuard::set(mode.create);
    // A gradient goes back in the dtype of its forward.
    let _precision = AutocastGuard::set(None);
    let frame = frame::Frame::enter();
    while let Some((_, Pending { node, mut grads })) = waiting.pop_last() {
        let ends = plan.as_ref().is_some_and(|p| p.ends_at(&node));
        // Beyond an end the gradient goes on its way in the backward around this one.
        let extras = node.extras().filter(|_| !ends);
        if let Some(extras) = extras {
            change(&node, extras, &mut grads)?;
        }
        for (index, gradient) in grads.iter().enumerate() {
            let Some(gradient) = gradient else { continue };
            let collects = match plan.as_mut() {
                Some(plan) => plan.capture(&node, index, gradient),
                None => node.is_leaf(),
            };
            if collects || extras.is_some_and(|e| e.is_retained(index)) {
                collect(&node, index, gradient, mode)?;
            }
        }
        let goes_on = |p: &Plan| p.goes_on(&node);
        if !node.is_leaf() && plan.as_deref().is_none_or(goes_on) {
            step(&node, grads, &mut waiting, plan.as_deref(), mode)?;
        }
    }
    frame.end();
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
    })?;
    let Some(extras) = node.extras() else {
        return Ok(());
    };
    for hook in extras.leaf_hooks.snapshot() {
        if let Some(leaf) = hook.leaf.upgrade() {
            (hook.f)(&leaf);
        }
    }
    Ok(())
}

/// Runs an operation's rules and hands the results to its inputs. Errors name the forward's line.
fn step(
    node: &Arc<Node>,
    grads: Grads,
    waiting: &mut Waiting,
    plan: Option<&Plan>,
    mode: Mode,
) -> Result<()> {
    let _scope = Scope::backward(node.name, node.at);
    // Before they are taken off with the record.
    let hooks = node.extras().map(NodeHooks::of);
    let recorded = node.recorded(mode.retain).ok_or_else(|| Error::Autograd {
        op: node.name,
        message: "Trying to backward through the graph a second time, but what it needs was freed by the first; \
                  use backward_retain() the first time"
            .into(),
    });
    let done = recorded.and_then(|recorded| {
        let needed = |edge: &&Edge| plan.is_none_or(|p| p.needs(&edge.to.node));
        let hooks = hooks.as_ref().filter(|hooks| !hooks.is_empty());
        let Some(hooks) = hooks else {
            let send = |edge: &Edge, result| deliver(node, edge, result, waiting, mode);
            return run(node, &recorded, grads, needed, send, mode);
        };
        let mut grads = grads;
        grads.resize(recorded.outputs, None);
        hooks.before(node, &mut grads)?;
        let inputs = recorded.edges.iter().map(|e| e.input + 1).max();
        let mut results = vec![None; inputs.unwrap_or(0)];
        let keep = |edge: &Edge, result| {
            results[edge.input] = Some(result);
            Ok(())
        };
        run(node, &recorded, grads.clone(), needed, keep, mode)?;
        hooks.after(node, &mut results, &grads)?;
        for edge in recorded.edges.iter().filter(needed) {
            if let Some(result) = results[edge.input].take() {
                deliver(node, edge, result, waiting, mode)?;
            }
        }
        Ok(())
    });
    done.map_err(|error| placed(error, node.at))
}

/// Gives the gradient of each edge that is needed to `send`.
fn run(
    node: &Arc<Node>,
    recorded: &Recorded,
    mut grads: Grads,
    needed: impl Fn(&&Edge) -> bool,
    mut send: impl FnMut(&Edge, Tensor) -> Result<()>,
    mode: Mode,
) -> Result<()> {
    let outputs = rebuild(node, recorded, mode);
    let edges = recorded.edges.iter().filter(needed);
    if let Some(joint) = &recorded.joint {
        grads.resize(recorded.outputs, None);
        let edges: SmallVec<[&Edge; 2]> = edges.collect();
        return all_at_once(node, joint, &edges, &grads, &outputs, send);
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
    for edge in edges {
        let result = match &edge.rule {
            EdgeRule::Gradient(rule) => rule(&gradient),
            EdgeRule::GradientAndOutput(rule) => rule(&gradient, &outputs[0]),
            EdgeRule::Missing | EdgeRule::Joint => return Err(no_rule(node, edge)),
        };
        send(edge, result)?;
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

fn all_at_once(
    node: &Node,
    joint: &Joint,
    edges: &[&Edge],
    grads: &[Option<Tensor>],
    outputs: &[Tensor],
    mut send: impl FnMut(&Edge, Tensor) -> Result<()>,
) -> Result<()> {
    let inputs = edges.iter().map(|e| e.input + 1).max().unwrap_or(0);
    let mut needs = vec![false; inputs];
    edges.iter().for_each(|e| needs[e.input] = true);
    let mut results = match joint {
        Joint::Rule(rule) => rule(grads, outputs, &needs),
        Joint::Function(rule) => rule(grads, outputs, &needs)?,
    };
    for edge in edges {
        match results.get_mut(edge.input).and_then(Option::take) {
            Some(result) => send(edge, result)?,
            None if matches!(joint, Joint::Function(_)) => {}
            None => return Err(no_rule(node, edge)),
        }
    }
    Ok(())
}
