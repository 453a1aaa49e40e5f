//! Tar archives.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use ondol_tensor::{Error, Result};
use tar::{Archive, EntryType};

use super::{damaged, place, write};

/// Unpacks all files of a tar stream.
pub(super) fn extract(archive: &Path, stream: impl Read, to: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut reader = Archive::new(stream);
    let broken = |e: std::io::Error| damaged(archive, "a header", &e);
    for entry in reader.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let name = entry.path().map_err(broken)?.into_owned();
        let path = place(archive, to, &name)?;
        match entry.header().entry_type() {
            EntryType::Directory => {
                fs::create_dir_all(&path).map_err(|e| Error::io(&path, "create", e))?;
            }
            EntryType::Regular | EntryType::Continuous => {
                let size = entry.size();
                let mut counted = Counted(&mut entry, 0);
                write(archive, Whole(&mut counted, size), &path)?;
                files.push(path);
            }
            EntryType::XGlobalHeader => {}
            other => {
                return Err(Error::file(
                    archive,
                    format!(
                        "its member {:?} is a {other:?}; only files and folders are unpacked",
                        name.display()
                    ),
                ));
            }
        }
    }
    // Reading past the last header is what makes a gzip reader compare its checksum.
    let mut rest = reader.into_inner();
    std::io::copy(&mut rest, &mut std::io::sink()).map_err(|e| damaged(archive, "its end", &e))?;
    Ok(files)
}

/// A reader that counts.
struct Counted<R>(R, u64);

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.0.read(buffer)?;
        self.1 += n as u64;
        Ok(n)
    }
}

/// A reader that must give so many bytes: a tar stream that breaks off inside of a file just ends.
struct Whole<'a, R>(&'a mut Counted<R>, u64);

impl<R: Read> Read for Whole<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.0.read(buffer)?;
        if n == 0 && !buffer.is_empty() && self.0.1 < self.1 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(n)
    }
}
