//! Sizes in space, as arguments and as PyTorch prints them.

use ondol_autograd::Size;

/// One number for height and width, or one for each: `3`, `[3, 5]` or `(3, 5)`.
pub type Pair = Size<2>;

/// As Python prints a tuple: `(3, 5)`, `(3,)`.
pub(crate) fn tuple<T: ToString>(values: &[T]) -> String {
    let texts: Vec<String> = values.iter().map(ToString::to_string).collect();
    match &texts[..] {
        [one] => format!("({one},)"),
        _ => format!("({})", texts.join(", ")),
    }
}

/// As PyTorch prints what may be one number: `3`, or `(3, 5)` where they differ.
pub(crate) fn short<const N: usize>(each: [usize; N]) -> String {
    if each.iter().all(|size| *size == each[0]) {
        each[0].to_string()
    } else {
        tuple(&each)
    }
}
