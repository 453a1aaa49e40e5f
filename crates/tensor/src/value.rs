//! The tree of state that is saved and loaded.

use std::fmt;

use crate::{Array, Error, Result};

/// What a file of state holds: numbers, text and arrays in lists and dictionaries.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// Python's `None`.
    #[default]
    None,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// Text.
    Str(String),
    /// An array.
    Tensor(Array),
    /// A list.
    List(Vec<Value>),
    /// A tuple.
    Tuple(Vec<Value>),
    /// A dictionary, in order.
    Dict(Dict),
}

/// A key of a [`Dict`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// Text, as in a state dict.
    Str(String),
    /// A number, as in an optimizer's `state`.
    Int(i64),
}

/// A dictionary that keeps the order of insertion, as Python's does.
#[derive(Clone, Debug, Default)]
pub struct Dict {
    entries: Vec<(Key, Value)>,
    // Only a hint for lookups; `entries` is the truth.
    positions: std::collections::HashMap<Key, usize>,
}

impl Dict {
    /// An empty one.
    pub fn new() -> Self {
        Dict::default()
    }

    /// Sets `key`, keeping its place if it is there; returns the former value.
    pub fn insert(&mut self, key: impl Into<Key>, value: impl Into<Value>) -> Option<Value> {
        let key = key.into();
        if let Some(&i) = self.positions.get(&key) {
            return Some(std::mem::replace(&mut self.entries[i].1, value.into()));
        }
        self.positions.insert(key.clone(), self.entries.len());
        self.entries.push((key, value.into()));
        None
    }

    /// The value of `key`.
    pub fn get(&self, key: impl Into<Key>) -> Option<&Value> {
        self.positions.get(&key.into()).map(|&i| &self.entries[i].1)
    }

    /// The entries, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Key, &Value)> {
        self.entries.iter().map(|(k, v)| (k, v))
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl<K: Into<Key>, V: Into<Value>> FromIterator<(K, V)> for Dict {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(iter: I) -> Self {
        let mut dict = Dict::new();
        for (k, v) in iter {
            dict.insert(k, v);
        }
        dict
    }
}

impl IntoIterator for Dict {
    type Item = (Key, Value);
    type IntoIter = std::vec::IntoIter<(Key, Value)>;
    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Str(s) => write!(f, "{s:?}"),
            Key::Int(i) => write!(f, "{i}"),
        }
    }
}

impl From<&str> for Key {
    fn from(s: &str) -> Self {
        Key::Str(s.to_owned())
    }
}
impl From<String> for Key {
    fn from(s: String) -> Self {
        Key::Str(s)
    }
}
impl From<i64> for Key {
    fn from(i: i64) -> Self {
        Key::Int(i)
    }
}
impl From<&Key> for Key {
    fn from(k: &Key) -> Self {
        k.clone()
    }
}

macro_rules! value_from {
    ($($t:ty => |$v:ident| $e:expr),* $(,)?) => {$(
        impl From<$t> for Value {
            fn from($v: $t) -> Self { $e }
        }
    )*};
}
value_from!(
    bool => |v| Value::Bool(v), i64 => |v| Value::Int(v), i32 => |v| Value::Int(v.into()),
    usize => |v| Value::Int(v as i64), f64 => |v| Value::Float(v), f32 => |v| Value::Float(v.into()),
    &str => |v| Value::Str(v.to_owned()), String => |v| Value::Str(v), Array => |v| Value::Tensor(v),
    Vec<Value> => |v| Value::List(v), Dict => |v| Value::Dict(v),
);

impl Value {
    /// What it is, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::None => "none",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Float(_) => "float",
            Value::Str(_) => "string",
            Value::Tensor(_) => "tensor",
            Value::List(_) => "list",
            Value::Tuple(_) => "tuple",
            Value::Dict(_) => "dict",
        }
    }

    fn wrong(&self, wanted: &'static str) -> Error {
        Error::value(
            "Value",
            format!("expected a {wanted}, found a {}", self.kind()),
        )
    }

    /// The dictionary in it, or an error that says what is there.
    pub fn as_dict(&self) -> Result<&Dict> {
        match self {
            Value::Dict(v) => Ok(v),
            other => Err(other.wrong("dict")),
        }
    }

    /// The array in it.
    pub fn as_tensor(&self) -> Result<&Array> {
        match self {
            Value::Tensor(v) => Ok(v),
            other => Err(other.wrong("tensor")),
        }
    }

    /// The integer in it.
    pub fn as_int(&self) -> Result<i64> {
        match self {
            Value::Int(v) => Ok(*v),
            other => Err(other.wrong("int")),
        }
    }

    /// The number in it; an integer is converted.
    pub fn as_float(&self) -> Result<f64> {
        match self {
            Value::Float(v) => Ok(*v),
            Value::Int(v) => Ok(*v as f64),
            other => Err(other.wrong("float")),
        }
    }

    /// The truth value in it.
    pub fn as_bool(&self) -> Result<bool> {
        match self {
            Value::Bool(v) => Ok(*v),
            other => Err(other.wrong("bool")),
        }
    }

    /// The text in it.
    pub fn as_str(&self) -> Result<&str> {
        match self {
            Value::Str(v) => Ok(v),
            other => Err(other.wrong("string")),
        }
    }

    /// The elements of a list or tuple.
    pub fn as_list(&self) -> Result<&[Value]> {
        match self {
            Value::List(v) | Value::Tuple(v) => Ok(v),
            other => Err(other.wrong("list")),
        }
    }

    /// The entry `key` of a dictionary, or an error that names the key.
    pub fn get(&self, key: impl Into<Key>) -> Result<&Value> {
        let key = key.into();
        let dict = self.as_dict()?;
        dict.get(&key).ok_or_else(|| {
            let keys: Vec<_> = dict.iter().take(8).map(|(k, _)| k.to_string()).collect();
            Error::value(
                "Value::get",
                format!("no key {key}; there are {}", keys.join(", ")),
            )
        })
    }
}

/// What can be written to a file of state.
pub trait ToValue {
    /// Its state, as a snapshot.
    fn to_value(&self) -> Value;
}

impl ToValue for Value {
    fn to_value(&self) -> Value {
        self.clone()
    }
}
impl ToValue for Array {
    fn to_value(&self) -> Value {
        Value::Tensor(self.clone())
    }
}
impl ToValue for Dict {
    fn to_value(&self) -> Value {
        Value::Dict(self.clone())
    }
}
