//! Checksums of files; [`published`](super::published) has those of the official ones.
//!
//! MD5 is what torchvision publishes and everybody compares; SHA-256 is what nobody can forge. A
//! download must match both.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use md5::Md5;
use ondol_tensor::{Error, Result};
use sha2::{Digest, Sha256};

/// A file as its publisher describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resource<'a> {
    /// The file's name, the last part of its address.
    pub name: &'a str,
    /// Its exact size in bytes.
    pub bytes: u64,
    /// Its MD5 in lower-case hexadecimal.
    pub md5: &'a str,
    /// Its SHA-256 in lower-case hexadecimal.
    pub sha256: &'a str,
}

/// What was counted and hashed of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digests {
    /// Its size in bytes.
    pub bytes: u64,
    /// Its MD5 in lower-case hexadecimal.
    pub md5: String,
    /// Its SHA-256 in lower-case hexadecimal.
    pub sha256: String,
}

impl Digests {
    /// Size, MD5 and SHA-256 of bytes in memory.
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = Hasher::default();
        hasher.update(bytes);
        hasher.finish()
    }

    /// Size, MD5 and SHA-256 of a file, read in pieces.
    ///
    /// # Errors
    /// A file that cannot be opened or read.
    pub fn of_file(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let mut file = File::open(path).map_err(|e| Error::io(path, "open", e))?;
        let mut hasher = Hasher::default();
        let mut buffer = vec![0; 1 << 16];
        loop {
            match file
                .read(&mut buffer)
                .map_err(|e| Error::io(path, "read", e))?
            {
                0 => return Ok(hasher.finish()),
                n => hasher.update(&buffer[..n]),
            }
        }
    }

    /// What differs from the published values, or `None` when all three agree.
    pub fn differs_from(&self, resource: &Resource) -> Option<String> {
        let text = |what: &str, expected: &dyn std::fmt::Display, found: &dyn std::fmt::Display| {
            Some(format!("{what}: expected {expected}, found {found}"))
        };
        if self.bytes != resource.bytes {
            text("size in bytes", &resource.bytes, &self.bytes)
        } else if !self.sha256.eq_ignore_ascii_case(resource.sha256) {
            text("SHA-256", &resource.sha256, &self.sha256)
        } else if !self.md5.eq_ignore_ascii_case(resource.md5) {
            text("MD5", &resource.md5, &self.md5)
        } else {
            None
        }
    }
}

/// Checks a file's size, SHA-256 and MD5 against the published ones.
///
/// # Errors
/// A file that cannot be read, or one that differs: the error says in what.
pub fn verify(path: impl AsRef<Path>, resource: &Resource) -> Result<()> {
    let path = path.as_ref();
    match Digests::of_file(path)?.differs_from(resource) {
        None => Ok(()),
        Some(difference) => Err(Error::file(
            path,
            format!("not the published {}; {difference}", resource.name),
        )),
    }
}

/// Both hashes at once, as the bytes come in.
#[derive(Default)]
pub(super) struct Hasher {
    bytes: u64,
    md5: Md5,
    sha256: Sha256,
}

impl Hasher {
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.md5.update(bytes);
        self.sha256.update(bytes);
    }

    pub(super) fn finish(self) -> Digests {
        Digests {
            bytes: self.bytes,
            md5: hex(&self.md5.finalize()),
            sha256: hex(&self.sha256.finalize()),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_digests() {
        let d = Digests::of(b"abc");
        assert_eq!(d.md5, "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(
            d.sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(d.bytes, 3);
    }

    #[test]
    fn each_difference_is_named() {
        let good = Digests::of(b"abc");
        let resource = Resource {
            name: "abc",
            bytes: 3,
            md5: &good.md5,
            sha256: &good.sha256,
        };
        assert_eq!(good.differs_from(&resource), None);
        let other = Digests::of(b"abd");
        assert!(
            other
                .differs_from(&resource)
                .unwrap()
                .starts_with("SHA-256: expected ba78")
        );
        let mut forged = good.clone();
        forged.md5 = other.md5;
        assert!(
            forged
                .differs_from(&resource)
                .unwrap()
                .starts_with("MD5: expected 9001")
        );
        assert!(
            Digests::of(b"ab")
                .differs_from(&resource)
                .unwrap()
                .contains("expected 3, found 2")
        );
    }

    #[test]
    fn a_file_is_hashed_in_pieces() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("big");
        let bytes: Vec<u8> = (0..200_000u32).map(|i| (i * 31) as u8).collect();
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(Digests::of_file(&path).unwrap(), Digests::of(&bytes));
        let missing = Digests::of_file(dir.path().join("none"))
            .unwrap_err()
            .to_string();
        assert!(missing.contains("cannot open"), "{missing}");
    }
}
