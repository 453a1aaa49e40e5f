//! Unsafe code: where it may be and that it says why it is sound.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Folders and files that may hold it: kernels, the GPU's driver, files mapped into memory.
const MAY_HOLD: [&str; 3] = [
    "crates/cuda/",
    "crates/tensor/src/cpu/",
    "crates/serialize/src/mmap.rs",
];

/// Crates with such a place: theirs is `deny`, lifted there only. The driver's needs neither.
const DENY: [&str; 2] = ["crates/tensor/src/lib.rs", "crates/serialize/src/lib.rs"];
const NEITHER: [&str; 1] = ["crates/cuda/src/lib.rs"];

/// How far above its line the reason may stand, when other code is between.
const ABOVE: usize = 3;

/// Each `unsafe` of a Rust file that is in the wrong place or gives no reason.
pub(crate) fn broken(path: &str, source: &str) -> Vec<String> {
    let tokens: TokenStream = match source.parse() {
        Ok(tokens) => tokens,
        Err(error) => return vec![format!("{path}: cannot be read as Rust: {error}")],
    };
    let mut found = Vec::new();
    collect(tokens, &mut found);
    let allowed = MAY_HOLD.iter().any(|place| path.starts_with(place));
    let lines: Vec<&str> = source.lines().collect();
    found
        .iter()
        .filter_map(|place| {
            if !allowed {
                Some(format!(
                    "{path}:{}: unsafe code may not be here",
                    place.line
                ))
            } else if place.needs_reason && !has_reason(&lines, place.line) {
                Some(format!("{path}:{}: no `SAFETY:` comment above", place.line))
            } else {
                None
            }
        })
        .collect()
}

/// Whether a crate's root file lacks the attribute that keeps unsafe code out.
pub(crate) fn unguarded(path: &str, source: &str) -> Option<String> {
    if NEITHER.contains(&path) {
        return None;
    }
    let level = if DENY.contains(&path) {
        "deny"
    } else {
        "forbid"
    };
    let file = match syn::parse_file(source) {
        Ok(file) => file,
        Err(error) => return Some(format!("{path}: cannot be read as Rust: {error}")),
    };
    let guards = |attribute: &syn::Attribute| {
        let stricter = attribute.path().is_ident("forbid");
        (attribute.path().is_ident(level) || stricter)
            && attribute
                .parse_args::<syn::Ident>()
                .is_ok_and(|lint| lint == "unsafe_code")
    };
    let guarded = file.attrs.iter().any(guards);
    (!guarded).then(|| format!("{path}: no #![{level}(unsafe_code)]"))
}

struct Place {
    line: usize,
    /// A block, function, trait or impl; not a pointer type and not an attribute.
    needs_reason: bool,
}

/// Tokens and not syntax, so that what stands inside of macros is seen too.
fn collect(tokens: TokenStream, found: &mut Vec<Place>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (i, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => collect(group.stream(), found),
            TokenTree::Ident(ident) if *ident == "unsafe" => found.push(Place {
                line: ident.span().start().line,
                needs_reason: needs_reason(&tokens[i + 1..]),
            }),
            _ => {}
        }
    }
}

/// Whether what follows `unsafe` is something that can be unsound.
fn needs_reason(rest: &[TokenTree]) -> bool {
    let is = |token: Option<&TokenTree>, word: &str| matches!(token, Some(TokenTree::Ident(ident)) if *ident == word);
    let mut rest = rest.iter().peekable();
    if is(rest.peek().copied(), "extern") {
        rest.next();
        rest.next_if(|token| matches!(token, TokenTree::Literal(_)));
    }
    match rest.next() {
        // `unsafe fn(u8)` is a type, `unsafe fn name` a function.
        token if is(token, "fn") => matches!(rest.next(), Some(TokenTree::Ident(_))),
        // `#[unsafe(no_mangle)]`
        Some(TokenTree::Group(group)) => group.delimiter() != Delimiter::Parenthesis,
        _ => true,
    }
}

/// Whether the reason stands on the line, shortly above it, or in the comments and attributes
/// that lead up to it. A function that is unsafe to call says so under `# Safety`.
fn has_reason(lines: &[&str], line: usize) -> bool {
    let says = |text: &str| {
        text.split_once("//")
            .is_some_and(|(_, comment)| comment.contains("SAFETY:") || comment.contains("# Safety"))
    };
    let index = line - 1;
    let leads = |text: &&&str| {
        let text = text.trim_start();
        text.starts_with("//") || text.starts_with("#[") || text.starts_with(")]")
    };
    let near = lines[index.saturating_sub(ABOVE)..=index].iter();
    let leading = lines[..index].iter().rev().take_while(leads);
    near.chain(leading).any(|text| says(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "crates/tensor/src/cpu/pool.rs";

    #[test]
    fn a_block_without_a_reason_is_seen() {
        let bad = "fn f() {\n    let a = 1;\n    unsafe { g() }\n}\n";
        assert_eq!(
            broken(HERE, bad),
            [format!("{HERE}:3: no `SAFETY:` comment above")]
        );
        let good = bad.replace("let a = 1;", "// SAFETY: g asks for nothing.");
        assert!(broken(HERE, &good).is_empty());
        // The word in a string is no comment, and a comment far above is another's.
        assert!(!broken(HERE, &bad.replace("1;", "\"SAFETY:\";")).is_empty());
        let far = format!("// SAFETY: far.\nconst A: u8 = 0;\n\n\n\n{bad}");
        assert!(!broken(HERE, &far).is_empty());
    }

    #[test]
    fn every_kind_of_unsafe_code_is_seen() {
        for bad in [
            "unsafe impl Send for A {}",
            "unsafe trait A {}",
            "unsafe fn f() {}",
            "unsafe extern \"C\" { fn f(); }",
            "pub(crate) unsafe extern \"C\" fn f() {}",
            "macro_rules! m { () => { unsafe { f() } } }",
            "const A: u8 = m!(unsafe { f() });",
        ] {
            assert_eq!(broken(HERE, bad).len(), 1, "{bad}");
            assert!(
                broken(HERE, &format!("// SAFETY: because.\n{bad}")).is_empty(),
                "{bad}"
            );
        }
    }

    #[test]
    fn types_and_attributes_need_no_reason_but_the_right_place() {
        for source in [
            "type F = unsafe fn(u8);",
            "type F = unsafe extern \"C\" fn();",
            "#[unsafe(no_mangle)]\nfn f() {}",
        ] {
            assert!(broken(HERE, source).is_empty(), "{source}");
            assert_eq!(broken("crates/nn/src/lib.rs", source).len(), 1, "{source}");
        }
    }

    #[test]
    fn a_long_reason_and_attributes_may_lead_up_to_it() {
        let source = "/// Adds.\n///\n/// # Safety\n/// The pointers hold\n/// n numbers,\n/// each.\n\
                      #[inline]\n#[target_feature(enable = \"avx2\")]\npub unsafe fn add() {}\n";
        assert!(broken(HERE, source).is_empty());
    }

    #[test]
    fn unsafe_code_elsewhere_is_seen_however_good_its_reason() {
        let source = "// SAFETY: because.\nunsafe impl Send for A {}\n";
        let found = broken("crates/tensor/src/array.rs", source);
        assert_eq!(
            found,
            ["crates/tensor/src/array.rs:2: unsafe code may not be here"]
        );
        assert!(broken("crates/serialize/src/mmap.rs", source).is_empty());
        assert!(
            broken(
                "crates/tensor/src/array.rs",
                "// unsafe\nfn f() { \"unsafe\"; }"
            )
            .is_empty()
        );
    }

    #[test]
    fn a_crate_without_the_attribute_is_seen() {
        let path = "crates/nn/src/lib.rs";
        assert!(unguarded(path, "//! A crate.\nmod a;\n").is_some());
        assert!(unguarded(path, "//! A crate.\n#![deny(unsafe_code)]\n").is_some());
        assert!(unguarded(path, "//! A crate.\n// #![forbid(unsafe_code)]\n").is_some());
        assert!(unguarded(path, "//! A crate.\n#![forbid(unsafe_code)]\n").is_none());
        assert!(unguarded(DENY[0], "//! A crate.\n#![deny(unsafe_code)]\n").is_none());
        assert!(unguarded(DENY[0], "//! A crate.\n").is_some());
    }

    #[test]
    fn what_is_not_rust_is_seen() {
        assert_eq!(broken(HERE, "fn f() {").len(), 1);
    }
}
