//! Unpacks what datasets come in: gzip files, tar archives and zip archives.
//!
//! Nothing is written outside of the folder that was named: a member whose name leads out of it, and a
//! link, end the unpacking. Every file appears whole or not at all.

mod tar;
mod zip;

use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Component, Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use ondol_tensor::{Error, Result};

use crate::temporary::temporary;

pub(super) use zip::ZipArchive;

/// Unpacks an archive into a folder, which is made if need be, and lists the files.
///
/// What it is, its name says: `.tar.gz`, `.tgz`, `.tar`, `.zip`, or `.gz` for one file.
///
/// # Errors
/// Another name, an archive that is damaged or cut off, a member that is a link or leads out of the
/// folder, a file that cannot be written.
///
/// ```no_run
/// # fn main() -> ondol_tensor::Result<()> {
/// use ondol_vision::datasets::archive::extract_archive;
/// let files = extract_archive("data/cifar-10-binary.tar.gz", "data")?;
/// assert_eq!(files.len(), 8);
/// # Ok(())
/// # }
/// ```
pub fn extract_archive(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<Vec<PathBuf>> {
    let (from, to) = (from.as_ref(), to.as_ref());
    let name = from
        .file_name()
        .map(|name| name.to_string_lossy().to_ascii_lowercase())
        .unwrap_or_default();
    if name.ends_with(".tar.gz") || name.ends_with(".tgz") {
        tar::extract(from, MultiGzDecoder::new(open(from)?), to)
    } else if name.ends_with(".tar") {
        tar::extract(from, open(from)?, to)
    } else if name.ends_with(".zip") {
        ZipArchive::open(from)?.extract(to)
    } else if name.ends_with(".gz") {
        Ok(vec![gunzip(from, to)?])
    } else {
        Err(Error::file(
            from,
            "not an archive that can be unpacked; expected .tar.gz, .tgz, .tar, .zip or .gz",
        ))
    }
}

/// Unpacks a gzip file into a folder, under its name without `.gz`.
pub(super) fn gunzip(from: &Path, to: &Path) -> Result<PathBuf> {
    let reader = MultiGzDecoder::new(open(from)?);
    let stem = from.file_stem().unwrap_or_default();
    write(from, reader, &to.join(stem))
}

fn open(path: &Path) -> Result<BufReader<File>> {
    let file = File::open(path).map_err(|e| Error::io(path, "open", e))?;
    Ok(BufReader::with_capacity(1 << 16, file))
}

/// Where a member of that name goes, if that is below the folder.
fn place(archive: &Path, folder: &Path, member: &Path) -> Result<PathBuf> {
    let mut path = folder.to_owned();
    for part in member.components() {
        match part {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            _ => {
                return Err(Error::file(
                    archive,
                    format!(
                        "its member {:?} leads out of {}; such an archive is not unpacked",
                        member.display(),
                        folder.display()
                    ),
                ));
            }
        }
    }
    Ok(path)
}

/// Writes a member to a file, whole or not at all.
pub(super) fn write(archive: &Path, mut from: impl Read, to: &Path) -> Result<PathBuf> {
    let folder = to.parent().unwrap_or(Path::new("."));
    let name = to.file_name().map(|name| name.to_string_lossy());
    let Some(name) = name else {
        return Err(Error::file(archive, "it has a member without a name"));
    };
    fs::create_dir_all(folder).map_err(|e| Error::io(folder, "create", e))?;
    let mut file = temporary(folder, &name).map_err(|e| Error::io(to, "create", e))?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let n = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(damaged(archive, &name, &e)),
        };
        io::Write::write_all(&mut file, &buffer[..n]).map_err(|e| Error::io(to, "write", e))?;
    }
    file.persist(to)
        .map_err(|e| Error::io(to, "replace", e.error))?;
    Ok(to.to_owned())
}

/// An archive that breaks off or does not decode.
fn damaged(archive: &Path, member: &str, e: &io::Error) -> Error {
    let how = match e.kind() {
        io::ErrorKind::UnexpectedEof => "truncated".to_owned(),
        _ => format!("damaged ({e})"),
    };
    Error::file(
        archive,
        format!("{how} at {member}; delete it and get it again"),
    )
}
