//! Tokens and their indices.

use std::collections::HashMap;

use ondol_autograd::Tensor;
use ondol_tensor::{Array, Error, Result};

/// Which index each token has, `torchtext.vocab.Vocab`.
///
/// Made by [`build_vocab_from_iterator`](super::build_vocab_from_iterator) or
/// [`vocab`](super::vocab), or from a list of tokens.
///
/// ```
/// use ondol_data::text::Vocab;
/// let mut vocab = Vocab::new(["<unk>", "we", "are"])?;
/// assert_eq!(vocab.lookup_indices(&["are", "we"])?, [2, 1]);
/// assert_eq!(vocab.lookup_tokens(&[0, 2])?, ["<unk>", "are"]);
/// let text = vocab.index("here").unwrap_err().to_string();
/// assert_eq!(text, "Vocab: Token here not found and default index is not set");
/// vocab.set_default_index(Some(0));
/// assert_eq!(vocab.index("here")?, 0);
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vocab {
    itos: Vec<String>,
    stoi: HashMap<String, i64>,
    default_index: Option<i64>,
}

impl Vocab {
    /// The tokens in order; no default index.
    ///
    /// # Errors
    /// A token that comes twice.
    pub fn new<S: Into<String>>(tokens: impl IntoIterator<Item = S>) -> Result<Self> {
        let mut vocab = Vocab::default();
        for token in tokens {
            let (token, index) = (token.into(), vocab.itos.len() as i64);
            if let Some(first) = vocab.stoi.insert(token.clone(), index) {
                let message = format!(
                    "Duplicate token found in tokens list: {token}, at {first} and {index}"
                );
                return Err(Error::value("Vocab", message));
            }
            vocab.itos.push(token);
        }
        Ok(vocab)
    }

    /// How many tokens there are.
    pub fn len(&self) -> usize {
        self.itos.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.itos.is_empty()
    }

    /// Whether the token is there itself, the default index aside.
    pub fn contains(&self, token: &str) -> bool {
        self.stoi.contains_key(token)
    }

    /// The index of a token, or the default index; Python's `vocab[token]`.
    ///
    /// # Errors
    /// A token that is not there, where no default index is set.
    pub fn index(&self, token: &str) -> Result<i64> {
        let known = self.stoi.get(token).copied().or(self.default_index);
        known.ok_or_else(|| {
            let message = format!("Token {token} not found and default index is not set");
            Error::value("Vocab", message)
        })
    }

    /// The indices of tokens.
    ///
    /// # Errors
    /// As [`index`](Vocab::index)'s.
    pub fn lookup_indices<S: AsRef<str>>(&self, tokens: &[S]) -> Result<Vec<i64>> {
        tokens.iter().map(|t| self.index(t.as_ref())).collect()
    }

    /// The indices of tokens as a tensor `[n]` of `i64`.
    ///
    /// # Errors
    /// As [`index`](Vocab::index)'s.
    pub fn tensor<S: AsRef<str>>(&self, tokens: &[S]) -> Result<Tensor> {
        let indices = self.lookup_indices(tokens)?;
        Ok(Array::from_vec(indices, [tokens.len()])?.into())
    }

    /// The token at an index.
    ///
    /// # Errors
    /// An index that no token has.
    pub fn lookup_token(&self, index: i64) -> Result<&str> {
        let token = usize::try_from(index).ok().and_then(|i| self.itos.get(i));
        token
            .map(String::as_str)
            .ok_or_else(|| self.out_of_bounds(index))
    }

    /// The tokens at indices.
    ///
    /// # Errors
    /// An index that no token has.
    pub fn lookup_tokens(&self, indices: &[i64]) -> Result<Vec<&str>> {
        indices.iter().map(|&i| self.lookup_token(i)).collect()
    }

    /// The index that tokens which are not there get; `None` makes them errors again. It need not
    /// be a token's.
    pub fn set_default_index(&mut self, index: Option<i64>) {
        self.default_index = index;
    }

    /// The index that tokens which are not there get.
    pub fn get_default_index(&self) -> Option<i64> {
        self.default_index
    }

    /// Puts a token before the one at `index`; those from there on move up by one.
    ///
    /// # Errors
    /// An index above the number of tokens; a token that is there.
    pub fn insert_token(&mut self, token: impl Into<String>, index: usize) -> Result<()> {
        let token = token.into();
        if index > self.len() {
            return Err(self.out_of_bounds(index as i64));
        }
        if let Some(there) = self.stoi.get(&token) {
            let message = format!("Token {token} already exists in the Vocab with index: {there}");
            return Err(Error::value("Vocab", message));
        }
        for later in &self.itos[index..] {
            if let Some(place) = self.stoi.get_mut(later) {
                *place += 1;
            }
        }
        self.stoi.insert(token.clone(), index as i64);
        self.itos.insert(index, token);
        Ok(())
    }

    /// Puts a token at the end.
    ///
    /// # Errors
    /// A token that is there.
    pub fn append_token(&mut self, token: impl Into<String>) -> Result<()> {
        self.insert_token(token, self.len())
    }

    /// The tokens, in the order of their indices.
    pub fn get_itos(&self) -> &[String] {
        &self.itos
    }

    /// The index of each token.
    pub fn get_stoi(&self) -> &HashMap<String, i64> {
        &self.stoi
    }

    fn out_of_bounds(&self, index: i64) -> Error {
        let message = format!(
            "Specified index {index} is out of bounds for vocab of size {}",
            self.len()
        );
        Error::value("Vocab", message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_put_in_and_the_later_ones_move_up() {
        let mut vocab = Vocab::new(["a", "b", "c"]).unwrap();
        vocab.insert_token("x", 1).unwrap();
        vocab.append_token("y").unwrap();
        assert_eq!(vocab.get_itos(), ["a", "x", "b", "c", "y"]);
        for (i, token) in vocab.get_itos().iter().enumerate() {
            assert_eq!(vocab.get_stoi()[token], i as i64);
        }
        let text = vocab.insert_token("b", 0).unwrap_err().to_string();
        assert!(text.contains("Token b already exists in the Vocab with index: 2"));
        let text = vocab.insert_token("z", 6).unwrap_err().to_string();
        assert!(text.contains("index 6 is out of bounds for vocab of size 5"));
        assert_eq!(vocab.len(), 5);
    }

    #[test]
    fn what_is_not_there_is_an_error_or_the_default() {
        let mut vocab = Vocab::new(["a", "b"]).unwrap();
        assert!(vocab.lookup_indices(&["a", "z"]).is_err());
        assert!(!vocab.contains("z"));
        vocab.set_default_index(Some(-1));
        assert_eq!(vocab.lookup_indices(&["b", "z"]).unwrap(), [1, -1]);
        assert_eq!(vocab.tensor(&["b", "z"]).unwrap().to_vec::<i64>(), [1, -1]);
        assert!(!vocab.contains("z"));
        for index in [-1, 2] {
            let text = vocab.lookup_tokens(&[0, index]).unwrap_err().to_string();
            assert!(text.contains(&format!("Specified index {index} is out of bounds")));
        }
        vocab.set_default_index(None);
        assert!(vocab.index("z").is_err() && vocab.get_default_index().is_none());
    }

    #[test]
    fn a_token_is_there_once() {
        let text = Vocab::new(["a", "b", "a"]).unwrap_err().to_string();
        assert!(
            text.contains("Duplicate token found in tokens list: a, at 0 and 2"),
            "{text}"
        );
    }
}
