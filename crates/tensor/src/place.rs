//! Which source files are Ondol's own, so that errors name the user's line instead.

/// The folder of the workspace's crates, or of the registry's, as the compiler wrote it.
fn prefix() -> (&'static str, bool) {
    let here = file!();
    match here.find("ondol-tensor-") {
        Some(i) => (&here[..i], true),
        None => (
            here.strip_suffix("place.rs")
                .map_or("", |s| &s[..s.len() - "tensor/src/".len()]),
            false,
        ),
    }
}

/// Whether a path from `Location::file()` lies in the sources of one of Ondol's crates.
pub fn is_own_source(file: &str) -> bool {
    let (prefix, packaged) = prefix();
    let Some(rest) = file.strip_prefix(prefix) else {
        return false;
    };
    // Asked for every recorded operation: nothing is allocated.
    let mut parts = rest.split(['/', '\\']);
    let (first, second) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    if packaged {
        return first.starts_with("ondol-") && second == "src";
    }
    const CRATES: [&str; 9] = [
        "tensor",
        "serialize",
        "autograd",
        "nn",
        "optim",
        "data",
        "vision",
        "train",
        "cuda",
    ];
    (first == "ondol" && second == "lib.rs") || (second == "src" && CRATES.contains(&first))
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
