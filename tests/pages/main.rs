//! The pages that people read: their programs run and print what the pages say, their links lead somewhere,
//! and the two languages show the same code.
//!
//! `tour.rs` and `notebook.rs` beside this file are the pages' programs. `ONDOL_BLESS=1 cargo test --test pages`
//! writes them anew; run it once more to test them.

mod links;
mod notebook;
mod notes;
mod page;
mod programs;
mod tour;

/// In the pages' programs: keeps what they print.
macro_rules! println {
    () => { $crate::programs::say(String::new()) };
    ($($text:tt)*) => { $crate::programs::say(format!($($text)*)) };
}

#[rustfmt::skip]
#[allow(clippy::all, unused, missing_docs)]
mod generated {
    /// The tour's programs, each with its `main`.
    pub(crate) mod tour {
        include!("generated/tour.rs");
    }

    /// The notebook's cells, one after the other.
    pub(crate) mod notebook {
        include!("generated/notebook.rs");
    }
}
