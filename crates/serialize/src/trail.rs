//! Where in a tree of values something is wrong.

use std::fmt::Write;

use ondol_tensor::{Error, Key};

/// An error on its way up through the containers it lies in; each adds its step.
pub(crate) struct Fault {
    error: Error,
    /// From the innermost out.
    steps: Vec<Step>,
}

pub(crate) enum Step {
    Key(Key),
    Index(usize),
}

impl Fault {
    /// The fault, one container further out.
    pub(crate) fn within(mut self, step: Step) -> Fault {
        self.steps.push(step);
        self
    }

    /// The error, with the place in its text.
    pub(crate) fn named(self) -> Error {
        let name = name(self.steps.iter().rev());
        match self.error {
            Error::File { path, message } if !name.is_empty() => Error::File {
                path,
                message: format!("`{name}`: {message}"),
            },
            other => other,
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        Fault {
            error,
            steps: Vec::new(),
        }
    }
}

/// `model.layers.0.weight`, `optimizer.state[0].step`.
pub(crate) fn name<'a>(steps: impl Iterator<Item = &'a Step>) -> String {
    let mut name = String::new();
    for step in steps {
        let _ = match step {
            Step::Key(Key::Str(key)) => {
                let dot = if name.is_empty() { "" } else { "." };
                let key: String = key.escape_debug().take(200).collect();
                write!(name, "{dot}{key}")
            }
            Step::Key(Key::Int(key)) => write!(name, "[{key}]"),
            Step::Index(index) => write!(name, "[{index}]"),
        };
        if name.len() > 1000 {
            name.push('…');
            break;
        }
    }
    name
}
