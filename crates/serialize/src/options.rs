//! How files are read.

/// How [`load_with`](crate::load_with) reads.
///
/// ```
/// use ondol_serialize::LoadOptions;
/// let options = LoadOptions::new().widen(true);
/// assert!(options.verify && options.widen);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadOptions {
    /// Whether the checksums of the arrays' data are verified, where the file has any. Without it
    /// a large file loads faster, and a bit that flipped on the disk becomes a wrong number. The
    /// header of an `.ond` file is always verified. Default: `true`.
    pub verify: bool,
    /// Whether arrays of integers that Ondol does not have (`i8`, `i16`, `u16`, `u32`, `u64`)
    /// become `i64`; else they are errors that name the key. Default: `false`.
    pub widen: bool,
}

impl LoadOptions {
    /// The defaults.
    pub fn new() -> LoadOptions {
        LoadOptions {
            verify: true,
            widen: false,
        }
    }

    /// Whether the checksums of the arrays' data are verified.
    pub fn verify(self, verify: bool) -> LoadOptions {
        LoadOptions { verify, ..self }
    }

    /// Whether integers that Ondol does not have become `i64`.
    pub fn widen(self, widen: bool) -> LoadOptions {
        LoadOptions { widen, ..self }
    }
}

impl Default for LoadOptions {
    fn default() -> Self {
        LoadOptions::new()
    }
}
