//! Files that appear whole or not at all.

use std::fs::File;
use std::io;
use std::path::Path;

use ondol_tensor::{Error, Result};
use tempfile::Builder;

/// Writes a file through `fill` under a temporary name in the same folder, and renames it.
pub(crate) fn write(path: &Path, fill: impl FnOnce(&File) -> io::Result<()>) -> Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = Builder::new();
    builder.prefix(".ondol-").suffix(".tmp");
    // Temporary files are private; this one becomes a file like any other, for whom the mask allows.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let file = builder
        .tempfile_in(folder)
        .map_err(|e| Error::io(path, "create", e))?;
    fill(file.as_file())
        .and_then(|()| file.as_file().sync_all())
        .map_err(|e| Error::io(path, "write", e))?;
    file.persist(path)
        .map_err(|e| Error::io(path, "replace", e.error))?;
    Ok(())
}
