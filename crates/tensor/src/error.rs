//! The one error type.

use std::fmt;
use std::panic::Location;
use std::path::PathBuf;
use std::sync::Arc;

/// `Result` with Ondol's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong, in every crate of Ondol.
///
/// Array operations return it. Tensor operations panic with it, naming the caller's line;
/// `ondol::catch` turns that panic back into the value.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Two shapes that do not go together.
    #[error("{op}: {} and {}: {rule}", Sizes(lhs), Sizes(rhs))]
    Shape {
        /// The operation.
        op: &'static str,
        /// The left or first shape.
        lhs: Vec<usize>,
        /// The right or second shape.
        rhs: Vec<usize>,
        /// The rule that was broken, with the numbers that break it.
        rule: String,
    },
    /// One shape an operation cannot take.
    #[error("{op}: {}: {rule}", Sizes(shape))]
    Input {
        /// The operation.
        op: &'static str,
        /// The shape it was given.
        shape: Vec<usize>,
        /// The rule that was broken.
        rule: String,
    },
    /// A dimension that is not there.
    #[error(
        "{op}: Dimension out of range (expected to be in range of [{low}, {high}], but got {dim})"
    )]
    Dim {
        /// The operation.
        op: &'static str,
        /// The dimension asked for.
        dim: isize,
        /// The least valid one.
        low: isize,
        /// The greatest valid one.
        high: isize,
    },
    /// An index outside of a dimension.
    #[error("{op}: index {index} is out of bounds for dimension {dim} with size {size}")]
    Index {
        /// The operation.
        op: &'static str,
        /// The index.
        index: i64,
        /// The dimension it indexes.
        dim: usize,
        /// The dimension's size.
        size: usize,
    },
    /// An operation that does not take this dtype.
    #[error("{op}: got {got}, expected {expected}")]
    DType {
        /// The operation.
        op: &'static str,
        /// What it was given.
        got: String,
        /// What it takes.
        expected: String,
    },
    /// Operands on different devices.
    #[error(
        "{op}: expected all tensors to be on the same device, but found {lhs} and {rhs}; move one with .to(&device)"
    )]
    Devices {
        /// The operation.
        op: &'static str,
        /// One device.
        lhs: String,
        /// The other.
        rhs: String,
    },
    /// A device that does not exist, cannot be opened or failed.
    #[error("{device}: {message}")]
    Device {
        /// Its name.
        device: String,
        /// What happened and what there is.
        message: String,
    },
    /// An argument out of its range.
    #[error("{op}: {message}")]
    Value {
        /// The operation.
        op: &'static str,
        /// What was given and what is right.
        message: String,
    },
    /// A broken rule of the gradient graph.
    #[error("{op}: {message}")]
    Autograd {
        /// The operation.
        op: &'static str,
        /// What happened and what to write instead.
        message: String,
    },
    /// A state dict that does not fit a model.
    #[error("{message}")]
    StateDict {
        /// All missing, unexpected and mismatched keys.
        message: String,
    },
    /// Processes of a run that do not do the same, or do nothing.
    #[error("{message}")]
    Ranks {
        /// Which, by number.
        ranks: Vec<usize>,
        /// What they do and what the others do.
        message: String,
    },
    /// A file whose content is not what it should be.
    #[error("{}: {message}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it and what was expected.
        message: String,
    },
    /// The operating system refused.
    #[error("{}: cannot {action}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried: "open", "create", "rename" …
        action: &'static str,
        /// Its answer.
        source: Arc<std::io::Error>,
    },
    /// A dataset that is missing or broken.
    #[error("{message}")]
    Data {
        /// What is wrong and how to mend it.
        message: String,
    },
    /// An error with the place it was raised at, as it leaves `ondol::catch`.
    #[error("{source}{}", Place { layers, at })]
    At {
        /// What went wrong.
        source: Box<Error>,
        /// The layers it was raised in, outermost first.
        layers: Vec<String>,
        /// The nearest line outside of Ondol's own sources.
        at: &'static Location<'static>,
    },
}

impl Error {
    /// An [`Error::Io`].
    pub fn io(path: impl Into<PathBuf>, action: &'static str, source: std::io::Error) -> Self {
        Error::Io {
            path: path.into(),
            action,
            source: Arc::new(source),
        }
    }

    /// An [`Error::File`].
    pub fn file(path: impl Into<PathBuf>, message: impl Into<String>) -> Self {
        Error::File {
            path: path.into(),
            message: message.into(),
        }
    }

    /// An [`Error::Value`].
    pub fn value(op: &'static str, message: impl Into<String>) -> Self {
        Error::Value {
            op,
            message: message.into(),
        }
    }

    /// An [`Error::Data`].
    pub fn data(message: impl Into<String>) -> Self {
        Error::Data {
            message: message.into(),
        }
    }

    /// The error itself, without the place it was raised at.
    pub fn root(&self) -> &Error {
        match self {
            Error::At { source, .. } => source.root(),
            other => other,
        }
    }

    /// The user's line it was raised at, where known.
    pub fn location(&self) -> Option<&'static Location<'static>> {
        match self {
            Error::At { at, .. } => Some(at),
            _ => None,
        }
    }
}

/// Shapes are printed as PyTorch's messages print them: `[2, 3]`.
struct Sizes<'a>(&'a [usize]);
impl fmt::Display for Sizes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

struct Place<'a> {
    layers: &'a [String],
    at: &'static Location<'static>,
}
impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.layers.is_empty() {
            write!(f, "\n  in {}", self.layers.join(" > "))?;
        }
        write!(f, "\n  at {}", self.at)
    }
}
