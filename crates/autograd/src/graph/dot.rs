//! A graph as Graphviz draws it.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::sync::Arc;

use ondol_tensor::{DType, Shape};

use crate::Tensor;
use crate::node::Node;

/// A node, and what a leaf is known by.
struct Drawn {
    node: Arc<Node>,
    leaf: Option<String>,
}

impl Tensor {
    /// The graph this tensor was made by, as Graphviz's `dot` draws it; [`graph_dot`] with names.
    pub fn graph_dot(&self) -> String {
        graph_dot(&[self], [])
    }
}

/// The graph that made the roots, in the language of Graphviz: `dot -Tpng` draws it. Operations
/// with the lines of their forward, arrows with the shapes that flow, leaves with their shapes and
/// the names given: those of `model.named_parameters()`, for one.
///
/// The text of one program is the same in every run. What a backward has used up is drawn dashed,
/// without what lies above it.
///
/// ```
/// use ondol_autograd::{Tensor, graph_dot};
/// let w = Tensor::ones([3, 2]).requires_grad_(true);
/// let y = Tensor::ones([1, 3]).matmul(&w).relu();
/// let text = graph_dot(&[&y], [("weight", &w)]);
/// assert!(text.starts_with("digraph graph {") || text.starts_with("digraph {"));
/// assert!(text.contains("weight") && text.contains("matmul"));
/// ```
pub fn graph_dot<'a>(
    roots: &[&Tensor],
    names: impl IntoIterator<Item = (&'a str, &'a Tensor)>,
) -> String {
    let mut called: HashMap<u64, &str> = HashMap::new();
    for (name, tensor) in names {
        if let Some(link) = &tensor.read().link {
            called.entry(link.node.seq).or_insert(name);
        }
    }
    let mut drawn: BTreeMap<u64, Drawn> = BTreeMap::new();
    let mut stack: Vec<Arc<Node>> = Vec::new();
    let mut meet = |node: &Arc<Node>, shape: &Shape, dtype: DType, stack: &mut Vec<_>| {
        drawn.entry(node.seq).or_insert_with(|| {
            stack.push(node.clone());
            let leaf = node.is_leaf().then(|| flow(shape, dtype));
            let node = node.clone();
            Drawn { node, leaf }
        });
    };
    for root in roots {
        let slot = root.read();
        if let Some(link) = &slot.link {
            meet(
                &link.node,
                slot.value.shape(),
                slot.value.dtype(),
                &mut stack,
            );
        }
    }
    while let Some(node) = stack.pop() {
        for edge in node.recorded(true).iter().flat_map(|r| &r.edges) {
            meet(&edge.to.node, &edge.shape, edge.dtype, &mut stack);
        }
    }
    write(roots, &drawn, &called)
}

/// Numbers the nodes by age, so that the text does not depend on what else the process did.
fn write(roots: &[&Tensor], drawn: &BTreeMap<u64, Drawn>, called: &HashMap<u64, &str>) -> String {
    let number: HashMap<u64, usize> = drawn.keys().enumerate().map(|(i, seq)| (*seq, i)).collect();
    let mut text = String::from(
        "digraph {\n  node [fontname=\"Helvetica\", fontsize=11];\n  edge [fontname=\"Helvetica\", fontsize=9];\n",
    );
    for (seq, Drawn { node, leaf }) in drawn {
        let n = number[seq];
        // Writing to a string does not fail.
        let _ = if let Some(flow) = leaf {
            let name = called.get(seq).map(|name| format!("{}\\n", escaped(name)));
            let name = name.unwrap_or_default();
            writeln!(
                text,
                "  n{n} [label=\"{name}{flow}\", shape=box, style=filled, fillcolor=\"#dce9c9\"];"
            )
        } else {
            let dashed = match node.recorded(true) {
                Some(_) => "",
                None => ", style=dashed",
            };
            let (file, line) = (escaped(node.at.file()), node.at.line());
            writeln!(
                text,
                "  n{n} [label=\"{}\\n{file}:{line}\", shape=ellipse{dashed}];",
                escaped(node.name)
            )
        };
    }
    for (seq, Drawn { node, .. }) in drawn {
        for edge in node.recorded(true).iter().flat_map(|r| &r.edges) {
            let (from, to) = (number[&edge.to.node.seq], number[seq]);
            let label = match edge.to.node.is_leaf() {
                true => String::new(),
                false => format!(" [label=\"{}\"]", flow(&edge.shape, edge.dtype)),
            };
            let _ = writeln!(text, "  n{from} -> n{to}{label};");
        }
    }
    for (i, root) in roots.iter().enumerate() {
        let slot = root.read();
        let flow = flow(slot.value.shape(), slot.value.dtype());
        let _ = writeln!(
            text,
            "  out{i} [label=\"{flow}\", shape=box, style=filled, fillcolor=\"#f4d8c0\"];"
        );
        if let Some(link) = &slot.link {
            let _ = writeln!(text, "  n{} -> out{i};", number[&link.node.seq]);
        }
    }
    text.push_str("}\n");
    text
}

/// A shape, and the dtype where it is not the usual one.
fn flow(shape: &Shape, dtype: DType) -> String {
    match dtype {
        DType::F32 => shape.to_string(),
        _ => format!("{dtype} {shape}"),
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
