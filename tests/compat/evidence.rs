//! Which tests an item is in.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};

use crate::sources::{read, rust_files, shown};
use crate::twins::Item;

/// Names, and where they are tested.
pub(crate) struct Evidence {
    /// The names in the op table's files.
    lines: BTreeSet<String>,
    /// Recorded cases of each operation of PyTorch.
    cases: BTreeMap<String, usize>,
    /// Names used in test files.
    files: Vec<(String, BTreeSet<String>)>,
}

impl Evidence {
    pub(crate) fn of_this_project() -> Evidence {
        let top = crate::top();
        let mut lines = BTreeSet::new();
        for file in rust_files(&top.join("tests/op_table/table")) {
            lines_in(read(&file).parse().expect("Rust"), &mut lines);
        }
        let mut files = Vec::new();
        for path in test_files() {
            let mut names = BTreeSet::new();
            identifiers(read(&path).parse().expect("Rust"), &mut names);
            files.push((shown(&path), names));
        }
        for path in rust_files(&top.join("crates")) {
            // The tests inside of a source file stand at its end.
            if let Some((_, tests)) = read(&path).split_once("#[cfg(test)]\nmod ") {
                let mut names = BTreeSet::new();
                identifiers(tests.parse().expect("Rust"), &mut names);
                files.push((shown(&path), names));
            }
        }
        Evidence {
            lines,
            cases: cases(),
            files,
        }
    }

    /// The tests of a twin, the strongest first.
    pub(crate) fn of(&self, twin: &str, items: &[Item]) -> Vec<String> {
        let (_, last) = crate::names::split(twin);
        let mut found = Vec::new();
        if let Some(n) = self.cases.get(last) {
            let s = if *n == 1 { "" } else { "s" };
            found.push(format!("{n} recorded case{s}"));
        }
        if items.iter().any(|item| self.lines.contains(&item.name)) {
            found.push("op table".to_owned());
        }
        if found.is_empty() {
            let using = self
                .files
                .iter()
                .filter(|(_, names)| items.iter().any(|item| names.contains(&item.name)));
            found.extend(using.take(1).map(|(path, _)| format!("`{path}`")));
        }
        if found.is_empty() && items.iter().any(|item| item.example) {
            found.push("doc example".to_owned());
        }
        found
    }
}

/// Test files but for those that only list: the compatibility pages' own and the op table's lines.
fn test_files() -> Vec<std::path::PathBuf> {
    let top = crate::top();
    let mut files = rust_files(&top.join("tests"));
    files.retain(|f| {
        let path = shown(f);
        !path.starts_with("tests/compat/") && !path.starts_with("tests/op_table/table/")
    });
    let crates = std::fs::read_dir(top.join("crates")).expect("crates can be read");
    let mut folders: Vec<_> = crates
        .map(|e| e.expect("an entry can be read").path().join("tests"))
        .collect();
    folders.sort();
    files.extend(folders.iter().flat_map(|f| rust_files(f)));
    files
}

/// Every test function, with its file.
pub(crate) fn test_functions() -> Vec<(String, String)> {
    let mut files = test_files();
    files.extend(rust_files(&crate::top().join("crates")));
    files.sort();
    files.dedup();
    let mut found = Vec::new();
    for path in files {
        let file = syn::parse_file(&read(&path)).expect("Rust");
        tests_in(&file.items, &shown(&path), &mut found);
    }
    found
}

fn tests_in(items: &[syn::Item], path: &str, into: &mut Vec<(String, String)>) {
    for item in items {
        match item {
            syn::Item::Fn(f) if f.attrs.iter().any(|a| a.path().is_ident("test")) => {
                into.push((path.to_owned(), f.sig.ident.to_string()));
            }
            syn::Item::Mod(m) => {
                if let Some((_, items)) = &m.content {
                    tests_in(items, path, into);
                }
            }
            _ => {}
        }
    }
}

/// How many cases of each operation the fixtures hold, by the last part of its name.
fn cases() -> BTreeMap<String, usize> {
    let fixtures = crate::top().join("tests/fixtures");
    let mut counts = BTreeMap::new();
    let entries = std::fs::read_dir(&fixtures).expect("tests/fixtures can be read");
    for entry in entries {
        let path = entry
            .expect("an entry can be read")
            .path()
            .join("cases.json");
        let is_cases = path.to_string_lossy().contains("torch_cases");
        let Some(text) = std::fs::read_to_string(&path).ok().filter(|_| is_cases) else {
            continue;
        };
        let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        for case in json["cases"].as_array().expect("cases") {
            if case["kind"] == "transform" {
                continue;
            }
            let op = case["op"].as_str().expect("an operation");
            let (_, last) = crate::names::split(op);
            *counts.entry(last.to_owned()).or_default() += 1;
        }
    }
    counts
}

/// The names that the op table's files use, in text or in their own lists; that each operation has a
/// line is `coverage`'s to see.
fn lines_in(tokens: TokenStream, into: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(name) => _ = into.insert(name.to_string()),
            TokenTree::Literal(text) => {
                into.insert(text.to_string().trim_matches('"').to_owned());
            }
            TokenTree::Group(group) => lines_in(group.stream(), into),
            TokenTree::Punct(_) => {}
        }
    }
}

fn identifiers(tokens: TokenStream, into: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                into.insert(ident.to_string());
            }
            TokenTree::Group(group) => identifiers(group.stream(), into),
            _ => {}
        }
    }
}

#[test]
fn lines_and_names_are_found() {
    let text = r#"vec![line("sum", [any([3])], |t| t[0].total()), unary! { abs_ on any([3]); }]"#;
    let (mut lines, mut names) = (BTreeSet::new(), BTreeSet::new());
    lines_in(text.parse().expect("Rust"), &mut lines);
    identifiers(text.parse().expect("Rust"), &mut names);
    assert!(["sum", "total", "abs_"].iter().all(|n| lines.contains(*n)));
    assert!(names.contains("total") && names.contains("any") && !names.contains("sum"));
}
