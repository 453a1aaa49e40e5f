//! Which files a folder of classes holds, in torchvision's order.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ondol_tensor::{Error, Result};

/// Whether a file belongs to the set.
pub(super) type IsValid = Arc<dyn Fn(&Path) -> bool + Send + Sync>;

/// What to look for.
#[derive(Clone)]
pub(super) struct Wanted {
    pub(super) root: PathBuf,
    /// Classes by name, instead of the folders that are there.
    pub(super) classes: Option<Vec<String>>,
    pub(super) extensions: Vec<String>,
    pub(super) is_valid: Option<IsValid>,
    pub(super) allow_empty: bool,
}

/// Classes and samples.
#[derive(Clone, Debug)]
pub(super) struct Listing {
    pub(super) classes: Vec<String>,
    pub(super) class_to_idx: BTreeMap<String, usize>,
    pub(super) samples: Vec<(PathBuf, usize)>,
}

impl Wanted {
    /// Goes through the folders. No file is opened.
    pub(super) fn list(&self) -> Result<Listing> {
        let classes = match &self.classes {
            Some(classes) if classes.is_empty() => {
                return Err(Error::value(
                    "ImageFolder",
                    "0 classes; expected at least 1",
                ));
            }
            Some(classes) => classes.clone(),
            None => self.folders()?,
        };
        let class_to_idx: BTreeMap<String, usize> = classes
            .iter()
            .enumerate()
            .map(|(i, class)| (class.clone(), i))
            .collect();
        let mut samples = Vec::new();
        let mut empty = Vec::new();
        for (class, &index) in &class_to_idx {
            let before = samples.len();
            let folder = self.root.join(class);
            if folder.is_dir() {
                let files = files_below(&folder)?.into_iter();
                let wanted = files.filter(|path| self.is_wanted(path));
                samples.extend(wanted.map(|path| (path, index)));
            }
            if samples.len() == before {
                empty.push(class.as_str());
            }
        }
        if !empty.is_empty() && !self.allow_empty {
            let supported = match self.is_valid {
                Some(_) => String::new(),
                None if self.extensions.iter().any(String::is_empty) => String::new(),
                None => format!(" Supported extensions are: {}", self.extensions.join(", ")),
            };
            return Err(Error::data(format!(
                "Found no valid file for the classes {} in {}.{supported}",
                empty.join(", "),
                self.root.display()
            )));
        }
        Ok(Listing {
            classes,
            class_to_idx,
            samples,
        })
    }

    fn is_wanted(&self, path: &Path) -> bool {
        match &self.is_valid {
            Some(is_valid) => is_valid(path),
            None => {
                let name = path.to_string_lossy().to_lowercase();
                self.extensions.iter().any(|e| name.ends_with(e.as_str()))
            }
        }
    }

    /// The folders in the root, sorted.
    fn folders(&self) -> Result<Vec<String>> {
        let root = &self.root;
        let mut names = Vec::new();
        for entry in entries(root)? {
            if !entry.is_dir() {
                continue;
            }
            let name = entry.file_name().and_then(|name| name.to_str());
            let Some(name) = name else {
                return Err(Error::file(
                    &entry,
                    "the name of a class is no Unicode text; rename the folder",
                ));
            };
            names.push(name.to_owned());
        }
        names.sort();
        if names.is_empty() {
            return Err(Error::data(format!(
                "Couldn't find any class folder in {}; expected a folder of files for each class",
                root.display()
            )));
        }
        Ok(names)
    }
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = |e| Error::io(folder, "read", e);
    fs::read_dir(folder)
        .map_err(read)?
        .map(|entry| entry.map(|e| e.path()).map_err(read))
        .collect()
}

/// All files below a folder, links followed: folder by folder in the order of their paths, the files of
/// each in the order of their names.
fn files_below(top: &Path) -> Result<Vec<PathBuf>> {
    let mut open = vec![(top.to_owned(), Vec::new())];
    let mut folders = Vec::new();
    while let Some((folder, mut above)) = open.pop() {
        // A link to a folder above would never end.
        let real = fs::canonicalize(&folder).map_err(|e| Error::io(&folder, "open", e))?;
        if above.contains(&real) {
            continue;
        }
        above.push(real);
        let (below, mut files): (Vec<_>, Vec<_>) = entries(&folder)?
            .into_iter()
            .partition(|path| path.is_dir());
        files.sort();
        open.extend(below.into_iter().map(|path| (path, above.clone())));
        folders.push((folder, files));
    }
    // As text: a folder's path is before those of what it holds, and `a-b` before `a/b`.
    folders.sort_by(|(a, _), (b, _)| a.as_os_str().cmp(b.as_os_str()));
    Ok(folders.into_iter().flat_map(|(_, files)| files).collect())
}
