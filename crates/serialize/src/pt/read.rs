//! Which of PyTorch's formats a file has, and reading the one of today.

use std::path::Path;

use ondol_tensor::{Result, Value};

use super::build::build;
use super::legacy;
use super::pickle::unpickle;
use super::storages::{Place, Storages};
use super::zip::{Archive, Record};
use crate::LoadOptions;
use crate::source::Source;
use crate::trail::Fault;

/// What a file should be.
pub(super) const WANTED: &str = "a PyTorch file";

/// Reads a value.
pub(crate) fn load(path: &Path, options: LoadOptions) -> Result<Value> {
    let source = Source::open(path)?;
    let bytes = source.bytes();
    if bytes.starts_with(b"PK") {
        zipped(&source, options)
    } else if bytes.starts_with(b"\x80") {
        legacy::load(&source, options)
    } else {
        Err(source.foreign(WANTED))
    }
}

fn zipped(source: &Source, options: LoadOptions) -> Result<Value> {
    let bad = |message: String| source.bad(message);
    let bytes = source.bytes();
    let archive = Archive::open(bytes).map_err(bad)?;
    let pickle = data_pickle(&archive).map_err(bad)?;
    let root = pickle.name.trim_end_matches("data.pkl");
    let content = |record: Record<'_>| &bytes[record.start..record.start + record.size];
    if archive
        .get(&format!("{root}byteorder"))
        .is_some_and(|record| content(record) != b"little")
    {
        return Err(source.bad("was written on a big-endian machine; save it again on another"));
    }
    let text = content(pickle);
    if options.verify
        && pickle
            .checksum()
            .is_some_and(|crc| crc32fast::hash(text) != crc)
    {
        return Err(source.bad("the pickle is damaged: its checksum does not agree"));
    }
    let unpickled = unpickle(text).map_err(bad)?;
    let storages = Storages::new(source, options, |key: &str| {
        archive
            .get(&format!("{root}data/{key}"))
            .map(|record| Place {
                start: record.start,
                size: record.size,
                crc32: record.checksum(),
            })
    });
    build(&unpickled.objects, unpickled.root, storages).map_err(Fault::named)
}

/// The one record `ROOT/data.pkl`.
fn data_pickle<'a>(archive: &Archive<'a>) -> Result<Record<'a>, String> {
    let is_pickle = |record: &&Record<'_>| {
        let root = record.name.strip_suffix("/data.pkl");
        root.is_some_and(|root| !root.is_empty() && !root.contains('/'))
    };
    let mut found = archive.iter().filter(is_pickle);
    let Some(&pickle) = found.next() else {
        let names = |end: &str| archive.iter().any(|record| record.name.ends_with(end));
        let what = if names(".npy") {
            "; it looks like NumPy's `.npz`"
        } else {
            ""
        };
        return Err(format!(
            "not a PyTorch file: a zip archive without a record `data.pkl`{what}"
        ));
    };
    match found.next() {
        Some(_) => Err("the archive has two roots".to_owned()),
        None => Ok(pickle),
    }
}
