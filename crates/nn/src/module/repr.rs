//! Modules as PyTorch prints them.

use std::fmt::Write;

use super::{Entry, Module, Part};

/// The text of the first module among the entries, with its children.
pub(super) fn of(entries: &[Entry<'_>]) -> String {
    let mut modules: Vec<(&str, usize, &dyn Module)> = Vec::new();
    for entry in entries {
        let Part::Module(module) = entry.part else {
            continue;
        };
        // A transparent field stands at its owner's own path: its children are the owner's.
        let taken = (entry.path.as_str(), entry.depth);
        if modules
            .iter()
            .any(|(path, depth, _)| (*path, *depth) == taken)
        {
            continue;
        }
        modules.push((&entry.path, entry.depth, module));
    }
    let mut text = String::new();
    if !modules.is_empty() {
        write_one(&mut text, &modules, 0);
    }
    text
}

/// Writes the first of `modules` and those below it; returns how many those were.
fn write_one(text: &mut String, modules: &[(&str, usize, &dyn Module)], indent: usize) -> usize {
    let (path, depth, module) = modules[0];
    let below = modules[1..]
        .iter()
        .take_while(|(_, d, _)| *d > depth)
        .count();
    let extra = module.extra_repr();
    let _ = write!(text, "{}({extra}", module.type_name());
    let mut next = 1;
    if below > 0 && !extra.is_empty() {
        // PyTorch puts the settings of a module that has children on a line of their own.
        text.truncate(text.len() - extra.len());
        let _ = write!(text, "\n{:indent$}{extra}", "", indent = indent + 2);
    }
    while next <= below {
        let child = modules[next].0;
        let name = child
            .strip_prefix(path)
            .unwrap_or(child)
            .trim_start_matches('.');
        let _ = write!(text, "\n{:indent$}({name}): ", "", indent = indent + 2);
        next += write_one(text, &modules[next..], indent + 2);
    }
    if below > 0 {
        let _ = write!(text, "\n{:indent$}", "");
    }
    text.push(')');
    next
}

/// `Display` and `Debug` of layers, through [`Module::repr`].
macro_rules! shown {
    ($($layer:ty),* $(,)?) => {$(
        impl std::fmt::Display for $layer {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&$crate::Module::repr(self))
            }
        }
        impl std::fmt::Debug for $layer {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&$crate::Module::repr(self))
            }
        }
    )*};
}
pub(crate) use shown;

/// A truth value as Python writes it.
pub(crate) fn python_bool(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

/// A number as Python writes it: `0.1`, `1e-05`.
pub(crate) fn python_float(value: f64) -> String {
    let text = format!("{value:?}");
    match text.split_once('e') {
        Some((digits, exponent)) => {
            let (sign, exponent) = match exponent.strip_prefix('-') {
                Some(exponent) => ('-', exponent),
                None => ('+', exponent),
            };
            format!("{digits}e{sign}{exponent:0>2}")
        }
        None => text,
    }
}

/// A number as Python writes one that was given without a fraction: `2`, `0.5`.
pub(crate) fn python_number(value: f64) -> String {
    let text = python_float(value);
    match text.strip_suffix(".0") {
        Some(whole) => whole.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_pythons() {
        let texts = [0.1, 1e-5, 0.5, 1.0, 1e-12, 1e20].map(python_float);
        assert_eq!(texts, ["0.1", "1e-05", "0.5", "1.0", "1e-12", "1e+20"]);
    }
}
