//! Containers that hold and do not run: modules and parameters by place or by name.

mod module_dict;
mod module_list;
mod parameters;

pub use self::module_dict::ModuleDict;
pub use self::module_list::ModuleList;
pub use self::parameters::{ParameterDict, ParameterList};

/// `Display` and `Debug` of a container of modules.
macro_rules! shown_with {
    ($list:ident) => {
        impl<M: Module> std::fmt::Display for $list<M> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&Module::repr(self))
            }
        }
        impl<M: Module> std::fmt::Debug for $list<M> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&Module::repr(self))
            }
        }
    };
}
use shown_with;
