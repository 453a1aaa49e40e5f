//! Which nodes a backward must visit when only some gradients are wanted.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use smallvec::SmallVec;

use crate::Tensor;
use crate::node::{Link, Node};

/// What is done with the gradients that are wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// They are handed back.
    Found,
    /// They are handed back, and nothing beyond them is visited.
    Ends,
    /// They are added to the tensors' `.grad`.
    Collected,
}

/// The gradients wanted, and the nodes that lead to them.
pub(super) struct Plan {
    wish: Wish,
    wanted: HashMap<(u64, usize), Option<Tensor>>,
    /// The nodes that must be visited; `true` where the way goes on from there.
    needed: HashMap<u64, bool>,
}

/// A node on the way down.
struct Seen {
    seq: u64,
    /// The nodes below; `None` where a backward has used the node up, so that nobody knows.
    below: Option<SmallVec<[u64; 2]>>,
}

impl Plan {
    pub(super) fn new<'a>(
        roots: impl Iterator<Item = &'a Link>,
        wanted: &[Link],
        wish: Wish,
    ) -> Plan {
        let least = wanted.iter().map(|l| l.node.seq).min().unwrap_or(u64::MAX);
        let wanted: HashMap<_, _> = wanted
            .iter()
            .map(|l| ((l.node.seq, l.index), None))
            .collect();
        let ends: HashSet<u64> = wanted.keys().map(|(seq, _)| *seq).collect();
        let stops = |node: &Node| wish == Wish::Ends && ends.contains(&node.seq);

        let mut way: Vec<Seen> = Vec::new();
        let mut known: HashSet<u64> = HashSet::new();
        let mut stack: Vec<Arc<Node>> = roots.map(|link| link.node.clone()).collect();
        while let Some(node) = stack.pop() {
            // A node's inputs are older than itself.
            if node.seq < least || !known.insert(node.seq) {
                continue;
            }
            let mut below = Some(SmallVec::new());
            if !node.is_leaf() && node.seq > least && !stops(&node) {
                below = node.recorded(true).map(|recorded| {
                    let nodes = recorded.edges.iter().map(|edge| &edge.to.node);
                    stack.extend(nodes.clone().cloned());
                    nodes.map(|node| node.seq).collect()
                });
            }
            let seq = node.seq;
            way.push(Seen { seq, below });
        }
        // From the oldest up: what is below has its answer already.
        way.sort_unstable_by_key(|seen| seen.seq);
        let mut needed: HashMap<u64, bool> = HashMap::new();
        for Seen { seq, below } in way {
            let goes_on = below.is_none_or(|below| below.iter().any(|b| needed.contains_key(b)));
            if goes_on || ends.contains(&seq) {
                needed.insert(seq, goes_on);
            }
        }
        Plan {
            wish,
            wanted,
            needed,
        }
    }

    /// Whether a wanted gradient lies at the node or behind it.
    pub(super) fn needs(&self, node: &Node) -> bool {
        self.needed.contains_key(&node.seq)
    }

    /// Whether one lies behind it.
    pub(super) fn goes_on(&self, node: &Node) -> bool {
        self.needed.get(&node.seq).copied().unwrap_or(false)
    }

    /// Whether the way ends there, and what lies there is the caller's.
    pub(super) fn ends_at(&self, node: &Node) -> bool {
        self.wish == Wish::Ends && !self.goes_on(node)
    }

    /// Takes a gradient if it is wanted; `true` where it is to be added to the tensor's own.
    pub(super) fn capture(&mut self, node: &Node, index: usize, gradient: &Tensor) -> bool {
        let Some(found) = self.wanted.get_mut(&(node.seq, index)) else {
            return false;
        };
        *found = Some(gradient.clone());
        self.wish == Wish::Collected && node.is_leaf()
    }

    /// The gradient that was found for a wanted one.
    pub(super) fn found(&self, link: &Link) -> Option<Tensor> {
        self.wanted[&(link.node.seq, link.index)].clone()
    }
}
