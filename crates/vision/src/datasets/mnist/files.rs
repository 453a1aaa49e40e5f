//! Finds, downloads and reads the two files of a split.

use std::path::{Path, PathBuf};

use ondol_tensor::{Error, Result};

use crate::datasets::archive::gunzip;
use crate::datasets::builder::Files;
use crate::datasets::checksum::Digests;
use crate::datasets::idx::{self, Idx};
use crate::datasets::labelled::{Labelled, Size};
use crate::datasets::published;

/// A split of a set that is published as four files: images and labels to train, then to test.
pub(super) fn read_four(files: &Files, classes: &'static [&'static str]) -> Result<Labelled> {
    let all = files.published.files;
    let published = if files.train { &all[..2] } else { &all[2..] };
    let names = [0, 1].map(|i| published[i].name.trim_end_matches(".gz"));
    let [images, labels] = match find_both(files, names)? {
        Some(found) => found,
        None => {
            let raw = files.folder();
            let get = |i: usize| {
                if let Some(path) = find(&raw, names[i]) {
                    return Ok(path);
                }
                let packed = files.fetch(&published[i], &raw, || missing(files, names))?;
                gunzip(&packed, &raw)
            };
            [get(0)?, get(1)?]
        }
    };
    read_pair(files.published.name, classes, &images, &labels)
}

/// What was looked for and where.
pub(super) fn missing(files: &Files, names: [&str; 2]) -> String {
    format!(
        "looked for {} and {}, with or without .gz, in {} and in {}",
        names[0],
        names[1],
        files.folder().display(),
        files.root.display()
    )
}

/// Both files, in torchvision's folder or in the root itself.
pub(super) fn find_both(files: &Files, names: [&str; 2]) -> Result<Option<[PathBuf; 2]>> {
    let in_folder = |folder: &Path| Some([find(folder, names[0])?, find(folder, names[1])?]);
    if let Some(found) = in_folder(&files.folder()) {
        return Ok(Some(found));
    }
    let Some(found) = in_folder(&files.root) else {
        return Ok(None);
    };
    // MNIST, Fashion-MNIST and KMNIST name their files alike; in a plain folder they can be mistaken.
    let digests = Digests::of_file(&found[1])?;
    match published::owner(digests.bytes, &digests.sha256) {
        Some(other) if other.name != files.published.name => Err(Error::file(
            &found[1],
            format!(
                "these are the labels of {}, not of {}; put each set into a folder of its own, such as {}",
                other.name,
                files.published.name,
                files.folder().display()
            ),
        )),
        _ => Ok(Some(found)),
    }
}

/// The file unpacked, which is quicker to read, or as it was downloaded.
fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    let path = folder.join(name);
    let packed = folder.join(format!("{name}.gz"));
    [path, packed].into_iter().find(|path| path.is_file())
}

/// All pixels and labels, checked against each other.
pub(super) fn read_pair(
    name: &'static str,
    classes: &'static [&'static str],
    images: &Path,
    labels: &Path,
) -> Result<Labelled> {
    let size = Size::MNIST;
    let Idx { dims, data: pixels } = idx::read(images, 3)?;
    if dims[1..] != [size.height, size.width] {
        return Err(Error::file(
            images,
            format!(
                "images of {} × {} pixels, expected {} × {}",
                dims[1], dims[2], size.height, size.width
            ),
        ));
    }
    let targets = idx::read(labels, 1)?.data;
    if targets.len() != dims[0] {
        return Err(Error::file(
            labels,
            format!(
                "{} labels, expected {}, one for each image of {}",
                targets.len(),
                dims[0],
                images.display()
            ),
        ));
    }
    if let Some(at) = targets
        .iter()
        .position(|&label| usize::from(label) >= classes.len())
    {
        return Err(Error::file(
            labels,
            format!(
                "label {at} is {}, expected less than {}",
                targets[at],
                classes.len()
            ),
        ));
    }
    Ok(Labelled::new(name, classes, size, pixels, targets))
}
