//! The state of a model: arrays by key, as they are saved and loaded.

mod hint;
pub(crate) mod load;
mod source;

use std::collections::HashMap;

use ondol_autograd::{Array, Dict, ToValue, Value};

pub use self::load::{LoadOptions, LoadReport};
pub use self::source::AsStateDict;

/// A model's parameters and buffers by key, in order, `state_dict()` of PyTorch.
///
/// A snapshot: its arrays do not change when the model is trained further.
///
/// ```
/// use ondol_nn::{Linear, Module};
/// let state = Linear::new(3, 2).state_dict();
/// assert_eq!(state.keys().collect::<Vec<_>>(), ["weight", "bias"]);
/// assert_eq!(state["weight"].shape(), &[2, 3]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct StateDict {
    entries: Vec<(String, Array)>,
    positions: HashMap<String, usize>,
}

impl StateDict {
    /// An empty one.
    pub fn new() -> StateDict {
        StateDict::default()
    }

    /// Sets `key`, keeping its place if it is there; returns the former array.
    pub fn insert(&mut self, key: impl Into<String>, array: Array) -> Option<Array> {
        let key = key.into();
        if let Some(&i) = self.positions.get(&key) {
            return Some(std::mem::replace(&mut self.entries[i].1, array));
        }
        self.positions.insert(key.clone(), self.entries.len());
        self.entries.push((key, array));
        None
    }

    /// The array of `key`.
    pub fn get(&self, key: &str) -> Option<&Array> {
        self.positions.get(key).map(|&i| &self.entries[i].1)
    }

    /// Whether there is such a key.
    pub fn contains_key(&self, key: &str) -> bool {
        self.positions.contains_key(key)
    }

    /// Takes `key` out.
    pub fn remove(&mut self, key: &str) -> Option<Array> {
        let i = self.positions.remove(key)?;
        let (_, array) = self.entries.remove(i);
        for position in self
            .positions
            .values_mut()
            .filter(|position| **position > i)
        {
            *position -= 1;
        }
        Some(array)
    }

    /// The keys, in order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> {
        self.entries.iter().map(|(key, _)| key.as_str())
    }

    /// Keys and arrays, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Array)> {
        self.entries
            .iter()
            .map(|(key, array)| (key.as_str(), array))
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries whose key begins with `prefix`, without it: of `module.` for a model saved from
    /// PyTorch's `DataParallel`, of `encoder.` for a part.
    ///
    /// ```
    /// use ondol_nn::{Linear, Module, sequential};
    /// let state = sequential![Linear::new(3, 2), Linear::new(2, 1)].state_dict();
    /// assert_eq!(state.strip_prefix("1.").keys().collect::<Vec<_>>(), ["weight", "bias"]);
    /// // What a file holds is a `Value`, which becomes a `StateDict` first.
    /// let loaded = ondol_nn::Value::from(state.with_prefix("module."));
    /// let state = ondol_nn::StateDict::try_from(&loaded)?.strip_prefix("module.");
    /// assert!(state.contains_key("0.weight"));
    /// # Ok::<(), ondol_nn::Error>(())
    /// ```
    pub fn strip_prefix(&self, prefix: &str) -> StateDict {
        let inner = self
            .iter()
            .filter_map(|(key, array)| Some((key.strip_prefix(prefix)?, array.clone())));
        inner.map(|(key, array)| (key.to_owned(), array)).collect()
    }

    /// The same entries with `prefix` before each key.
    pub fn with_prefix(&self, prefix: &str) -> StateDict {
        self.iter()
            .map(|(key, array)| (format!("{prefix}{key}"), array.clone()))
            .collect()
    }
}

impl std::ops::Index<&str> for StateDict {
    type Output = Array;

    /// # Panics
    /// Where there is no such key.
    fn index(&self, key: &str) -> &Array {
        match self.get(key) {
            Some(array) => array,
            None => panic!(
                "no key {key:?} in the state dict; there are {:?}",
                self.keys().collect::<Vec<_>>()
            ),
        }
    }
}

impl<K: Into<String>> FromIterator<(K, Array)> for StateDict {
    fn from_iter<I: IntoIterator<Item = (K, Array)>>(iter: I) -> Self {
        let mut state = StateDict::new();
        state.extend(iter);
        state
    }
}

impl<K: Into<String>> Extend<(K, Array)> for StateDict {
    fn extend<I: IntoIterator<Item = (K, Array)>>(&mut self, iter: I) {
        for (key, array) in iter {
            self.insert(key, array);
        }
    }
}

impl IntoIterator for StateDict {
    type Item = (String, Array);
    type IntoIter = std::vec::IntoIter<(String, Array)>;
    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl From<StateDict> for Value {
    fn from(state: StateDict) -> Value {
        Value::Dict(state.into_iter().collect::<Dict>())
    }
}

impl ToValue for StateDict {
    fn to_value(&self) -> Value {
        self.clone().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_survives_replacing_and_removing() {
        let mut state: StateDict = ["a", "b", "c"]
            .map(|k| (k, Array::scalar(1.0f32)))
            .into_iter()
            .collect();
        state.insert("a", Array::scalar(2.0f32));
        state.remove("b");
        assert_eq!(state.keys().collect::<Vec<_>>(), ["a", "c"]);
        assert_eq!(state["a"].item().unwrap(), 2.0);
        assert!(state.get("c").is_some() && state.get("b").is_none());
        assert_eq!(state.with_prefix("m.").strip_prefix("m.").len(), 2);
    }
}
