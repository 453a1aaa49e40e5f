//! What the targets share: bytes become a file, the file is loaded, whatever comes of it.
#![forbid(unsafe_code)]

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use ondol_serialize::{LoadOptions, load_with};

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    // In memory, where the system has such a place.
    let memory = PathBuf::from("/dev/shm");
    let parent = if memory.is_dir() {
        memory
    } else {
        std::env::temp_dir()
    };
    let folder = tempfile::Builder::new()
        .prefix("ondol-fuzz-")
        .tempdir_in(parent);
    folder.expect("a folder for one small file").keep()
});

/// Loads the bytes as a file of this extension; errors are fine, anything else is found.
pub fn load(parts: &[&[u8]], extension: &str) {
    let path = FOLDER.join(format!("fuzzed.{extension}"));
    fs::write(&path, parts.concat()).expect("room for one small file");
    let _ = load_with(&path, LoadOptions::new().verify(false).widen(true));
}
