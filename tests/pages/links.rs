//! Links and pictures that lead into the project lead somewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::page::{prose, read, root};

/// The project's pages: those at the top and in `docs` and `data`.
fn pages() -> Vec<String> {
    let mut pages = Vec::new();
    for folder in ["", "docs", "data", "examples/notebooks"] {
        let entries = fs::read_dir(root().join(folder))
            .expect("the folder")
            .flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let names = names.filter(|name| name.ends_with(".md"));
        pages.extend(names.map(|name| Path::new(folder).join(name).display().to_string()));
    }
    pages.sort();
    pages
}

/// The targets of `[text](target)` and `![text](target)`, and of `src="target"`.
fn targets(page: &str) -> Vec<String> {
    let prose = prose(page);
    let mut found = Vec::new();
    for (opening, closing) in [("](", ')'), ("src=\"", '"')] {
        for piece in prose.split(opening).skip(1) {
            if let Some((target, _)) = piece.split_once(closing) {
                found.push(target.to_owned());
            }
        }
    }
    found
}

/// The names that `#name` may lead to, as GitHub makes them of headings.
fn anchors(page: &str) -> BTreeSet<String> {
    let headings = prose(page);
    let headings = headings.lines().filter(|line| line.starts_with('#'));
    let anchor = |line: &str| {
        let text = line.trim_start_matches('#').trim().to_lowercase();
        let kept = text.chars().filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || "-_".contains(c) => Some(c),
            _ => None,
        });
        kept.collect()
    };
    headings.map(anchor).collect()
}

/// What is wrong with a target of a page.
fn problem(page: &str, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let folder = Path::new(page).parent().unwrap_or(Path::new(""));
    let path: PathBuf = match path {
        "" => page.into(),
        path => folder.join(path),
    };
    // The pictures of a run are drawn by `fashion_mnist`: all of them are here, or none yet.
    if path.display().to_string().contains("images/") && !root().join("docs/images").exists() {
        return None;
    }
    if !root().join(&path).exists() {
        return Some(format!("{page}: {target} leads nowhere"));
    }
    let known = anchor.is_empty() || anchors(&read(&path.display().to_string())).contains(anchor);
    (!known).then(|| format!("{page}: {target} has no such heading"))
}

#[test]
fn links_lead_somewhere() {
    let pages = pages();
    for page in ["README.md", "docs/README.ko.md", "docs/architecture.md"] {
        assert!(
            pages.iter().any(|p| p == page),
            "{page} is missing: {pages:?}"
        );
    }
    let mut problems = Vec::new();
    let mut count = 0;
    for page in &pages {
        let targets = targets(&read(page));
        count += targets.len();
        problems.extend(targets.iter().filter_map(|target| problem(page, target)));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(count > 30, "only {count} links");
}

#[test]
fn what_leads_nowhere_is_seen() {
    let page = "# A: b `c`\n\nSee [x](y.md#z) and ![p](q.png)\n```rust\na[0](1)\n```\n";
    assert_eq!(targets(page), ["y.md#z", "q.png"]);
    assert!(anchors(page).contains("a-b-c"));
    assert!(problem("README.md", "https://example.org/x").is_none());
    assert!(problem("docs/tour.md", "no_such.md").is_some());
    assert!(problem("docs/tour.md", "../README.md#no-such-heading").is_some());
    assert!(problem("docs/tour.md", "../README.md").is_none());
}
