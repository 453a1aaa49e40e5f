//! Which memory is written, and writing it.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;

use ondol_tensor::{Array, Error, Layout, Result, Value};

use super::header::{ALIGN, Header, PREAMBLE, Preamble};
use super::tables::{StorageEntry, Tables, TensorEntry, canonical};
use super::tree::{flatten, name_of};
use crate::atomic;

/// Writes a value.
pub(crate) fn save(value: &Value, path: &Path) -> Result<()> {
    let bad = |message| Error::file(path, message);
    let (tree, arrays) = flatten(value).map_err(bad)?;
    let pieces = pieces(&arrays);
    let mut tables = Tables {
        metadata: BTreeMap::from([("ondol".to_owned(), env!("CARGO_PKG_VERSION").to_owned())]),
        ..Tables::default()
    };
    let mut tensors: Vec<Option<TensorEntry>> = vec![None; arrays.len()];
    let mut end = 0u64;
    for (storage, piece) in pieces.iter().enumerate() {
        // The checksum stands in the header, so the bytes are gone through twice rather than kept.
        let (length, crc32) =
            piece.with_bytes(|bytes| Ok((bytes.len() as u64, crc32fast::hash(bytes))))?;
        let offset = end.next_multiple_of(ALIGN);
        tables.storages.push(StorageEntry {
            offset,
            length,
            crc32,
        });
        end = offset + length;
        for (index, layout) in &piece.users {
            let entry = TensorEntry::new(arrays[*index].dtype(), layout, storage);
            let name = |message| bad(format!("{}: {message}", name_of(&tree, *index)));
            tensors[*index] = Some(entry.map_err(name)?);
        }
    }
    tables.tensors = tensors.into_iter().flatten().collect();
    let header = Header { tables, tree };
    let bytes = header.encode().map_err(bad)?;
    let preamble = Preamble::of(&bytes).map_err(bad)?;
    atomic::write(path, |file| {
        file.write_all(&preamble.encode())?;
        file.write_all(&bytes)?;
        pad(
            file,
            PREAMBLE as u64 + preamble.header_length,
            preamble.data_start,
        )?;
        let mut at = 0;
        for (piece, entry) in pieces.iter().zip(&header.tables.storages) {
            pad(file, at, entry.offset)?;
            piece
                .with_bytes(|bytes| {
                    file.write_all(bytes)
                        .map_err(|e| Error::io(path, "write", e))
                })
                .map_err(io::Error::other)?;
            at = entry.offset + entry.length;
        }
        Ok(())
    })
}

fn pad(file: &mut impl Write, from: u64, to: u64) -> io::Result<()> {
    file.write_all(&[0; ALIGN as usize][..(to - from) as usize])
}

/// What becomes one storage.
struct Piece<'a> {
    /// An array that looks at the memory.
    array: &'a Array,
    /// The elements of its buffer that are written; `None` where the array's own are, packed.
    elements: Option<Range<usize>>,
    /// The arrays (by position) that look at the storage, and how.
    users: Vec<(usize, Layout)>,
}

impl Piece<'_> {
    fn with_bytes<T>(&self, f: impl FnOnce(&[u8]) -> Result<T>) -> Result<T> {
        match &self.elements {
            Some(elements) => f(&self.array.storage_bytes(elements.clone())?),
            None => {
                let packed = self.array.copy()?;
                f(&packed.storage_bytes(0..packed.numel())?)
            }
        }
    }
}

/// Decides what is stored, in the order in which the arrays first need it.
///
/// Arrays that look at one buffer share a storage where their parts of it touch and nothing much
/// else lies in there; so the file never holds more elements than the arrays show.
fn pieces<'a>(arrays: &[&'a Array]) -> Vec<Piece<'a>> {
    let mut buffers = HashMap::<_, Vec<usize>>::new();
    for (index, array) in arrays.iter().enumerate() {
        buffers
            .entry((array.buffer_id(), array.dtype()))
            .or_default()
            .push(index);
    }
    let mut out = Vec::new();
    for users in buffers.into_values() {
        let from = out.len();
        let mut looks = Vec::new();
        let mut empty = Vec::new();
        for index in users {
            let layout = canonical(arrays[index].layout());
            match layout.extent() {
                Some((low, high)) => looks.push(Look {
                    index,
                    layout,
                    low,
                    high,
                }),
                None => empty.push((index, layout)),
            }
        }
        looks.sort_by_key(|look| (look.low, look.index));
        let mut rest = looks.as_slice();
        while !rest.is_empty() {
            let (touching, others) = rest.split_at(touching(rest));
            store(arrays, touching, &mut out);
            rest = others;
        }
        // Empty arrays need nothing, but may share what is there.
        match (out.get_mut(from), empty.first()) {
            (_, None) => {}
            (Some(piece), _) => piece.users.extend(empty),
            (None, Some(&(index, _))) => {
                out.push(Piece {
                    array: arrays[index],
                    elements: Some(0..0),
                    users: empty,
                });
            }
        }
    }
    out.sort_by_key(|piece| piece.users.iter().map(|(index, _)| *index).min());
    out
}

/// An array that is not empty, and the least and greatest element of the buffer that it shows.
struct Look {
    index: usize,
    layout: Layout,
    low: usize,
    high: usize,
}

/// How many of these, sorted by `low`, lie over or next to one another.
fn touching(looks: &[Look]) -> usize {
    let mut end = looks[0].high;
    for (i, look) in looks.iter().enumerate() {
        if look.low > end + 1 {
            return i;
        }
        end = end.max(look.high);
    }
    looks.len()
}

/// Stores arrays of touching parts: together where that takes no more than storing each, else each.
fn store<'a>(arrays: &[&'a Array], looks: &[Look], out: &mut Vec<Piece<'a>>) {
    let mut different: Vec<Vec<&Look>> = Vec::new();
    let mut known = HashMap::new();
    for look in looks {
        let position = *known.entry(&look.layout).or_insert(different.len());
        match different.get_mut(position) {
            Some(same) => same.push(look),
            None => different.push(vec![look]),
        }
    }
    let shown = different
        .iter()
        .fold(0usize, |n, same| n.saturating_add(same[0].layout.numel()));
    let low = looks[0].low;
    let high = looks.iter().fold(low, |high, look| high.max(look.high));
    if high - low < shown {
        out.push(range(arrays, low, high, looks.iter()));
        return;
    }
    for same in different {
        let Look {
            index,
            layout,
            low,
            high,
        } = same[0];
        out.push(if high - low < layout.numel() {
            range(arrays, *low, *high, same.into_iter())
        } else {
            let packed = Layout::contiguous(layout.shape().clone());
            Piece {
                array: arrays[*index],
                elements: None,
                users: same
                    .iter()
                    .map(|look| (look.index, packed.clone()))
                    .collect(),
            }
        });
    }
}

/// A piece of memory as it is, from the element `low` to `high`.
fn range<'a, 'b>(
    arrays: &[&'a Array],
    low: usize,
    high: usize,
    looks: impl Iterator<Item = &'b Look>,
) -> Piece<'a> {
    let moved = |layout: &Layout| {
        Layout::strided(
            layout.shape().clone(),
            layout.strides(),
            layout.offset() - low,
        )
    };
    let users: Vec<_> = looks
        .map(|look| (look.index, moved(&look.layout)))
        .collect();
    Piece {
        array: arrays[users[0].0],
        elements: Some(low..high + 1),
        users,
    }
}
