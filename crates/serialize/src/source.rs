//! A file that nothing is known of.

use std::fs::File;
use std::path::{Path, PathBuf};

use ondol_tensor::{Array, DType, Error, Result};

use crate::elements::Kind;
use crate::fill::fill;
use crate::mmap::Map;
use crate::{LoadOptions, sniff};

/// An open file. What its structure is made of is looked at where it lies; what its arrays hold is
/// read straight into their memory, so that no more of it is held than the arrays take.
pub(crate) struct Source {
    path: PathBuf,
    file: File,
    map: Map,
}

impl Source {
    /// Opens a file that is not empty.
    pub(crate) fn open(path: &Path) -> Result<Source> {
        let io = |e| Error::io(path, "open", e);
        let file = File::open(path).map_err(io)?;
        if !file.metadata().map_err(io)?.is_file() {
            return Err(Error::file(path, "is not a file"));
        }
        let map = Map::new(&file).map_err(io)?;
        if map.is_empty() {
            return Err(Error::file(path, "the file is empty"));
        }
        Ok(Source {
            path: path.to_owned(),
            file,
            map,
        })
    }

    /// All of it.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// What is wrong with it, as an error that names it.
    pub(crate) fn bad(&self, message: impl Into<String>) -> Error {
        Error::file(&self.path, message)
    }

    /// What it is, where it is not what it should be.
    pub(crate) fn foreign(&self, wanted: &str) -> Error {
        self.bad(sniff::foreign(wanted, self.bytes()))
    }

    /// `n` elements from byte `start` on, which must lie in the file, as an array of one dimension;
    /// integers that Ondol does not have become `i64` where that is asked for. The checksum is that
    /// of the bytes as they lie in the file.
    pub(crate) fn array(
        &self,
        start: usize,
        n: usize,
        kind: Kind,
        crc32: Option<u32>,
        options: LoadOptions,
    ) -> Result<Array> {
        let wanted = crc32.filter(|_| options.verify);
        let verify = |found: u32| match wanted {
            Some(wanted) if wanted != found => {
                Err(self.bad("the data is damaged: its checksum does not agree"))
            }
            _ => Ok(()),
        };
        let array = match kind {
            Kind::Own(dtype) => Array::read_bytes([n], dtype, |to| {
                let sum = fill(&self.file, start as u64, to, wanted.is_some());
                verify(sum.map_err(|e| Error::io(&self.path, "read", e))?)
            }),
            Kind::Integer(integer) if options.widen => Array::read_bytes([n], DType::I64, |to| {
                let from = &self.map[start..start + n * integer.size()];
                verify(wanted.map_or(0, |_| crc32fast::hash(from)))?;
                integer
                    .widen(from, to)
                    .map_err(|index| self.bad(format!("element {index} is too large for an i64")))
            }),
            Kind::Integer(integer) => {
                return Err(self.bad(format!(
                    "has dtype {}, which Ondol does not have; load_with(path, LoadOptions::new().widen(true)) makes it i64",
                    integer.name()
                )));
            }
            Kind::Foreign(name, _) => {
                return Err(self.bad(format!("has dtype {name}, which Ondol does not have")));
            }
        };
        array.map_err(|e| match e {
            Error::Value { message, .. } => self.bad(message),
            other => other,
        })
    }
}
