//! Counting the crates of a build graph with `cargo tree`.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// The cargo that runs this program, so that its toolchain is the one measured.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The crates built for `package` in the workspace at `folder`: normal and build dependencies on
/// this machine, each version once, `package` itself included; development dependencies not.
pub(crate) fn crates(folder: &Path, package: &str) -> Result<BTreeSet<String>, String> {
    let mut command = cargo();
    command
        .args(["tree", "--locked", "--offline", "--package", package])
        .args([
            "--edges",
            "normal,build",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ])
        .current_dir(folder);
    let output = command
        .output()
        .map_err(|error| format!("cannot start cargo: {error}"))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(format!(
            "cargo tree for {package} failed (run `cargo fetch` first?):\n{text}"
        ));
    }
    let crates = parse(&String::from_utf8_lossy(&output.stdout));
    if crates
        .iter()
        .any(|line| line.split(' ').next() == Some(package))
    {
        Ok(crates)
    } else {
        Err(format!(
            "cargo tree did not list {package} itself; its output is not understood"
        ))
    }
}

/// One `name version` or `name version (path)` per crate, without the marks cargo adds.
fn parse(tree: &str) -> BTreeSet<String> {
    tree.lines()
        .map(|line| {
            line.replace(" (*)", "")
                .replace(" (proc-macro)", "")
                .trim()
                .to_owned()
        })
        .filter(|line| !line.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_counts_once_however_often_it_is_listed() {
        let crates = parse(
            "ondol-nn v0.1.0 (/somewhere/crates/nn)\n\
             serde v1.0.0\n\
             serde_derive v1.0.0 (proc-macro)\n\
             \n\
             serde v1.0.0 (*)\n\
             serde_derive v1.0.0 (proc-macro) (*)\n\
             syn v2.0.0\n\
             syn v3.0.0\n",
        );
        assert_eq!(crates.len(), 5, "{crates:?}");
    }

    #[test]
    fn this_crate_has_no_dependency() {
        let crates = crates(Path::new(env!("CARGO_MANIFEST_DIR")), "xtask").unwrap();
        assert_eq!(crates.len(), 1, "{crates:?}");
    }

    #[test]
    fn an_unknown_package_is_an_error() {
        let error = crates(Path::new(env!("CARGO_MANIFEST_DIR")), "no-such-package").unwrap_err();
        assert!(error.contains("no-such-package"), "{error}");
    }
}
