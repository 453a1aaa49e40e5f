//! Going through a value before it is written.

use ondol_tensor::{Array, Key, Value};

use crate::Checked;
use crate::limits::{MAX_DEPTH, MAX_TEXT, MAX_VALUES};
use crate::trail::{Step, name};

/// The arrays of a value, in order, where a reader will accept the value: as many values, as deep
/// and as much text as that takes.
pub(crate) fn arrays(value: &Value) -> Checked<Vec<&Array>> {
    let mut walk = Walk {
        values: 0,
        text: 0,
        arrays: Vec::new(),
    };
    walk.value(value, 0)?;
    Ok(walk.arrays)
}

struct Walk<'a> {
    values: usize,
    text: usize,
    arrays: Vec<&'a Array>,
}

impl<'a> Walk<'a> {
    fn value(&mut self, value: &'a Value, depth: usize) -> Checked<()> {
        if depth > MAX_DEPTH {
            return Err(format!(
                "values lie more than {MAX_DEPTH} deep in one another"
            ));
        }
        self.count(1)?;
        match value {
            Value::Tensor(array) => {
                // Long shapes take more memory than other values do.
                self.count(if array.ndim() > 6 {
                    array.ndim() / 6
                } else {
                    0
                })?;
                self.arrays.push(array);
            }
            Value::Str(text) => self.text(text)?,
            Value::List(items) | Value::Tuple(items) => {
                for item in items {
                    self.value(item, depth + 1)?;
                }
            }
            Value::Dict(dict) => {
                for (key, item) in dict.iter() {
                    self.count(1)?;
                    if let Key::Str(key) = key {
                        self.text(key)?;
                    }
                    self.value(item, depth + 1)?;
                }
            }
            Value::None | Value::Bool(_) | Value::Int(_) | Value::Float(_) => {}
        }
        Ok(())
    }

    fn count(&mut self, values: usize) -> Checked<()> {
        self.values += values;
        if self.values > MAX_VALUES {
            return Err(format!(
                "more than {MAX_VALUES} values; keep long lists of numbers as arrays"
            ));
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Checked<()> {
        self.text += text.len();
        if self.text > MAX_TEXT {
            return Err(format!(
                "more than {MAX_TEXT} bytes of text; keep long texts in files of their own"
            ));
        }
        Ok(())
    }
}

/// Arrays by key, for formats that hold nothing else; the first value that is something else is an
/// error that says which formats can hold it.
pub(crate) fn flat<'a>(value: &'a Value, format: &str) -> Checked<Vec<(&'a str, &'a Array)>> {
    let other = |steps: &[Step], value: &Value| {
        let name = name(steps.iter());
        let place = if name.is_empty() {
            "the value".to_owned()
        } else {
            format!("`{name}`")
        };
        Err(format!(
            "{format} holds a dictionary of tensors and nothing else; {place} is {} {}; `.pt` and `.ond` hold any value",
            if matches!(value, Value::Int(_)) {
                "an"
            } else {
                "a"
            },
            value.kind()
        ))
    };
    let Value::Dict(dict) = value else {
        return other(&[], value);
    };
    let mut out = Vec::with_capacity(dict.len());
    for (key, value) in dict.iter() {
        match (key, value) {
            (Key::Str(key), Value::Tensor(array)) => out.push((key.as_str(), array)),
            (Key::Str(_), other_value) => return other(&[Step::Key(key.clone())], other_value),
            (Key::Int(key), _) => {
                return Err(format!(
                    "{format} has texts as keys, not the number {key}; `.pt` and `.ond` have both"
                ));
            }
        }
    }
    Ok(out)
}
