//! One idea per file, on a few screens.

/// No file is longer.
const MOST: usize = 600;
/// Most files are shorter.
const SHORT: usize = 300;
/// How many of a hundred are.
const SHORT_SHARE: usize = 80;

/// The files that are too long, and whether too few are short.
pub(crate) fn broken(lengths: &[(String, usize)]) -> Vec<String> {
    let too_long = lengths.iter().filter(|(_, lines)| *lines > MOST);
    let mut broken: Vec<_> = too_long
        .map(|(path, lines)| format!("{path}: {lines} lines, at most {MOST}; split it by meaning"))
        .collect();
    let mut long: Vec<_> = lengths
        .iter()
        .filter(|(_, lines)| *lines >= SHORT)
        .collect();
    if (lengths.len() - long.len()) * 100 < lengths.len() * SHORT_SHARE {
        long.sort_by_key(|(_, lines)| std::cmp::Reverse(*lines));
        let longest: Vec<_> = long
            .iter()
            .map(|(path, lines)| format!("{path} ({lines})"))
            .collect();
        broken.push(format!(
            "{} of {} files have {SHORT} lines or more; {SHORT_SHARE} % must have fewer: {}",
            long.len(),
            lengths.len(),
            longest.join(", ")
        ));
    }
    if lengths.is_empty() {
        broken.push("no files at all".to_owned());
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(lines: &[usize]) -> Vec<(String, usize)> {
        lines
            .iter()
            .enumerate()
            .map(|(i, &lines)| (format!("{i}.rs"), lines))
            .collect()
    }

    #[test]
    fn one_long_file_is_seen() {
        assert!(broken(&files(&[1, 2, 3, 299, 600])).is_empty());
        let found = broken(&files(&[1, 2, 3, 299, 601]));
        assert_eq!(found, ["4.rs: 601 lines, at most 600; split it by meaning"]);
    }

    #[test]
    fn too_few_short_files_are_seen() {
        let found = broken(&files(&[1, 2, 3, 300, 400]));
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("2 of 5 files"), "{found:?}");
        assert!(found[0].ends_with("4.rs (400), 3.rs (300)"), "{found:?}");
    }

    #[test]
    fn looking_at_nothing_is_seen() {
        assert_eq!(broken(&[]), ["no files at all"]);
    }
}
