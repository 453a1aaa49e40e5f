//! From text to tokens.

use ondol_tensor::{Error, Result};

/// What cuts text into tokens. A closure from `&str` to `Vec<String>` is one too.
pub trait Tokenizer: Send + Sync {
    /// The tokens of a text, in order.
    fn tokenize(&self, text: &str) -> Vec<String>;
}

impl<F: Fn(&str) -> Vec<String> + Send + Sync> Tokenizer for F {
    fn tokenize(&self, text: &str) -> Vec<String> {
        self(text)
    }
}

impl Tokenizer for Box<dyn Tokenizer> {
    fn tokenize(&self, text: &str) -> Vec<String> {
        (**self).tokenize(text)
    }
}

/// Lower case, punctuation apart; `torchtext.data.utils.get_tokenizer("basic_english")`.
///
/// `'`, `.`, `,`, `(`, `)`, `!` and `?` become tokens of their own; `;`, `:` and `<br />` part
/// tokens and vanish; `"` vanishes without parting.
///
/// ```
/// use ondol_data::text::{BasicEnglish, Tokenizer};
/// let tokens = BasicEnglish.tokenize("Don't \"worry\": it's <br />easy.");
/// assert_eq!(tokens, ["don", "'", "t", "worry", "it", "'", "s", "easy", "."]);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct BasicEnglish;

impl Tokenizer for BasicEnglish {
    fn tokenize(&self, text: &str) -> Vec<String> {
        // Quotation marks go first: what is left may be a line break.
        let text = text.to_lowercase().replace('"', "").replace("<br />", " ");
        let mut apart = String::with_capacity(text.len() + 16);
        for c in text.chars() {
            match c {
                '\'' | '.' | ',' | '(' | ')' | '!' | '?' => apart.extend([' ', c, ' ']),
                ';' | ':' => apart.push(' '),
                c => apart.push(c),
            }
        }
        Whitespace.tokenize(&apart)
    }
}

/// What stands between white space; Python's `str.split`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Whitespace;

impl Tokenizer for Whitespace {
    fn tokenize(&self, text: &str) -> Vec<String> {
        // Python counts the four separators of ASCII too.
        let space = |c: char| c.is_whitespace() || ('\x1c'..='\x1f').contains(&c);
        let parts = text.split(space).filter(|part| !part.is_empty());
        parts.map(str::to_owned).collect()
    }
}

/// Each character a token, white space included; Python's `list(text)`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Characters;

impl Tokenizer for Characters {
    fn tokenize(&self, text: &str) -> Vec<String> {
        text.chars().map(String::from).collect()
    }
}

/// A tokenizer by its name, `torchtext.data.utils.get_tokenizer`: `basic_english`, `whitespace` or
/// `characters`.
///
/// # Errors
/// Another name.
pub fn get_tokenizer(name: &str) -> Result<Box<dyn Tokenizer>> {
    Ok(match name {
        "basic_english" => Box::new(BasicEnglish),
        "whitespace" => Box::new(Whitespace),
        "characters" => Box::new(Characters),
        _ => {
            let message = format!(
                "there is no tokenizer {name:?}; there are basic_english, whitespace and \
                 characters, and any closure from &str to Vec<String> is one"
            );
            return Err(Error::value("get_tokenizer", message));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tokenizer_is_found_by_its_name_or_is_a_closure() {
        let by_name = |name| get_tokenizer(name).unwrap().tokenize("Ab c");
        assert_eq!(by_name("basic_english"), ["ab", "c"]);
        assert_eq!(by_name("whitespace"), ["Ab", "c"]);
        assert_eq!(by_name("characters"), ["A", "b", " ", "c"]);
        let text = get_tokenizer("spacy").err().unwrap().to_string();
        assert!(text.contains("\"spacy\"; there are"), "{text}");
        let commas = |text: &str| text.split(',').map(String::from).collect::<Vec<_>>();
        assert_eq!(Tokenizer::tokenize(&commas, "a b,c"), ["a b", "c"]);
    }
}
