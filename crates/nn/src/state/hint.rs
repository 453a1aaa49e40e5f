//! What a key that was not found was probably meant to be.

/// So many near misses are named.
const MOST: usize = 5;

/// A line for a prefix that all keys have, or one for each key that is nearly another.
pub(super) fn of(missing: &[String], unexpected: &[String]) -> Vec<String> {
    if missing.is_empty() || unexpected.is_empty() {
        return Vec::new();
    }
    if let Some(prefix) = common_prefix(unexpected, missing) {
        return vec![format!(
            "Hint: the keys begin with \"{prefix}\"; load state_dict.strip_prefix(\"{prefix}\") instead."
        )];
    }
    if let Some(prefix) = common_prefix(missing, unexpected) {
        return vec![format!(
            "Hint: the model's keys begin with \"{prefix}\"; load state_dict.with_prefix(\"{prefix}\") instead."
        )];
    }
    let near = missing.iter().filter_map(|key| {
        let candidates = unexpected.iter().map(|other| (distance(key, other), other));
        let (distance, other) = candidates.min_by_key(|(distance, _)| *distance)?;
        (distance <= key.chars().count().div_ceil(4)).then_some((key, other))
    });
    near.take(MOST)
        .map(|(key, other)| {
            format!("Hint: \"{key}\" is missing; did you mean \"{other}\" of the state dict?")
        })
        .collect()
}

/// What stands before each of `short` to make one of `long`: `module.`, if it always does.
fn common_prefix<'a>(long: &'a [String], short: &[String]) -> Option<&'a str> {
    let first = short.first()?;
    let mut prefixes = long
        .iter()
        .filter_map(|key| key.strip_suffix(first.as_str()));
    prefixes.find(|prefix| {
        let made = |key: &String| long.iter().any(|l| l.strip_prefix(*prefix) == Some(key));
        prefix.ends_with('.') && short.iter().all(made)
    })
}

/// Levenshtein's distance: how many characters to insert, remove or replace.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(keys: &[&str]) -> Vec<String> {
        keys.iter().map(|key| key.to_string()).collect()
    }

    #[test]
    fn distances_are_levenshteins() {
        for (a, b, expected) in [
            ("", "", 0),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("fc1", "fc_1", 1),
        ] {
            assert_eq!(
                (distance(a, b), distance(b, a)),
                (expected, expected),
                "{a} {b}"
            );
        }
    }

    #[test]
    fn a_common_prefix_is_one_hint() {
        let hints = of(
            &keys(&["fc.weight", "fc.bias"]),
            &keys(&["module.fc.weight", "module.fc.bias"]),
        );
        assert_eq!(hints.len(), 1);
        assert!(hints[0].contains("strip_prefix(\"module.\")"), "{hints:?}");
        let hints = of(&keys(&["net.weight"]), &keys(&["weight"]));
        assert!(hints[0].contains("with_prefix(\"net.\")"), "{hints:?}");
    }

    #[test]
    fn near_misses_are_named_and_strangers_are_not() {
        let hints = of(
            &keys(&["fc1.weight", "head.bias"]),
            &keys(&["fc_1.weight", "xyz"]),
        );
        assert_eq!(
            hints,
            ["Hint: \"fc1.weight\" is missing; did you mean \"fc_1.weight\" of the state dict?"]
        );
        assert!(of(&keys(&["a.weight"]), &[]).is_empty());
    }
}
