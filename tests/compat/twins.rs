//! Which public item says that it is the twin of which name of PyTorch.

use std::collections::BTreeMap;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

use crate::signature;
use crate::sources::{read, rust_files};

/// A public item of Ondol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// `Tensor::sum_dim`, `nn::Linear`.
    pub(crate) path: String,
    /// How it is written in use: `x.sum_dim(dims, keepdim)`.
    pub(crate) usage: String,
    /// The last part of its path.
    pub(crate) name: String,
    /// Whether its documentation has an example that runs.
    pub(crate) example: bool,
}

/// PyTorch's name → the items that are its twins.
pub(crate) struct Twins(BTreeMap<String, Vec<Item>>);

impl Twins {
    pub(crate) fn of_this_project() -> Twins {
        let mut twins = Twins(BTreeMap::new());
        let crates = crate::top().join("crates");
        for name in [
            "tensor",
            "autograd",
            "nn",
            "nn-derive",
            "optim",
            "data",
            "vision",
            "train",
            "serialize",
            "cuda",
            "ondol",
        ] {
            let folder = crates.join(name);
            let folder = if folder.join("src").exists() {
                folder.join("src")
            } else {
                folder
            };
            for file in rust_files(&folder) {
                let inside = file.strip_prefix(&folder).expect("a file of the folder");
                twins.read(name, inside, &read(&file));
            }
        }
        twins
    }

    /// Adds the items of one file of a crate.
    pub(crate) fn read(&mut self, of: &str, inside: &Path, text: &str) {
        let file =
            syn::parse_file(text).unwrap_or_else(|e| panic!("{of}/{}: {e}", inside.display()));
        let mut finder = Finder {
            prefix: prefix(of, inside),
            methods_of_tensor: of == "autograd",
            owner: None,
            public: false,
            twins: &mut self.0,
        };
        finder.visit_file(&file);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &[Item])> {
        self.0
            .iter()
            .map(|(twin, items)| (twin.as_str(), &items[..]))
    }

    pub(crate) fn of(&self, name: &str) -> &[Item] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        !self.of(name).is_empty()
    }
}

/// Where the facade shows what a file of a crate holds.
fn prefix(of: &str, inside: &Path) -> &'static str {
    let within = |folder: &str| {
        inside
            .iter()
            .any(|part| part.to_string_lossy().trim_end_matches(".rs") == folder)
    };
    match of {
        "autograd" if within("linalg") => "linalg::",
        "autograd" if within("compose") => "nn::functional::",
        "nn" if within("functional") => "nn::functional::",
        "nn" if within("init") => "nn::init::",
        "nn" if within("utils") => "nn::utils::",
        "nn" | "nn-derive" => "nn::",
        "optim" => "optim::",
        "data" => "data::",
        "vision" => "vision::",
        "train" => "train::",
        "cuda" => "cuda::",
        _ => "",
    }
}

struct Finder<'t> {
    prefix: &'static str,
    methods_of_tensor: bool,
    /// The type or trait whose methods are read.
    owner: Option<String>,
    /// Whether the owner's methods are public without saying so.
    public: bool,
    twins: &'t mut BTreeMap<String, Vec<Item>>,
}

impl Finder<'_> {
    fn add(&mut self, docs: &str, path: String, usage: String, name: String) {
        let example = docs.contains("```");
        for twin in twins_in(docs) {
            let item = Item {
                path: path.clone(),
                usage: usage.clone(),
                name: name.clone(),
                example,
            };
            let items = self.twins.entry(twin).or_default();
            if !items.contains(&item) {
                items.push(item);
            }
        }
    }

    fn item(&mut self, attrs: &[syn::Attribute], vis: &syn::Visibility, ident: &syn::Ident) {
        if matches!(vis, syn::Visibility::Public(_)) {
            let path = format!("{}{ident}", self.prefix);
            self.add(&docs(attrs), path.clone(), path, ident.to_string());
        }
    }

    fn function(&mut self, attrs: &[syn::Attribute], vis: &syn::Visibility, sig: &syn::Signature) {
        if !matches!(vis, syn::Visibility::Public(_)) && !self.public {
            return;
        }
        let docs = docs(attrs);
        let name = sig.ident.to_string();
        let (path, usage) = match &self.owner {
            Some(owner) if owner == "Tensor" => (
                format!("Tensor::{name}"),
                signature::method("Tensor", "x", sig),
            ),
            Some(owner) => {
                let owner = format!("{}{owner}", self.prefix);
                (
                    format!("{owner}::{name}"),
                    signature::method(&owner, &signature::variable(&owner), sig),
                )
            }
            None => {
                let path = format!("{}{name}", self.prefix);
                (path.clone(), signature::call(&path, sig))
            }
        };
        self.add(&docs, path, usage, name);
    }
}

impl<'a> Visit<'a> for Finder<'_> {
    fn visit_item_fn(&mut self, f: &'a syn::ItemFn) {
        self.function(&f.attrs, &f.vis, &f.sig);
    }

    fn visit_item_struct(&mut self, s: &'a syn::ItemStruct) {
        self.item(&s.attrs, &s.vis, &s.ident);
    }

    fn visit_item_enum(&mut self, e: &'a syn::ItemEnum) {
        self.item(&e.attrs, &e.vis, &e.ident);
    }

    fn visit_item_type(&mut self, t: &'a syn::ItemType) {
        self.item(&t.attrs, &t.vis, &t.ident);
    }

    fn visit_item_const(&mut self, c: &'a syn::ItemConst) {
        self.item(&c.attrs, &c.vis, &c.ident);
    }

    fn visit_item_trait(&mut self, t: &'a syn::ItemTrait) {
        self.item(&t.attrs, &t.vis, &t.ident);
        if !matches!(t.vis, syn::Visibility::Public(_)) {
            return;
        }
        let before = self.owner.replace(t.ident.to_string());
        self.public = true;
        for item in &t.items {
            if let syn::TraitItem::Fn(f) = item {
                self.function(&f.attrs, &syn::Visibility::Inherited, &f.sig);
            }
        }
        self.public = false;
        self.owner = before;
    }

    fn visit_item_impl(&mut self, block: &'a syn::ItemImpl) {
        let syn::Type::Path(of) = &*block.self_ty else {
            return;
        };
        if block.trait_.is_some() {
            return;
        }
        let name = of.path.segments.last().map(|s| s.ident.to_string());
        let before = std::mem::replace(&mut self.owner, name);
        for item in &block.items {
            match item {
                syn::ImplItem::Fn(f) => self.function(&f.attrs, &f.vis, &f.sig),
                syn::ImplItem::Macro(m) => self.macro_items(&m.mac.tokens),
                _ => {}
            }
        }
        self.owner = before;
    }

    fn visit_item_macro(&mut self, item: &'a syn::ItemMacro) {
        if item.mac.path.is_ident("macro_rules") {
            if let Some(ident) = &item.ident
                && item.attrs.iter().any(|a| a.path().is_ident("macro_export"))
            {
                self.add(
                    &docs(&item.attrs),
                    format!("{ident}!"),
                    format!("{ident}!(…)"),
                    ident.to_string(),
                );
            }
            return;
        }
        self.macro_items(&item.mac.tokens);
    }

    fn visit_item_mod(&mut self, module: &'a syn::ItemMod) {
        if !module.attrs.iter().any(|a| a.path().is_ident("cfg")) {
            visit::visit_item_mod(self, module);
        }
    }
}

impl Finder<'_> {
    /// Items that a macro makes: documentation, then the name it is of.
    fn macro_items(&mut self, tokens: &TokenStream) {
        let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
        let mut docs = String::new();
        let mut i = 0;
        while i < tokens.len() {
            match &tokens[i] {
                TokenTree::Punct(p) if p.as_char() == '#' => {
                    if let Some(TokenTree::Group(group)) = tokens.get(i + 1) {
                        docs.push_str(&doc_of(group.stream()));
                        docs.push('\n');
                    }
                    i += 1;
                }
                TokenTree::Ident(ident) if !docs.is_empty() => {
                    let name = ident.to_string();
                    if !["pub", "fn", "struct"].contains(&name.as_str()) {
                        self.macro_item(&std::mem::take(&mut docs), name);
                    }
                }
                TokenTree::Group(group) if docs.is_empty() => self.macro_items(&group.stream()),
                _ => {}
            }
            i += 1;
        }
    }

    fn macro_item(&mut self, docs: &str, name: String) {
        let is_type = name.starts_with(char::is_uppercase);
        if let (Some(owner), false) = (self.owner.clone(), is_type) {
            let owner = if owner == "Tensor" {
                owner
            } else {
                format!("{}{owner}", self.prefix)
            };
            let path = format!("{owner}::{name}");
            self.add(docs, path.clone(), path, name);
        } else if self.methods_of_tensor && !is_type {
            self.add(
                docs,
                format!("Tensor::{name}"),
                format!("x.{name}(…)"),
                name,
            );
        } else {
            let path = format!("{}{name}", self.prefix);
            self.add(docs, path.clone(), path, name);
        }
    }
}

/// The text of an item's documentation.
fn docs(attrs: &[syn::Attribute]) -> String {
    let mut text = String::new();
    for attr in attrs.iter().filter(|a| a.path().is_ident("doc")) {
        if let syn::Meta::NameValue(pair) = &attr.meta
            && let syn::Expr::Lit(lit) = &pair.value
            && let syn::Lit::Str(line) = &lit.lit
        {
            text.push_str(&line.value());
            text.push('\n');
        }
    }
    text
}

/// The text in `doc = "…"`.
fn doc_of(tokens: TokenStream) -> String {
    let mut tokens = tokens.into_iter();
    match (tokens.next(), tokens.next(), tokens.next()) {
        (Some(TokenTree::Ident(doc)), Some(_), Some(TokenTree::Literal(text))) if doc == "doc" => {
            syn::parse_str::<syn::LitStr>(&text.to_string()).map_or(String::new(), |s| s.value())
        }
        _ => String::new(),
    }
}

/// Paths of PyTorch between backticks: `torch.sum(dim)` names `torch.sum`.
fn twins_in(docs: &str) -> Vec<String> {
    let code = docs.split('`').skip(1).step_by(2);
    let paths = code.filter(|c| c.starts_with("torch.") || c.starts_with("torchvision."));
    let name = |c: &str| {
        let end = c.find(|ch: char| !(ch.is_alphanumeric() || ch == '_' || ch == '.'));
        c[..end.unwrap_or(c.len())].trim_end_matches('.').to_owned()
    };
    paths.map(name).collect()
}

#[test]
fn twins_are_found_wherever_they_are_written() {
    let text = r#"
        /// Adds, `torch.add`; as `torch.Tensor.add(other)`.
        pub fn free(a: u8, b: u8) -> u8 { a }
        /// Hidden, `torch.hidden`.
        fn hidden() {}
        impl Tensor {
            /// `torch.sum(dim, keepdim)`.
            ///
            /// ```
            /// ```
            pub fn sum_dim(&self, dims: u8, keepdim: bool) -> Tensor { x }
            /// `torch.cat`.
            pub fn cat(tensors: &[Tensor], dim: isize) -> Tensor { x }
            /// `torch.no`.
            pub(crate) fn no(&self) {}
        }
        named! {
            /// To `f32`, `torch.Tensor.float`.
            float = F32;
        }
        /// `torch.nn.Linear`.
        pub struct Linear;
    "#;
    let mut twins = Twins(BTreeMap::new());
    twins.read("autograd", Path::new("ops/x.rs"), text);
    let all: Vec<(&str, &str, &str)> = twins
        .iter()
        .map(|(twin, items)| (twin, items[0].path.as_str(), items[0].usage.as_str()))
        .collect();
    assert_eq!(
        all,
        [
            ("torch.Tensor.add", "free", "free(a, b)"),
            ("torch.Tensor.float", "Tensor::float", "x.float(…)"),
            ("torch.add", "free", "free(a, b)"),
            ("torch.cat", "Tensor::cat", "Tensor::cat(tensors, dim)"),
            ("torch.nn.Linear", "Linear", "Linear"),
            ("torch.sum", "Tensor::sum_dim", "x.sum_dim(dims, keepdim)"),
        ]
    );
    assert!(twins.of("torch.sum")[0].example && !twins.of("torch.cat")[0].example);
}
