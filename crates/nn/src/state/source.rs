//! What a state dict can be read from.

use ondol_autograd::{Dict, Error, Key, Result, Value};

use crate::StateDict;

/// What `load_state_dict` accepts: a [`StateDict`], or a [`Value`] that a file holds.
pub trait AsStateDict {
    /// The arrays by key.
    ///
    /// # Errors
    /// A value that is not a dictionary of arrays.
    fn as_state_dict(&self) -> Result<StateDict>;
}

impl AsStateDict for StateDict {
    fn as_state_dict(&self) -> Result<StateDict> {
        Ok(self.clone())
    }
}

impl AsStateDict for Value {
    fn as_state_dict(&self) -> Result<StateDict> {
        match self {
            Value::Dict(dict) => dict.as_state_dict(),
            other => {
                let message = format!(
                    "expected a state dict, a dictionary of tensors; found {}",
                    described(other)
                );
                Err(Error::StateDict { message })
            }
        }
    }
}

impl AsStateDict for Dict {
    fn as_state_dict(&self) -> Result<StateDict> {
        self.iter()
            .map(|(key, value)| match (key, value) {
                (Key::Str(key), Value::Tensor(array)) => Ok((key.clone(), array.clone())),
                _ => Err(not_a_state_dict(self, key, value)),
            })
            .collect::<Result<StateDict>>()
    }
}

impl TryFrom<&Value> for StateDict {
    type Error = Error;
    fn try_from(value: &Value) -> Result<StateDict> {
        value.as_state_dict()
    }
}

impl TryFrom<Value> for StateDict {
    type Error = Error;
    fn try_from(value: Value) -> Result<StateDict> {
        value.as_state_dict()
    }
}

fn not_a_state_dict(dict: &Dict, key: &Key, value: &Value) -> Error {
    let mut message = format!(
        "expected a state dict, a dictionary of tensors; the entry {key} is {}",
        described(value)
    );
    // A training checkpoint holds the model's state dict under a key of its own.
    let inner = dict
        .iter()
        .find(|(_, value)| value.as_state_dict().is_ok_and(|state| !state.is_empty()));
    if let Some((Key::Str(inner), _)) = inner {
        message.push_str(&format!(
            ". This looks like a checkpoint: its entry {inner:?} is a state dict; load value.get({inner:?})?"
        ));
    }
    Error::StateDict { message }
}

fn described(value: &Value) -> String {
    match value.kind() {
        "none" => "nothing".into(),
        kind @ "int" => format!("an {kind}"),
        kind => format!("a {kind}"),
    }
}
