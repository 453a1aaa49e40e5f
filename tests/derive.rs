//! `#[derive(Module)]` as other people's crates meet it: under which names of the dependency it
//! works, and what the compiler says where it does not.
//!
//! Each file of `tests/derive` becomes a crate that is checked, not built.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The crates that must be accepted, with their dependencies.
const ACCEPTED: [(&str, &str); 3] = [
    (
        "facade",
        "ondol = { path = 'ROOT', default-features = false }",
    ),
    ("nn", "ondol-nn = { path = 'ROOT/crates/nn' }"),
    (
        "renamed",
        "warm = { package = 'ondol', path = 'ROOT', default-features = false }",
    ),
];

/// Those that must be refused.
const REFUSED: [(&str, &str); 3] = [
    ("forgotten", "ondol-nn = { path = 'ROOT/crates/nn' }"),
    ("refused", "ondol-nn = { path = 'ROOT/crates/nn' }"),
    (
        "neither",
        "ondol-nn-derive = { path = 'ROOT/crates/nn-derive' }",
    ),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn source(name: &str) -> String {
    fs::read_to_string(root().join("tests/derive").join(name).with_extension("rs")).unwrap()
}

/// A workspace of the crates, which uses the versions of this one: nothing is downloaded.
fn workspace() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("derive");
    let crates = || ACCEPTED.iter().chain(&REFUSED);
    let members: Vec<_> = crates().map(|(name, _)| format!("'{name}'")).collect();
    for (name, dependency) in crates() {
        let dependency = dependency.replace("ROOT", &root().display().to_string());
        let manifest = format!(
            "[package]\nname = '{name}'\nversion = '0.1.0'\nedition = '2024'\n\n[dependencies]\n{dependency}\n"
        );
        fs::create_dir_all(folder.join(name).join("src")).unwrap();
        fs::write(folder.join(name).join("Cargo.toml"), manifest).unwrap();
        fs::write(folder.join(name).join("src/lib.rs"), source(name)).unwrap();
    }
    let manifest = format!(
        "[workspace]\nresolver = '3'\nmembers = [{}]\n\n[profile.dev]\ndebug = false\nincremental = false\n",
        members.join(", ")
    );
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    folder
}

/// Checks all crates at once: what is refused does not stop the others. What came out whole is on
/// stdout, as JSON, and what the compiler says on stderr, as people read it.
fn check(workspace: &Path) -> Output {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args([
        "check",
        "--workspace",
        "--offline",
        "--keep-going",
        "--target-dir=target",
    ]);
    cargo.args(["--color=never", "--message-format=json-render-diagnostics"]);
    // The settings of the outer run are not those of a user's.
    cargo.env_remove("RUSTFLAGS").env_remove("CARGO_TARGET_DIR");
    cargo.current_dir(workspace).output().expect("cargo runs")
}

/// Whether cargo says that a crate of the workspace was checked to its end.
fn is_whole(stdout: &str, name: &str) -> bool {
    let (reason, target) = (
        "\"reason\":\"compiler-artifact\"",
        format!("\"name\":\"{name}\""),
    );
    stdout
        .lines()
        .any(|line| line.contains(reason) && line.contains(&target))
}

/// The lines of a source that are marked, with what the compiler must say there.
fn marks(source: &str) -> Vec<(usize, &str)> {
    let lines = source.lines().enumerate();
    lines
        .filter_map(|(i, line)| Some((i + 1, line.split_once("// marked: ")?.1)))
        .collect()
}

/// The compiler's messages about one crate: each begins with `error` and names its place.
fn errors<'a>(stderr: &'a str, name: &str) -> Vec<&'a str> {
    let file = Path::new(name).join("src/lib.rs").display().to_string();
    stderr
        .split("\n\n")
        .filter(|text| text.contains("error") && text.contains(&format!("--> {file}:")))
        .collect()
}

#[test]
fn the_derive_works_for_others_and_tells_them_what_is_wrong() {
    let output = check(&workspace());
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    for (name, _) in ACCEPTED {
        assert!(
            is_whole(&stdout, name),
            "{name} was not accepted:\n{stderr}"
        );
    }
    for (name, _) in REFUSED {
        assert!(!is_whole(&stdout, name), "{name} was accepted");
        let (source, errors) = (source(name), errors(&stderr, name));
        let marks = marks(&source);
        assert!(!marks.is_empty(), "{name}");
        for (line, text) in marks {
            let at = format!("lib.rs:{line}:");
            let message = errors
                .iter()
                .find(|error| error.contains(&at) && error.contains(text));
            let message = message.unwrap_or_else(|| {
                panic!("{name}: nothing says {text:?} at line {line}:\n{stderr}")
            });
            if name == "forgotten" {
                assert!(message.contains("is not a Module"), "{message}");
                assert!(
                    message.contains("derive Module, or mark the field #[module(skip)]"),
                    "{message}"
                );
            }
        }
    }
}
