//! `#[module(…)]` on a field.

use syn::{Attribute, Error, Field, LitStr, Result};

/// What a field says about itself.
#[derive(Default)]
pub(crate) struct Attributes {
    /// Not looked at.
    pub(crate) skip: bool,
    /// Its keys appear without its own name.
    pub(crate) transparent: bool,
    /// Another key than the field's name.
    pub(crate) name: Option<LitStr>,
}

impl Attributes {
    pub(crate) fn of(field: &Field) -> Result<Attributes> {
        let mut found = Attributes::default();
        for attribute in ours(&field.attrs) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("skip") {
                    found.skip = true;
                } else if meta.path.is_ident("transparent") {
                    found.transparent = true;
                } else if meta.path.is_ident("name") {
                    let name: LitStr = meta.value()?.parse()?;
                    if name.value().is_empty() {
                        return Err(Error::new(
                            name.span(),
                            "an empty name; to leave the name out write `#[module(transparent)]`",
                        ));
                    }
                    found.name = Some(name);
                } else {
                    let path = &meta.path;
                    let path = quote::quote!(#path).to_string();
                    return Err(meta.error(format!(
                        "unknown attribute `{path}`; a field of a Module takes `skip`, `transparent` or `name = \"…\"`"
                    )));
                }
                Ok(())
            })?;
            let said = [found.skip, found.transparent, found.name.is_some()];
            if said.iter().filter(|said| **said).count() > 1 {
                return Err(Error::new_spanned(
                    attribute,
                    "`skip`, `transparent` and `name` exclude each other",
                ));
            }
        }
        Ok(found)
    }
}

/// Refuses `#[module(…)]` where it would be read by nobody.
pub(crate) fn none_on(attributes: &[Attribute], place: &str) -> Result<()> {
    match ours(attributes).next() {
        Some(attribute) => Err(Error::new_spanned(
            attribute,
            format!("`#[module(…)]` goes on a field, not on {place}"),
        )),
        None => Ok(()),
    }
}

fn ours(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("module"))
}
