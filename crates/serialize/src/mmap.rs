//! A file as a slice of memory. The only unsafe code of this crate.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::ops::Deref;

/// A file's bytes, which come from the disk as they are looked at.
pub(crate) struct Map(Option<memmap2::Mmap>);

impl Map {
    /// Maps all of a file.
    pub(crate) fn new(file: &File) -> io::Result<Map> {
        // Nothing cannot be mapped everywhere.
        if file.metadata()?.len() == 0 {
            return Ok(Map(None));
        }
        // SAFETY: the map is read-only and private to this crate, which reads the structure of a
        // file through it and keeps it no longer than one load takes. Ondol itself never changes
        // a file that is there: `atomic` writes a new one and takes the name over. Whoever cuts or
        // writes over the file from outside during a load breaks what every reader that maps
        // files assumes, PyTorch's and safetensors' own included.
        let map = unsafe { memmap2::Mmap::map(file)? };
        Ok(Map(Some(map)))
    }
}

impl Deref for Map {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.as_deref().unwrap_or(&[])
    }
}
