//! The programs of the folder.

use std::path::PathBuf;
use std::process::Command;

use crate::kernels::root;

/// Name in the folder, and what makes it.
pub(crate) const PROGRAMS: [(&str, &[&str]); 6] = [
    (
        "conformance",
        &[
            "test",
            "--no-run",
            "--package",
            "ondol-cuda",
            "--test",
            "conformance",
        ],
    ),
    (
        "long",
        &[
            "test",
            "--no-run",
            "--package",
            "ondol-cuda",
            "--test",
            "long",
        ],
    ),
    (
        "products",
        &[
            "test",
            "--no-run",
            "--package",
            "ondol-cuda",
            "--test",
            "products",
        ],
    ),
    (
        "op_table",
        &[
            "test",
            "--no-run",
            "--package",
            "ondol",
            "--test",
            "op_table",
        ],
    ),
    (
        "devices",
        &[
            "test",
            "--no-run",
            "--package",
            "ondol",
            "--test",
            "devices",
        ],
    ),
    (
        "bench",
        &[
            "build",
            "--package",
            "ondol-bench",
            "--bin",
            "ondol-bench-gpu",
        ],
    ),
];

/// The cargo that runs this.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    if let Ok(root) = root() {
        cargo.current_dir(root);
    }
    cargo
}

/// All programs, built and without symbols.
pub(crate) fn all(dev: bool) -> Result<Vec<(&'static str, PathBuf)>, String> {
    PROGRAMS
        .iter()
        .map(|(name, arguments)| Ok((*name, program(arguments, dev)?)))
        .collect()
}

/// The one that times a device.
pub(crate) fn bench(dev: bool) -> Result<PathBuf, String> {
    let [.., (_, arguments)] = PROGRAMS;
    program(arguments, dev)
}

fn program(arguments: &[&str], dev: bool) -> Result<PathBuf, String> {
    let mut cargo = cargo();
    cargo
        .args(arguments)
        .arg("--message-format=json-render-diagnostics");
    let profile = if dev {
        "dev"
    } else {
        cargo.arg("--release");
        "release"
    };
    cargo.args(["--config", &format!("profile.{profile}.strip=\"symbols\"")]);
    let output = cargo
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(|e| format!("cargo cannot be run: {e}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let what = arguments.join(" ");
    if !output.status.success() {
        return Err(format!("`cargo {what}` failed"));
    }
    executable(&text).ok_or_else(|| format!("`cargo {what}` made no program"))
}

/// The last program that cargo's messages name.
fn executable(messages: &str) -> Option<PathBuf> {
    let named = |line: &str| {
        let rest = line.split_once("\"executable\":\"")?.1;
        // As JSON: a path of Windows has its separators doubled.
        Some(PathBuf::from(rest.split('"').next()?.replace("\\\\", "\\")))
    };
    messages.lines().filter_map(named).next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_found_in_the_messages() {
        let messages = "{\"reason\":\"compiler-artifact\",\"executable\":null}\n\
            {\"reason\":\"compiler-artifact\",\"executable\":\"/t/deps/long-1\",\"fresh\":true}\n\
            {\"reason\":\"build-finished\",\"success\":true}\n";
        assert_eq!(executable(messages), Some("/t/deps/long-1".into()));
        assert_eq!(executable("{}"), None);
    }
}
