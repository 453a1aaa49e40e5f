//! Writing what PyTorch's `torch.load` reads, with `weights_only=True` and `mmap=True` too.

use std::io;
use std::path::Path;

use ondol_tensor::{Array, Error, Result, Value};

use super::pickler::pickle;
use super::zip::{ALIGN, Writer};
use crate::atomic;
use crate::pieces::pieces;
use crate::walk::arrays;

/// The archive's one folder. PyTorch takes the file's name, and this one where there is none; with
/// it, equal values give equal bytes whatever the file is called.
const ROOT: &str = "archive";

/// Writes a value.
pub(crate) fn save(value: &Value, path: &Path) -> Result<()> {
    let arrays = arrays(value).map_err(|message| Error::file(path, message))?;
    let arrays = arrays.into_iter().map(forwards);
    let arrays = arrays.collect::<Result<Vec<Array>>>()?;
    let lent: Vec<&Array> = arrays.iter().collect();
    let pieces = pieces(&lent);
    let pickle = pickle(value, &arrays, &pieces);
    atomic::write(path, |file| {
        let mut zip = Writer::new(file);
        let name = |record: &str| format!("{ROOT}/{record}");
        zip.record(&name("data.pkl"), &pickle)?;
        // These two say that records start where PyTorch computes that they do.
        zip.record(&name(".format_version"), b"1")?;
        zip.record(&name(".storage_alignment"), ALIGN.to_string().as_bytes())?;
        zip.record(&name("byteorder"), b"little")?;
        for (key, piece) in pieces.iter().enumerate() {
            let record = name(&format!("data/{key}"));
            let written = piece.with_bytes(|bytes| {
                zip.record(&record, bytes)
                    .map_err(|e| Error::io(path, "write", e))
            });
            written.map_err(io::Error::other)?;
        }
        zip.record(&name("version"), b"3\n")?;
        let id = identity(zip.written());
        zip.record(&name(".data/serialization_id"), id.as_bytes())?;
        zip.finish()
    })
}

/// The array where its strides are not negative, which PyTorch has not; else a copy of it.
fn forwards(array: &Array) -> Result<Array> {
    if array.layout().strides().iter().any(|&stride| stride < 0) {
        array.copy()
    } else {
        Ok(array.clone())
    }
}

/// 40 digits made of the names and checksums, as PyTorch's are (by another function).
fn identity<'a>(records: impl Iterator<Item = (&'a str, u32)>) -> String {
    // FNV-1a.
    let mix = |hash: u64, bytes: &[u8]| {
        bytes.iter().fold(hash, |hash, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    };
    let start = 0xcbf2_9ce4_8422_2325;
    let (names, data) = records.fold((start, start), |(names, data), (name, crc32)| {
        (mix(names, name.as_bytes()), mix(data, &crc32.to_le_bytes()))
    });
    format!("{names:020}{data:020}")
}
