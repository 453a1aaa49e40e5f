//! Which source files are Ondol's own, so that errors name the user's line instead.

/// The folder of the workspace's crates, or of the registry's, as the compiler wrote it.
fn prefix() -> (&'static str, bool) {
    let here = file!();
    match here.find("ondol-tensor-") {
        Some(i) => (&here[..i], true),
        None => (here.strip_suffix("place.rs").map_or("", |s| &s[..s.len() - "tensor/src/".len()]), false),
    }
}

/// Whether a path from `Location::file()` lies in the sources of one of Ondol's crates.
pub fn is_own_source(file: &str) -> bool {
    let (prefix, packaged) = prefix();
    let Some(rest) = file.strip_prefix(prefix) else { return false };
    let rest = rest.replace('\\', "/");
    if packaged {
        return rest.starts_with("ondol-") && rest.split('/').nth(1) == Some("src");
    }
    const CRATES: [&str; 9] = ["tensor", "serialize", "autograd", "nn", "optim", "data", "vision", "train", "cuda"];
    let mut parts = rest.split('/');
    match (parts.next(), parts.next()) {
        (Some("ondol"), Some("lib.rs")) => true,
        (Some(name), Some("src")) => CRATES.contains(&name),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_sources_are_told_apart() {
        assert!(is_own_source(file!()));
        let root = prefix().0;
        assert!(is_own_source(&format!("{root}nn/src/linear.rs")));
        assert!(!is_own_source(&format!("{root}nn/tests/linear.rs")));
        assert!(!is_own_source("examples/neural_net.rs"));
        assert!(!is_own_source("src/main.rs"));
    }
}
