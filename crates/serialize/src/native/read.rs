//! Reading a file that nothing is known of.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use ondol_tensor::{Array, DType, Error, Layout, Result, Value};

use super::header::{ALIGN, Header, PREAMBLE, Preamble};
use super::tables::Tables;
use super::tree::{build, name_of};
use crate::Checked;
use crate::LoadOptions;
use crate::fill::fill;

/// Reads a value.
pub(crate) fn load(path: &Path, options: LoadOptions) -> Result<Value> {
    let bad = |message| Error::file(path, message);
    let io = |action| move |e: io::Error| Error::io(path, action, e);
    let mut file = File::open(path).map_err(io("open"))?;
    let metadata = file.metadata().map_err(io("open"))?;
    if !metadata.is_file() {
        return Err(bad("is not a file".to_owned()));
    }
    let length = metadata.len();
    let mut first = Vec::with_capacity(PREAMBLE);
    (&mut file)
        .take(PREAMBLE as u64)
        .read_to_end(&mut first)
        .map_err(io("read"))?;
    let preamble = Preamble::decode(&first, length).map_err(bad)?;
    let mut bytes = vec![0; preamble.header_length as usize];
    file.read_exact(&mut bytes).map_err(io("read"))?;
    preamble.verify(&bytes).map_err(bad)?;
    let Header { tables, tree } = Header::decode(&bytes).map_err(bad)?;
    drop(bytes);

    let name = |tensor| name_of(&tree, tensor);
    let plan = Plan::of(&tables, &name).map_err(bad)?;
    plan.check_end(preamble.data_start, length).map_err(bad)?;

    skip_zeros(
        &file,
        PREAMBLE as u64 + preamble.header_length,
        preamble.data_start,
        path,
    )?;
    let mut storages = Vec::with_capacity(tables.storages.len());
    let mut at = preamble.data_start;
    for (entry, users) in tables.storages.iter().zip(&plan.storages) {
        let start = preamble.data_start + entry.offset;
        skip_zeros(&file, at, start, path)?;
        at = start + entry.length;
        let array = Array::read_bytes([users.end], users.dtype, |to| {
            let crc32 = fill(&file, start, to, options.verify).map_err(io("read"))?;
            if options.verify && crc32 != entry.crc32 {
                let message = "the data is damaged: its checksum does not agree";
                return Err(bad(format!("{}: {message}", name(users.first))));
            }
            Ok(())
        });
        storages.push(array.map_err(|e| match e {
            Error::Value { message, .. } => bad(format!("{}: {message}", name(users.first))),
            other => other,
        })?);
    }
    let arrays = tables
        .tensors
        .iter()
        .zip(&plan.layouts)
        .map(|(entry, layout)| {
            let storage = &storages[entry.storage as usize];
            storage.as_strided(layout.shape().clone(), layout.strides(), layout.offset())
        });
    let arrays = arrays.collect::<Result<Vec<_>>>()?;
    build(tree, arrays).map_err(bad)
}

/// Reads bytes that lie between two parts of the file.
fn skip_zeros(file: &File, from: u64, to: u64, path: &Path) -> Result<()> {
    let mut padding = [0; ALIGN as usize];
    let padding = &mut padding[..(to - from) as usize];
    fill(file, from, padding, false).map_err(|e| Error::io(path, "read", e))?;
    if padding.iter().any(|&b| b != 0) {
        return Err(Error::file(
            path,
            "the file is damaged: there is something between its parts",
        ));
    }
    Ok(())
}

/// What the tables say, once it is known to make sense.
struct Plan {
    storages: Vec<Users>,
    layouts: Vec<Layout>,
    /// Where the last storage ends, from the start of the data.
    end: u64,
}

/// What the tensors say of the storage they look at.
#[derive(Clone, Copy)]
struct Users {
    /// The first of them, for messages.
    first: usize,
    dtype: DType,
    /// The elements they show lie in `low..end`.
    low: usize,
    end: usize,
}

impl Plan {
    fn of(tables: &Tables, name: &impl Fn(usize) -> String) -> Checked<Plan> {
        let mut layouts = Vec::with_capacity(tables.tensors.len());
        let mut seen: Vec<Option<Users>> = vec![None; tables.storages.len()];
        for (index, tensor) in tables.tensors.iter().enumerate() {
            let named = |message| format!("{}: {message}", name(index));
            let dtype = tensor.dtype().map_err(named)?;
            let layout = tensor.layout().map_err(named)?;
            let Some(users) = seen.get_mut(tensor.storage as usize) else {
                return Err(named(format!(
                    "storage {} of {}",
                    tensor.storage,
                    tables.storages.len()
                )));
            };
            let (low, end) = layout
                .extent()
                .map_or((usize::MAX, 0), |(low, high)| (low, high + 1));
            let users = users.get_or_insert(Users {
                first: index,
                dtype,
                low,
                end,
            });
            if users.dtype != dtype {
                return Err(named(format!(
                    "looks at memory of {} as {dtype}",
                    users.dtype
                )));
            }
            users.low = users.low.min(low);
            users.end = users.end.max(end);
            layouts.push(layout);
        }
        let mut storages = Vec::with_capacity(seen.len());
        let mut end = 0u64;
        for (index, (entry, users)) in tables.storages.iter().zip(seen).enumerate() {
            let Some(users) = users else {
                return Err(format!(
                    "the header is damaged: no tensor looks at storage {index}"
                ));
            };
            let named = |message| format!("{}: {message}", name(users.first));
            let right = end.checked_next_multiple_of(ALIGN);
            if right != Some(entry.offset) {
                return Err(named(format!(
                    "its data starts at {}, but the data before it ends at {end}",
                    entry.offset
                )));
            }
            let after = entry.offset.checked_add(entry.length);
            end = after.ok_or_else(|| {
                named(format!(
                    "its data has {} bytes, which no file has",
                    entry.length
                ))
            })?;
            let Users {
                dtype,
                end: elements,
                ..
            } = users;
            // Empty arrays alone show nothing, and start nowhere.
            let low = users.low.min(elements);
            let bytes = (elements as u64).checked_mul(dtype.size() as u64);
            if low != 0 || bytes != Some(entry.length) {
                return Err(named(format!(
                    "its elements ({dtype}) take up {low}..{elements} of its memory, which does not fit {} bytes of data",
                    entry.length
                )));
            }
            storages.push(users);
        }
        Ok(Plan {
            storages,
            layouts,
            end,
        })
    }

    /// Holds the file's length against what it should be.
    fn check_end(&self, data_start: u64, length: u64) -> Checked<()> {
        let Some(right) = data_start.checked_add(self.end) else {
            return Err(format!("the header is damaged: {} bytes of data", self.end));
        };
        match length.cmp(&right) {
            std::cmp::Ordering::Equal => Ok(()),
            std::cmp::Ordering::Less => Err(format!(
                "the file is cut short: {length} bytes, where {right} are right"
            )),
            std::cmp::Ordering::Greater => Err(format!(
                "the file has {} bytes after its end at {right}",
                length - right
            )),
        }
    }
}
