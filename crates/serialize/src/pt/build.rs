//! A value of the objects a pickle made.

use ondol_tensor::{Array, Dict, Error, Key, Shape, Value};

use super::pickle::{Item, Object, Tensor};
use super::storages::{Place, Storages};
use crate::limits::{MAX_DEPTH, MAX_DIMS, MAX_TEXT, MAX_VALUES};
use crate::trail::{Fault, Step};

/// Makes the value of `root`.
pub(super) fn build<'a, F: Fn(&str) -> Option<Place>>(
    objects: &[Object<'a>],
    root: Item,
    storages: Storages<'a, F>,
) -> Result<Value, Fault> {
    let mut builder = Builder {
        objects,
        storages,
        values: 0,
        text: 0,
    };
    builder.value(root, 0)
}

struct Builder<'a, 'b, F> {
    objects: &'b [Object<'a>],
    storages: Storages<'a, F>,
    /// So many so far: what is shared in the file is repeated in the value.
    values: usize,
    /// Bytes of text.
    text: usize,
}

impl<'a, F: Fn(&str) -> Option<Place>> Builder<'a, '_, F> {
    fn value(&mut self, item: Item, depth: usize) -> Result<Value, Fault> {
        if depth > MAX_DEPTH {
            return Err(self.bad(format!(
                "values lie more than {MAX_DEPTH} deep in one another"
            )));
        }
        self.spend(1)?;
        let index = match item {
            Item::None => return Ok(Value::None),
            Item::Bool(v) => return Ok(Value::Bool(v)),
            Item::Int(v) => return Ok(Value::Int(v)),
            Item::Float(v) => return Ok(Value::Float(v)),
            Item::Global(global) => {
                return Err(self.bad(format!("is {}, which a value cannot hold", global.what())));
            }
            Item::Object(index) => index,
        };
        let objects = self.objects;
        Ok(match &objects[index as usize] {
            Object::Str(text) => Value::Str(self.text(text)?),
            Object::Long(bytes) => {
                return Err(self.bad(format!(
                    "is an integer of {} bytes; an i64 has 8",
                    bytes.len()
                )));
            }
            Object::Other(what) => {
                return Err(self.bad(format!("is {what}, which a value cannot hold")));
            }
            Object::Storage(_) => {
                return Err(self.bad("is a storage without a tensor".to_owned()));
            }
            Object::Tensor(tensor) => Value::Tensor(self.tensor(tensor)?),
            Object::List(items) => Value::List(self.items(items, depth)?),
            Object::Tuple(items) => Value::Tuple(self.items(items, depth)?),
            Object::Dict(entries) => {
                let mut dict = Dict::new();
                for &(key, item) in entries {
                    self.spend(1)?;
                    let key = self.key(key)?;
                    match self.value(item, depth + 1) {
                        // A key that is there already keeps its place, as in Python.
                        Ok(value) => drop(dict.insert(key, value)),
                        Err(fault) => return Err(fault.within(Step::Key(key))),
                    }
                }
                Value::Dict(dict)
            }
        })
    }

    fn items(&mut self, items: &[Item], depth: usize) -> Result<Vec<Value>, Fault> {
        // More than may be there is not reserved.
        let mut out = Vec::with_capacity(items.len().min(MAX_VALUES - self.values));
        for (index, &item) in items.iter().enumerate() {
            let value = self.value(item, depth + 1);
            out.push(value.map_err(|fault| fault.within(Step::Index(index)))?);
        }
        Ok(out)
    }

    fn key(&mut self, key: Item) -> Result<Key, Fault> {
        let object = match key {
            Item::Int(key) => return Ok(Key::Int(key)),
            Item::Object(index) => Some(&self.objects[index as usize]),
            _ => None,
        };
        match object {
            Some(Object::Str(key)) => self.text(key).map(Key::Str),
            Some(Object::Tuple(_)) => {
                Err(self.bad("has a tuple as a key; texts and integers can be keys".to_owned()))
            }
            _ => {
                let what = match key {
                    Item::None => "None",
                    Item::Bool(_) => "a bool",
                    Item::Float(_) => "a float",
                    Item::Global(global) => global.what(),
                    _ => "an object",
                };
                Err(self.bad(format!(
                    "has {what} as a key; texts and integers can be keys"
                )))
            }
        }
    }

    fn tensor(&mut self, tensor: &Tensor) -> Result<Array, Fault> {
        let Object::Storage(storage) = &self.objects[tensor.storage as usize] else {
            return Err(self.bad("is a tensor without a storage".to_owned()));
        };
        let shape = self.sizes("shape", tensor.shape)?;
        let strides = self.sizes("strides", tensor.strides)?;
        if shape.len() > MAX_DIMS {
            return Err(self.bad(format!(
                "has {} dimensions, where {MAX_DIMS} are the most",
                shape.len()
            )));
        }
        if shape.len() != strides.len() {
            return Err(self.bad(format!(
                "has shape {shape:?} and strides {strides:?}, which differ in length"
            )));
        }
        // Long shapes take more memory than other values do.
        self.spend(if shape.len() > 6 { shape.len() / 6 } else { 0 })?;
        let Item::Int(offset) = tensor.offset else {
            return Err(self.bad("has an offset that is no integer".to_owned()));
        };
        let product = shape
            .iter()
            .try_fold(16isize, |n, &size| n.checked_mul(size.max(1)));
        if product.is_none() {
            return Err(self.bad(format!("has shape {shape:?}, too many elements for memory")));
        }
        let memory = self.storages.get(storage, tensor.kind)?;
        let shape: Shape = shape.iter().map(|&size| size as usize).collect();
        let array = usize::try_from(offset)
            .ok()
            .and_then(|offset| memory.as_strided(shape.clone(), &strides, offset).ok());
        array.ok_or_else(|| {
            self.bad(format!(
                "has shape {shape}, strides {strides:?} and offset {offset}, which leaves its storage of {} elements",
                memory.numel()
            ))
        })
    }

    /// A tuple of sizes: integers that are not negative.
    fn sizes(&self, what: &str, item: Item) -> Result<Vec<isize>, Fault> {
        let wrong = || self.bad(format!("has {what} that are no tuple of sizes"));
        let items = match item {
            Item::Object(index) => match &self.objects[index as usize] {
                Object::Tuple(items) | Object::List(items) => items,
                _ => return Err(wrong()),
            },
            _ => return Err(wrong()),
        };
        let size = |item: &Item| match *item {
            Item::Int(n) if n >= 0 => isize::try_from(n).map_err(|_| wrong()),
            _ => Err(wrong()),
        };
        // No longer than is looked at, whatever stands there.
        items.iter().take(MAX_DIMS + 1).map(size).collect()
    }

    fn text(&mut self, text: &str) -> Result<String, Fault> {
        self.text += text.len();
        if self.text > MAX_TEXT {
            return Err(self.bad(format!(
                "more than {MAX_TEXT} bytes of text; keep long texts in files of their own"
            )));
        }
        Ok(text.to_owned())
    }

    fn spend(&mut self, values: usize) -> Result<(), Fault> {
        self.values += values;
        if self.values > MAX_VALUES {
            return Err(self.bad(format!(
                "more than {MAX_VALUES} values; keep long lists of numbers as tensors"
            )));
        }
        Ok(())
    }

    fn bad(&self, message: impl Into<String>) -> Fault {
        Fault::from(self.storages.bad(message) as Error)
    }
}
