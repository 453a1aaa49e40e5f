//! Modules as PyTorch prints them.

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
    if modules.is_empty() {
        return String::new();
    }
    one(&modules)
}

/// The text of the first of `modules`, whose parts are the others.
fn one(modules: &[(&str, usize, &dyn Module)]) -> String {
    let (path, depth, module) = modules[0];
    let name = |child: &str| {
        let own = child.strip_prefix(path).unwrap_or(child);
        own.trim_start_matches('.').to_owned()
    };
    let mut children: Vec<(String, String)> = Vec::new();
    let mut rest = &modules[1..];
    while let Some(first) = rest.first() {
        let inner = rest[1..].iter().take_while(|(_, d, _)| *d > first.1);
        let count = 1 + inner.count();
        children.push((name(first.0), one(&rest[..count])));
        rest = &rest[count..];
    }
    debug_assert!(modules[1..].iter().all(|(_, d, _)| *d > depth));
    let extra = module.extra_repr();
    let mut lines: Vec<String> = match extra.as_str() {
        "" => Vec::new(),
        extra => extra.split('\n').map(str::to_owned).collect(),
    };
    if children.is_empty() && lines.len() < 2 {
        return format!("{}({extra})", module.type_name());
    }
    if module.type_name() == "ModuleList" {
        lines.extend(repeated(&children));
    } else {
        lines.extend(
            children
                .iter()
                .map(|(name, text)| format!("({name}): {text}")),
        );
    }
    // PyTorch puts the settings of a module that has children on a line of their own.
    let lines = lines.join("\n").replace('\n', "\n  ");
    format!("{}(\n  {lines}\n)", module.type_name())
}

/// Neighbours that print alike as one: `(0-2): 3 x ReLU()`.
fn repeated(children: &[(String, String)]) -> Vec<String> {
    let groups = children.chunk_by(|(_, a), (_, b)| a == b);
    groups
        .map(|group| match group {
            [(name, text)] => format!("({name}): {text}"),
            [(first, text), .., (last, _)] => {
                format!("({first}-{last}): {} x {text}", group.len())
            }
            [] => String::new(),
        })
        .collect()
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
