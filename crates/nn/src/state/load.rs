//! Putting a state dict into a model: everything is checked before anything is written.

use ondol_autograd::{Array, Error, Result, Tensor};

use super::{StateDict, hint};
use crate::{Entry, Part};

/// How a state dict is loaded.
///
/// ```
/// use ondol_nn::{Linear, LoadOptions, Module};
/// let state = Linear::new(3, 2).bias(false).state_dict();
/// let report = Linear::new(3, 2).load_state_dict_with(&state, LoadOptions::new().strict(false))?;
/// assert_eq!(report.missing, ["bias"]);
/// # Ok::<(), ondol_nn::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadOptions {
    /// Whether missing and unexpected keys are errors. Default: `true`.
    pub strict: bool,
}

impl LoadOptions {
    /// The defaults.
    pub fn new() -> LoadOptions {
        LoadOptions { strict: true }
    }

    /// Whether missing and unexpected keys are errors.
    pub fn strict(self, strict: bool) -> LoadOptions {
        LoadOptions { strict }
    }
}

impl Default for LoadOptions {
    fn default() -> Self {
        LoadOptions::new()
    }
}

/// The keys that did not find their other side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadReport {
    /// The model has them, the state dict does not.
    pub missing: Vec<String>,
    /// The state dict has them, the model does not.
    pub unexpected: Vec<String>,
}

/// A tensor of the model that belongs in its state dict.
#[derive(Clone, Copy)]
pub(crate) struct Own<'a> {
    pub(crate) path: &'a str,
    pub(crate) tensor: &'a Tensor,
    required: bool,
}

/// The parameters and persistent buffers, under every path they have.
pub(crate) fn own_tensors<'a>(entries: &'a [Entry<'_>]) -> impl Iterator<Item = Own<'a>> {
    entries.iter().filter_map(|entry| {
        let (tensor, required) = match entry.part {
            Part::Parameter(tensor) => (tensor, true),
            Part::Buffer(buffer) if buffer.is_persistent() => {
                (buffer.tensor(), buffer.is_required())
            }
            _ => return None,
        };
        Some(Own {
            path: &entry.path,
            tensor,
            required,
        })
    })
}

pub(crate) fn load(
    model: &str,
    entries: &[Entry<'_>],
    state: &StateDict,
    options: LoadOptions,
) -> Result<LoadReport> {
    let own: Vec<Own<'_>> = own_tensors(entries).collect();
    let mut report = LoadReport::default();
    let mut mismatches = Vec::new();
    let mut pairs = Vec::new();
    for own in &own {
        match state.get(own.path) {
            Some(array) => match fitting(array, &own.tensor.value())? {
                Some(array) => pairs.push((own.tensor, array)),
                None => mismatches.push(format!(
                    "size mismatch for {}: copying a param with shape torch.Size({:?}) from checkpoint, \
                     the shape in current model is torch.Size({:?}).",
                    own.path,
                    &array.shape()[..],
                    &own.tensor.shape()[..]
                )),
            },
            None if own.required => report.missing.push(own.path.to_owned()),
            None => {}
        }
    }
    let known: std::collections::HashSet<&str> = own.iter().map(|own| own.path).collect();
    report.unexpected = state
        .keys()
        .filter(|key| !known.contains(key))
        .map(str::to_owned)
        .collect();

    let mut lines = Vec::new();
    if options.strict {
        lines.extend(listed("Missing", &report.missing));
        lines.extend(listed("Unexpected", &report.unexpected));
    }
    lines.extend(mismatches);
    if !lines.is_empty() {
        if options.strict {
            lines.extend(hint::of(&report.missing, &report.unexpected));
        }
        let message = format!(
            "Error(s) in loading state_dict for {model}:\n\t{}",
            lines.join("\n\t")
        );
        return Err(Error::StateDict { message });
    }

    let mut converted = Vec::with_capacity(pairs.len());
    for (tensor, array) in pairs {
        converted.push((
            tensor,
            array.cast(tensor.dtype())?.to_device(&tensor.device())?,
        ));
    }
    for (tensor, array) in converted {
        tensor.set_data(array);
    }
    Ok(report)
}

/// The array in the shape of the model's; `None` where it has another one.
fn fitting(array: &Array, own: &Array) -> Result<Option<Array>> {
    // Scalars were saved with one dimension by PyTorch before 0.4.
    if own.ndim() == 0 && array.shape()[..] == [1] {
        return array.reshape(()).map(Some);
    }
    Ok((array.shape() == own.shape()).then(|| array.clone()))
}

/// PyTorch's line, its blank at the end included.
fn listed(what: &str, keys: &[String]) -> Option<String> {
    let keys: Vec<String> = keys.iter().map(|key| format!("\"{key}\"")).collect();
    (!keys.is_empty()).then(|| format!("{what} key(s) in state_dict: {}. ", keys.join(", ")))
}
