//! Activation checkpointing: what forward computed is computed again in backward.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use ondol_tensor::{Array, DType, Error, GeneratorState, Result, Shape, default_generator};

use crate::autocast::{AutocastGuard, autocast_dtype};
use crate::engine::pull;
use crate::mode::inference_mode_guard;
use crate::node::{Link, Node};
use crate::place::Scope;
use crate::{Op, Tensor, Tensors, is_grad_enabled};

const OP: &str = "checkpoint";

/// Options of [`checkpoint_with`].
#[derive(Clone, Copy, Debug)]
pub struct CheckpointOptions {
    /// Whether the second run draws the same random numbers as the first; it does unless said
    /// otherwise.
    pub preserve_rng_state: bool,
}

impl Default for CheckpointOptions {
    fn default() -> Self {
        CheckpointOptions {
            preserve_rng_state: true,
        }
    }
}

/// Runs `f` and keeps its inputs alone: what lies between is computed again when backward needs
/// it. Less memory for one more forward; `torch.utils.checkpoint.checkpoint`.
///
/// Gradients are those of a plain call, and reach every tensor that `f` holds, such as parameters,
/// under [`crate::grad`] too, and for second derivatives. The default generator is set back for the
/// second run, so that dropout drops the same (draws of other threads meanwhile are lost then);
/// running statistics are updated twice, as in PyTorch. A write to an input in place does not reach
/// the caller's tensor. Checkpoints nest. `f` must do the same in
/// both runs, and hold the tensors it uses by value: clones of handles, or an `Arc` of a module.
///
/// ```
/// use ondol_autograd::{checkpoint, tensor};
/// let (x, w) = (tensor!([1.0, 2.0]).requires_grad_(true), tensor!(3.0).requires_grad_(true));
/// let weight = w.clone();
/// let y = checkpoint(move |x| x[0].mul(&weight).square().tanh(), &[&x]);
/// y.sum().backward();
/// assert!(x.grad().is_some() && w.grad().is_some());
/// ```
///
/// # Panics
/// In backward, where the second run gives other shapes, or uses other tensors than the first.
#[track_caller]
pub fn checkpoint<R: Tensors>(
    f: impl Fn(&[Tensor]) -> R + Send + Sync + 'static,
    inputs: &[&Tensor],
) -> R {
    checkpoint_with(f, inputs, CheckpointOptions::default())
}

/// [`checkpoint`] with a choice.
#[track_caller]
pub fn checkpoint_with<R: Tensors>(
    f: impl Fn(&[Tensor]) -> R + Send + Sync + 'static,
    inputs: &[&Tensor],
    options: CheckpointOptions,
) -> R {
    let mut op = Op::new(OP, inputs.iter().copied());
    let _here = Scope::here();
    if !is_grad_enabled() {
        return f(&inputs.iter().map(|&t| t.clone()).collect::<Vec<_>>());
    }
    let state = options
        .preserve_rng_state
        .then(|| default_generator().state());
    // Recorded, only to see what it uses; the record goes at once, and its memory with it.
    let stand_ins: Vec<Tensor> = inputs.iter().map(|t| fresh(t)).collect();
    let own = links(&stand_ins);
    let start = Node::next_seq();
    let outputs = f(&stand_ins).into_vec();
    let held = outside(&outputs, start, &own);
    let differentiable: Vec<bool> = outputs.iter().map(Tensor::requires_grad).collect();
    let values: Vec<Array> = outputs.iter().map(Tensor::value).collect();
    drop((outputs, stand_ins));

    let held: Vec<Link> = held
        .into_values()
        .map(|(link, shape, dtype)| {
            op.add_input(link.clone(), shape, dtype);
            link
        })
        .collect();
    if !op.is_recorded() {
        return R::from_vec(values.into_iter().map(Tensor::from).collect());
    }
    let run = Run {
        f: move |x: &[Tensor]| f(x).into_vec(),
        inputs: inputs.iter().map(|t| t.snapshot()).collect(),
        held,
        kinds: values.iter().map(kind).collect(),
        state,
        precision: autocast_dtype(),
    };
    let rule =
        move |grads: &[Option<Tensor>], _: &[Tensor], needs: &[bool]| run.again(grads, needs);
    R::from_vec(
        op.function(false, Box::new(rule))
            .outputs_of(values, &differentiable),
    )
}

/// The numbers of `t` with a history of their own, if `t` has one. Not a leaf: the function may
/// write to it in place.
fn fresh(t: &Tensor) -> Tensor {
    let leaf = Tensor::from(t.value());
    if !t.requires_grad() {
        return leaf;
    }
    alias(&leaf.requires_grad_(true))
}

/// `t` behind a node of its own: gradients stop there, and can be differentiated by `t` again.
pub(crate) fn alias(t: &Tensor) -> Tensor {
    Op::new("alias", [t])
        .rule(0, Tensor::clone)
        .output(t.value())
}

fn links(tensors: &[Tensor]) -> Vec<Option<Link>> {
    tensors.iter().map(|t| t.read().link.clone()).collect()
}

fn kind(value: &Array) -> (Shape, DType) {
    (value.shape().clone(), value.dtype())
}

/// A node's output outside of the function, with its shape and dtype.
type Outside = BTreeMap<(u64, usize), (Link, Shape, DType)>;

/// The tensors older than `start` that `outputs` were made from, other than the stand-ins.
fn outside(outputs: &[Tensor], start: u64, own: &[Option<Link>]) -> Outside {
    let own: HashSet<u64> = own.iter().flatten().map(|link| link.node.seq).collect();
    let mut found = Outside::new();
    let mut seen = HashSet::new();
    let mut stack: Vec<Arc<Node>> = Vec::new();
    let mut meet = |link: &Link, shape: &Shape, dtype: DType, stack: &mut Vec<Arc<Node>>| {
        let seq = link.node.seq;
        if own.contains(&seq) {
        } else if seq < start {
            let entry = found.entry((seq, link.index));
            entry.or_insert_with(|| (link.clone(), shape.clone(), dtype));
        } else if seen.insert(seq) {
            stack.push(link.node.clone());
        }
    };
    for output in outputs {
        let slot = output.read();
        if let Some(link) = &slot.link {
            meet(link, slot.value.shape(), slot.value.dtype(), &mut stack);
        }
    }
    while let Some(node) = stack.pop() {
        for edge in node.recorded(true).iter().flat_map(|r| &r.edges) {
            meet(&edge.to, &edge.shape, edge.dtype, &mut stack);
        }
    }
    found
}

/// Puts the default generator back where it was, also on a panic.
struct Rewound(Option<GeneratorState>);

impl Rewound {
    fn to(state: Option<GeneratorState>) -> Rewound {
        Rewound(state.map(|state| {
            let now = default_generator().state();
            default_generator().set_state(state);
            now
        }))
    }
}

impl Drop for Rewound {
    fn drop(&mut self) {
        if let Some(now) = self.0 {
            default_generator().set_state(now);
        }
    }
}

/// A function that has run once, and runs again in backward.
struct Run<F> {
    f: F,
    inputs: Vec<Tensor>,
    /// What it holds, in the order of the operation's further inputs.
    held: Vec<Link>,
    kinds: Vec<(Shape, DType)>,
    state: Option<GeneratorState>,
    precision: Option<DType>,
}

impl<F: Fn(&[Tensor]) -> Vec<Tensor>> Run<F> {
    fn again(&self, grads: &[Option<Tensor>], needs: &[bool]) -> Result<Vec<Option<Tensor>>> {
        // Before recording is switched on for the second run.
        let create = is_grad_enabled();
        let (outputs, mut links) = {
            let _record = inference_mode_guard(false);
            let stand_in = if create { alias } else { fresh };
            let stand_ins: Vec<Tensor> = self.inputs.iter().map(stand_in).collect();
            let own = links(&stand_ins);
            let _rewound = Rewound::to(self.state);
            let _precision = AutocastGuard::set(self.precision);
            let start = Node::next_seq();
            let outputs = (self.f)(&stand_ins);
            self.check(&outputs, start, &own)?;
            (outputs, own)
        };
        links.extend(self.held.iter().cloned().map(Some));
        let asked: Vec<usize> = (0..links.len())
            .filter(|&i| needs.get(i) == Some(&true) && links[i].is_some())
            .collect();
        let wanted: Vec<Link> = asked.iter().filter_map(|&i| links[i].clone()).collect();
        let pairs = outputs.iter().zip(grads);
        let (outputs, grads): (Vec<&Tensor>, Vec<&Tensor>) = pairs
            .filter_map(|(y, g)| Some((y, g.as_ref()?)))
            .filter(|(y, _)| y.requires_grad())
            .unzip();
        let found = pull(&outputs, &grads, &wanted, create)?;
        let mut results = vec![None; links.len()];
        for (place, gradient) in asked.into_iter().zip(found) {
            results[place] = gradient;
        }
        Ok(results)
    }

    /// Fails where the second run did something else than the first: a gradient would be lost.
    fn check(&self, outputs: &[Tensor], start: u64, own: &[Option<Link>]) -> Result<()> {
        let fail = |message: String| Err(Error::Autograd { op: OP, message });
        let kinds: Vec<_> = outputs.iter().map(|t| (t.shape(), t.dtype())).collect();
        if kinds != self.kinds {
            let text = |kinds: &[(Shape, DType)]| {
                let each = kinds
                    .iter()
                    .map(|(shape, dtype)| format!("{dtype} {shape}"));
                each.collect::<Vec<_>>().join(", ")
            };
            return fail(format!(
                "the second run gave {} and the first one {}; the function must do the same in both",
                text(&kinds),
                text(&self.kinds)
            ));
        }
        let known: HashSet<_> = self.held.iter().map(|l| (l.node.seq, l.index)).collect();
        let found = outside(outputs, start, own);
        match found
            .values()
            .find(|(l, ..)| !known.contains(&(l.node.seq, l.index)))
        {
            None => Ok(()),
            Some((link, shape, _)) => fail(format!(
                "the second run used a tensor of shape {shape} (`{}`, made at {}) that the first did not; \
                 its gradient would be lost",
                link.node.name, link.node.at
            )),
        }
    }
}
