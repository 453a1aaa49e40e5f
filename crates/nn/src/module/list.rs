//! Lists, tuples and ordered maps of modules: `torch.nn.ModuleList` and `torch.nn.ModuleDict`.
//!
//! A `HashMap` is not a module: its order changes from run to run, and keys have an order.

use std::collections::BTreeMap;

use crate::{Module, Visitor};

/// What PyTorch calls a list of modules.
const LIST: &str = "ModuleList";

fn visit_all<'a, M: Module>(list: &'a dyn Module, items: &'a [M], visitor: &mut Visitor<'a>) {
    visitor.list(list, |visitor| {
        for (i, item) in items.iter().enumerate() {
            visitor.field(&i.to_string(), item);
        }
    });
}

impl<M: Module> Module for Vec<M> {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visit_all(self, self, visitor);
    }

    fn type_name(&self) -> &'static str {
        LIST
    }
}

impl<M: Module, const N: usize> Module for [M; N] {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visit_all(self, self, visitor);
    }

    fn type_name(&self) -> &'static str {
        LIST
    }
}

impl<M: Module> Module for BTreeMap<String, M> {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.list(self, |visitor| {
            for (name, item) in self {
                visitor.field(name, item);
            }
        });
    }

    fn type_name(&self) -> &'static str {
        "ModuleDict"
    }
}

macro_rules! tuple {
    ($($name:ident $index:tt),*) => {
        impl<$($name: Module),*> Module for ($($name,)*) {
            fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
                visitor.list(self, |visitor| {
                    $(visitor.field(stringify!($index), &self.$index);)*
                });
            }

            fn type_name(&self) -> &'static str {
                LIST
            }
        }
    };
}
tuple!(A 0);
tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
tuple!(A 0, B 1, C 2, D 3, E 4);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
