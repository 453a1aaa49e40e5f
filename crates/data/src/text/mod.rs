//! Text: from words to batches of indices, as `torchtext` did it.
//!
//! A [`Tokenizer`] cuts text into tokens, a [`Vocab`] gives each token its index, and
//! [`PadSequence`] makes one batch of sequences of different lengths, which a
//! [`BucketBatchSampler`] keeps similar.
//!
//! ```
//! use ondol_data::text::{BasicEnglish, PadSequence, TextDataset, Tokenizer, VocabOptions};
//! use ondol_data::text::build_vocab_from_iterator;
//! use ondol_data::{DataLoader, Dataset};
//!
//! let lines = ["You can now install it!", "It works."].map(String::from).to_vec();
//! let tokens = lines.iter().map(|line| BasicEnglish.tokenize(line));
//! let mut vocab = build_vocab_from_iterator(tokens, &VocabOptions::new().specials(["<pad>", "<unk>"]))?;
//! vocab.set_default_index(Some(1));
//!
//! let pad = PadSequence::new().batch_first(true);
//! let data = TextDataset::new(lines, vec![0, 1]).map(move |(line, label)| {
//!     let indices = vocab.tensor(&BasicEnglish.tokenize(&line)).expect("a default index");
//!     (pad.of(indices), label)
//! });
//! for batch in &DataLoader::new(data).batch_size(2) {
//!     let ((x, lengths), y) = batch?;
//!     assert_eq!((x.shape().to_vec(), lengths), (vec![2, 6], vec![6, 3]));
//!     assert_eq!(y.to_vec::<i64>(), [0, 1]);
//! }
//! # Ok::<(), ondol_autograd::Error>(())
//! ```

mod bucket;
mod build;
mod dataset;
mod file;
mod folder;
mod next_token;
mod ngrams;
mod pad;
mod tokenizer;
mod vocab;

pub use bucket::BucketBatchSampler;
pub use build::{VocabOptions, build_vocab_from_iterator, vocab};
pub use dataset::TextDataset;
pub use folder::TextFolder;
pub use next_token::NextTokenDataset;
pub use ngrams::ngrams_iterator;
pub use pad::{PadSequence, Padded};
pub use tokenizer::{BasicEnglish, Characters, Tokenizer, Whitespace, get_tokenizer};
pub use vocab::Vocab;
