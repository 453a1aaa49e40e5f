//! Height and width.

/// One number for height and width, or one for each: `3`, `[3, 5]` or `(3, 5)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair(pub [usize; 2]);

impl From<usize> for Pair {
    fn from(both: usize) -> Pair {
        Pair([both; 2])
    }
}
impl From<[usize; 2]> for Pair {
    fn from(pair: [usize; 2]) -> Pair {
        Pair(pair)
    }
}
impl From<(usize, usize)> for Pair {
    fn from((height, width): (usize, usize)) -> Pair {
        Pair([height, width])
    }
}

/// As PyTorch prints what was given as a pair: `(3, 5)`.
pub(crate) fn both([height, width]: [usize; 2]) -> String {
    format!("({height}, {width})")
}

/// As PyTorch prints what may be one number: `3`, or `(3, 5)` where they differ.
pub(crate) fn short(pair: [usize; 2]) -> String {
    if pair[0] == pair[1] {
        pair[0].to_string()
    } else {
        both(pair)
    }
}
