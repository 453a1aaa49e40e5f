//! All cases of a folder, and what is said of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::case::Folder;
use super::run::{OPEN_KINDS, Outcome, run};

/// The fixtures of the schema. Those of optimizers and of recurrent layers hold states too, and have
/// tests of their own in `ondol-optim` and `ondol-nn`.
const FIXTURES: [&str; 5] = [
    "torch_cases",
    "torch_cases_tensor",
    "torch_cases_nn",
    "torch_cases_color",
    "torch_cases_geometry",
];

/// The folders to run: the one that is named, or the fixtures.
fn folders() -> Vec<PathBuf> {
    if let Some(folder) = std::env::var_os("ONDOL_TORCH_CASES").filter(|f| !f.is_empty()) {
        return vec![folder.into()];
    }
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    FIXTURES.iter().map(|name| fixtures.join(name)).collect()
}

/// Passed and all, of one operation.
#[derive(Default)]
struct Count {
    passed: usize,
    all: usize,
}

/// Runs a folder; gives what failed.
fn run_folder(path: &Path) -> Vec<String> {
    let folder = Folder::read(path);
    let mut counts: BTreeMap<(&str, &str), Count> = BTreeMap::new();
    let mut open: BTreeMap<(&str, &str), (usize, &str)> = BTreeMap::new();
    let mut failures = Vec::new();
    for case in &folder.cases.cases {
        let key = (case.kind.as_str(), case.op.as_str());
        let passed = match run(&folder, case) {
            Outcome::Open(why) => {
                open.entry(key).or_insert((0, why)).0 += 1;
                continue;
            }
            Outcome::Passed => true,
            Outcome::Failed(why) => {
                failures.push(format!("{} ({} {}): {why}", case.id, case.kind, case.op));
                false
            }
        };
        let count = counts.entry(key).or_default();
        count.all += 1;
        count.passed += usize::from(passed);
    }
    println!("{} (PyTorch {})", path.display(), folder.cases.torch);
    for ((kind, op), Count { passed, all }) in &counts {
        println!("  {kind:9} {op:40} {passed:3} of {all}");
    }
    for ((kind, op), (n, why)) in &open {
        println!("  {kind:9} {op:40} open: {n} not run, waits for {why}");
    }
    let (passed, all) = counts
        .values()
        .fold((0, 0), |(p, a), c| (p + c.passed, a + c.all));
    println!("  {passed} of {all} cases pass");
    if folder.cases.cases.is_empty() {
        failures.push("there are no cases".into());
    }
    failures
}

#[test]
fn every_case_passes() {
    let folders = folders();
    let mut failures = Vec::new();
    for folder in &folders {
        for failure in run_folder(folder) {
            failures.push(format!("{}: {failure}", folder.display()));
        }
    }
    assert!(
        failures.is_empty(),
        "{} cases fail:\n  {}",
        failures.len(),
        failures.join("\n  ")
    );
}

#[test]
fn what_is_open_says_what_it_waits_for() {
    for (kind, why) in OPEN_KINDS {
        assert!(why.len() > 10, "{kind}");
    }
}
