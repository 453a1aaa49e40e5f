//! What Ondol has of PyTorch, found in the sources: `docs/compat.md` and `docs/pytorch_map.md` are
//! written from it, and a page that is not up to date fails.
//!
//! Every public item names its PyTorch twin in its documentation. `ONDOL_BLESS=1` writes the pages.

mod absent;
mod differences;
mod evidence;
mod names;
mod page;
mod rows;
mod signature;
mod sources;
mod twins;

use std::path::{Path, PathBuf};

use names::Names;
use twins::Twins;

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Compares a page with what it should say, or writes it where that is asked for.
fn up_to_date(path: PathBuf, text: &str) {
    if std::env::var_os("ONDOL_BLESS").is_some() {
        std::fs::write(&path, text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        return;
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = found.lines().zip(text.lines()).find(|(a, b)| a != b);
    assert!(
        found == text,
        "{} is not up to date; `ONDOL_BLESS=1 cargo test --test compat` writes it. First: {differs:?}",
        path.display()
    );
}

#[test]
fn the_pages_are_up_to_date() {
    let (names, twins) = (Names::read(), Twins::of_this_project());
    let evidence = evidence::Evidence::of_this_project();
    up_to_date(
        top().join("docs/compat.md"),
        &page::compat(&names, &twins, &evidence),
    );
    up_to_date(
        top().join("docs/pytorch_map.md"),
        &page::map(&names, &twins),
    );
}

#[test]
fn every_twin_is_a_name_of_pytorch() {
    let (names, twins) = (Names::read(), Twins::of_this_project());
    let broken: Vec<String> = twins
        .iter()
        .filter(|(twin, _)| !names.contains(twin))
        .map(|(twin, items)| format!("{twin}: named by {}", items[0].path))
        .collect();
    assert!(broken.is_empty(), "\n  {}\n", broken.join("\n  "));
    assert!(twins.iter().count() > 150, "are the sources read?");
}

#[test]
fn every_twin_has_a_test() {
    let (names, twins) = (Names::read(), Twins::of_this_project());
    let evidence = evidence::Evidence::of_this_project();
    let broken: Vec<String> = twins
        .iter()
        .filter(|(twin, items)| names.contains(twin) && evidence.of(twin, items).is_empty())
        .map(|(twin, items)| format!("{twin}: {} is in no test", items[0].path))
        .collect();
    assert!(broken.is_empty(), "\n  {}\n", broken.join("\n  "));
}

#[test]
fn differences_and_absences_are_about_real_names() {
    let (names, twins) = (Names::read(), Twins::of_this_project());
    let mut broken = Vec::new();
    for (name, text) in differences::DIFFERENCES {
        if !names.contains(name) {
            broken.push(format!("{name}: a difference of no name of PyTorch"));
        }
        if !twins.has(name) {
            broken.push(format!("{name}: a difference of what is not here"));
        }
        if text.len() < 20 {
            broken.push(format!("{name}: the difference says too little"));
        }
    }
    for (_, pattern) in absent::patterns() {
        if !names.all().any(|n| absent::matches(pattern, n)) {
            broken.push(format!("{pattern}: matches no name of PyTorch"));
        }
    }
    assert!(broken.is_empty(), "\n  {}\n", broken.join("\n  "));
}

#[test]
fn every_row_names_tests_that_exist() {
    let tests = evidence::test_functions();
    let mut broken = Vec::new();
    for row in rows::ROWS {
        if row.tests.is_empty() {
            broken.push(format!("{}: no test", row.what));
        }
        for test in row.tests {
            let (file, function) = test.split_once("::").unwrap_or((test, ""));
            let found = tests.iter().any(|(path, name)| {
                path.ends_with(file) && (function.is_empty() || name == function)
            });
            if !found {
                broken.push(format!("{}: there is no test {test}", row.what));
            }
        }
    }
    assert!(broken.is_empty(), "\n  {}\n", broken.join("\n  "));
}
