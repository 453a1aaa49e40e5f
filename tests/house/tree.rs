//! The project's own files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a checkout holds that is nobody's source.
const NOT_SOURCE: [&str; 3] = [".git", "target", "runs"];

/// The files of the project: their paths below its root, with `/` between the parts.
pub(crate) struct Tree {
    root: PathBuf,
    pub(crate) files: Vec<String>,
}

impl Tree {
    /// What git tracks and has not deleted; outside of a checkout, what the folder holds.
    pub(crate) fn of_this_project() -> Self {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let mut files = tracked(&root).unwrap_or_else(|| {
            let mut files = Vec::new();
            walk(&root, "", &mut files);
            files
        });
        files.retain(|file| root.join(file).is_file());
        files.sort();
        assert!(
            files.iter().any(|file| file == "Cargo.toml"),
            "no project at {}",
            root.display()
        );
        Self { root, files }
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The files with one of these extensions, and their text.
    pub(crate) fn texts(&self, extensions: &[&str]) -> Vec<(String, String)> {
        let chosen = self
            .files
            .iter()
            .filter(|path| has_extension(path, extensions));
        chosen.map(|path| (path.clone(), self.read(path))).collect()
    }

    /// Every file that is text, whatever its name.
    pub(crate) fn all_texts(&self) -> Vec<(String, String)> {
        let read =
            |path: &String| Some((path.clone(), fs::read_to_string(self.root.join(path)).ok()?));
        self.files.iter().filter_map(read).collect()
    }

    /// The lines of each file with one of these extensions below one of these folders.
    pub(crate) fn lengths(&self, folders: &[&str], extensions: &[&str]) -> Vec<(String, usize)> {
        let top = |path: &str| {
            path.split('/')
                .next()
                .is_some_and(|first| folders.contains(&first))
        };
        let texts = self
            .texts(extensions)
            .into_iter()
            .filter(|(path, _)| top(path));
        texts
            .map(|(path, text)| (path, text.lines().count()))
            .collect()
    }

    /// The manifest of each crate below `crates/`, by folder name.
    pub(crate) fn crate_manifests(&self) -> BTreeMap<String, String> {
        let folder = |path: &str| {
            let name = path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml")?;
            (!name.contains('/')).then(|| name.to_owned())
        };
        self.files
            .iter()
            .filter_map(|path| Some((folder(path)?, self.read(path))))
            .collect()
    }

    /// `src/lib.rs` or `src/main.rs` of each crate, and the facade's `lib.rs`.
    pub(crate) fn crate_roots(&self) -> Vec<String> {
        let is_root = |path: &&String| {
            let parts: Vec<_> = path.split('/').collect();
            matches!(
                parts[..],
                ["crates", _, "src", "lib.rs" | "main.rs"] | ["crates", _, "lib.rs"]
            )
        };
        self.files.iter().filter(is_root).cloned().collect()
    }
}

fn has_extension(path: &str, extensions: &[&str]) -> bool {
    path.rsplit_once('.')
        .is_some_and(|(_, extension)| extensions.contains(&extension))
}

/// `git ls-files`, or nothing where there is no git or no checkout of this very folder.
fn tracked(root: &Path) -> Option<Vec<String>> {
    // A folder unpacked inside another project's checkout would list nothing of its own.
    if !root.join(".git").exists() {
        return None;
    }
    let output = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(root)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let files: Vec<_> = text
        .split('\0')
        .filter(|f| !f.is_empty())
        .map(str::to_owned)
        .collect();
    (output.status.success() && !files.is_empty()).then_some(files)
}

fn walk(root: &Path, below: &str, files: &mut Vec<String>) {
    let entries = fs::read_dir(root.join(below)).unwrap_or_else(|error| panic!("{below}: {error}"));
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if below.is_empty() {
            name.clone()
        } else {
            format!("{below}/{name}")
        };
        let kind = entry.file_type().expect("an entry just listed");
        if kind.is_file() {
            files.push(path);
        // What is downloaded into data/ is no part of the project.
        } else if kind.is_dir()
            && !(below.is_empty() && NOT_SOURCE.contains(&&*name))
            && below != "data"
        {
            walk(root, &path, files);
        }
    }
}

#[test]
fn walking_finds_what_git_tracks() {
    let tree = Tree::of_this_project();
    let mut walked = Vec::new();
    walk(&tree.root, "", &mut walked);
    let missed: Vec<_> = tree
        .files
        .iter()
        .filter(|file| !walked.contains(file))
        .collect();
    assert!(missed.is_empty(), "{missed:?}");
    assert!(!walked.iter().any(|file| file.starts_with("target/")));
}
