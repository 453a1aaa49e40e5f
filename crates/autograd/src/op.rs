//! How an operation is recorded: the rule stands under its forward.

use std::panic::Location;

use ondol_tensor::{Array, DType, Shape};
use smallvec::SmallVec;

use crate::node::{Edge, EdgeRule, FunctionRule, Joint, Link, Node, Recorded};
use crate::place::nearest;
use crate::{Tensor, is_grad_enabled};

/// An operation being recorded.
///
/// All inputs are named first. An input that requires a gradient and gets no rule becomes an edge
/// that panics by name in `backward()`: a gradient is never dropped in silence. A rule is stored
/// only where its input needs it, so what it captures is freed with the graph. Shapes that were
/// broadcast, dtypes that were promoted and sums over several uses are the engine's business.
///
/// ```
/// use ondol_autograd::{Op, Tensor, tensor};
/// fn double(x: &Tensor) -> Tensor {
///     let value = (&x.detach() * 2.0).value();
///     Op::new("double", [x]).rule(0, |g| g * 2.0).output(value)
/// }
/// let x = tensor!(3.0).requires_grad_(true);
/// double(&x).backward();
/// assert_eq!(x.grad().unwrap().item(), 2.0);
/// ```
#[must_use = "an operation is recorded by `output`"]
pub struct Op {
    name: &'static str,
    at: &'static Location<'static>,
    edges: SmallVec<[Edge; 2]>,
    inputs: usize,
    joint: Option<Joint>,
    /// Whether the joint rule reads the outputs.
    reads_outputs: bool,
    differentiable: bool,
}

impl Op {
    /// Names the operation and all its inputs, in order.
    #[track_caller]
    pub fn new<'a>(name: &'static str, inputs: impl IntoIterator<Item = &'a Tensor>) -> Op {
        let at = Location::caller();
        let recording = is_grad_enabled();
        let mut edges = SmallVec::new();
        let mut count = 0;
        for (input, tensor) in inputs.into_iter().enumerate() {
            count += 1;
            if !recording {
                continue;
            }
            let slot = tensor.read();
            if let Some(link) = &slot.link {
                link.node.mark_used();
                edges.push(Edge {
                    to: link.clone(),
                    input,
                    shape: slot.value.shape().clone(),
                    dtype: slot.value.dtype(),
                    rule: EdgeRule::Missing,
                });
            }
        }
        Op {
            name,
            at,
            edges,
            inputs: count,
            joint: None,
            reads_outputs: true,
            differentiable: true,
        }
    }

    fn edge(&mut self, input: usize) -> Option<&mut Edge> {
        assert!(
            input < self.inputs,
            "{}: a rule for input {input} of {}",
            self.name,
            self.inputs
        );
        self.edges.iter_mut().find(|e| e.input == input)
    }

    /// Whether an input needs a gradient, for what is worth saving only then.
    pub fn needs(&self, input: usize) -> bool {
        self.edges.iter().any(|e| e.input == input)
    }

    /// The gradient of input `input`, given that of the output.
    pub fn rule(
        mut self,
        input: usize,
        rule: impl Fn(&Tensor) -> Tensor + Send + Sync + 'static,
    ) -> Op {
        if let Some(edge) = self.edge(input) {
            edge.rule = EdgeRule::Gradient(Box::new(rule));
        }
        self
    }

    /// As [`Op::rule`], for a rule that also reads the output, which is then saved.
    pub fn rule_y(
        mut self,
        input: usize,
        rule: impl Fn(&Tensor, &Tensor) -> Tensor + Send + Sync + 'static,
    ) -> Op {
        if let Some(edge) = self.edge(input) {
            edge.rule = EdgeRule::GradientAndOutput(Box::new(rule));
        }
        self
    }

    /// One rule for all inputs at once: gets the gradients of the outputs (`None` where nothing
    /// flowed back), the outputs, and which inputs need a gradient; gives one for each that does.
    pub fn joint(
        mut self,
        rule: impl Fn(&[Option<Tensor>], &[Tensor], &[bool]) -> Vec<Option<Tensor>>
        + Send
        + Sync
        + 'static,
    ) -> Op {
        for edge in &mut self.edges {
            edge.rule = EdgeRule::Joint;
        }
        if !self.edges.is_empty() {
            self.joint = Some(Joint::Rule(Box::new(rule)));
        }
        self
    }

    /// As [`Op::joint`], for a rule that may fail, and may say that no gradient flows to an input.
    pub(crate) fn function(mut self, reads_outputs: bool, rule: FunctionRule) -> Op {
        for edge in &mut self.edges {
            edge.rule = EdgeRule::Joint;
        }
        self.reads_outputs = reads_outputs;
        self.joint = (!self.edges.is_empty()).then_some(Joint::Function(rule));
        self
    }

    /// One more input, known by its node.
    pub(crate) fn add_input(&mut self, to: Link, shape: Shape, dtype: DType) {
        self.edges.push(Edge {
            to,
            input: self.inputs,
            shape,
            dtype,
            rule: EdgeRule::Missing,
        });
        self.inputs += 1;
    }

    /// Whether any input needs a gradient.
    pub(crate) fn is_recorded(&self) -> bool {
        !self.edges.is_empty()
    }

    /// Says on purpose that no gradient flows: the output does not require one.
    pub fn not_differentiable(mut self) -> Op {
        self.differentiable = false;
        self
    }

    /// Ends the record with the operation's value.
    pub fn output(self, value: Array) -> Tensor {
        // Positions and masks carry no gradient.
        let carries = value.dtype().is_floating_point();
        let node = self.record(1, std::slice::from_ref(&value));
        let link = node.filter(|_| carries);
        Tensor::make(value, link.map(|node| Link { node, index: 0 }))
    }

    /// As [`Op::output`], for a value that shares `of`'s buffer.
    pub(crate) fn output_view(self, value: Array, of: &Tensor) -> Tensor {
        let link = self.record(1, std::slice::from_ref(&value));
        Tensor::view_of(value, link.map(|node| Link { node, index: 0 }), of)
    }

    /// As [`Op::output`], for an operation with several results. Where more than the first carries a
    /// gradient, the rule is a [`Op::joint`] one.
    pub fn outputs<const N: usize>(self, values: [Array; N]) -> [Tensor; N] {
        self.finish(values)
            .try_into()
            .unwrap_or_else(|_| unreachable!("as many tensors as values"))
    }

    /// As [`Op::outputs`], for as many as there are; only those that are `differentiable` carry a
    /// gradient.
    pub(crate) fn outputs_of(self, values: Vec<Array>, differentiable: &[bool]) -> Vec<Tensor> {
        self.tensors(values, |index| differentiable[index])
    }

    fn finish<const N: usize>(self, values: [Array; N]) -> Vec<Tensor> {
        self.tensors(values, |_| true)
    }

    fn tensors(
        self,
        values: impl AsRef<[Array]> + IntoIterator<Item = Array>,
        differentiable: impl Fn(usize) -> bool,
    ) -> Vec<Tensor> {
        let node = self.record(values.as_ref().len(), values.as_ref());
        values
            .into_iter()
            .enumerate()
            .map(|(index, value)| {
                // Positions and masks among the results carry no gradient.
                let carries = value.dtype().is_floating_point() && differentiable(index);
                let link = node.as_ref().filter(|_| carries).map(|node| Link {
                    node: node.clone(),
                    index,
                });
                Tensor::make(value, link)
            })
            .collect()
    }

    fn record(self, outputs: usize, values: &[Array]) -> Option<std::sync::Arc<Node>> {
        if self.edges.is_empty() || !self.differentiable {
            return None;
        }
        let wants_output = |e: &Edge| match e.rule {
            EdgeRule::GradientAndOutput(_) => true,
            EdgeRule::Joint => self.reads_outputs,
            EdgeRule::Missing | EdgeRule::Gradient(_) => false,
        };
        let saved = if self.edges.iter().any(wants_output) {
            values.iter().cloned().collect()
        } else {
            SmallVec::new()
        };
        let recorded = Recorded {
            edges: self.edges,
            saved,
            joint: self.joint,
            outputs,
        };
        Some(Node::operation(self.name, nearest(self.at), recorded))
    }
}
