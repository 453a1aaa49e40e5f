//! A folder of texts for each class.

use std::fs;
use std::path::{Path, PathBuf};

use ondol_tensor::{Error, Result};

use crate::Dataset;
use crate::tensor_dataset::check_index;

/// Texts in files, in a folder for each class: samples `(text, class)`.
///
/// Laid out as the image folders of torchvision have their pictures, `root/spam/1.txt` and
/// `root/ham/2.txt`: classes are the folders' names in order, files may lie deeper. Files are read
/// when they are asked for.
///
/// ```
/// use ondol_data::Dataset;
/// use ondol_data::text::TextFolder;
/// # let root = tempfile::tempdir().unwrap();
/// # for (class, text) in [("spam", "buy"), ("ham", "hello")] {
/// #     std::fs::create_dir(root.path().join(class)).unwrap();
/// #     std::fs::write(root.path().join(class).join("1.txt"), text).unwrap();
/// # }
/// let data = TextFolder::new(root.path())?;
/// assert_eq!(data.classes(), ["ham", "spam"]);
/// assert_eq!(data.get(1)?, ("buy".to_owned(), 1));
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TextFolder {
    classes: Vec<String>,
    samples: Vec<(PathBuf, i64)>,
}

impl TextFolder {
    /// The files that end in `.txt` below `root`.
    ///
    /// # Errors
    /// As [`with_extensions`](TextFolder::with_extensions)'.
    pub fn new(root: impl AsRef<Path>) -> Result<Self> {
        Self::with_extensions(root, &["txt"])
    }

    /// The files below `root` whose names end in one of `extensions`, in any case.
    ///
    /// # Errors
    /// A folder that cannot be read or has no folders in it; a class without such files.
    pub fn with_extensions(root: impl AsRef<Path>, extensions: &[&str]) -> Result<Self> {
        let root = root.as_ref();
        let mut classes = Vec::new();
        for path in entries(root)? {
            if path.is_dir() {
                classes.push(path);
            }
        }
        if classes.is_empty() {
            let message = "Couldn't find any class folder in it; each class is a folder of texts";
            return Err(Error::file(root, message));
        }
        let mut samples = Vec::new();
        let mut empty = Vec::new();
        for (class, folder) in classes.iter().enumerate() {
            let before = samples.len();
            collect(folder, extensions, class as i64, &mut samples)?;
            if samples.len() == before {
                empty.push(name(folder));
            }
        }
        if !empty.is_empty() {
            let message = format!(
                "Found no valid file for the classes {}. Supported extensions are: {}",
                empty.join(", "),
                extensions.join(", ")
            );
            return Err(Error::file(root, message));
        }
        let classes = classes.iter().map(|folder| name(folder)).collect();
        Ok(TextFolder { classes, samples })
    }

    /// The classes' names, in order.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Each file and its class.
    pub fn samples(&self) -> &[(PathBuf, i64)] {
        &self.samples
    }
}

impl Dataset for TextFolder {
    type Item = (String, i64);

    fn len(&self) -> usize {
        self.samples.len()
    }

    fn get(&self, index: usize) -> Result<(String, i64)> {
        check_index("TextFolder", index, self.samples.len())?;
        let (path, class) = &self.samples[index];
        let bytes = fs::read(path).map_err(|e| Error::io(path, "read", e))?;
        let text = String::from_utf8(bytes).map_err(|e| {
            let at = e.utf8_error().valid_up_to();
            Error::file(path, format!("is no UTF-8 text from byte {at} on"))
        })?;
        Ok((text, *class))
    }
}

/// What is in a folder, by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let here = |e| Error::io(folder, "read", e);
    let entries = fs::read_dir(folder).map_err(here)?;
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(here)?;
    paths.sort();
    Ok(paths)
}

/// Adds the files of a folder, then those of the folders in it.
fn collect(
    folder: &Path,
    extensions: &[&str],
    class: i64,
    samples: &mut Vec<(PathBuf, i64)>,
) -> Result<()> {
    let (folders, files): (Vec<_>, Vec<_>) = entries(folder)?.into_iter().partition(|p| p.is_dir());
    for path in files {
        let extension = path.extension().map(|e| e.to_string_lossy().into_owned());
        if extension.is_some_and(|e| extensions.iter().any(|x| x.eq_ignore_ascii_case(&e))) {
            samples.push((path, class));
        }
    }
    for inner in folders {
        // A link to a folder might lead back up.
        if !inner.is_symlink() {
            collect(&inner, extensions, class, samples)?;
        }
    }
    Ok(())
}

fn name(path: &Path) -> String {
    path.file_name()
        .map_or(String::new(), |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, content) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        root
    }

    #[test]
    fn files_are_found_at_any_depth_in_order() {
        let root = folder(&[
            ("b/2.txt", b"two"),
            ("b/1.TXT", b"one"),
            ("b/deep/0.txt", b"deep"),
            ("b/3.md", b"no"),
            ("a/x.txt", "말".as_bytes()),
            ("readme.txt", b"no class"),
        ]);
        let data = TextFolder::new(root.path()).unwrap();
        assert_eq!(data.classes(), ["a", "b"]);
        let (texts, labels) = data.get_batch(&[0, 1, 2, 3]).unwrap();
        assert_eq!(texts, ["말", "one", "two", "deep"]);
        assert_eq!(labels.to_vec::<i64>(), [0, 1, 1, 1]);
        assert!(data.get(4).is_err());
        assert!(data.samples()[3].0.ends_with("b/deep/0.txt"));
    }

    #[test]
    fn what_is_missing_or_broken_is_named() {
        let says = |root: &Path| TextFolder::new(root).unwrap_err().to_string();
        let root = folder(&[("a/1.txt", b""), ("c/1.md", b""), ("d/1.md", b"")]);
        assert!(says(root.path()).contains("no valid file for the classes c, d."));
        assert!(says(&root.path().join("a")).contains("any class folder"));
        assert!(says(&root.path().join("gone")).contains("cannot read"));
        let root = folder(&[("a/1.txt", b"ab\xff")]);
        let data = TextFolder::new(root.path()).unwrap();
        let text = data.get(0).unwrap_err().to_string();
        assert!(text.contains("1.txt") && text.contains("byte 2"), "{text}");
        fs::remove_file(root.path().join("a/1.txt")).unwrap();
        let text = data.get_batch(&[0]).unwrap_err().to_string();
        assert!(text.contains("sample 0") && text.contains("cannot read"));
    }
}
