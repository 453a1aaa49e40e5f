//! What the few functions do that a pickle may call.

use super::globals::Global;
use super::machine::Machine;
use super::object::{Item, Object, Tensor};
use crate::Checked;
use crate::elements::Kind;

impl Machine<'_> {
    /// REDUCE and NEWOBJ.
    pub(super) fn call(&mut self, function: Item, arguments: Item) -> Checked<()> {
        let Item::Global(function) = function else {
            return Err("it calls what is no function".to_owned());
        };
        let Some(Object::Tuple(arguments)) = self.object(arguments) else {
            return Err("it calls a function without a tuple of arguments".to_owned());
        };
        let wrong = || format!("{function:?} with {} arguments", arguments.len());
        match (function, arguments.as_slice()) {
            (Global::OrderedDict, []) => self.put(Object::Dict(Vec::new())),
            (Global::OrderedDict, &[pairs]) => {
                let pairs = self.pairs(pairs)?;
                self.put(Object::Dict(pairs))
            }
            (Global::Size, []) => self.put(Object::Tuple(Vec::new())),
            (Global::Size, &[sizes]) => match self.object(sizes) {
                // A torch.Size is a tuple already.
                Some(Object::Tuple(_)) => self.push(sizes),
                _ => Err(wrong()),
            },
            (Global::RebuildTensor, &[storage, offset, shape, strides])
            | (Global::RebuildTensorV2, &[storage, offset, shape, strides, _, _]) => {
                self.tensor(storage, offset, shape, strides, None)
            }
            (Global::RebuildTensorV2, &[storage, offset, shape, strides, _, _, metadata]) => {
                self.no_metadata(metadata)?;
                self.tensor(storage, offset, shape, strides, None)
            }
            (
                Global::RebuildTensorV3,
                &[storage, offset, shape, strides, _, _, dtype, ref rest @ ..],
            ) if rest.len() < 2 => {
                let Item::Global(Global::DType(kind)) = dtype else {
                    return Err(wrong());
                };
                self.no_metadata(rest.first().copied().unwrap_or(Item::None))?;
                self.tensor(storage, offset, shape, strides, Some(kind))
            }
            (Global::RebuildParameter, &[tensor, _, _] | &[tensor, _, _, _]) => {
                match self.object(tensor) {
                    Some(Object::Tensor(_) | Object::Other(_)) => self.push(tensor),
                    _ => Err("a Parameter of what is no tensor".to_owned()),
                }
            }
            // Attributes of a tensor are let go of.
            (
                Global::RebuildFromType,
                &[
                    Item::Global(
                        function @ (Global::RebuildTensorV2
                        | Global::RebuildTensorV3
                        | Global::RebuildParameter),
                    ),
                    Item::Global(Global::TensorClass),
                    arguments,
                    _,
                ],
            ) => self.call(Item::Global(function), arguments),
            (Global::Other(what), _) => self.put(Object::Other(what)),
            _ => Err(wrong()),
        }
    }

    /// Marks such as that of a lazily negated tensor: its numbers are not those of its storage.
    fn no_metadata(&self, metadata: Item) -> Checked<()> {
        match (metadata, self.object(metadata)) {
            (Item::None, _) => Ok(()),
            (_, Some(Object::Dict(marks)))
                if marks.iter().all(|(_, set)| matches!(set, Item::Bool(false))) =>
            {
                Ok(())
            }
            _ => Err("a tensor with a mark (`conj`, `neg`); call resolve_conj().resolve_neg() before saving".to_owned()),
        }
    }

    fn tensor(
        &mut self,
        storage: Item,
        offset: Item,
        shape: Item,
        strides: Item,
        dtype: Option<Kind>,
    ) -> Checked<()> {
        let (Item::Object(index), Some(Object::Storage(memory))) = (storage, self.object(storage))
        else {
            return Err("a tensor without a storage".to_owned());
        };
        let kind = match (memory.kind, dtype) {
            (Some(kind), None) | (None, Some(kind)) => kind,
            (None, None) => Kind::Own(ondol_tensor::DType::U8),
            (Some(kind), Some(dtype)) if kind == dtype => kind,
            (Some(kind), Some(dtype)) => {
                return Err(format!(
                    "a tensor looks at memory of {} as {}",
                    kind.name(),
                    dtype.name()
                ));
            }
        };
        let tensor = Tensor {
            storage: index,
            kind,
            offset,
            shape,
            strides,
        };
        self.put(Object::Tensor(Box::new(tensor)))
    }

    /// The entries of a list of pairs.
    fn pairs(&mut self, pairs: Item) -> Checked<Vec<(Item, Item)>> {
        let wrong = || "an OrderedDict of what are no pairs".to_owned();
        // They are copied, and a pickle may ask for that again and again.
        match self.object(pairs) {
            Some(Object::List(items) | Object::Tuple(items)) => self.spend(items.len())?,
            _ => return Err(wrong()),
        }
        let Some(Object::List(pairs) | Object::Tuple(pairs)) = self.object(pairs) else {
            return Err(wrong());
        };
        let pair = |&pair: &Item| match self.object(pair) {
            Some(Object::List(pair) | Object::Tuple(pair)) if pair.len() == 2 => {
                Ok((pair[0], pair[1]))
            }
            _ => Err(wrong()),
        };
        pairs.iter().map(pair).collect()
    }
}
