//! Finds, downloads and reads the batches of a split.

use std::fs;
use std::path::{Path, PathBuf};

use ondol_tensor::{Error, Result};

use super::pickle;
use crate::datasets::archive::extract_archive;
use crate::datasets::builder::Files;
use crate::datasets::labelled::{Labelled, Size};

const AREA: usize = 32 * 32;

/// How the files of a set are called and made.
pub(super) struct Form {
    pub(super) binary: &'static str,
    pub(super) python: &'static str,
    pub(super) python_archive: &'static str,
    pub(super) train: &'static [&'static str],
    pub(super) test: &'static [&'static str],
    /// Bytes before the pixels of a picture, in the binary form.
    pub(super) label_bytes: usize,
    /// Which of them is the label.
    pub(super) label: usize,
    /// What the labels are called, in the Python form.
    pub(super) key: &'static str,
    pub(super) classes: &'static [&'static str],
}

impl Form {
    pub(super) fn read(&self, files: &Files) -> Result<Labelled> {
        let batches = if files.train { self.train } else { self.test };
        let folder = self.locate(files, batches)?;
        let (mut pixels, mut labels) = (Vec::new(), Vec::new());
        for name in batches {
            let (binary, python) = (folder.join(format!("{name}.bin")), folder.join(name));
            if binary.is_file() {
                self.read_binary(&binary, &mut pixels, &mut labels)?;
            } else {
                self.read_python(&python, &mut pixels, &mut labels)?;
            }
        }
        let name = files.published.name;
        Ok(Labelled::new(
            name,
            self.classes,
            Size::CIFAR,
            pixels,
            labels,
        ))
    }

    /// The folder that holds all batches asked for, after unpacking or downloading if need be.
    fn locate(&self, files: &Files, batches: &[&str]) -> Result<PathBuf> {
        let root = &files.root;
        let complete = || {
            let has = |folder: &&str, ending: &str| {
                let path = root.join(folder);
                batches
                    .iter()
                    .all(|name| path.join(format!("{name}{ending}")).is_file())
            };
            let found = [self.binary, self.python]
                .into_iter()
                .zip([".bin", ""])
                .find(|(folder, ending)| has(folder, ending));
            found.map(|(folder, _)| root.join(folder))
        };
        if let Some(folder) = complete() {
            return Ok(folder);
        }
        let published = &files.published.files[0];
        let archive = [published.name, self.python_archive]
            .map(|name| root.join(name))
            .into_iter()
            .find(|path| path.is_file());
        let archive = match archive {
            Some(archive) => archive,
            None => files.fetch(published, root, || {
                format!(
                    "looked for the folders {} and {} and for the archives {} and {} in {}",
                    self.binary,
                    self.python,
                    published.name,
                    self.python_archive,
                    root.display()
                )
            })?,
        };
        extract_archive(&archive, root)?;
        complete().ok_or_else(|| {
            Error::file(
                &archive,
                format!(
                    "it does not hold {} of {} batches ({} …); expected the archive that {} is published as",
                    batches.len(),
                    if files.train { "training" } else { "test" },
                    batches[0],
                    files.published.name
                ),
            )
        })
    }

    /// Records of a label, or two, and three planes of pixels.
    fn read_binary(&self, path: &Path, pixels: &mut Vec<u8>, labels: &mut Vec<u8>) -> Result<()> {
        let bytes = fs::read(path).map_err(|e| Error::io(path, "read", e))?;
        let record = self.label_bytes + 3 * AREA;
        if bytes.len() % record != 0 {
            return Err(Error::file(
                path,
                format!(
                    "{} bytes, expected a multiple of {record}: truncated, or of another set",
                    bytes.len()
                ),
            ));
        }
        for record in bytes.chunks_exact(record) {
            let label = self.label(path, labels.len(), i64::from(record[self.label]))?;
            labels.push(label);
            interleave(&record[self.label_bytes..], pixels);
        }
        Ok(())
    }

    /// A pickled dictionary.
    fn read_python(&self, path: &Path, pixels: &mut Vec<u8>, labels: &mut Vec<u8>) -> Result<()> {
        let bytes = fs::read(path).map_err(|e| Error::io(path, "read", e))?;
        let batch = pickle::read(path, &bytes, self.key)?;
        if batch.data.len() != batch.labels.len() * 3 * AREA {
            return Err(Error::file(
                path,
                format!(
                    "{} labels and {} bytes of pixels, expected {} bytes for each",
                    batch.labels.len(),
                    batch.data.len(),
                    3 * AREA
                ),
            ));
        }
        for (&label, planes) in batch.labels.iter().zip(batch.data.chunks_exact(3 * AREA)) {
            let label = self.label(path, labels.len(), label)?;
            labels.push(label);
            interleave(planes, pixels);
        }
        Ok(())
    }

    fn label(&self, path: &Path, at: usize, label: i64) -> Result<u8> {
        match u8::try_from(label) {
            Ok(label) if usize::from(label) < self.classes.len() => Ok(label),
            _ => Err(Error::file(
                path,
                format!(
                    "label {at} is {label}, expected 0 to {}",
                    self.classes.len() - 1
                ),
            )),
        }
    }
}

/// Three planes to pixels of three bytes.
fn interleave(planes: &[u8], into: &mut Vec<u8>) {
    let (red, rest) = planes.split_at(AREA);
    let (green, blue) = rest.split_at(AREA);
    for ((r, g), b) in red.iter().zip(green).zip(blue) {
        into.extend([*r, *g, *b]);
    }
}
