//! Every public operation stands in the table, and the table names nothing that is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

use crate::table::table;

/// Public functions that need no line, each with its reason.
const EXCEPTIONS: [(&str, &str); 0] = [];

/// Where operations are written.
const FOLDERS: [&str; 3] = [
    "autograd/src/ops",
    "autograd/src/compose",
    "nn/src/functional",
];

/// Macros of the sources that make one public method for each `name = …` of their invocation.
const METHOD_MACROS: [&str; 7] = [
    "comparisons",
    "logic",
    "in_place",
    "in_place_primitive",
    "in_place_unary",
    "in_place_binary",
    "named",
];

/// Whether a type has a `Tensor` somewhere in it.
struct Mentions(bool);
impl<'a> Visit<'a> for Mentions {
    fn visit_path_segment(&mut self, segment: &'a syn::PathSegment) {
        self.0 |= segment.ident == "Tensor" || segment.ident == "Self";
        visit::visit_path_segment(self, segment);
    }
}

#[derive(Default)]
struct Functions {
    /// Name → whether it returns a tensor.
    found: BTreeMap<String, bool>,
    /// Macros that make public functions, whatever they are called.
    makers: BTreeSet<String>,
    /// Inside an `impl` of something else than `Tensor`, or of a trait.
    foreign: bool,
}

impl Functions {
    fn add(&mut self, vis: &syn::Visibility, signature: &syn::Signature) {
        if !matches!(vis, syn::Visibility::Public(_)) || self.foreign {
            return;
        }
        let mut mentions = Mentions(false);
        mentions.visit_return_type(&signature.output);
        self.found.insert(signature.ident.to_string(), mentions.0);
    }
}

impl<'a> Visit<'a> for Functions {
    fn visit_item_fn(&mut self, function: &'a syn::ItemFn) {
        self.add(&function.vis, &function.sig);
    }

    fn visit_item_impl(&mut self, block: &'a syn::ItemImpl) {
        let mut of = Mentions(false);
        of.visit_type(&block.self_ty);
        self.foreign = !of.0 || block.trait_.is_some();
        visit::visit_item_impl(self, block);
        self.foreign = false;
    }

    fn visit_impl_item_fn(&mut self, method: &'a syn::ImplItemFn) {
        self.add(&method.vis, &method.sig);
    }

    fn visit_item_macro(&mut self, item: &'a syn::ItemMacro) {
        let called = item
            .mac
            .path
            .segments
            .last()
            .map(|s| s.ident.to_string())
            .unwrap_or_default();
        if called == "macro_rules" {
            let text = item.mac.tokens.to_string();
            if text.contains("pub fn $") {
                self.makers
                    .extend(item.ident.as_ref().map(ToString::to_string));
            }
        } else if METHOD_MACROS.contains(&called.as_str()) {
            self.found.extend(
                assigned(&item.mac.tokens)
                    .into_iter()
                    .map(|name| (name, true)),
            );
        }
    }

    fn visit_item_mod(&mut self, module: &'a syn::ItemMod) {
        let test = module.attrs.iter().any(|a| a.path().is_ident("cfg"));
        if !test {
            visit::visit_item_mod(self, module);
        }
    }
}

/// The identifiers before an `=` at the top level: documentation lies in groups of its own.
fn assigned(tokens: &TokenStream) -> Vec<String> {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let pairs = tokens.windows(2).filter_map(|pair| match pair {
        [TokenTree::Ident(name), TokenTree::Punct(p)] if p.as_char() == '=' => {
            Some(name.to_string())
        }
        _ => None,
    });
    pairs.collect()
}

fn parse(source: &str, into: &mut Functions) -> syn::Result<()> {
    into.visit_file(&syn::parse_file(source)?);
    Ok(())
}

fn rust_files(folder: &Path, into: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    for entry in entries {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            rust_files(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

fn operations() -> Functions {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates");
    let mut files = Vec::new();
    for folder in FOLDERS {
        rust_files(&crates.join(folder), &mut files);
    }
    let mut functions = Functions::default();
    for file in files {
        let source = std::fs::read_to_string(&file).expect("a source file can be read");
        parse(&source, &mut functions).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    }
    functions
}

/// What is wrong between the functions, the lines and the exceptions.
fn broken(
    found: &BTreeMap<String, bool>,
    lines: &[&str],
    exceptions: &[(&str, &str)],
) -> Vec<String> {
    let excepted = |name: &str| exceptions.iter().any(|(n, _)| *n == name);
    let missing = found
        .iter()
        .filter(|(name, tensor)| **tensor && !lines.contains(&name.as_str()) && !excepted(name));
    let mut broken: Vec<String> = missing
        .map(|(name, _)| format!("{name}: has no line in the op table"))
        .collect();
    for name in lines {
        if !found.contains_key(*name) {
            broken.push(format!("{name}: has a line, but is no public operation"));
        }
    }
    for (name, reason) in exceptions {
        if !found.contains_key(*name) || lines.contains(name) {
            broken.push(format!("{name}: the exception is stale"));
        }
        if reason.len() < 10 {
            broken.push(format!("{name}: the exception gives no reason"));
        }
    }
    broken.sort();
    broken.dedup();
    broken
}

#[test]
fn every_public_operation_has_a_line() {
    let operations = operations();
    let lines = table();
    let lines: Vec<&str> = lines.iter().map(|line| line.name).collect();
    let broken = broken(&operations.found, &lines, &EXCEPTIONS);
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    let tensors = operations.found.values().filter(|t| **t).count();
    assert!(
        tensors > 100,
        "only {tensors} operations were found; are the sources read?"
    );
}

#[test]
fn every_macro_that_makes_operations_is_read() {
    let makers = operations().makers;
    let known: BTreeSet<String> = METHOD_MACROS.iter().map(ToString::to_string).collect();
    assert_eq!(makers, known);
}

#[test]
fn no_two_lines_have_one_name() {
    let mut seen = BTreeSet::new();
    let lines: Vec<String> = table().iter().map(ToString::to_string).collect();
    let twice: Vec<&String> = lines.iter().filter(|line| !seen.insert(*line)).collect();
    assert!(
        twice.is_empty(),
        "{twice:?} stand twice; give each its case"
    );
}

#[test]
fn bad_samples_are_seen() {
    let source = "
        macro_rules! logic { ($($name:ident = $op:ident;)*) => { impl Tensor { $(pub fn $name(&self) -> Tensor { x })* } }; }
        logic! {
            /// Documentation = not a name.
            made = And;
        }
        impl Tensor {
            pub fn one(&self) -> Tensor { x }
            pub fn pair(&self) -> Result<(Tensor, u8)> { x }
            pub fn count(&self) -> usize { x }
            pub(crate) fn hidden(&self) -> Tensor { x }
        }
        impl Index { pub fn step(self) -> Self { x } }
        pub fn free(x: &Tensor) -> Vec<Tensor> { x }
        fn private() -> Tensor { x }
    ";
    let mut functions = Functions::default();
    parse(source, &mut functions).expect("the sample is Rust");
    let found: Vec<(&str, bool)> = functions
        .found
        .iter()
        .map(|(n, t)| (n.as_str(), *t))
        .collect();
    assert_eq!(
        found,
        [
            ("count", false),
            ("free", true),
            ("made", true),
            ("one", true),
            ("pair", true)
        ]
    );
    assert_eq!(functions.makers, BTreeSet::from(["logic".to_owned()]));
    let lines = ["one", "pair", "made", "gone"];
    assert_eq!(
        broken(
            &functions.found,
            &lines,
            &[("one", "a reason that is long"), ("old", "no")]
        ),
        [
            "free: has no line in the op table",
            "gone: has a line, but is no public operation",
            "old: the exception gives no reason",
            "old: the exception is stale",
            "one: the exception is stale",
        ]
    );
}
