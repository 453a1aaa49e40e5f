//! Looking at a graph: node by node, and as a picture.

mod dot;

use std::fmt;
use std::panic::Location;

pub use self::dot::graph_dot;
use crate::Tensor;
use crate::node::Link;

/// A node of a graph, `torch.autograd.graph.Node`: an operation that was recorded, or a leaf that
/// collects a gradient.
///
/// ```
/// use ondol_autograd::tensor;
/// let x = tensor!(2.0).requires_grad_(true);
/// let node = x.square().add(1.0).graph_node().unwrap();
/// assert_eq!(node.name(), "add");
/// let (square, _) = node.next_functions().remove(0).unwrap();
/// assert_eq!(square.name(), "square");
/// let (leaf, _) = square.next_functions().remove(0).unwrap();
/// assert!(leaf.is_leaf());
/// ```
#[derive(Clone)]
pub struct GraphNode(Link);

impl Tensor {
    /// The node that gradients of this tensor arrive at, `torch.autograd.graph.get_gradient_edge`;
    /// a leaf's own, where it requires a gradient.
    pub fn graph_node(&self) -> Option<GraphNode> {
        self.read().link.clone().map(GraphNode)
    }
}

impl GraphNode {
    /// The operation's name, `torch.autograd.graph.Node.name`; `leaf` for a leaf.
    pub fn name(&self) -> &'static str {
        self.0.node.name
    }

    /// The user's line of the forward, or that which made the leaf require a gradient.
    pub fn location(&self) -> &'static Location<'static> {
        self.0.node.at
    }

    /// Whether it is a leaf, which PyTorch shows as `AccumulateGrad`.
    pub fn is_leaf(&self) -> bool {
        self.0.node.is_leaf()
    }

    /// Whether a backward has used it up.
    pub fn is_freed(&self) -> bool {
        !self.is_leaf() && self.0.node.recorded(true).is_none()
    }

    /// Where its gradients go, for each input of the operation, and which output of that node it
    /// is; `None` for an input that needs no gradient. `torch.autograd.graph.Node.next_functions`.
    /// Empty for a leaf, and where a backward has used it up.
    pub fn next_functions(&self) -> Vec<Option<(GraphNode, usize)>> {
        let Some(recorded) = self.0.node.recorded(true) else {
            return Vec::new();
        };
        let inputs = recorded.edges.iter().map(|e| e.input + 1).max();
        let mut next = vec![None; inputs.unwrap_or(0)];
        for edge in &recorded.edges {
            next[edge.input] = Some((GraphNode(edge.to.clone()), edge.to.index));
        }
        next
    }

    /// Whether both are the same node.
    pub fn same(&self, other: &GraphNode) -> bool {
        self.0.node.seq == other.0.node.seq
    }
}

impl fmt::Debug for GraphNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} at {}>", self.name(), self.location())
    }
}
