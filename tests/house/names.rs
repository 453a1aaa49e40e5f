//! What files there are: at the top, in the workspace, and CUDA's in one place.

use std::collections::BTreeSet;

use crate::manifest::strings;

/// What the top level must hold.
const TOP: [&str; 14] = [
    ".cargo",
    ".ci",
    ".gitignore",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "crates",
    "data",
    "docs",
    "examples",
    "rust-toolchain.toml",
    "tests",
];

/// What it may hold besides.
const TOP_TOO: [&str; 4] = [
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "deny.toml",
];

/// What is missing at the top and what does not belong there.
pub(crate) fn top_level(files: &[String]) -> Vec<String> {
    let found: BTreeSet<&str> = files
        .iter()
        .filter_map(|path| path.split('/').next())
        .collect();
    let missing = TOP.iter().filter(|name| !found.contains(*name));
    let stray = found
        .iter()
        .filter(|name| !TOP.contains(name) && !TOP_TOO.contains(name));
    missing
        .map(|name| format!("{name}: missing at the top"))
        .chain(stray.map(|name| format!("{name}: does not belong at the top")))
        .collect()
}

/// CUDA source outside of its crate.
pub(crate) fn stray_cuda(files: &[String]) -> Vec<String> {
    let cuda = |path: &str| {
        [".cu", ".cuh", ".ptx"]
            .iter()
            .any(|end| path.ends_with(end))
    };
    let stray = files
        .iter()
        .filter(|path| cuda(path) && !path.starts_with("crates/cuda/"));
    stray
        .map(|path| format!("{path}: CUDA source belongs in crates/cuda"))
        .collect()
}

/// Where the workspace's two lists and the crates' folders differ.
pub(crate) fn members(manifest: &str, folders: &[String]) -> Vec<String> {
    let members: BTreeSet<_> = strings(manifest, "members").into_iter().collect();
    let mut default: BTreeSet<_> = strings(manifest, "default-members").into_iter().collect();
    let mut broken = Vec::new();
    // The root package is a member by being there, and a default one by being listed.
    if !default.remove(".") {
        broken.push("default-members: \".\" is missing".to_owned());
    }
    for name in members.symmetric_difference(&default) {
        broken.push(format!(
            "{name}: in one of members and default-members only"
        ));
    }
    let folders: BTreeSet<_> = folders
        .iter()
        .map(|name| format!("crates/{name}"))
        .collect();
    for name in members.symmetric_difference(&folders) {
        broken.push(format!(
            "{name}: a member without a manifest, or a manifest and no member"
        ));
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn a_stray_file_at_the_top_is_seen_and_a_missing_one() {
        let mut files = paths(&TOP);
        files.push("CHANGELOG.md".to_owned());
        files.push("crates/nn/src/lib.rs".to_owned());
        assert!(top_level(&files).is_empty());
        files.push("src/lib.rs".to_owned());
        assert_eq!(top_level(&files), ["src: does not belong at the top"]);
        assert_eq!(top_level(&files[1..]).len(), 2);
    }

    #[test]
    fn a_stray_kernel_is_seen() {
        let files = paths(&[
            "crates/cuda/src/kernels/a.cu",
            "crates/nn/src/a.cu",
            "a.ptx",
        ]);
        assert_eq!(stray_cuda(&files).len(), 2);
    }

    #[test]
    fn lists_that_differ_are_seen() {
        let folders = paths(&["a", "b"]);
        let good = "members = [\"crates/a\", \"crates/b\"]\n\
                    default-members = [\".\", \"crates/a\", \"crates/b\"]\n";
        assert!(members(good, &folders).is_empty());
        for bad in [
            good.replace("\".\", ", ""),
            good.replace("\".\", \"crates/a\", ", "\".\", "),
            good.replace("crates/b", "crates/c"),
            String::new(),
        ] {
            assert!(!members(&bad, &folders).is_empty(), "{bad}");
        }
        assert_eq!(members(good, &paths(&["a", "b", "c"])).len(), 1);
    }
}
