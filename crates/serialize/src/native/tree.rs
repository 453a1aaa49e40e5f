//! The tree of values as a flat list, so that reading one never recurses as deep as a file likes.

use std::fmt::Write;

use ondol_tensor::{Array, Dict, Key, Value};
use serde::{Deserialize, Serialize};

use super::header::{MAX_VALUES, too_many_values};
use crate::Checked;

/// How deep containers may lie in one another.
pub(super) const MAX_DEPTH: usize = 128;

/// A value; a container says how many follow that belong to it. The entries of a dictionary are
/// two nodes each, the key first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Node {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    /// The position in the table of tensors.
    Tensor(u32),
    List(u64),
    Tuple(u64),
    Dict(u64),
}

/// The nodes of a value, and its arrays in order.
pub(super) fn flatten(value: &Value) -> Checked<(Vec<Node>, Vec<&Array>)> {
    let (mut tree, mut arrays, mut values) = (Vec::new(), Vec::new(), 0);
    push(value, 0, &mut values, &mut tree, &mut arrays)?;
    Ok((tree, arrays))
}

fn push<'a>(
    value: &'a Value,
    depth: usize,
    values: &mut usize,
    tree: &mut Vec<Node>,
    arrays: &mut Vec<&'a Array>,
) -> Checked<()> {
    if depth > MAX_DEPTH {
        return Err(too_deep());
    }
    *values += 1;
    if *values > MAX_VALUES {
        return Err(too_many_values());
    }
    match value {
        Value::None => tree.push(Node::None),
        Value::Bool(v) => tree.push(Node::Bool(*v)),
        Value::Int(v) => tree.push(Node::Int(*v)),
        Value::Float(v) => tree.push(Node::Float(*v)),
        Value::Str(v) => tree.push(Node::Str(v.clone())),
        Value::Tensor(v) => {
            tree.push(Node::Tensor(arrays.len() as u32));
            arrays.push(v);
        }
        Value::List(items) | Value::Tuple(items) => {
            let count = items.len() as u64;
            let list = matches!(value, Value::List(_));
            tree.push(if list {
                Node::List(count)
            } else {
                Node::Tuple(count)
            });
            for item in items {
                push(item, depth + 1, values, tree, arrays)?;
            }
        }
        Value::Dict(dict) => {
            tree.push(Node::Dict(dict.len() as u64));
            for (key, item) in dict.iter() {
                tree.push(match key {
                    Key::Str(k) => Node::Str(k.clone()),
                    Key::Int(k) => Node::Int(*k),
                });
                push(item, depth + 1, values, tree, arrays)?;
            }
        }
    }
    Ok(())
}

/// The value of the nodes, with these arrays in order.
pub(super) fn build(tree: Vec<Node>, arrays: Vec<Array>) -> Checked<Value> {
    let mut left = Nodes {
        nodes: tree.into_iter(),
        arrays: arrays.into_iter(),
        tensors: 0,
        values: 0,
    };
    let value = left.value(0)?;
    match (left.nodes.len(), left.arrays.len()) {
        (0, 0) => Ok(value),
        (0, n) => Err(format!(
            "the header is damaged: {n} tensors belong to no value"
        )),
        (n, _) => Err(format!(
            "the header is damaged: {n} nodes follow the last value"
        )),
    }
}

struct Nodes {
    nodes: std::vec::IntoIter<Node>,
    arrays: std::vec::IntoIter<Array>,
    tensors: u32,
    values: usize,
}

impl Nodes {
    fn next(&mut self) -> Checked<Node> {
        self.nodes
            .next()
            .ok_or_else(|| "the header is damaged: the tree of values ends early".to_owned())
    }

    fn value(&mut self, depth: usize) -> Checked<Value> {
        if depth > MAX_DEPTH {
            return Err(too_deep());
        }
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(too_many_values());
        }
        Ok(match self.next()? {
            Node::None => Value::None,
            Node::Bool(v) => Value::Bool(v),
            Node::Int(v) => Value::Int(v),
            Node::Float(v) => Value::Float(v),
            Node::Str(v) => Value::Str(v),
            Node::Tensor(index) => {
                let array = self.arrays.next().filter(|_| index == self.tensors);
                self.tensors += 1;
                Value::Tensor(array.ok_or_else(|| {
                    format!(
                        "the header is damaged: tensor {index} stands where {} belongs",
                        self.tensors - 1
                    )
                })?)
            }
            Node::List(count) => Value::List(self.items(count, depth)?),
            Node::Tuple(count) => Value::Tuple(self.items(count, depth)?),
            Node::Dict(count) => {
                let mut dict = Dict::new();
                for _ in 0..count {
                    let key = match self.next()? {
                        Node::Str(k) => Key::Str(k),
                        Node::Int(k) => Key::Int(k),
                        other => {
                            return Err(format!("the header is damaged: {other:?} is not a key"));
                        }
                    };
                    if dict.get(&key).is_some() {
                        return Err(format!(
                            "the header is damaged: the key {key} is there twice"
                        ));
                    }
                    dict.insert(key, self.value(depth + 1)?);
                }
                Value::Dict(dict)
            }
        })
    }

    fn items(&mut self, count: u64, depth: usize) -> Checked<Vec<Value>> {
        // The count is not to be believed: the vector grows with what is really there.
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(self.value(depth + 1)?);
        }
        Ok(items)
    }
}

fn too_deep() -> String {
    format!("values lie more than {MAX_DEPTH} deep in one another")
}

/// Where in the tree a tensor stands, as `layers.0.weight` or `history[3]`; for messages.
pub(super) fn name_of(tree: &[Node], tensor: usize) -> String {
    /// A container that is being walked through.
    struct Open<'a> {
        dict: bool,
        left: u64,
        index: u64,
        key: Option<&'a Node>,
    }
    let mut open: Vec<Open> = Vec::new();
    for node in tree {
        if let Some(top) = open.last_mut()
            && top.dict
            && top.key.is_none()
        {
            top.key = Some(node);
            continue;
        }
        match node {
            Node::Tensor(index) if *index as usize == tensor => break,
            Node::List(n) | Node::Tuple(n) | Node::Dict(n) if *n > 0 => {
                open.push(Open {
                    dict: matches!(node, Node::Dict(_)),
                    left: *n,
                    index: 0,
                    key: None,
                });
                continue;
            }
            _ => {}
        }
        // A value is complete, and with it perhaps the containers it is the last of.
        while let Some(top) = open.last_mut() {
            top.key = None;
            top.index += 1;
            top.left -= 1;
            if top.left > 0 {
                break;
            }
            open.pop();
        }
    }
    let mut name = String::new();
    for step in &open {
        let _ = match step.key {
            Some(Node::Str(key)) => {
                let dot = if name.is_empty() { "" } else { "." };
                write!(
                    name,
                    "{dot}{}",
                    key.escape_debug().take(200).collect::<String>()
                )
            }
            Some(Node::Int(key)) => write!(name, "[{key}]"),
            _ => write!(name, "[{}]", step.index),
        };
        if name.len() > 1000 {
            name.push('…');
            break;
        }
    }
    if name.is_empty() {
        "the tensor".to_owned()
    } else {
        format!("tensor `{name}`")
    }
}
