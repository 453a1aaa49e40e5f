//! A vocabulary from counts or from text.

use std::collections::{HashMap, HashSet};

use ondol_tensor::{Error, Result};

use super::Vocab;

/// Which tokens a vocabulary is made of.
///
/// | option | default | |
/// |---|---|---|
/// | `min_freq` | 1 | tokens that come less often are left out |
/// | `specials` | none | tokens to have in any case, in this order |
/// | `special_first` | true | whether these come first or last |
/// | `max_tokens` | none | how many there may be, specials included |
#[derive(Clone, Debug)]
pub struct VocabOptions {
    min_freq: usize,
    specials: Vec<String>,
    special_first: bool,
    max_tokens: Option<usize>,
}

impl Default for VocabOptions {
    fn default() -> Self {
        VocabOptions {
            min_freq: 1,
            specials: Vec::new(),
            special_first: true,
            max_tokens: None,
        }
    }
}

impl VocabOptions {
    /// Every token, and no specials.
    pub fn new() -> Self {
        Self::default()
    }

    /// How often a token must come.
    pub fn min_freq(mut self, min_freq: usize) -> Self {
        self.min_freq = min_freq;
        self
    }

    /// Tokens to have in any case, such as `<unk>` and `<pad>`.
    pub fn specials<S: Into<String>>(mut self, specials: impl IntoIterator<Item = S>) -> Self {
        self.specials = specials.into_iter().map(Into::into).collect();
        self
    }

    /// Whether the specials come before the other tokens or after them.
    pub fn special_first(mut self, special_first: bool) -> Self {
        self.special_first = special_first;
        self
    }

    /// How many tokens there may be, specials included: the most frequent ones. Of
    /// [`build_vocab_from_iterator`] alone.
    pub fn max_tokens(mut self, max_tokens: usize) -> Self {
        self.max_tokens = Some(max_tokens);
        self
    }
}

/// The vocabulary of tokens and how often each comes, in their order; `torchtext.vocab.vocab`.
///
/// # Errors
/// A token that comes twice, among the specials or among the others.
///
/// ```
/// use ondol_data::text::{VocabOptions, vocab};
/// let counts = [("hello", 4), ("world", 3), ("rare", 1)];
/// let v = vocab(counts, &VocabOptions::new().min_freq(2).specials(["<unk>"]))?;
/// assert_eq!(v.get_itos(), ["<unk>", "hello", "world"]);
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
pub fn vocab<S: Into<String>>(
    ordered_dict: impl IntoIterator<Item = (S, usize)>,
    options: &VocabOptions,
) -> Result<Vocab> {
    let specials: HashSet<&str> = options.specials.iter().map(String::as_str).collect();
    let mut tokens = Vec::new();
    for (token, freq) in ordered_dict {
        let token = token.into();
        if freq >= options.min_freq && !specials.contains(token.as_str()) {
            tokens.push(token);
        }
    }
    let (first, last) = match options.special_first {
        true => (options.specials.clone(), tokens),
        false => (tokens, options.specials.clone()),
    };
    Vocab::new(first.into_iter().chain(last))
}

/// The vocabulary of texts that are lists of tokens, the most frequent first and those that are
/// equally frequent in the order of their letters; `torchtext.vocab.build_vocab_from_iterator`.
///
/// # Errors
/// Specials that come twice, or that leave no room within `max_tokens`.
///
/// ```
/// use ondol_data::text::{VocabOptions, build_vocab_from_iterator};
/// let texts = [vec!["b", "a", "c"], vec!["c", "a", "c"]];
/// let vocab = build_vocab_from_iterator(texts, &VocabOptions::new())?;
/// assert_eq!(vocab.get_itos(), ["c", "a", "b"]);
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
pub fn build_vocab_from_iterator<I>(
    iterator: impl IntoIterator<Item = I>,
    options: &VocabOptions,
) -> Result<Vocab>
where
    I: IntoIterator,
    I::Item: AsRef<str>,
{
    let mut counts: HashMap<String, usize> = HashMap::new();
    for token in iterator.into_iter().flatten() {
        match counts.get_mut(token.as_ref()) {
            Some(count) => *count += 1,
            None => {
                counts.insert(token.as_ref().to_owned(), 1);
            }
        }
    }
    let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
    counts.sort_unstable_by(|(a, n), (b, m)| m.cmp(n).then_with(|| a.cmp(b)));
    if let Some(most) = options.max_tokens {
        let specials = options.specials.len();
        if specials >= most {
            let message = format!(
                "{specials} specials >= max_tokens {most}, so the vocab will be entirely special tokens"
            );
            return Err(Error::value("build_vocab_from_iterator", message));
        }
        // As torchtext cuts: before the specials are taken out of the counts.
        counts.truncate(most - specials);
    }
    vocab(counts, options)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(options: VocabOptions) -> Vec<String> {
        let texts = ["b a c <unk>", "c a c d"].map(|t| t.split(' '));
        let vocab = build_vocab_from_iterator(texts, &options).unwrap();
        vocab.get_itos().to_vec()
    }

    #[test]
    fn the_most_frequent_come_first_and_equals_by_their_letters() {
        let options = VocabOptions::new();
        assert_eq!(built(options.clone()), ["c", "a", "<unk>", "b", "d"]);
        let specials = options.specials(["<unk>", "<pad>"]);
        let all = ["<unk>", "<pad>", "c", "a", "b", "d"];
        assert_eq!(built(specials.clone()), all);
        assert_eq!(
            built(specials.clone().special_first(false)),
            ["c", "a", "b", "d", "<unk>", "<pad>"]
        );
        assert_eq!(built(specials.clone().min_freq(2)), all[..4]);
        assert_eq!(built(specials.clone().max_tokens(4)), all[..4]);
        // The special is one of the three most frequent.
        assert_eq!(built(specials.max_tokens(5)), all[..4]);
    }

    #[test]
    fn specials_that_do_not_fit_are_refused() {
        let options = VocabOptions::new().specials(["x", "y"]).max_tokens(2);
        let none: [Vec<&str>; 0] = [];
        let text = build_vocab_from_iterator(none, &options).unwrap_err();
        assert!(text.to_string().contains("entirely special tokens"));
        let twice = VocabOptions::new().specials(["x", "x"]);
        assert!(vocab([("a", 1)], &twice).is_err());
        assert!(vocab([("a", 1), ("a", 2)], &VocabOptions::new()).is_err());
    }
}
