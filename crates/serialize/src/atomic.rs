//! Files that appear whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use ondol_tensor::{Error, Result};
use tempfile::{Builder, NamedTempFile};

/// What the names of files in the making begin and end with.
const PREFIX: &str = ".ondol-";
const SUFFIX: &str = ".tmp";

/// What [`write()`] lends: a buffered writer that can also seek.
pub type Writer<'a> = BufWriter<&'a File>;

/// Writes a file through `fill` so that, whatever happens, `path` shows either what was there
/// before or all of the new content.
///
/// The bytes go to a temporary file in the same folder, are brought to the disk, and take the
/// name over in one step. Where anything fails, the temporary file is removed. A link is followed;
/// an existing file keeps its permissions.
///
/// `fill` may return an Ondol error as `io::Error::other(error)`; it comes out as it was.
///
/// ```
/// use std::io::Write;
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("log.csv");
/// ondol_serialize::atomic::write(&path, |file| writeln!(file, "epoch,loss"))?;
/// assert_eq!(std::fs::read_to_string(&path).unwrap(), "epoch,loss\n");
/// # Ok::<(), ondol_tensor::Error>(())
/// ```
///
/// # Errors
/// A folder that does not exist, a path that is a folder or a read-only file, `fill`'s own error,
/// and whatever the operating system refuses.
pub fn write<T>(
    path: impl AsRef<Path>,
    fill: impl FnOnce(&mut Writer<'_>) -> io::Result<T>,
) -> Result<T> {
    let path = path.as_ref();
    let (folder, target) = destination(path)?;
    let file = temporary(&folder, &target).map_err(|e| Error::io(path, "create", e))?;
    let mut writer = BufWriter::with_capacity(1 << 16, file.as_file());
    let result = fill(&mut writer).and_then(|result| writer.flush().map(|()| result));
    // The buffer is dropped without a second attempt to write what is left in it.
    let _ = writer.into_parts();
    let result = result.map_err(|e| own_error(path, e))?;
    file.as_file()
        .sync_all()
        .map_err(|e| Error::io(path, "write", e))?;
    rename(file, &target).map_err(|e| Error::io(path, "replace", e))?;
    sync_folder(&folder);
    Ok(result)
}

/// Gives a file a second name, taking it over from a file that has it, in one step: a hard link,
/// or a copy where the file system has none.
///
/// # Errors
/// Whatever the operating system refuses; `to` is then what it was.
pub fn link(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<()> {
    let (from, to) = (from.as_ref(), to.as_ref());
    let (folder, _) = destination(to)?;
    let mut name = Builder::new();
    name.prefix(PREFIX).suffix(SUFFIX);
    // A name of its own, since another process may be giving the same one.
    let Ok(between) = name.make_in(&folder, |path| fs::hard_link(from, path)) else {
        let mut from = File::open(from).map_err(|e| Error::io(from, "open", e))?;
        return write(to, |file| io::copy(&mut from, file)).map(drop);
    };
    let between = between.into_temp_path();
    let renamed = fs::rename(&between, to).map_err(|e| Error::io(to, "replace", e));
    // Where both were names of one file already, renaming does nothing, and this name goes.
    drop(between);
    sync_folder(&folder);
    renamed
}

/// Removes what [`write()`] left in a folder where the process was killed, and leaves alone what
/// another process is writing now; returns how many files there were.
///
/// # Errors
/// A folder that cannot be read.
pub fn remove_leftovers(folder: impl AsRef<Path>) -> Result<usize> {
    let folder = folder.as_ref();
    let io = |e| Error::io(folder, "read", e);
    let mut removed = 0;
    for entry in fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if !name.starts_with(PREFIX) || !name.ends_with(SUFFIX) {
            continue;
        }
        // It may be gone by now: then there is nothing to do.
        if let Ok(file) = File::open(entry.path())
            && file.try_lock().is_ok()
            && fs::remove_file(entry.path()).is_ok()
        {
            removed += 1;
        }
    }
    Ok(removed)
}

/// The folder to write in and the name to take over, with links followed.
fn destination(path: &Path) -> Result<(PathBuf, PathBuf)> {
    let target = match fs::canonicalize(path) {
        Ok(real) if path.is_symlink() => real,
        _ => path.to_owned(),
    };
    if target.file_name().is_none() {
        return Err(Error::file(path, "is not the name of a file"));
    }
    let folder = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    if !folder.is_dir() {
        let message = format!(
            "the folder {} does not exist; create it first",
            folder.display()
        );
        return Err(Error::file(path, message));
    }
    match fs::metadata(&target) {
        Ok(there) if !there.is_file() => {
            let what = if there.is_dir() {
                "a folder"
            } else {
                "not an ordinary file"
            };
            Err(Error::file(
                path,
                format!("is {what} and cannot be written over"),
            ))
        }
        Ok(there) if there.permissions().readonly() => {
            Err(Error::file(path, "is read-only and cannot be written over"))
        }
        _ => Ok((folder, target)),
    }
}

#[cfg_attr(not(unix), allow(unused_variables))]
fn temporary(folder: &Path, target: &Path) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Temporary files are private by default; this one becomes an ordinary file (the umask applies).
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let file = loop {
        let file = builder.tempfile_in(folder)?;
        // Who holds the lock lives; a file without one is left over and may be removed. Where there
        // are no locks, nothing is.
        if file.as_file().lock().is_err() || file.path().exists() {
            break file;
        }
    };
    #[cfg(unix)]
    if let Ok(there) = fs::metadata(target) {
        file.as_file().set_permissions(there.permissions())?;
    }
    Ok(file)
}

/// Takes the name over, also from a file that exists.
fn rename(mut file: NamedTempFile, target: &Path) -> io::Result<()> {
    let mut attempts = 0;
    loop {
        match file.persist(target) {
            Ok(_) => return Ok(()),
            // On Windows a virus scanner or an indexer may hold a file for a moment.
            Err(e)
                if cfg!(windows)
                    && e.error.kind() == io::ErrorKind::PermissionDenied
                    && attempts < 10 =>
            {
                attempts += 1;
                file = e.file;
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
            Err(e) => return Err(e.error),
        }
    }
}

/// Brings the new name itself to the disk. Some file systems cannot; the file is whole either way.
fn sync_folder(folder: &Path) {
    #[cfg(unix)]
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
    #[cfg(not(unix))]
    let _ = folder;
}

fn own_error(path: &Path, error: io::Error) -> Error {
    match error.downcast::<Error>() {
        Ok(own) => own,
        Err(error) => Error::io(path, "write", error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Seek, SeekFrom};

    fn names(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap();
        names
            .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn replaces_a_file_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        write(&path, |w| w.write_all(b"one")).unwrap();
        let size = write(&path, |w| {
            w.write_all(b"..two")?;
            w.seek(SeekFrom::Start(0))?;
            w.write_all(b"//")?;
            Ok(5)
        });
        assert_eq!(size.unwrap(), 5);
        assert_eq!(fs::read(&path).unwrap(), b"//two");
        assert_eq!(names(folder.path()), ["a.txt"]);
    }

    #[test]
    fn a_failure_midway_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        write(&path, |w| w.write_all(b"old")).unwrap();
        let failed = write(&path, |w| {
            w.write_all(&[b'x'; 200_000])?;
            Err::<(), _>(io::Error::other("the disk is full"))
        });
        let text = failed.unwrap_err().to_string();
        assert!(
            text.contains("a.txt") && text.contains("the disk is full"),
            "{text}"
        );
        assert_eq!(fs::read(&path).unwrap(), b"old");
        let panicked = std::panic::catch_unwind(|| {
            write(&path, |w| {
                w.write_all(b"half").unwrap();
                std::panic::resume_unwind(Box::new("stop")) as io::Result<()>
            })
        });
        assert!(panicked.is_err());
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["a.txt"]);
    }

    #[test]
    fn own_errors_come_out_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let failed = write(&path, |_| {
            Err::<(), _>(io::Error::other(Error::value("op", "why")))
        });
        assert!(matches!(failed, Err(Error::Value { op: "op", .. })));
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn a_second_name_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for (name, text) in [("one", "1"), ("two", "2")] {
            fs::write(at(name), text).unwrap();
            for _ in 0..2 {
                link(at(name), at("last")).unwrap();
                assert_eq!(fs::read_to_string(at("last")).unwrap(), text);
            }
        }
        fs::remove_file(at("two")).unwrap();
        assert_eq!(fs::read_to_string(at("last")).unwrap(), "2");
        assert!(link(at("three"), at("last")).is_err());
        assert_eq!(fs::read_to_string(at("last")).unwrap(), "2");
        assert_eq!(names(folder.path()).len(), 2);
    }

    #[test]
    fn leftovers_go_and_what_is_being_written_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        fs::write(folder.path().join(".ondol-AbCdEf.tmp"), "half").unwrap();
        fs::write(folder.path().join("other.tmp"), "not ours").unwrap();
        write(&path, |w| {
            w.write_all(b"new")?;
            assert_eq!(remove_leftovers(folder.path()).unwrap(), 1);
            assert_eq!(remove_leftovers(folder.path()).unwrap(), 0);
            Ok(())
        })
        .unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        let mut names = names(folder.path());
        names.sort();
        assert_eq!(names, ["a.txt", "other.tmp"]);
        assert!(remove_leftovers(folder.path().join("no")).is_err());
    }

    #[test]
    fn wrong_places_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &Path| write(path, |w| w.write_all(b"x")).unwrap_err().to_string();
        assert!(at(&folder.path().join("no").join("a.txt")).contains("does not exist"));
        assert!(at(folder.path()).contains("is a folder"));
        assert!(at(Path::new("..")).contains("not the name of a file"));
        let path = folder.path().join("fixed.txt");
        fs::write(&path, "fixed").unwrap();
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions).unwrap();
        assert!(at(&path).contains("read-only"));
        assert_eq!(fs::read(&path).unwrap(), b"fixed");
    }

    #[test]
    fn a_name_can_be_given_by_several_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (
            folder.path().join("step-1.pt"),
            folder.path().join("last.pt"),
        );
        fs::write(&from, b"whole").unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..50).for_each(|_| link(&from, &to).unwrap()));
            }
        });
        assert_eq!(fs::read(&to).unwrap(), b"whole");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_are_kept() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (
            folder.path().join("real.txt"),
            folder.path().join("link.txt"),
        );
        fs::write(&real, "old").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("real.txt", &link).unwrap();
        write(&link, |w| w.write_all(b"new")).unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read(&real).unwrap(), b"new");
        assert_eq!(
            fs::metadata(&real).unwrap().permissions().mode() & 0o777,
            0o640
        );
    }
}
