//! Runs of tokens.

/// The tokens, then each two that stand together, and so on up to `ngrams`, joined by spaces;
/// `torchtext.data.utils.ngrams_iterator`.
///
/// ```
/// use ondol_data::text::ngrams_iterator;
/// let all: Vec<String> = ngrams_iterator(&["here", "we", "are"], 2).collect();
/// assert_eq!(all, ["here", "we", "are", "here we", "we are"]);
/// ```
pub fn ngrams_iterator<S: AsRef<str>>(
    tokens: &[S],
    ngrams: usize,
) -> impl Iterator<Item = String> + '_ {
    (1..=ngrams.max(1)).flat_map(move |n| {
        tokens.windows(n).map(|run| {
            let run: Vec<&str> = run.iter().map(AsRef::as_ref).collect();
            run.join(" ")
        })
    })
}
