//! An optimizer's state in PyTorch's structure.

use ondol_tensor::{Array, Dict, Error, Key, Result, Value};

use crate::options::number;
use crate::rule::{Core, Group, Rule};

/// Options that PyTorch writes and that mean nothing here; with them its optimizers load the file.
const FOREIGN: [&str; 4] = ["foreach", "capturable", "differentiable", "fused"];

pub(crate) fn broken(message: impl Into<String>) -> Error {
    Error::StateDict {
        message: message.into(),
    }
}

/// A saved state as the parameter needs it.
pub(crate) fn fitted(name: &str, saved: &Value, param: &Array) -> Result<Array> {
    let saved = saved.as_tensor()?;
    if saved.shape() != param.shape() {
        return Err(broken(format!(
            "{name} has shape {:?}, its parameter has shape {:?}",
            saved.shape().as_slice(),
            param.shape().as_slice()
        )));
    }
    // A copy: the optimizer writes it, and the file's other readers may share it.
    saved
        .cast(param.dtype())?
        .to_device(param.device())?
        .contiguous()
}

/// What an optimizer remembers of one parameter.
pub(crate) trait State: Sized {
    /// As PyTorch writes it.
    fn save(&self) -> Dict;

    /// As PyTorch wrote it, for this parameter; `None` where there is none to keep.
    fn load(saved: &Value, param: &Array) -> Result<Option<Self>>;
}

/// One entry of a state, under the name of its field.
pub(crate) trait Entry: Sized {
    fn write(&self) -> Option<Value>;
    fn read(name: &str, saved: Option<&Value>, param: &Array) -> Result<Self>;
}

fn missing(name: &str) -> Error {
    broken(format!("there is no {name}"))
}

/// How many steps were made; PyTorch keeps it as a float tensor.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Count(pub(crate) u64);

impl Count {
    /// Counts one more step, and says which it is.
    pub(crate) fn next(&mut self) -> f64 {
        self.0 += 1;
        self.0 as f64
    }
}

impl Entry for Count {
    fn write(&self) -> Option<Value> {
        Some(Array::scalar(self.0 as f32).into())
    }
    fn read(name: &str, saved: Option<&Value>, _: &Array) -> Result<Self> {
        Ok(Count(number(saved.ok_or_else(|| missing(name))?)? as u64))
    }
}

/// A number that PyTorch keeps as a float tensor, rounded as there.
impl Entry for f32 {
    fn write(&self) -> Option<Value> {
        Some(Array::scalar(*self).into())
    }
    fn read(name: &str, saved: Option<&Value>, _: &Array) -> Result<Self> {
        Ok(number(saved.ok_or_else(|| missing(name))?)? as f32)
    }
}

/// An array like the parameter.
impl Entry for Array {
    fn write(&self) -> Option<Value> {
        Some(self.clone().into())
    }
    fn read(name: &str, saved: Option<&Value>, param: &Array) -> Result<Self> {
        fitted(name, saved.ok_or_else(|| missing(name))?, param)
    }
}

/// One that only some options need.
impl Entry for Option<Array> {
    fn write(&self) -> Option<Value> {
        self.clone().map(Value::from)
    }
    fn read(name: &str, saved: Option<&Value>, param: &Array) -> Result<Self> {
        match saved {
            None | Some(Value::None) => Ok(None),
            Some(saved) => fitted(name, saved, param).map(Some),
        }
    }
}

/// A struct whose fields are the entries of a state.
macro_rules! state {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $t:ty),+ $(,)? }) => {
        $(#[$doc])*
        struct $name {
            $($(#[$field_doc])* $field: $t,)+
        }

        impl $crate::state::State for $name {
            fn save(&self) -> ondol_tensor::Dict {
                let mut dict = ondol_tensor::Dict::new();
                $(if let Some(value) = $crate::state::Entry::write(&self.$field) {
                    dict.insert(stringify!($field), value);
                })+
                dict
            }

            fn load(
                saved: &ondol_tensor::Value,
                param: &ondol_tensor::Array,
            ) -> ondol_tensor::Result<Option<Self>> {
                let saved = saved.as_dict()?;
                if saved.is_empty() {
                    return Ok(None);
                }
                let get = |name: &'static str| saved.get(name);
                Ok(Some($name {
                    $($field: $crate::state::Entry::read(
                        stringify!($field),
                        get(stringify!($field)),
                        param,
                    )?,)+
                }))
            }
        }
    };
}
pub(crate) use state;

impl<R: Rule> Core<R> {
    pub(crate) fn state_dict(&self) -> Value {
        let mut state = Dict::new();
        let mut groups = Vec::new();
        let mut next = 0i64;
        for group in &self.groups {
            let mut indices = Vec::new();
            for (saved, param) in group.states.iter().zip(&group.params) {
                let dict = match saved {
                    Some(saved) => Some(saved.save()),
                    None => match group.rule.blank(&param.value()) {
                        Ok(blank) => blank.map(|blank| blank.save()),
                        Err(_) => None,
                    },
                };
                if let Some(dict) = dict {
                    state.insert(next, dict);
                }
                indices.push(Value::Int(next));
                next += 1;
            }
            let mut options = group.rule.options();
            for name in FOREIGN {
                let value = if matches!(name, "foreach" | "fused") {
                    Value::None
                } else {
                    Value::Bool(false)
                };
                options.insert(name, value);
            }
            for (name, value) in group.extra.iter() {
                options.insert(name, value.clone());
            }
            options.insert("params", indices);
            groups.push(Value::Dict(options));
        }
        let dict: Dict = [
            ("state", Value::Dict(state)),
            ("param_groups", Value::List(groups)),
        ]
        .into_iter()
        .collect();
        Value::Dict(dict)
    }

    pub(crate) fn load_state_dict(&mut self, state_dict: &Value) -> Result<()> {
        let groups = state_dict.get("param_groups")?.as_list()?;
        let states = state_dict.get("state")?.as_dict()?;
        if groups.len() != self.groups.len() {
            return Err(broken(format!(
                "loaded state dict has a different number of parameter groups: {}, the optimizer has {}",
                groups.len(),
                self.groups.len()
            )));
        }
        // All is read before anything changes, so that an error leaves the optimizer as it was.
        let pairs = self.groups.iter().zip(groups).enumerate();
        let loaded = pairs
            .map(|(i, (group, saved))| load_group(i, group, saved, states))
            .collect::<Result<Vec<_>>>()?;
        for (group, (rule, extra, states)) in self.groups.iter_mut().zip(loaded) {
            (group.rule, group.extra, group.states) = (rule, extra, states);
            // What was set before must not come back with the next option that is set.
            let options = group.rule.options();
            let now = |(name, old): (&Key, &Value)| {
                let value = options.get(name).unwrap_or(old);
                (name.clone(), value.clone())
            };
            group.own = group.own.iter().map(now).collect();
        }
        Ok(())
    }
}

type Loaded<R> = (R, Dict, Vec<Option<<R as Rule>::State>>);

fn load_group<R: Rule>(
    i: usize,
    group: &Group<R>,
    saved: &Value,
    states: &Dict,
) -> Result<Loaded<R>> {
    let indices = saved.get("params")?.as_list()?;
    if indices.len() != group.params.len() {
        return Err(broken(format!(
            "loaded state dict contains a parameter group that doesn't match the size of optimizer's group: \
             group {i} has {} parameters, the optimizer's has {}",
            indices.len(),
            group.params.len()
        )));
    }
    let (mut rule, mut extra) = (group.rule.clone(), Dict::new());
    for (name, value) in saved.as_dict()?.iter() {
        let Key::Str(text) = name else { continue };
        if text != "params"
            && !rule
                .set(text, value)
                .map_err(|e| broken(format!("option {name}: {e}")))?
        {
            extra.insert(name, value.clone());
        }
    }
    rule.check()?;
    let load = |(param, index): (&ondol_autograd::Tensor, &Value)| {
        let Some(saved) = states.get(index.as_int()?) else {
            return Ok(None);
        };
        let named = |e| {
            broken(format!(
                "state of parameter {}: {e}",
                index.as_int().unwrap_or(-1)
            ))
        };
        <R::State as State>::load(saved, &param.value()).map_err(named)
    };
    let states = group
        .params
        .iter()
        .zip(indices)
        .map(load)
        .collect::<Result<Vec<_>>>()?;
    Ok((rule, extra, states))
}
