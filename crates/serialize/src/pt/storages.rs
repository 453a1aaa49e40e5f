//! The memory that tensors of a file look at, read once each.

use std::collections::HashMap;

use ondol_tensor::{Array, Result};

use super::pickle::Storage;
use crate::LoadOptions;
use crate::elements::Kind;
use crate::source::Source;

/// Where a storage lies in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) start: usize,
    /// In bytes.
    pub(super) size: usize,
    pub(super) crc32: Option<u32>,
}

/// The storages of a file: `find` knows where they lie.
pub(super) struct Storages<'a, F> {
    source: &'a Source,
    options: LoadOptions,
    find: F,
    read: HashMap<&'a str, (Kind, Array)>,
}

impl<'a, F: Fn(&str) -> Option<Place>> Storages<'a, F> {
    pub(super) fn new(source: &'a Source, options: LoadOptions, find: F) -> Self {
        Storages {
            source,
            options,
            find,
            read: HashMap::new(),
        }
    }

    /// What is wrong, as an error that names the file.
    pub(super) fn bad(&self, message: impl Into<String>) -> ondol_tensor::Error {
        self.source.bad(message)
    }

    /// All elements of a storage.
    pub(super) fn get(&mut self, storage: &Storage<'a>, kind: Kind) -> Result<Array> {
        let shown: String = storage.key.escape_debug().take(100).collect();
        if let Some((known, array)) = self.read.get(storage.key) {
            if *known != kind {
                return Err(self.bad(format!(
                    "looks at memory of {} as {}",
                    known.name(),
                    kind.name()
                )));
            }
            return Ok(array.clone());
        }
        let place = (self.find)(storage.key);
        let place =
            place.ok_or_else(|| self.bad(format!("its storage \"{shown}\" is not in the file")))?;
        let unit = storage.kind.map_or(1, Kind::size);
        let bytes = usize::try_from(storage.count)
            .ok()
            .and_then(|n| n.checked_mul(unit));
        if bytes != Some(place.size) {
            return Err(self.bad(format!(
                "its storage \"{shown}\" holds {} bytes in the file, but should have {} elements of {unit} bytes",
                place.size, storage.count
            )));
        }
        if place.size % kind.size() != 0 {
            return Err(self.bad(format!(
                "its storage \"{shown}\" of {} bytes is no whole number of {}",
                place.size,
                kind.name()
            )));
        }
        let n = place.size / kind.size();
        let array = self
            .source
            .array(place.start, n, kind, place.crc32, self.options)?;
        self.read.insert(storage.key, (kind, array.clone()));
        Ok(array)
    }
}
