//! What must be here: the features of a year of ordinary work, each with its tests.

/// How much a feature is wanted.
pub(crate) enum Want {
    Must,
    Should,
}

/// A feature.
pub(crate) struct Row {
    pub(crate) what: &'static str,
    pub(crate) want: Want,
    /// `file::function`, or a file alone.
    pub(crate) tests: &'static [&'static str],
}

const fn must(what: &'static str, tests: &'static [&'static str]) -> Row {
    Row {
        what,
        want: Want::Must,
        tests,
    }
}

const fn should(what: &'static str, tests: &'static [&'static str]) -> Row {
    Row {
        what,
        want: Want::Should,
        tests,
    }
}

/// Every row.
pub(crate) const ROWS: &[Row] = &[
    must("0-dim tensors", &["columns/edges.rs::scalar_inputs"]),
    should(
        "double backward",
        &["columns/gradients.rs::second_gradients_agree_with_differences"],
    ),
];
