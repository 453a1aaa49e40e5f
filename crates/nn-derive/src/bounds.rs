//! Which type parameters of a generic module must be modules.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Generics, Type, WherePredicate, parse_quote};

/// The generics with a bound for each parameter that a visited field is made of.
///
/// Parameters are bounded, not field types: `Vec<Node<T>>` inside `Node<T>` would be a bound that
/// needs itself. An associated type such as `T::Layer` is bounded itself, and `PhantomData<T>`
/// holds no module.
pub(crate) fn with_bounds(generics: &Generics, visited: &[&Type], root: &TokenStream) -> Generics {
    let parameters: Vec<&Ident> = generics.type_params().map(|p| &p.ident).collect();
    let mut predicates: Vec<WherePredicate> = Vec::new();
    let mut bounded: Vec<&Ident> = Vec::new();
    for ty in visited.iter().filter(|ty| !is_phantom(ty)) {
        if let Some(associated) = associated(ty, &parameters) {
            predicates.push(parse_quote!(#associated: #root::Module));
            continue;
        }
        for &parameter in &parameters {
            if !bounded.contains(&parameter) && mentions(ty.to_token_stream(), parameter) {
                bounded.push(parameter);
            }
        }
    }
    predicates.extend(
        bounded
            .iter()
            .map(|p| -> WherePredicate { parse_quote!(#p: #root::Module) }),
    );
    let mut generics = generics.clone();
    if !predicates.is_empty() {
        generics.make_where_clause().predicates.extend(predicates);
    }
    generics
}

/// `T::Layer` of a parameter `T`.
fn associated<'a>(ty: &'a Type, parameters: &[&Ident]) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let segments = &path.path.segments;
    let of_parameter = segments.len() > 1 && parameters.iter().any(|p| segments[0].ident == **p);
    of_parameter.then_some(ty)
}

fn is_phantom(ty: &Type) -> bool {
    matches!(ty, Type::Path(p) if p.path.segments.last().is_some_and(|s| s.ident == "PhantomData"))
}

fn mentions(tokens: TokenStream, name: &Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == *name,
        TokenTree::Group(group) => mentions(group.stream(), name),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn bounds(input: &str) -> String {
        let input: syn::DeriveInput = syn::parse_str(input).unwrap();
        let syn::Data::Struct(data) = &input.data else {
            panic!("a struct")
        };
        let types: Vec<&Type> = data.fields.iter().map(|f| &f.ty).collect();
        let generics = with_bounds(&input.generics, &types, &quote!(nn));
        generics.where_clause.to_token_stream().to_string()
    }

    #[test]
    fn parameters_that_fields_are_made_of_are_bounded_once() {
        assert_eq!(
            bounds("struct Net<T, U> { a: Vec<T>, b: T, u: PhantomData<U> }"),
            "where T : nn :: Module"
        );
        assert_eq!(bounds("struct Net { a: Linear }"), "");
        assert_eq!(
            bounds("struct Tree<T> { child: Vec<Tree<T>> }"),
            "where T : nn :: Module"
        );
    }

    #[test]
    fn an_associated_type_is_bounded_itself() {
        assert_eq!(
            bounds("struct Net<T: Plan> where T: Copy { a: T::Layer }"),
            "where T : Copy , T :: Layer : nn :: Module"
        );
    }
}
