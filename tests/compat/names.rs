//! PyTorch's names, as `tests/fixtures/torch_names/names.txt` lists them.

use std::collections::BTreeSet;

/// Full paths: `torch.add`, `torch.nn.Linear`.
pub(crate) struct Names {
    /// The versions they are of.
    pub(crate) of: String,
    names: BTreeSet<String>,
}

impl Names {
    pub(crate) fn read() -> Names {
        let path = crate::top().join("tests/fixtures/torch_names/names.txt");
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let (head, rest) = text.split_once('\n').expect("a first line");
        let names: BTreeSet<String> = rest.lines().map(str::to_owned).collect();
        assert!(names.len() > 2000, "{}: too few names", path.display());
        Names {
            of: head.trim_start_matches("# ").to_owned(),
            names,
        }
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}

/// What a name begins with and what it ends with: `torch.nn.` and `Linear`.
pub(crate) fn split(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) => (&name[..at], &name[at + 1..]),
        None => ("", name),
    }
}

#[test]
fn names_split_at_the_last_dot() {
    assert_eq!(split("torch.nn.Linear"), ("torch.nn", "Linear"));
    assert_eq!(split("torch"), ("", "torch"));
}
