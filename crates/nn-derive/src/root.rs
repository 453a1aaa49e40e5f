//! What the crate of the trait is called in the crate that derives.

use proc_macro_crate::{FoundCrate, crate_name};
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};

/// The path of ondol-nn's items for who depends on it, on the facade, or on either renamed.
pub(crate) fn path() -> syn::Result<TokenStream> {
    // Both libraries name themselves with `extern crate self`, so that their own sources work too.
    let found = |package: &str, itself: &str| {
        crate_name(package).ok().map(|found| match found {
            FoundCrate::Itself => format_ident!("{itself}"),
            FoundCrate::Name(name) => format_ident!("{name}"),
        })
    };
    if let Some(nn) = found("ondol-nn", "ondol_nn") {
        return Ok(quote!(::#nn));
    }
    if let Some(facade) = found("ondol", "ondol") {
        return Ok(quote!(::#facade::nn));
    }
    Err(syn::Error::new(
        Span::call_site(),
        "derive(Module) needs `ondol` or `ondol-nn` among the dependencies of this crate's Cargo.toml",
    ))
}
