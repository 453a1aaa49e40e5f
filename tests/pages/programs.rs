//! Programs of a page as Rust files, and what they print.

use std::cell::RefCell;
use std::fs;
use std::sync::OnceLock;

use crate::page::root;

thread_local! {
    static PRINTED: RefCell<String> = const { RefCell::new(String::new()) };
}

/// What the pages' `println!` does.
pub(crate) fn say(line: String) {
    PRINTED.with_borrow_mut(|printed| {
        printed.push_str(&line);
        printed.push('\n');
    });
}

/// Tells what one cell of a notebook prints from what the next does.
pub(crate) fn end_of_cell() {
    say("\u{c}".to_owned());
}

/// What a `main` may end with.
pub(crate) trait End {
    fn end(self);
}

impl End for () {
    fn end(self) {}
}

impl<E: std::fmt::Display> End for Result<(), E> {
    fn end(self) {
        if let Err(error) = self {
            panic!("{error}");
        }
    }
}

pub(crate) fn end(result: impl End) {
    result.end();
}

/// Runs a program in a folder of its own process and with random numbers of its own thread.
pub(crate) fn printed_by(program: impl FnOnce()) -> String {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::env::set_current_dir(folder.path()).expect("the folder is there");
        folder
    });
    let _own = ondol::fork_rng_guard();
    PRINTED.with_borrow_mut(String::clear);
    program();
    PRINTED.take()
}

/// A program as a module with a `main`; a page shows either a whole program or what stands in `main`.
pub(crate) fn module(name: &str, code: &str) -> String {
    let body = if code.contains("fn main()") {
        code.replace("fn main()", "pub(super) fn main()")
    } else {
        format!("pub(super) fn main() {{\n{code}}}\n")
    };
    format!("mod {name} {{\n{body}}}\n")
}

/// Compares a generated file with what it must be, or writes it where the tests are told to.
pub(crate) fn check_generated(file: &str, text: &str) {
    let path = root().join("tests/pages/generated").join(file);
    if std::env::var_os("ONDOL_BLESS").is_some() {
        fs::write(&path, text).expect("the file is written");
        return;
    }
    let now = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        now.replace("\r\n", "\n") == text,
        "{file} is not what the page says; run `ONDOL_BLESS=1 cargo test --test pages`, then the tests again"
    );
}
