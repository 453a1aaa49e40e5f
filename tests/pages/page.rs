//! A page of Markdown, as much of it as the tests need.

use std::fs;
use std::path::{Path, PathBuf};

/// The top of the project.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn read(path: &str) -> String {
    let path: PathBuf = root().join(path);
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.replace("\r\n", "\n")
}

/// A block of code between two fences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fence {
    /// What stands behind the opening fence: `rust`, `text` …
    pub(crate) kind: String,
    pub(crate) text: String,
    /// Of the opening fence, from 1.
    pub(crate) line: usize,
}

pub(crate) fn fences(page: &str) -> Vec<Fence> {
    let mut fences = Vec::new();
    let mut open: Option<Fence> = None;
    for (number, line) in page.lines().enumerate() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(kind), None) => {
                open = Some(Fence {
                    kind: kind.trim().to_owned(),
                    text: String::new(),
                    line: number + 1,
                });
            }
            (Some(_), Some(_)) => fences.extend(open.take()),
            (None, Some(fence)) => {
                fence.text.push_str(line);
                fence.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert_eq!(open, None, "a fence without an end");
    fences
}

/// The page without its blocks of code.
pub(crate) fn prose(page: &str) -> String {
    let mut inside = false;
    let mut prose = String::new();
    for line in page.lines() {
        if line.starts_with("```") {
            inside = !inside;
        } else if !inside {
            prose.push_str(line);
            prose.push('\n');
        }
    }
    prose
}

#[test]
fn fences_are_found() {
    let page = "a\n```rust,no_run\nx\n\ny\n```\nb\n```text\n```\n";
    let found = fences(page);
    assert_eq!(found.len(), 2);
    assert_eq!(
        (&*found[0].kind, &*found[0].text),
        ("rust,no_run", "x\n\ny\n")
    );
    assert_eq!((&*found[1].kind, found[1].line), ("text", 8));
    assert_eq!(prose(page), "a\nb\n");
}
