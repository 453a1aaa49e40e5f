//! The batches that torchvision downloads: a dictionary, pickled by Python 2.
//!
//! The few opcodes these files are made of are understood, every length is bounded by the file's, and
//! anything else is refused by its name. Nothing is looked up or called: `numpy`'s array is a shape and
//! bytes.

use std::ops::Range;
use std::path::Path;

use ondol_tensor::{Error, Result};

/// What of a batch is used.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Batch {
    /// One for each picture.
    pub(super) labels: Vec<i64>,
    /// Three planes for each picture.
    pub(super) data: Vec<u8>,
}

#[derive(Clone, Debug)]
enum Item {
    Mark,
    Nothing,
    Int(i64),
    Bool(bool),
    /// Text or bytes: a place in the file.
    Bytes(Range<usize>),
    Global(String),
    Tuple(Vec<Item>),
    List(Vec<Item>),
    Dict(Vec<(Item, Item)>),
    /// `numpy.dtype('u1')`, the only one there is.
    U1,
    /// An array before it got its content.
    Empty,
    /// A matrix of bytes: a place in the file.
    Array {
        rows: usize,
        columns: usize,
        by_columns: bool,
        bytes: Range<usize>,
    },
}

/// Reads a batch: its array and the list of that name.
pub(super) fn read(path: &Path, bytes: &[u8], labels: &str) -> Result<Batch> {
    let mut machine = Machine {
        bytes,
        at: 0,
        stack: Vec::new(),
        memo: Vec::new(),
    };
    let refused = |why: String, at: usize| {
        Error::file(
            path,
            format!("not one of CIFAR's pickled batches: {why}, at byte {at}"),
        )
    };
    let result = machine.run();
    let at = machine.at;
    let items = result.map_err(|why| refused(why, at))?;
    let end = |why: &str| refused(why.to_owned(), bytes.len());
    let get = |key: &str| {
        let is_it =
            |item: &Item| matches!(item, Item::Bytes(r) if &bytes[r.clone()] == key.as_bytes());
        items.iter().find(|(k, _)| is_it(k)).map(|(_, v)| v)
    };
    let Some(Item::List(list)) = get(labels) else {
        return Err(end(&format!("it has no list {labels:?}")));
    };
    let int = |item: &Item| match item {
        Item::Int(value) => Some(*value),
        _ => None,
    };
    let labels = list.iter().map(int).collect::<Option<Vec<i64>>>();
    let labels = labels.ok_or_else(|| end("a label is no integer"))?;
    let Some(Item::Array {
        rows,
        columns,
        by_columns,
        bytes: place,
    }) = get("data")
    else {
        return Err(end("it has no array \"data\""));
    };
    let data = &bytes[place.clone()];
    let data = if *by_columns {
        let at = |i: usize| data[i % columns * rows + i / columns];
        (0..data.len()).map(at).collect()
    } else {
        data.to_vec()
    };
    Ok(Batch { labels, data })
}

struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    stack: Vec<Item>,
    memo: Vec<Option<Item>>,
}

type Step<T> = std::result::Result<T, String>;

impl Machine<'_> {
    /// Until the end; the dictionary.
    fn run(&mut self) -> Step<Vec<(Item, Item)>> {
        loop {
            let code = self.take(1)?;
            match self.bytes[code.start] {
                0x80 => {
                    let version = self.number(1)?;
                    if version != 2 {
                        return Err(format!("protocol {version}, expected 2"));
                    }
                }
                b'(' => self.stack.push(Item::Mark),
                b'N' => self.stack.push(Item::Nothing),
                0x88 => self.stack.push(Item::Bool(true)),
                0x89 => self.stack.push(Item::Bool(false)),
                b'}' => self.stack.push(Item::Dict(Vec::new())),
                b']' => self.stack.push(Item::List(Vec::new())),
                b')' => self.stack.push(Item::Tuple(Vec::new())),
                b'K' => self.int(1)?,
                b'M' => self.int(2)?,
                b'J' => {
                    let value = self.number(4)? as u32 as i32;
                    self.stack.push(Item::Int(i64::from(value)));
                }
                b'U' => self.string(1)?,
                b'T' | b'X' => self.string(4)?,
                b'c' => {
                    let global = [self.line()?, self.line()?].join(".");
                    self.stack.push(Item::Global(global));
                }
                b'q' => self.put(1)?,
                b'r' => self.put(4)?,
                b'h' => self.get(1)?,
                b'j' => self.get(4)?,
                b't' => {
                    let items = self.until_mark()?;
                    self.stack.push(Item::Tuple(items));
                }
                code @ 0x85..=0x87 => {
                    let count = usize::from(code - 0x84);
                    let from = self.stack.len().checked_sub(count).ok_or("too few items")?;
                    let items = self.stack.split_off(from);
                    self.stack.push(Item::Tuple(items));
                }
                b'a' => {
                    let item = self.pop()?;
                    self.list()?.push(item);
                }
                b'e' => {
                    let items = self.until_mark()?;
                    self.list()?.extend(items);
                }
                b's' => {
                    let (value, key) = (self.pop()?, self.pop()?);
                    self.dict()?.push((key, value));
                }
                b'u' => {
                    let mut items = self.until_mark()?.into_iter();
                    let dict = self.dict()?;
                    while let (Some(key), Some(value)) = (items.next(), items.next()) {
                        dict.push((key, value));
                    }
                }
                b'R' => self.call()?,
                b'b' => self.build()?,
                b'.' => {
                    return match self.pop()? {
                        Item::Dict(items) => Ok(items),
                        _ => Err("what it holds is no dictionary".into()),
                    };
                }
                code => return Err(format!("opcode 0x{code:02x} ({:?})", code as char)),
            }
        }
    }

    fn take(&mut self, count: usize) -> Step<Range<usize>> {
        let end = self.at.checked_add(count);
        match end.filter(|&end| end <= self.bytes.len()) {
            Some(end) => {
                let range = self.at..end;
                self.at = end;
                Ok(range)
            }
            None => Err(format!(
                "truncated: {count} more bytes expected of {}",
                self.bytes.len()
            )),
        }
    }

    fn number(&mut self, bytes: usize) -> Step<usize> {
        let range = self.take(bytes)?;
        let bytes = self.bytes[range].iter().rev();
        Ok(bytes.fold(0, |n, &b| n << 8 | usize::from(b)))
    }

    fn int(&mut self, bytes: usize) -> Step<()> {
        let value = self.number(bytes)? as i64;
        self.stack.push(Item::Int(value));
        Ok(())
    }

    fn string(&mut self, bytes: usize) -> Step<()> {
        let length = self.number(bytes)?;
        let range = self.take(length)?;
        self.stack.push(Item::Bytes(range));
        Ok(())
    }

    fn line(&mut self) -> Step<String> {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().take(200).position(|&b| b == b'\n');
        let range = self.take(length.ok_or("a name without an end")?)?;
        self.at += 1;
        Ok(String::from_utf8_lossy(&self.bytes[range]).into_owned())
    }

    fn pop(&mut self) -> Step<Item> {
        self.stack.pop().ok_or_else(|| "too few items".into())
    }

    fn until_mark(&mut self) -> Step<Vec<Item>> {
        let mark = self.stack.iter().rposition(|i| matches!(i, Item::Mark));
        let items = self.stack.split_off(mark.ok_or("no mark")? + 1);
        self.stack.pop();
        Ok(items)
    }

    fn list(&mut self) -> Step<&mut Vec<Item>> {
        match self.stack.last_mut() {
            Some(Item::List(list)) => Ok(list),
            _ => Err("no list to add to".into()),
        }
    }

    fn dict(&mut self) -> Step<&mut Vec<(Item, Item)>> {
        match self.stack.last_mut() {
            Some(Item::Dict(dict)) => Ok(dict),
            _ => Err("no dictionary to add to".into()),
        }
    }

    /// Keeps the topmost item under a number. What may still grow is kept as nothing that can be got.
    fn put(&mut self, bytes: usize) -> Step<()> {
        let place = self.number(bytes)?;
        if place >= self.bytes.len() {
            return Err(format!("memo {place} in so short a file"));
        }
        let kept = match self.stack.last() {
            Some(item @ (Item::Bytes(_) | Item::Global(_) | Item::Int(_) | Item::U1)) => {
                Some(item.clone())
            }
            Some(_) => None,
            None => return Err("too few items".into()),
        };
        if place >= self.memo.len() {
            self.memo.resize(place + 1, None);
        }
        self.memo[place] = kept;
        Ok(())
    }

    fn get(&mut self, bytes: usize) -> Step<()> {
        let place = self.number(bytes)?;
        let item = self.memo.get(place).cloned().flatten();
        self.stack
            .push(item.ok_or_else(|| format!("memo {place} is not of its kind"))?);
        Ok(())
    }

    /// `numpy`'s two functions, known by name.
    fn call(&mut self) -> Step<()> {
        let (arguments, function) = (self.pop()?, self.pop()?);
        let (Item::Tuple(arguments), Item::Global(function)) = (arguments, function) else {
            return Err("a call of what is no function".into());
        };
        let made = match (function.as_str(), arguments.first()) {
            ("numpy.core.multiarray._reconstruct" | "numpy._core.multiarray._reconstruct", _) => {
                Item::Empty
            }
            ("numpy.dtype", Some(Item::Bytes(r))) if &self.bytes[r.clone()] == b"u1" => Item::U1,
            ("numpy.dtype", _) => return Err("an array of other numbers than bytes".into()),
            (other, _) => return Err(format!("it calls {other}, which is never done")),
        };
        self.stack.push(made);
        Ok(())
    }

    fn build(&mut self) -> Step<()> {
        let state = self.pop()?;
        let built = match (self.pop()?, state) {
            (Item::U1, Item::Tuple(_)) => Item::U1,
            (Item::Empty, Item::Tuple(state)) => self.array(&state)?,
            _ => return Err("the state of an unknown object".into()),
        };
        self.stack.push(built);
        Ok(())
    }

    /// (version, shape, dtype, by columns?, bytes)
    fn array(&self, state: &[Item]) -> Step<Item> {
        let [
            _,
            Item::Tuple(shape),
            Item::U1,
            Item::Bool(by_columns),
            Item::Bytes(bytes),
        ] = state
        else {
            return Err("an array of an unknown form".into());
        };
        let [Item::Int(rows), Item::Int(columns)] = shape[..] else {
            return Err("an array that is no matrix".into());
        };
        let size = |n: i64| usize::try_from(n).ok();
        match (size(rows), size(columns)) {
            (Some(rows), Some(columns)) if rows.checked_mul(columns) == Some(bytes.len()) => {
                Ok(Item::Array {
                    rows,
                    columns,
                    by_columns: *by_columns,
                    bytes: bytes.clone(),
                })
            }
            _ => Err(format!(
                "{} bytes for a matrix of {rows} × {columns}",
                bytes.len()
            )),
        }
    }
}
