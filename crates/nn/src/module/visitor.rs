//! The walk over a module's fields.

use crate::{Across, Buffer, Module, Tensor, Training};

/// What a module is made of, with its path, in the order of declaration.
///
/// Modules name their parts to it in [`Module::visit`]; the derive writes that for structs and
/// enums. Every question to a module (its parameters, its state dict, its training flags) is
/// answered from the entries one walk collects.
///
/// ```
/// use ondol_nn::{Module, Parameter, Tensor, Visitor};
/// /// A layer that writes its own walk.
/// struct Scale { factor: Parameter }
/// impl Module for Scale {
///     fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
///         visitor.module(self);
///         visitor.field("factor", &self.factor);
///     }
/// }
/// let scale = Scale { factor: Parameter::new(Tensor::ones([3])) };
/// assert_eq!(scale.named_parameters()[0].0, "factor");
/// ```
#[derive(Default)]
pub struct Visitor<'a> {
    path: String,
    depth: usize,
    entries: Vec<Entry<'a>>,
}

/// One part of a module.
#[derive(Clone)]
pub struct Entry<'a> {
    /// The field path from the module asked: `layers.0.weight`; empty for the module itself.
    pub path: String,
    /// How many fields lead to it.
    pub depth: usize,
    /// The part.
    pub part: Part<'a>,
}

/// The kinds of parts.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Part<'a> {
    /// A module; its own parts follow.
    Module(&'a dyn Module),
    /// A tensor that is trained.
    Parameter(&'a Tensor),
    /// A tensor that is state but not trained.
    Buffer(&'a Buffer),
    /// A switch between training and evaluation.
    Training(&'a Training),
    /// The place of who knows the batches of other processes.
    Across(&'a Across),
}

impl<'a> Visitor<'a> {
    /// Walks over a module.
    pub fn entries<M: Module + ?Sized>(module: &'a M) -> Vec<Entry<'a>> {
        let mut visitor = Visitor::default();
        module.visit(&mut visitor);
        visitor.entries
    }

    /// Says that a module's parts follow. The first line of a layer's [`Module::visit`].
    pub fn module(&mut self, module: &'a dyn Module) {
        self.push(Part::Module(module));
    }

    /// Visits a part under a name.
    pub fn field<M: Module + ?Sized>(&mut self, name: &str, part: &'a M) {
        let length = self.path.len();
        if length > 0 {
            self.path.push('.');
        }
        self.path.push_str(name);
        self.depth += 1;
        part.visit(self);
        self.depth -= 1;
        self.path.truncate(length);
    }

    /// Visits a part whose keys appear without a name of its own.
    pub fn transparent<M: Module + ?Sized>(&mut self, part: &'a M) {
        part.visit(self);
    }

    /// Visits what a list holds. The list counts as a module, `torch.nn.ModuleList`, if it holds
    /// any part: a list of numbers does not.
    pub fn list(&mut self, list: &'a dyn Module, visit: impl FnOnce(&mut Self)) {
        let start = self.entries.len();
        visit(self);
        if self.entries.len() > start {
            let entry = self.entry(Part::Module(list));
            self.entries.insert(start, entry);
        }
    }

    /// Names a parameter.
    pub fn parameter(&mut self, tensor: &'a Tensor) {
        self.push(Part::Parameter(tensor));
    }

    /// Names a buffer.
    pub fn buffer(&mut self, buffer: &'a Buffer) {
        self.push(Part::Buffer(buffer));
    }

    /// Names a training flag.
    pub fn training(&mut self, flag: &'a Training) {
        self.push(Part::Training(flag));
    }

    /// Names the place of who knows the batches of other processes.
    pub fn across(&mut self, place: &'a Across) {
        self.push(Part::Across(place));
    }

    fn push(&mut self, part: Part<'a>) {
        let entry = self.entry(part);
        self.entries.push(entry);
    }

    fn entry(&self, part: Part<'a>) -> Entry<'a> {
        Entry {
            path: self.path.clone(),
            depth: self.depth,
            part,
        }
    }
}
