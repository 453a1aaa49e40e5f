//! The names of a folder's checkpoints: `step-00000120.pt`.

use std::fs;
use std::path::{Path, PathBuf};

use ondol_tensor::{Error, Result};

const PREFIX: &str = "step-";

/// The file of a step.
pub(super) fn path(folder: &Path, step: u64, extension: &str) -> PathBuf {
    folder.join(format!("{PREFIX}{step:08}.{extension}"))
}

/// The steps that have a file, in order, with their files.
pub(super) fn list(folder: &Path, extension: &str) -> Result<Vec<(u64, PathBuf)>> {
    let io = |e| Error::io(folder, "read", e);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(io)? {
        let path = entry.map_err(io)?.path();
        if path.extension().is_none_or(|e| e != extension) {
            continue;
        }
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let step = stem.strip_prefix(PREFIX).and_then(|n| n.parse().ok());
        if let Some(step) = step {
            found.push((step, path));
        }
    }
    found.sort();
    Ok(found)
}

/// Removes a file; one that is gone is fine.
pub(super) fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Error::io(path, "remove", e)),
        _ => Ok(()),
    }
}

#[test]
fn steps_are_found_in_order_and_other_files_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let made = [3, 120, 20, 123_456_789_012].map(|step| path(folder.path(), step, "pt"));
    let others = ["last.pt", "step-4.ond", "step-.pt", "step-x.pt"].map(|n| folder.path().join(n));
    for file in made.iter().chain(&others) {
        fs::write(file, "").unwrap();
    }
    let steps = list(folder.path(), "pt").unwrap();
    let numbers: Vec<u64> = steps.iter().map(|(step, _)| *step).collect();
    assert_eq!(numbers, [3, 20, 120, 123_456_789_012]);
    assert!(made[1].ends_with("step-00000120.pt"));
    remove(&made[0]).unwrap();
    remove(&made[0]).unwrap();
    assert_eq!(list(folder.path(), "pt").unwrap().len(), 3);
}
