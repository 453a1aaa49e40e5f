//! Modules by name.

use std::ops::Index;

use super::shown_with;
use crate::{Forward, Layer, Module, Visitor};

/// Modules by name, in the order in which they came, `torch.nn.ModuleDict`. Keys begin with the name:
/// `relu.weight`.
///
/// Of one type (`ModuleDict<Linear>`), or of any that takes a tensor and gives one
/// (`ModuleDict<Layer>`, filled with [`ModuleDict::add`]).
///
/// ```
/// use ondol_nn::{Forward, Linear, Module, ModuleDict, Tensor};
/// let mut heads = ModuleDict::default();
/// heads.insert("colour", Linear::new(8, 3));
/// heads.insert("age", Linear::new(8, 1));
/// assert_eq!(heads["age"].forward(&Tensor::zeros([2, 8])).shape(), [2, 1]);
/// assert_eq!(heads.keys().collect::<Vec<_>>(), ["colour", "age"]);
/// assert_eq!(heads.named_parameters()[0].0, "colour.weight");
/// ```
pub struct ModuleDict<M = Layer> {
    modules: Vec<(String, M)>,
}

impl ModuleDict<Layer> {
    /// Without modules.
    pub fn new() -> ModuleDict<Layer> {
        ModuleDict::default()
    }

    /// With one more layer, of any type.
    pub fn add(
        mut self,
        name: impl Into<String>,
        layer: impl Forward + Send + Sync + 'static,
    ) -> ModuleDict<Layer> {
        self.insert(name, Box::new(layer));
        self
    }
}

impl<M> ModuleDict<M> {
    /// A module under a name; the one that had the name before gives it up, and its place.
    ///
    /// # Panics
    /// On an empty name, or one with a `.`, which separates names in keys.
    #[track_caller]
    pub fn insert(&mut self, name: impl Into<String>, module: M) -> Option<M> {
        let name = name.into();
        assert!(
            !name.is_empty() && !name.contains('.'),
            "ModuleDict: module name can't be empty or contain \".\", got: {name:?}"
        );
        match self.modules.iter_mut().find(|(other, _)| *other == name) {
            Some((_, old)) => Some(std::mem::replace(old, module)),
            None => {
                self.modules.push((name, module));
                None
            }
        }
    }

    /// Takes one out, `torch.nn.ModuleDict.pop`.
    pub fn remove(&mut self, name: &str) -> Option<M> {
        let place = self.modules.iter().position(|(other, _)| other == name)?;
        Some(self.modules.remove(place).1)
    }

    /// The one of this name.
    pub fn get(&self, name: &str) -> Option<&M> {
        let found = self.modules.iter().find(|(other, _)| other == name);
        found.map(|(_, module)| module)
    }

    /// Whether there is one of this name.
    pub fn contains_key(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.modules.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.modules.is_empty()
    }

    /// The names, in order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> {
        self.modules.iter().map(|(name, _)| name.as_str())
    }

    /// The modules, in order.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &M> {
        self.modules.iter().map(|(_, module)| module)
    }

    /// Names and modules, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &M)> {
        self.modules.iter().map(|(name, m)| (name.as_str(), m))
    }
}

impl<M> Default for ModuleDict<M> {
    fn default() -> ModuleDict<M> {
        ModuleDict {
            modules: Vec::new(),
        }
    }
}

impl<M> Index<&str> for ModuleDict<M> {
    type Output = M;
    #[track_caller]
    fn index(&self, name: &str) -> &M {
        match self.get(name) {
            Some(module) => module,
            None => panic!("ModuleDict: there is no module {name:?}"),
        }
    }
}

impl<N: Into<String>, M> FromIterator<(N, M)> for ModuleDict<M> {
    fn from_iter<I: IntoIterator<Item = (N, M)>>(modules: I) -> ModuleDict<M> {
        let mut dict = ModuleDict::default();
        dict.extend(modules);
        dict
    }
}

impl<N: Into<String>, M> Extend<(N, M)> for ModuleDict<M> {
    fn extend<I: IntoIterator<Item = (N, M)>>(&mut self, modules: I) {
        for (name, module) in modules {
            self.insert(name, module);
        }
    }
}

impl<M: Module> Module for ModuleDict<M> {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        for (name, module) in &self.modules {
            visitor.field(name, module);
        }
    }
}
shown_with!(ModuleDict);
