//! Texts in memory.

use ondol_autograd::raise;
use ondol_tensor::{Error, Result};

use crate::Dataset;
use crate::tensor_dataset::check_index;

/// Texts and their labels: samples `(text, label)`.
///
/// Tokens, indices and padding come after it, in [`Dataset::map`].
///
/// ```
/// use ondol_data::Dataset;
/// use ondol_data::text::TextDataset;
/// let data = TextDataset::new(["good", "bad"].map(String::from), [1, 0]);
/// let (texts, labels) = data.get_batch(&[1, 0])?;
/// assert_eq!(texts, ["bad", "good"]);
/// assert_eq!(labels.to_vec::<i64>(), [0, 1]);
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TextDataset {
    texts: Vec<String>,
    labels: Vec<i64>,
}

impl TextDataset {
    /// Each text with its label.
    ///
    /// # Panics
    /// Where there are not as many labels as texts.
    #[track_caller]
    pub fn new(texts: impl Into<Vec<String>>, labels: impl Into<Vec<i64>>) -> Self {
        let (texts, labels) = (texts.into(), labels.into());
        if texts.len() != labels.len() {
            let message = format!("{} texts have {} labels", texts.len(), labels.len());
            raise(Error::value("TextDataset", message));
        }
        TextDataset { texts, labels }
    }

    /// The texts.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// The labels.
    pub fn labels(&self) -> &[i64] {
        &self.labels
    }
}

impl Dataset for TextDataset {
    type Item = (String, i64);

    fn len(&self) -> usize {
        self.texts.len()
    }

    fn get(&self, index: usize) -> Result<(String, i64)> {
        check_index("TextDataset", index, self.texts.len())?;
        Ok((self.texts[index].clone(), self.labels[index]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_out_of_range_is_refused() {
        let data = TextDataset::new(["a".to_owned()], [3]);
        assert_eq!(data.get(0).unwrap(), ("a".to_owned(), 3));
        assert!(data.get(1).is_err());
        assert_eq!((data.texts().len(), data.labels()), (1, &[3][..]));
    }

    #[test]
    #[should_panic(expected = "1 texts have 0 labels")]
    fn each_text_has_a_label() {
        TextDataset::new(["a".to_owned()], []);
    }
}
