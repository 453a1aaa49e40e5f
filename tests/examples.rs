//! Each example runs, in the profile the tests were built in, and what it prints says that it has learned.
//!
//! `fashion_mnist` is a program of its own: `.ci/run` trains it on the real pictures.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

/// No longer than a screen and a half.
const MOST_LINES: usize = 100;

/// The folder of the examples' programs, beside that of this one.
fn programs() -> &'static Path {
    static PROGRAMS: OnceLock<PathBuf> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let this = std::env::current_exe().expect("this program has a path");
        let profile = this.ancestors().nth(2).expect("deps lies in the profile");
        let folder = profile.join("examples");
        // `cargo test` builds them first, `cargo test --test examples` does not. Where nothing is missing or old
        // nothing is built: other packages chosen on the command line would mean other features, and all anew.
        let program = |name: &str| folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
        let built = |name: &str| fs::metadata(program(name)).and_then(|m| m.modified()).ok();
        let oldest = examples()
            .iter()
            .map(|(name, _)| built(name))
            .min()
            .flatten();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let newest = newest(&root.join("crates")).max(newest(&root.join("examples")));
        if oldest.is_none() || oldest < newest {
            build(profile);
        }
        folder
    })
}

/// What no example is built from.
const NOT_IN_THEM: [&str; 3] = ["bench", "tests", "xtask"];

/// When the newest source below a folder was written.
fn newest(folder: &Path) -> Option<SystemTime> {
    let entries = fs::read_dir(folder).expect("a folder of sources").flatten();
    let times = entries.filter_map(|entry| {
        let path = entry.path();
        match path.is_dir() {
            true if NOT_IN_THEM.iter().any(|name| path.ends_with(name)) => None,
            true => newest(&path),
            false if path.extension()? == "rs" => entry.metadata().ok()?.modified().ok(),
            false => None,
        }
    });
    times.max()
}

fn build(profile: &Path) {
    let target = profile.parent().expect("the profile lies in the target");
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--workspace", "--examples", "--locked"]);
    build.arg("--offline").arg("--target-dir").arg(target);
    if profile.ends_with("release") {
        build.arg("--release");
    }
    let output = build.current_dir(env!("CARGO_MANIFEST_DIR")).output();
    let output = output.expect("cargo runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

/// What an example prints when it runs in this folder.
fn printed_in(folder: &Path, name: &str, arguments: &[&str]) -> String {
    let program = programs().join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let mut command = Command::new(program);
    let output = command.args(arguments).current_dir(folder).output();
    let output = output.unwrap_or_else(|error| panic!("{name}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {errors}");
    // The harness shows it where the test fails.
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    print!("{text}");
    text
}

fn printed(name: &str) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    printed_in(folder.path(), name, &[])
}

/// The number after the last time that `before` is printed.
fn number(text: &str, before: &str) -> f64 {
    let after = text
        .rsplit_once(before)
        .map(|(_, after)| after.trim_start());
    leading(after.unwrap_or_else(|| panic!("{before:?} is not in\n{text}")))
}

/// The number that a text begins with.
fn leading(text: &str) -> f64 {
    let end = text.find(|c: char| !(c.is_ascii_digit() || ".-".contains(c)));
    let digits = text[..end.unwrap_or(text.len())].trim_end_matches('.');
    digits.parse().unwrap_or_else(|e| panic!("{text:?}: {e}"))
}

#[test]
fn tensors() {
    let text = printed("tensors");
    for line in [
        "shape [3, 3], rank 2, dtype i64",
        "view      tensor([1, 2, 3, 4, 5, 6, 7, 8, 9])",
        "x[:, -1]    tensor([3, 6, 9])",
        "x[x > 4]    tensor([5, 6, 7, 8, 9])",
        "row means tensor([0., 5., 8.])",
        "w · x + b has shape [5, 2]",
        "round trip tensor([  1.,  10., 100.])",
    ] {
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }
}

#[test]
fn autograd() {
    let text = printed("autograd");
    assert!(text.starts_with("l = 9, dl/dw = Some(18.0)\n"), "{text}");
    assert!(text.contains("of x³ at 2: 12 and Some(12.0)"), "{text}");
    assert!(
        text.contains("through Sign: tensor([0., 1., 1., 0.])"),
        "{text}"
    );
    assert!(text.ends_with("hold\n"), "{text}");
}

#[test]
fn linear_regression() {
    let text = printed("linear_regression");
    for way in ["by hand: y =", "with nn and optim: y ="] {
        assert!((number(&text, way) - 3.0).abs() < 0.2, "{text}");
    }
}

#[test]
fn xor() {
    let text = printed("xor");
    assert!(text.ends_with("4 of 4 right\n"), "{text}");
}

#[test]
fn logistic_regression() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = printed_in(folder.path(), "logistic_regression", &[]);
    assert!(number(&text, "test accuracy") > 0.9);
    let figure = fs::read(folder.path().join("runs/logistic_regression.png"));
    assert!(figure.expect("the figure").starts_with(b"\x89PNG"));
}

#[test]
fn save_load_pytorch() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = printed_in(folder.path(), "save_load_pytorch", &[]);
    assert!(text.contains("the answers are PyTorch's: true"), "{text}");
    assert_eq!(text.matches("the same bits true").count(), 2, "{text}");
    for error in [
        "size mismatch for linear_1.weight",
        "cannot open",
        "cut short",
    ] {
        assert!(text.contains(error), "{error:?} is not in\n{text}");
    }
}

#[test]
fn custom_dataset() {
    let text = printed("custom_dataset");
    assert!(number(&text, "test accuracy") > 0.95);
    let error = "sample 4: Signals: \"three\" is not a number";
    assert!(text.contains(error), "{text}");
}

#[test]
fn custom_layer_and_loss() {
    let text = printed("custom_layer_and_loss");
    let low = number(&text, "below the lines:");
    let high = number(&text, &format!("below the lines: {low:.2}"));
    assert!((0.05..0.17).contains(&low) && (0.83..0.95).contains(&high));
}

#[test]
fn cnn() {
    assert!(number(&printed("cnn"), "test accuracy") > 0.75);
}

#[test]
fn autoencoder() {
    let text = printed("autoencoder");
    let (error, mean) = (number(&text, "error"), number(&text, "mean garment's"));
    assert!(error < 0.5 * mean, "{text}");
}

#[test]
fn gru_text() {
    assert!(number(&printed("gru_text"), "accuracy") > 0.9);
}

#[test]
fn lstm() {
    // A guess of 1 costs 0.167.
    assert!(number(&printed("lstm"), "on new sequences:") < 0.05);
}

#[test]
fn transformer() {
    let text = printed("transformer");
    assert!(leading(text.lines().last().expect("a last line")) > 90.0);
}

#[test]
fn gan() {
    let text = printed("gan");
    let first = number(&text, "step 0: distance of the means");
    let last = number(&text, "at the end: distance of the means");
    assert!(last < 0.4 * first, "{text}");
}

#[test]
fn fgsm() {
    let text = printed("fgsm");
    let (before, after) = (number(&text, "0.00 |"), number(&text, "0.10 |"));
    assert!(before > 0.75 && after < 0.4, "{text}");
}

#[test]
fn dqn() {
    // Who stands still catches a fifth of them, who moves at random a quarter.
    assert!(number(&printed("dqn"), "caught") >= 90.0);
}

#[test]
fn transfer_learning() {
    let text = printed("transfer_learning");
    let loaded = number(&text, "with loaded layers: accuracy");
    let fresh = number(&text, "from nothing: accuracy");
    assert!(loaded > fresh && loaded > 0.5, "{text}");
}

#[test]
fn char_gpt() {
    let text = printed("char_gpt");
    assert!(number(&text, "step 0: loss") > 2.5, "{text}");
    assert!(number(&text, "step 150: loss") < 0.6, "{text}");
    assert!(text.contains("This is the cat that"), "{text}");
}

/// One trains and saves, the other loads and answers.
#[test]
fn neural_net_and_serve() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = printed_in(folder.path(), "neural_net", &[]);
    let before = number(&text, "Before training, test loss is");
    let after = number(&text, "After training, test loss is");
    assert!(after < 0.2 && after < 0.5 * before);
    let chance = number(&text, "has label 1 is");
    assert!(chance > 0.9);

    let text = printed_in(folder.path(), "serve", &["--once"]);
    let (_, answers) = text.split_once("200 OK {\"y\":[").expect("an answer");
    assert!((leading(answers) - chance).abs() < 1e-3, "{text}");
    assert!(text.contains("200 OK {\"y\":[]}"), "{text}");
    assert_eq!(text.matches("HTTP/1.1 400").count(), 4, "{text}");
    assert_eq!(text.matches("HTTP/1.1 404").count(), 1, "{text}");
}

/// A model that is not there is said on one line, without a backtrace.
#[test]
fn serve_without_a_model() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = programs().join(format!("serve{}", std::env::consts::EXE_SUFFIX));
    let output = Command::new(program)
        .args(["--once", "no_such.pt"])
        .current_dir(folder.path())
        .output()
        .expect("it runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && errors.contains("no_such.pt"),
        "{errors}"
    );
}

/// The examples by name, with the file that `main` stands in.
fn examples() -> Vec<(String, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let entries = fs::read_dir(folder).expect("the examples").flatten();
    let main = |path: PathBuf| {
        let name = path.file_stem()?.to_str()?.to_owned();
        let main = if path.is_dir() {
            path.join("main.rs")
        } else {
            path
        };
        (main.extension()? == "rs" && main.is_file()).then_some((name, main))
    };
    let found = entries.filter_map(|entry| main(entry.path()));
    found.filter(|(name, _)| name != "fashion_mnist").collect()
}

#[test]
fn each_is_short_says_what_it_teaches_and_is_run_here() {
    let this = include_str!("examples.rs");
    for (name, path) in examples() {
        let text = fs::read_to_string(&path).expect("the example");
        assert!(text.starts_with("//! Teaches "), "{name}: the first line");
        let lines = text.lines().count();
        assert!(
            lines <= MOST_LINES,
            "{name}: {lines} lines, at most {MOST_LINES}"
        );
        assert!(
            text.contains(&format!("--example {name}`")),
            "{name}: how it is run"
        );
        assert!(
            this.contains(&format!("\"{name}\"")),
            "{name}: no test runs it"
        );
    }
}

#[test]
fn the_readmes_ladder_has_every_step() {
    let named: BTreeSet<_> = examples().into_iter().map(|(name, _)| name).collect();
    assert!(named.len() >= 20, "{named:?}");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for page in ["README.md", "docs/README.ko.md"] {
        let text = fs::read_to_string(root.join(page)).expect("the page");
        for name in &named {
            assert!(
                text.contains(&format!("`{name}`")),
                "{page}: {name} is missing"
            );
        }
    }
}
