//! Files under a temporary name, to be renamed once they are whole.

use std::io;
use std::path::Path;

use tempfile::{Builder, NamedTempFile};

/// A file in `folder` named after `name`, removed when dropped unless it is persisted.
pub(crate) fn temporary(folder: &Path, name: &str) -> io::Result<NamedTempFile> {
    let prefix = format!(".{name}.");
    let mut builder = Builder::new();
    builder.prefix(&prefix).suffix(".part");
    // Temporary files are private; this one becomes a file like any other, for whom the mask allows.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}
