//! Notes the commit the sources came from, where there is one to ask.

use std::process::Command;

fn main() {
    let root = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    // Only of this very repository: a packaged crate may lie inside somebody else's.
    let own = std::path::Path::new(&root).join(".git");
    let hash = own
        .exists()
        .then(|| git(&root, &["rev-parse", "--short=12", "HEAD"]))
        .flatten();
    println!(
        "cargo::rustc-env=ONDOL_GIT_HASH={}",
        hash.unwrap_or_default()
    );
    println!("cargo::rerun-if-changed=crates/ondol/build.rs");
    for file in ["HEAD", "logs/HEAD"] {
        let path = own.join(file);
        if path.exists() {
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
}

fn git(root: &str, args: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(args)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success()).then(|| text.trim().to_owned())
}
