//! From sources to one file of assembly.

use std::path::Path;

use super::tools::{Tools, digest_of};

/// The oldest version of the assembly's language that knows compute capability 7.5. The compiler
/// writes its own, newer one, which older drivers refuse though nothing of it is used.
const LANGUAGE: &str = ".version 6.3";

/// One source's assembly.
pub(crate) struct Module {
    pub(crate) name: String,
    pub(crate) text: String,
}

/// The sources, in their order: name and text.
fn sources(folder: &Path) -> Result<Vec<(String, String)>, String> {
    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))
    };
    let order = read("order.txt")?;
    order
        .lines()
        .map(|name| Ok((name.to_owned(), read(name)?)))
        .collect()
}

/// A hash of all sources, which the assembly carries: a test compares it, so that nobody changes the
/// one without the other.
pub(crate) fn digest(folder: &Path) -> Result<String, String> {
    let names = sources(folder)?;
    digest_of(names.iter().map(|(name, _)| folder.join(name)))
}

/// Each source with all the headers before it is a module of its own, so that a driver compiles
/// only what a program uses.
pub(crate) fn compile(folder: &Path, tools: &Tools) -> Result<Vec<Module>, String> {
    let scratch = folder.join("../../../target/cuda-tools/source.cu");
    let (mut headers, mut modules) = (String::new(), Vec::new());
    for (name, text) in sources(folder)? {
        if name.ends_with(".cuh") {
            headers += &text;
            continue;
        }
        std::fs::write(&scratch, format!("{headers}{text}"))
            .map_err(|e| format!("{}: {e}", scratch.display()))?;
        let made = tools.compile(&name, &scratch)?;
        println!("{name}: {} kernels", made.matches(".entry ").count());
        modules.push(Module {
            text: portable(&made),
            name,
        });
    }
    Ok(modules)
}

/// Without the compiler's own comment, and in the older language, which lacks one hint: which bytes
/// of a load are used.
fn portable(made: &str) -> String {
    let lines = made
        .lines()
        .skip_while(|line| !line.starts_with(".version "))
        .skip(1)
        .filter(|line| !line.contains(".pragma \"used_bytes_mask "));
    let mut text = format!("{LANGUAGE}\n");
    lines.for_each(|line| {
        text += line;
        text += "\n";
    });
    text
}

/// The file: what it was made from, and the modules.
pub(crate) fn joined(modules: &[Module], digest: &str) -> String {
    let mut text = format!(
        "// Made by `cargo xtask kernels` from the sources that order.txt names; not to be edited.\n\
         // sources {digest}\n"
    );
    for module in modules {
        text += &format!("//// {}\n{}", module.name, module.text);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assembly_is_made_portable() {
        let made = "//\n// by a compiler\n\n.version 9.0\n.target sm_75\n\
            \t.pragma \"used_bytes_mask 15\";\n.entry f()\n";
        assert_eq!(portable(made), ".version 6.3\n.target sm_75\n.entry f()\n");
    }

    #[test]
    fn modules_stand_under_their_names() {
        let module = Module {
            name: "a.cu".into(),
            text: ".version 6.3\n".into(),
        };
        let text = joined(&[module], "abc");
        assert!(
            text.ends_with("// sources abc\n//// a.cu\n.version 6.3\n"),
            "{text}"
        );
    }
}
