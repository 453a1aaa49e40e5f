//! The `impl Module` that the derive writes.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Fields, Member, Result, Type};

use crate::attributes::{Attributes, none_on};
use crate::{bounds, root};

/// A field that is visited.
struct Visited<'a> {
    member: Member,
    /// Its key; `None` where it is transparent.
    key: Option<String>,
    ty: &'a Type,
}

pub(crate) fn module(input: &DeriveInput) -> Result<TokenStream> {
    none_on(&input.attrs, "the type")?;
    let root = root::path()?;
    let mut visited: Vec<Visited<'_>> = Vec::new();
    let body = match &input.data {
        Data::Struct(data) => {
            visited = fields(&data.fields)?;
            let calls = visited.iter().map(|field| {
                let member = &field.member;
                call(&root, field, &quote!(&self.#member))
            });
            quote!(#(#calls)*)
        }
        Data::Enum(data) => {
            let mut arms = Vec::new();
            for variant in &data.variants {
                none_on(&variant.attrs, "a variant")?;
                let of_variant = fields(&variant.fields)?;
                let bound: Vec<Ident> = (0..of_variant.len())
                    .map(|i| format_ident!("field_{i}"))
                    .collect();
                let members = of_variant.iter().map(|field| &field.member);
                let calls = of_variant
                    .iter()
                    .zip(&bound)
                    .map(|(field, bound)| call(&root, field, bound));
                let name = &variant.ident;
                arms.push(quote!(Self::#name { #(#members: #bound,)* .. } => { #(#calls)* }));
                visited.extend(of_variant);
            }
            // An enum without variants has no value to match by reference.
            if arms.is_empty() {
                quote!(match *self {})
            } else {
                quote!(match self { #(#arms)* })
            }
        }
        Data::Union(data) => {
            return Err(Error::new(
                data.union_token.span,
                "a union cannot be a Module: which of its fields holds a value is not known; use a struct or an enum",
            ));
        }
    };
    let types: Vec<&Type> = visited.iter().map(|field| field.ty).collect();
    let generics = bounds::with_bounds(&input.generics, &types, &root);
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let (_, type_generics, _) = input.generics.split_for_impl();
    let name = &input.ident;
    let text = name.unraw().to_string();
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics #root::Module for #name #type_generics #where_clause {
            fn visit<'visited>(&'visited self, visitor: &mut #root::Visitor<'visited>) {
                visitor.module(self);
                #body
            }

            fn type_name(&self) -> &'static str {
                #text
            }
        }
    })
}

/// The fields to visit; all that is wrong with their attributes at once.
fn fields(fields: &Fields) -> Result<Vec<Visited<'_>>> {
    let mut visited = Vec::new();
    let mut wrong: Option<Error> = None;
    for (member, field) in fields.members().zip(fields) {
        let attributes = match Attributes::of(field) {
            Ok(attributes) => attributes,
            Err(error) => {
                match &mut wrong {
                    Some(others) => others.combine(error),
                    None => wrong = Some(error),
                }
                continue;
            }
        };
        if attributes.skip {
            continue;
        }
        let key = match (attributes.transparent, attributes.name) {
            (true, _) => None,
            (false, Some(name)) => Some(name.value()),
            (false, None) => Some(match &member {
                Member::Named(name) => name.unraw().to_string(),
                Member::Unnamed(index) => index.index.to_string(),
            }),
        };
        visited.push(Visited {
            member,
            key,
            ty: &field.ty,
        });
    }
    wrong.map_or(Ok(visited), Err)
}

/// Names a field to the visitor. Spanned at the field's type, where the compiler then says that it
/// is not a Module.
fn call(root: &TokenStream, field: &Visited<'_>, value: &impl ToTokens) -> TokenStream {
    let ty = field.ty;
    let at = ty.span().resolved_at(Span::call_site());
    match &field.key {
        Some(key) => quote_spanned!(at=> #root::Visitor::field::<#ty>(visitor, #key, #value);),
        None => quote_spanned!(at=> #root::Visitor::transparent::<#ty>(visitor, #value);),
    }
}
