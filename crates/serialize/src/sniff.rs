//! What a file is, by its first bytes.

/// Says what a file is that is not `wanted`.
pub(crate) fn foreign(wanted: &str, bytes: &[u8]) -> String {
    match known(bytes) {
        Some(what) => format!("not {wanted}; it looks like {what}, whatever its name says"),
        None => format!(
            "not {wanted}; it starts with {:02x?}",
            &bytes[..bytes.len().min(8)]
        ),
    }
}

fn known(bytes: &[u8]) -> Option<&'static str> {
    Some(if bytes.starts_with(b"PK") {
        "a zip archive, as PyTorch's `.pt` and NumPy's `.npz` files are"
    } else if bytes.starts_with(b"\x89OND") {
        "an Ondol `.ond` file"
    } else if bytes.starts_with(b"\x93NUMPY") {
        "a NumPy `.npy` file"
    } else if bytes.get(8) == Some(&b'{') {
        "a safetensors file"
    } else if bytes.starts_with(b"\x80") && bytes.get(1).is_some_and(|v| (2..=5).contains(v)) {
        "a Python pickle, as old PyTorch files are"
    } else if bytes.starts_with(b"\x89HDF") {
        "an HDF5 file, as Keras writes"
    } else if bytes.starts_with(b"\x1f\x8b") {
        "compressed with gzip"
    } else if bytes.get(257..262) == Some(b"ustar") {
        "a tar archive, as PyTorch's files before version 0.1.10 are"
    } else if bytes.starts_with(b"<") {
        "a web page: was the download an error message?"
    } else if bytes.starts_with(b"version https://git-lfs") {
        "a git LFS pointer: the file itself was not downloaded (`git lfs pull`)"
    } else {
        return None;
    })
}
