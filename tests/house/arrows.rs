//! Which crate may know which: `docs/architecture.md` draws it, this table holds it.

use std::collections::{BTreeMap, BTreeSet};

use crate::manifest::dependencies;

/// Each crate's folder and the crates of this project it may know. Not all of them must: `vision`
/// may know `nn` for its models.
const KNOWS: [(&str, &[&str]); 14] = [
    ("tensor", &[]),
    ("serialize", &["tensor"]),
    ("autograd", &["tensor"]),
    ("nn-derive", &[]),
    ("nn", &["tensor", "autograd", "serialize", "nn-derive"]),
    ("optim", &["tensor", "autograd"]),
    ("data", &["tensor", "autograd"]),
    ("vision", &["tensor", "autograd", "data", "nn"]),
    (
        "train",
        &[
            "tensor",
            "autograd",
            "nn",
            "optim",
            "data",
            "vision",
            "serialize",
        ],
    ),
    ("cuda", &["tensor"]),
    // `cuda` for NCCL, behind a feature.
    (
        "distributed",
        &["tensor", "autograd", "nn", "optim", "train", "cuda"],
    ),
    // For tests alone, and those of any crate.
    ("cuda-emu", &[]),
    ("xtask", &[]),
    // A program over all the others: it may know any of them.
    ("bench", EVERYTHING),
];

const EVERYTHING: &[&str] = &["*"];

/// The arrows of the manifests, by folder name, that the table does not have, and crates that only
/// one of the two has.
pub(crate) fn broken(manifests: &BTreeMap<String, String>) -> Vec<String> {
    let mut broken = Vec::new();
    for (name, manifest) in manifests {
        let Some((_, allowed)) = KNOWS.iter().find(|(known, _)| known == name) else {
            broken.push(format!(
                "crates/{name}: not in the table of tests/house/arrows.rs"
            ));
            continue;
        };
        if *allowed == EVERYTHING {
            continue;
        }
        let known = known(manifest, false);
        let allowed: BTreeSet<String> = allowed.iter().map(|&name| name.to_owned()).collect();
        for extra in known.difference(&allowed) {
            broken.push(format!("crates/{name}: may not know ondol-{extra}"));
        }
    }
    for (name, _) in KNOWS
        .iter()
        .filter(|(name, _)| !manifests.contains_key(*name))
    {
        broken.push(format!(
            "crates/{name}: in the table of tests/house/arrows.rs and not there"
        ));
    }
    broken
}

/// What the crates know for their tests only: allowed, and worth seeing.
pub(crate) fn for_tests_only(manifests: &BTreeMap<String, String>) -> Vec<String> {
    let names = manifests
        .iter()
        .map(|(name, manifest)| (name, known(manifest, true)));
    names
        .flat_map(|(name, known)| {
            known
                .into_iter()
                .map(move |other| format!("crates/{name}: ondol-{other} for its tests"))
        })
        .collect()
}

fn known(manifest: &str, dev: bool) -> BTreeSet<String> {
    let named = dependencies(manifest)
        .into_iter()
        .filter(|dependency| dependency.dev == dev);
    named
        .filter_map(|dependency| match &*dependency.package {
            // The facade knows everybody, so whoever knows it does too.
            "ondol" => Some("ondol".to_owned()),
            package => package.strip_prefix("ondol-").map(str::to_owned),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Manifests that keep to the table, with one replaced.
    fn with(folder: &str, manifest: &str) -> BTreeMap<String, String> {
        let mut manifests = BTreeMap::new();
        for (name, knows) in KNOWS {
            let lines = knows
                .iter()
                .map(|other| format!("ondol-{other}.workspace = true\n"));
            let text = format!("[dependencies]\n{}", lines.collect::<String>());
            manifests.insert(name.to_owned(), text);
        }
        manifests.insert(folder.to_owned(), manifest.to_owned());
        manifests
    }

    #[test]
    fn an_arrow_upwards_is_seen() {
        let manifests = with(
            "tensor",
            "[dependencies]\nondol-autograd.workspace = true\n",
        );
        assert_eq!(
            broken(&manifests),
            ["crates/tensor: may not know ondol-autograd"]
        );
        let manifests = with(
            "xtask",
            "[build-dependencies]\nx = { package = \"ondol\" }\n",
        );
        assert_eq!(
            broken(&manifests),
            ["crates/xtask: may not know ondol-ondol"]
        );
    }

    #[test]
    fn an_arrow_nobody_uses_is_fine() {
        let manifests = with("vision", "[dependencies]\nondol-data.workspace = true\n");
        assert!(broken(&manifests).is_empty());
    }

    #[test]
    fn crates_that_come_and_go_are_seen() {
        assert_eq!(broken(&with("attic", "")).len(), 1);
        let mut manifests = with("tensor", "");
        manifests.remove("train");
        assert_eq!(broken(&manifests).len(), 1);
    }

    #[test]
    fn tests_may_know_more_and_are_listed() {
        let manifests = with("tensor", "[dev-dependencies]\nondol-nn.workspace = true\n");
        assert!(broken(&manifests).is_empty());
        assert_eq!(
            for_tests_only(&manifests),
            ["crates/tensor: ondol-nn for its tests"]
        );
    }
}
