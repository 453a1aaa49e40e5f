//! What errors say: the whole text, and the user's own line.
//!
//! `says!(expression => "text")` stands on one line with its expression, which is the line that
//! the message must name.

mod backward;
mod catching;
mod child;
mod layers;
mod lost;
mod operations;
mod writes;

use ondol_autograd::Error;

/// Compares a message with `text`, and its place with `line` of `file`.
pub(crate) fn check<T>(result: Result<T, Error>, text: &str, file: &str, line: u32) {
    let Err(error) = result else {
        panic!("{file}:{line}: no error; expected `{text}`")
    };
    let message = error.to_string();
    let at = error
        .location()
        .unwrap_or_else(|| panic!("no place in `{message}`"));
    assert_eq!(
        message,
        format!("{text}\n  at {at}"),
        "\nthe text of the error of {file}:{line}"
    );
    assert_eq!(
        (at.file(), at.line()),
        (file, line),
        "the place of `{message}`"
    );
}

/// The expression raises an error that says `text` and names this line.
macro_rules! says {
    ($expression:expr => $text:expr) => {
        $crate::check(
            ondol_autograd::catch(|| $expression),
            $text,
            file!(),
            line!(),
        )
    };
}
pub(crate) use says;
