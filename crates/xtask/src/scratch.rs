//! Throw-away programs with one dependency, to measure what that dependency costs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::tree::{self, cargo};

/// A program in a temporary folder, removed with everything it built when dropped.
pub(crate) struct Scratch {
    folder: PathBuf,
}

/// What a scratch program's cold build took.
pub(crate) struct Cost {
    /// The crates built, the program itself not counted.
    pub(crate) crates: usize,
    pub(crate) time: Duration,
}

const PROGRAM: &str = "ondol-build-cost";

impl Scratch {
    /// A program that depends on `dependency` (a line of a manifest) and names it in its source.
    /// `lock` is a Cargo.lock to take versions from.
    pub(crate) fn new(dependency: &str, lock: Option<&Path>) -> Result<Self, String> {
        let name = dependency.split([' ', '=']).next().unwrap_or_default();
        let folder = std::env::temp_dir().join(format!("{PROGRAM}-{}-{name}", std::process::id()));
        let scratch = Self { folder };
        let source = format!("use {} as _;\nfn main() {{}}\n", name.replace('-', "_"));
        write(&scratch.folder.join("src/main.rs"), &source)?;
        write(&scratch.folder.join("Cargo.toml"), &manifest(dependency))?;
        if let Some(lock) = lock {
            fs::copy(lock, scratch.folder.join("Cargo.lock"))
                .map_err(|error| format!("cannot copy {}: {error}", lock.display()))?;
        }
        Ok(scratch)
    }

    /// Settles the versions and downloads what is missing, so that neither is in the time.
    pub(crate) fn prepare(&self, offline: bool) -> Result<(), String> {
        let mut command = self.cargo("fetch");
        if offline {
            command.arg("--offline");
        } else {
            command.env_remove("CARGO_NET_OFFLINE");
        }
        run(command)
    }

    /// Counts the crates and times one cold `cargo build --release`.
    pub(crate) fn measure(&self) -> Result<Cost, String> {
        let crates = tree::crates(&self.folder, PROGRAM)?.len() - 1;
        let mut command = self.cargo("build");
        command.args(["--release", "--offline", "--locked"]);
        let start = Instant::now();
        run(command)?;
        Ok(Cost {
            crates,
            time: start.elapsed(),
        })
    }

    fn cargo(&self, subcommand: &str) -> Command {
        let mut command = cargo();
        command
            .arg(subcommand)
            .arg("--quiet")
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", self.folder.join("target"))
            .stdin(Stdio::null());
        command
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nobody can be told: it is a temporary folder, and the measurement stands.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Its own workspace, so that it is one wherever the temporary folder lies.
fn manifest(dependency: &str) -> String {
    format!(
        "[package]\nname = \"{PROGRAM}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\n{dependency}\n\n[workspace]\n"
    )
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let result = path
        .parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(path, text));
    result.map_err(|error| format!("cannot write {}: {error}", path.display()))
}

fn run(mut command: Command) -> Result<(), String> {
    let status = command
        .status()
        .map_err(|error| format!("cannot start cargo: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{command:?} failed: {status}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_built_counted_and_removed() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        // A dependency of its own, so that the test builds two tiny crates only.
        let library = here_and_gone("library");
        write(&library.folder.join("src/lib.rs"), "").unwrap();
        let text = "[package]\nname = \"tiny-library\"\nversion = \"0.0.0\"\n[workspace]\n";
        write(&library.folder.join("Cargo.toml"), text).unwrap();
        let path = library.folder.display().to_string().replace('\\', "/");
        let scratch =
            Scratch::new(&format!("tiny-library = {{ path = \"{path}\" }}"), None).unwrap();
        scratch.prepare(true).unwrap();
        let cost = scratch.measure().unwrap();
        assert_eq!(cost.crates, 1);
        assert!(cost.time > Duration::ZERO);
        let folder = scratch.folder.clone();
        assert!(folder.join("target").exists() && !folder.starts_with(here));
        drop(scratch);
        assert!(!folder.exists());
    }

    fn here_and_gone(name: &str) -> Scratch {
        let name = format!("{PROGRAM}-test-{}-{name}", std::process::id());
        Scratch {
            folder: std::env::temp_dir().join(name),
        }
    }
}
