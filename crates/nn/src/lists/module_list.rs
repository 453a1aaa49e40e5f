//! Modules by place.

use std::ops::{Index, IndexMut};

use super::shown_with;
use crate::{Forward, Layer, Module, Visitor};

/// Modules in a list, `torch.nn.ModuleList`. Keys begin with the place: `0.weight`. It does not run
/// them: that is your `forward`'s business.
///
/// Of one type (`ModuleList<Linear>`), or of any that takes a tensor and gives one
/// (`ModuleList<Layer>`, filled with [`ModuleList::add`]). A `Vec` of modules as a field has the same
/// keys.
///
/// ```
/// use ondol_nn::{Forward, Linear, Module, ModuleList, ReLU, Tensor};
/// let blocks: ModuleList<Linear> = (0..3).map(|_| Linear::new(4, 4)).collect();
/// let y = blocks.iter().fold(Tensor::ones([2, 4]), |x, block| block.forward(&x).relu());
/// assert_eq!(y.shape(), [2, 4]);
/// assert_eq!(blocks.named_parameters()[2].0, "1.weight");
/// assert_eq!(
///     blocks.to_string(),
///     "ModuleList(\n  (0-2): 3 x Linear(in_features=4, out_features=4, bias=True)\n)"
/// );
/// let mixed = ModuleList::new().add(Linear::new(4, 2)).add(ReLU);
/// assert_eq!(mixed[1].repr(), "ReLU()");
/// ```
pub struct ModuleList<M = Layer> {
    modules: Vec<M>,
}

impl ModuleList<Layer> {
    /// Without modules.
    pub fn new() -> ModuleList<Layer> {
        ModuleList::default()
    }

    /// With one more layer at the end, of any type.
    #[expect(
        clippy::should_implement_trait,
        reason = "a layer is added, not summed"
    )]
    pub fn add(mut self, layer: impl Forward + Send + Sync + 'static) -> ModuleList<Layer> {
        self.modules.push(Box::new(layer));
        self
    }
}

impl<M> ModuleList<M> {
    /// One more module at the end, `torch.nn.ModuleList.append`.
    pub fn push(&mut self, module: M) {
        self.modules.push(module);
    }

    /// One more module before the place; those from there on move up, `torch.nn.ModuleList.insert`.
    ///
    /// # Panics
    /// Where the place is beyond the end.
    #[track_caller]
    pub fn insert(&mut self, place: usize, module: M) {
        self.modules.insert(place, module);
    }

    /// Takes the last one out, `torch.nn.ModuleList.pop`.
    pub fn pop(&mut self) -> Option<M> {
        self.modules.pop()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.modules.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.modules.is_empty()
    }

    /// The one at a place.
    pub fn get(&self, place: usize) -> Option<&M> {
        self.modules.get(place)
    }

    /// All, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, M> {
        self.modules.iter()
    }
}

impl<M> Default for ModuleList<M> {
    fn default() -> ModuleList<M> {
        ModuleList {
            modules: Vec::new(),
        }
    }
}

impl<M> Index<usize> for ModuleList<M> {
    type Output = M;
    #[track_caller]
    fn index(&self, place: usize) -> &M {
        &self.modules[place]
    }
}

impl<M> IndexMut<usize> for ModuleList<M> {
    #[track_caller]
    fn index_mut(&mut self, place: usize) -> &mut M {
        &mut self.modules[place]
    }
}

impl<M> From<Vec<M>> for ModuleList<M> {
    fn from(modules: Vec<M>) -> ModuleList<M> {
        ModuleList { modules }
    }
}

impl<M> FromIterator<M> for ModuleList<M> {
    fn from_iter<I: IntoIterator<Item = M>>(modules: I) -> ModuleList<M> {
        ModuleList {
            modules: modules.into_iter().collect(),
        }
    }
}

impl<M> Extend<M> for ModuleList<M> {
    fn extend<I: IntoIterator<Item = M>>(&mut self, modules: I) {
        self.modules.extend(modules);
    }
}

impl<'a, M> IntoIterator for &'a ModuleList<M> {
    type Item = &'a M;
    type IntoIter = std::slice::Iter<'a, M>;
    fn into_iter(self) -> Self::IntoIter {
        self.modules.iter()
    }
}

impl<M: Module> Module for ModuleList<M> {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        for (place, module) in self.modules.iter().enumerate() {
            visitor.field(&place.to_string(), module);
        }
    }
}
shown_with!(ModuleList);
