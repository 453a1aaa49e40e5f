//! What a pickle makes: plain data, in a list instead of in one another.

use super::globals::Global;
use crate::elements::Kind;

/// What the machine's stack, memo and containers hold: small things themselves, large ones by their
/// position in the list of objects. So a copy costs nothing, however often a pickle asks for one,
/// and letting go of the list never recurses.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Item {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Global(Global),
    Object(u32),
}

/// Something with a content; texts lie in the file.
#[derive(Debug)]
pub(crate) enum Object<'a> {
    Str(&'a str),
    /// An integer of more than 8 bytes, little-endian.
    Long(&'a [u8]),
    List(Vec<Item>),
    Tuple(Vec<Item>),
    Dict(Vec<(Item, Item)>),
    Storage(Box<Storage<'a>>),
    Tensor(Box<Tensor>),
    /// What Python has and a value has not.
    Other(&'static str),
}

/// A piece of memory that the file holds, by name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Storage<'a> {
    /// The name, normally a number.
    pub(crate) key: &'a str,
    /// Of its elements; `None` where only bytes are counted and the tensors say what they are.
    pub(crate) kind: Option<Kind>,
    /// How many elements, or bytes where the kind is not known.
    pub(crate) count: i64,
}

/// A look at a storage, as the pickle says it; nothing is checked yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tensor {
    pub(crate) storage: u32,
    pub(crate) kind: Kind,
    pub(crate) offset: Item,
    /// Tuples of integers, or so it should be.
    pub(crate) shape: Item,
    pub(crate) strides: Item,
}
