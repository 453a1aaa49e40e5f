//! The kernels' assembly, checked in, and the functions loaded from it.

use std::collections::HashMap;
use std::ffi::CString;
use std::sync::{Mutex, PoisonError, RwLock};

use cudarc::driver::{DriverError, result, sys};

/// Made from `kernels/*.cu` by `cargo xtask kernels`; each source file is a module of its own.
const ASSEMBLY: &str = include_str!("../kernels/kernels_75.ptx");

/// What stands before each module.
const BREAK: &str = "//// ";

/// A kernel's name in two parts: what it does, and of what type or size.
pub(crate) type Name = (&'static str, &'static str);

/// A function the driver has loaded.
#[derive(Clone, Copy)]
pub(crate) struct Function(sys::CUfunction);

// SAFETY: a handle of the driver, which any thread may use; modules are never unloaded.
unsafe impl Send for Function {}
// SAFETY: as above.
unsafe impl Sync for Function {}

impl Function {
    pub(crate) fn handle(self) -> sys::CUfunction {
        self.0
    }
}

/// A module the driver has loaded.
#[derive(Clone, Copy)]
struct Module(sys::CUmodule);

// SAFETY: as for `Function`.
unsafe impl Send for Module {}

/// Functions of one device, loaded when first asked for: the driver compiles a module for its GPU
/// then, which takes seconds the first time on a machine.
#[derive(Default)]
pub(crate) struct Kernels {
    functions: RwLock<HashMap<Name, Function>>,
    modules: Mutex<HashMap<&'static str, Module>>,
}

impl Kernels {
    /// The function of that name. The device's context is current.
    pub(crate) fn get(&self, name: Name) -> Result<Function, DriverError> {
        let functions = self
            .functions
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(&function) = functions.get(&name) {
            return Ok(function);
        }
        drop(functions);
        let full = full_name(name);
        let module = self.module(section_of(&full))?;
        let text = CString::new(full).expect("names hold no NUL");
        // SAFETY: modules are never unloaded.
        let function = Function(unsafe { result::module::get_function(module.0, text) }?);
        let mut functions = self
            .functions
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        functions.insert(name, function);
        Ok(function)
    }

    fn module(&self, section: &'static str) -> Result<Module, DriverError> {
        let mut modules = self.modules.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&module) = modules.get(section) {
            return Ok(module);
        }
        let text = CString::new(section).expect("assembly holds no NUL");
        // SAFETY: the text ends with a NUL and is assembly that was checked by the assembler.
        let module = Module(unsafe { result::module::load_data(text.as_ptr().cast()) }?);
        modules.insert(section, module);
        Ok(module)
    }
}

/// `reduce` and `f32` are `reduce_f32`; what is alone has no second part.
fn full_name((what, of): Name) -> String {
    if of.is_empty() {
        what.to_owned()
    } else {
        format!("{what}_{of}")
    }
}

/// The module that has a kernel.
fn section_of(kernel: &str) -> &'static str {
    let entry = format!(".entry {kernel}(");
    ASSEMBLY
        .split(BREAK)
        .skip(1)
        .find(|section| section.contains(&entry))
        // The first line is the source file's name.
        .and_then(|section| section.split_once('\n'))
        .map_or("", |(_, text)| text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ondol_tensor::{ArgReduce, Binary, Compare, Reduce, Scan, Scatter, Unary};

    #[test]
    fn names_are_found_in_their_modules() {
        assert_eq!(full_name(("sort_short", "")), "sort_short");
        for name in ["reduce_f32", "unary_bool", "sort_short", "adam_f64"] {
            assert!(section_of(name).contains(".version"), "{name}");
        }
        assert_eq!(section_of("reduce"), "");
    }

    /// The names of an enum of `common.cuh`, in its order.
    fn listed(name: &str) -> Vec<String> {
        let source = include_str!("../kernels/common.cuh");
        let body = source.split_once(&format!("enum {name} {{")).unwrap().1;
        let body = body.split_once('}').unwrap().0;
        body.split(',').map(|word| word.trim().to_owned()).collect()
    }

    fn expected<T: std::fmt::Debug>(prefix: &str, all: &[T]) -> Vec<String> {
        let upper = |name: String| {
            let mut out = String::new();
            for (i, c) in name.chars().enumerate() {
                if i > 0 && c.is_uppercase() {
                    out.push('_');
                }
                out.extend(c.to_uppercase());
            }
            out
        };
        all.iter()
            .map(|op| format!("{prefix}_{}", upper(format!("{op:?}"))))
            .collect()
    }

    #[test]
    fn operations_have_the_numbers_the_kernels_know_them_by() {
        assert_eq!(listed("UnaryOp"), expected("UNARY", Unary::ALL));
        assert_eq!(listed("BinaryOp"), expected("BINARY", Binary::ALL));
        assert_eq!(listed("CompareOp"), expected("COMPARE", Compare::ALL));
        assert_eq!(listed("ReduceOp"), expected("REDUCE", Reduce::ALL));
        assert_eq!(
            listed("ArgReduceOp"),
            expected("ARG_REDUCE", ArgReduce::ALL)
        );
        assert_eq!(listed("ScanOp"), expected("SCAN", Scan::ALL));
        assert_eq!(listed("ScatterOp"), expected("SCATTER", Scatter::ALL));
        // An enum counts from 0 in the order of `ALL`.
        assert!(
            Unary::ALL
                .iter()
                .enumerate()
                .all(|(i, &op)| op as usize == i)
        );
        assert!(
            Binary::ALL
                .iter()
                .enumerate()
                .all(|(i, &op)| op as usize == i)
        );
        assert!(
            Compare::ALL
                .iter()
                .enumerate()
                .all(|(i, &op)| op as usize == i)
        );
        assert!(
            Reduce::ALL
                .iter()
                .enumerate()
                .all(|(i, &op)| op as usize == i)
        );
        assert!(
            Scan::ALL
                .iter()
                .enumerate()
                .all(|(i, &op)| op as usize == i)
        );
        assert!(
            Scatter::ALL
                .iter()
                .enumerate()
                .all(|(i, &op)| op as usize == i)
        );
    }
}
