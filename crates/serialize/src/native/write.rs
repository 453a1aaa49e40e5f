//! Which memory is written, and writing it.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use ondol_tensor::{Error, Result, Value};

use super::header::{ALIGN, Header, PREAMBLE, Preamble};
use super::tables::{StorageEntry, Tables, TensorEntry};
use super::tree::{flatten, name_of};
use crate::atomic;
use crate::pieces::pieces;

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
