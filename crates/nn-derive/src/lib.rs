//! `#[derive(Module)]` of ondol-nn.
//!
//! What it writes is one `visit` that names every field, so that keys are field paths in the order
//! of declaration. Documented where users meet it: `ondol_nn::Module`.
#![forbid(unsafe_code)]

mod attributes;
mod bounds;
mod expand;
mod root;

use proc_macro::TokenStream;
use syn::{DeriveInput, Error, parse_macro_input};

/// Implements `Module` by naming every field, in order.
///
/// Works on structs and enums, generic ones too. Every field must be a `Module` itself; layers,
/// parameters, numbers, text, and options, lists and maps of modules are. A field may say
///
/// - `#[module(skip)]`: not looked at;
/// - `#[module(transparent)]`: its keys appear without its own name;
/// - `#[module(name = "fc")]`: another key than the field's name.
#[proc_macro_derive(Module, attributes(module))]
pub fn derive_module(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::module(&input)
        .unwrap_or_else(Error::into_compile_error)
        .into()
}
