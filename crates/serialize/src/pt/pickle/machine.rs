//! The machine's instructions.

use super::globals::{self, Global};
use super::object::{Item, Object, Storage};
use crate::Checked;

/// Bounds what a short pickle can ask for: things put on the stack, things with a content, and
/// things remembered.
const MAX_PUSHES: usize = 3 << 19;
const MAX_OBJECTS: usize = 1 << 20;
const MAX_MEMO: usize = 1 << 20;
const MAX_MARKS: usize = 1 << 10;

/// What a pickle made.
#[derive(Debug)]
pub(crate) struct Unpickled<'a> {
    pub(crate) objects: Vec<Object<'a>>,
    pub(crate) root: Item,
    /// How many bytes it took.
    pub(crate) used: usize,
}

/// Runs the pickle that `bytes` begin with.
pub(crate) fn unpickle(bytes: &[u8]) -> Checked<Unpickled<'_>> {
    let mut machine = Machine {
        bytes,
        at: 0,
        stack: Vec::new(),
        marks: Vec::new(),
        memo: Vec::new(),
        objects: Vec::new(),
        pushes: 0,
    };
    loop {
        let at = machine.at;
        match machine.step() {
            Ok(None) => {}
            Ok(Some(root)) => {
                return Ok(Unpickled {
                    objects: machine.objects,
                    root,
                    used: machine.at,
                });
            }
            Err(message) => return Err(format!("the pickle is refused at byte {at}: {message}")),
        }
    }
}

pub(super) struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    stack: Vec<Item>,
    marks: Vec<usize>,
    /// By number; writers count from 0.
    memo: Vec<Option<Item>>,
    pub(super) objects: Vec<Object<'a>>,
    pushes: usize,
}

impl<'a> Machine<'a> {
    /// One instruction; the last gives the result.
    fn step(&mut self) -> Checked<Option<Item>> {
        let code = self.take(1)?[0];
        match code {
            // PROTO
            0x80 => match self.take(1)?[0] {
                2 => {}
                other => {
                    return Err(format!(
                        "protocol {other}; PyTorch's files have 2, its default"
                    ));
                }
            },
            // STOP
            b'.' => return self.pop().map(Some),
            b'N' => self.push(Item::None)?,
            0x88 => self.push(Item::Bool(true))?,
            0x89 => self.push(Item::Bool(false))?,
            // BININT, BININT1, BININT2, LONG1, BINFLOAT
            b'J' => {
                let value = i32::from_le_bytes(self.array()?);
                self.push(Item::Int(value.into()))?;
            }
            b'K' => {
                let value = self.take(1)?[0];
                self.push(Item::Int(value.into()))?;
            }
            b'M' => {
                let value = u16::from_le_bytes(self.array()?);
                self.push(Item::Int(value.into()))?;
            }
            0x8a => self.long()?,
            b'G' => {
                let value = f64::from_be_bytes(self.array()?);
                self.push(Item::Float(value))?;
            }
            // BINUNICODE, SHORT_BINSTRING
            b'X' => {
                let length = u32::from_le_bytes(self.array()?);
                self.text(length as usize)?;
            }
            b'U' => {
                let length = self.take(1)?[0];
                self.text(length.into())?;
            }
            // Containers.
            b')' => self.put(Object::Tuple(Vec::new()))?,
            b']' => self.put(Object::List(Vec::new()))?,
            b'}' => self.put(Object::Dict(Vec::new()))?,
            // EMPTY_SET
            0x8f => self.put(Object::Other("a set"))?,
            b'(' => {
                if self.marks.len() == MAX_MARKS {
                    return Err(format!("more than {MAX_MARKS} open marks"));
                }
                self.marks.push(self.stack.len());
            }
            b't' => {
                let items = self.pop_mark()?;
                self.put(Object::Tuple(items))?;
            }
            0x85..=0x87 => {
                let n = usize::from(code - 0x84);
                let start = self.above_mark(n)?;
                let items = self.stack.split_off(start);
                self.put(Object::Tuple(items))?;
            }
            // APPEND, APPENDS, SETITEM, SETITEMS
            b'a' => {
                let item = self.pop()?;
                self.append(vec![item])?;
            }
            b'e' => {
                let items = self.pop_mark()?;
                self.append(items)?;
            }
            b's' => {
                let start = self.above_mark(2)?;
                let items = self.stack.split_off(start);
                self.set(&items)?;
            }
            b'u' => {
                let items = self.pop_mark()?;
                self.set(&items)?;
            }
            // BINGET, LONG_BINGET, BINPUT, LONG_BINPUT
            b'h' => {
                let index = self.take(1)?[0];
                self.get(index.into())?;
            }
            b'j' => {
                let index = u32::from_le_bytes(self.array()?);
                self.get(index)?;
            }
            b'q' => {
                let index = self.take(1)?[0];
                self.remember(index.into())?;
            }
            b'r' => {
                let index = u32::from_le_bytes(self.array()?);
                self.remember(index)?;
            }
            // GLOBAL, NEWOBJ, REDUCE, BUILD, BINPERSID
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.push(Item::Global(globals::find(module, name)?))?;
            }
            0x81 | b'R' => {
                let (arguments, function) = (self.pop()?, self.pop()?);
                self.call(function, arguments)?;
            }
            b'b' => {
                let state = self.pop()?;
                self.build(state)?;
            }
            b'Q' => {
                let id = self.pop()?;
                self.storage(id)?;
            }
            other => return Err(unknown(other)),
        }
        Ok(None)
    }

    fn take(&mut self, n: usize) -> Checked<&'a [u8]> {
        let rest = &self.bytes[self.at..];
        let taken = rest.get(..n).ok_or("it ends in the middle")?;
        self.at += n;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Checked<[u8; N]> {
        let bytes = self.take(N)?;
        Ok(std::array::from_fn(|i| bytes[i]))
    }

    /// Text up to a line's end.
    fn line(&mut self) -> Checked<&'a str> {
        let rest = &self.bytes[self.at..];
        let end = rest.iter().take(1000).position(|&b| b == b'\n');
        let line = self.take(end.ok_or("a name does not end")? + 1)?;
        std::str::from_utf8(&line[..line.len() - 1]).map_err(|_| "a name is not text".to_owned())
    }

    fn text(&mut self, length: usize) -> Checked<()> {
        let bytes = self.take(length)?;
        let text = std::str::from_utf8(bytes).map_err(|_| "a text is not UTF-8")?;
        self.put(Object::Str(text))
    }

    fn long(&mut self) -> Checked<()> {
        let length = self.take(1)?[0];
        let bytes = self.take(length.into())?;
        if bytes.len() > 8 {
            return self.put(Object::Long(bytes));
        }
        let negative = bytes.last().is_some_and(|b| b & 0x80 != 0);
        let mut all = [if negative { 0xff } else { 0 }; 8];
        all[..bytes.len()].copy_from_slice(bytes);
        self.push(Item::Int(i64::from_le_bytes(all)))
    }

    pub(super) fn push(&mut self, item: Item) -> Checked<()> {
        self.spend(1)?;
        self.stack.push(item);
        Ok(())
    }

    /// Counts things that take memory.
    pub(super) fn spend(&mut self, things: usize) -> Checked<()> {
        self.pushes = self.pushes.saturating_add(things);
        if self.pushes > MAX_PUSHES {
            return Err(format!(
                "it makes more than {MAX_PUSHES} things; keep long lists of numbers as tensors"
            ));
        }
        Ok(())
    }

    pub(super) fn put(&mut self, object: Object<'a>) -> Checked<()> {
        if self.objects.len() == MAX_OBJECTS {
            return Err(format!("it makes more than {MAX_OBJECTS} objects"));
        }
        let index = self.objects.len() as u32;
        self.objects.push(object);
        self.push(Item::Object(index))
    }

    /// Where the last `n` items start; they must lie above the last mark.
    fn above_mark(&self, n: usize) -> Checked<usize> {
        let bottom = self.marks.last().copied().unwrap_or(0);
        let start = self.stack.len().checked_sub(n).filter(|&s| s >= bottom);
        start.ok_or_else(|| "it takes more from the stack than there is".to_owned())
    }

    fn pop(&mut self) -> Checked<Item> {
        let at = self.above_mark(1)?;
        Ok(self.stack.remove(at))
    }

    fn pop_mark(&mut self) -> Checked<Vec<Item>> {
        let mark = self.marks.pop().ok_or("there is no mark")?;
        Ok(self.stack.split_off(mark))
    }

    /// The object on top of the stack, which stays there.
    fn top(&mut self) -> Checked<&mut Object<'a>> {
        match self.stack[self.above_mark(1)?] {
            Item::Object(index) => Ok(&mut self.objects[index as usize]),
            other => Err(format!("{other:?} is no container")),
        }
    }

    fn append(&mut self, items: Vec<Item>) -> Checked<()> {
        match self.top()? {
            Object::List(list) => list.extend(items),
            Object::Other("a set") => {}
            _ => return Err("only a list can be appended to".to_owned()),
        }
        Ok(())
    }

    fn set(&mut self, items: &[Item]) -> Checked<()> {
        if items.len() % 2 == 1 {
            return Err("a key has no value".to_owned());
        }
        match self.top()? {
            Object::Dict(dict) => dict.extend(items.chunks_exact(2).map(|pair| (pair[0], pair[1]))),
            _ => return Err("only a dictionary has keys to set".to_owned()),
        }
        Ok(())
    }

    fn get(&mut self, index: u32) -> Checked<()> {
        let item = self.memo.get(index as usize).copied().flatten();
        self.push(item.ok_or_else(|| format!("nothing is remembered as {index}"))?)
    }

    fn remember(&mut self, index: u32) -> Checked<()> {
        let item = self.stack[self.above_mark(1)?];
        let index = index as usize;
        if index >= MAX_MEMO {
            return Err(format!(
                "it remembers something as {index}; {MAX_MEMO} things are the most"
            ));
        }
        if index >= self.memo.len() {
            self.memo.resize(index + 1, None);
        }
        self.memo[index] = Some(item);
        Ok(())
    }

    /// The attributes of an object: a state dict's version numbers, which nothing here needs.
    fn build(&mut self, state: Item) -> Checked<()> {
        let attributes = matches!(self.object(state), Some(Object::Dict(_)));
        match self.top()? {
            Object::Dict(_) | Object::Tensor(_) if attributes => Ok(()),
            _ => Err("only an OrderedDict may have attributes".to_owned()),
        }
    }

    /// `('storage', torch.FloatStorage, '0', 'cpu', 12)`
    fn storage(&mut self, id: Item) -> Checked<()> {
        let wrong = || "a persistent id is not that of a storage".to_owned();
        let Some(Object::Tuple(parts)) = self.object(id) else {
            return Err(wrong());
        };
        let (&[tag, class, key, _location, count], view) = match parts.as_slice() {
            [parts @ .., view] if parts.len() == 5 => {
                (parts.try_into().map_err(|_| wrong())?, *view)
            }
            parts => (parts.try_into().map_err(|_| wrong())?, Item::None),
        };
        if !matches!(self.object(tag), Some(Object::Str("storage"))) {
            return Err(wrong());
        }
        if !matches!(view, Item::None) {
            return Err(
                "a storage that is part of another, which no PyTorch of today writes".to_owned(),
            );
        }
        let kind = match class {
            Item::Global(Global::Storage(kind)) => Some(kind),
            Item::Global(Global::UntypedStorage) => None,
            _ => return Err("a storage without a storage class".to_owned()),
        };
        let (Some(&Object::Str(key)), Item::Int(count)) = (self.object(key), count) else {
            return Err(wrong());
        };
        self.put(Object::Storage(Box::new(Storage { key, kind, count })))
    }

    pub(super) fn object(&self, item: Item) -> Option<&Object<'a>> {
        match item {
            Item::Object(index) => self.objects.get(index as usize),
            _ => None,
        }
    }
}

/// Names an instruction that is refused.
fn unknown(code: u8) -> String {
    let name = match code {
        b'i' => "INST",
        b'o' => "OBJ",
        b'P' => "PERSID",
        b'0' => "POP",
        b'1' => "POP_MARK",
        b'2' => "DUP",
        b'I' => "INT",
        b'L' => "LONG",
        b'F' => "FLOAT",
        b'S' => "STRING",
        b'T' => "BINSTRING",
        b'V' => "UNICODE",
        b'd' => "DICT",
        b'l' => "LIST",
        b'g' => "GET",
        b'p' => "PUT",
        0x82..=0x84 => "EXT",
        0x8b => "LONG4",
        b'B' | b'C' | 0x8c..=0x8e | 0x90..=0x98 => "one of a later protocol",
        _ => return format!("there is no instruction {code:#04x}"),
    };
    format!("the instruction {code:#04x} ({name}) is no part of a state dict")
}
