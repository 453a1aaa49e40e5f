//! Sequences of different lengths in one batch.

use ondol_autograd::Tensor;
use ondol_tensor::{Array, Error, Result};

use crate::{Collate, sample_name};

/// How sequences of different lengths become one batch, filled up to the longest.
///
/// | option | default | |
/// |---|---|---|
/// | `batch_first` | false | `[N, T, *]` in place of `[T, N, *]` |
/// | `padding_value` | 0 | what fills up |
///
/// In a [`Dataset`](crate::Dataset) wrap each sequence by [`of`](PadSequence::of); its batch then
/// is the padded tensor and the lengths, as `pack_padded_sequence` of `nn` takes them.
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_data::text::PadSequence;
/// let (long, short) = (Tensor::range(3), Tensor::range(1));
/// let pad = PadSequence::new().batch_first(true).padding_value(9.0);
/// let (padded, lengths) = pad.pad(vec![long, short])?;
/// assert_eq!(padded.to_vec::<i64>(), [0, 1, 2, 0, 9, 9]);
/// assert_eq!(lengths, [3, 1]);
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PadSequence {
    batch_first: bool,
    padding_value: f64,
}

impl PadSequence {
    /// Time first, filled up with zeros.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the batch comes before the time.
    pub fn batch_first(mut self, batch_first: bool) -> Self {
        self.batch_first = batch_first;
        self
    }

    /// What short sequences are filled up with, in their own dtype.
    pub fn padding_value(mut self, padding_value: f64) -> Self {
        self.padding_value = padding_value;
        self
    }

    /// A sequence `[L, *]` as a sample that is filled up when it is joined with others.
    pub fn of(self, sequence: Tensor) -> Padded {
        Padded {
            sequence,
            how: self,
        }
    }

    /// The batch of sequences `[Lᵢ, *]` and their lengths. No gradient flows back.
    ///
    /// # Errors
    /// No sequences at all; those that differ in more than their length, naming two.
    pub fn pad(&self, sequences: Vec<Tensor>) -> Result<(Tensor, Vec<usize>)> {
        let arrays: Vec<Array> = sequences.iter().map(Tensor::value).collect();
        let Some(first) = arrays.first() else {
            return Err(Error::value("PadSequence", "there are no sequences to pad"));
        };
        let mut lengths = Vec::with_capacity(arrays.len());
        for (i, array) in arrays.iter().enumerate() {
            let (a, b) = (first.shape(), array.shape());
            if b.is_empty() || a[1..] != b[1..] {
                return Err(Error::Shape {
                    op: "PadSequence",
                    lhs: a.to_vec(),
                    rhs: b.to_vec(),
                    rule: format!(
                        "sequences [L, *] may differ in their length only, and {} and {} do not fit",
                        sample_name(0),
                        sample_name(i)
                    ),
                });
            }
            if (array.dtype(), array.device()) != (first.dtype(), first.device()) {
                let message = format!(
                    "{} is {} on {}, {} is {} on {}",
                    sample_name(0),
                    first.dtype(),
                    first.device().name(),
                    sample_name(i),
                    array.dtype(),
                    array.device().name()
                );
                return Err(Error::value("PadSequence", message));
            }
            lengths.push(b[0]);
        }
        let longest = lengths.iter().copied().max().unwrap_or(0);
        let dim = if self.batch_first { 0 } else { 1 };
        let mut rows = Vec::with_capacity(arrays.len());
        for (array, length) in arrays.iter().zip(&lengths) {
            let mut amounts = vec![(0, 0); array.ndim()];
            // The last dimension comes first.
            amounts[array.ndim() - 1].1 = longest - length;
            rows.push(array.pad(&amounts, self.padding_value)?.unsqueeze(dim)?);
        }
        let rows: Vec<&Array> = rows.iter().collect();
        Ok((Array::cat(&rows, dim)?.into(), lengths))
    }
}

/// A sequence that is filled up when it becomes part of a batch; made by [`PadSequence::of`].
///
/// Its batch is the padded tensor and the lengths. All samples of a batch are padded as the first
/// one says.
#[derive(Clone, Debug)]
pub struct Padded {
    sequence: Tensor,
    how: PadSequence,
}

impl Padded {
    /// The sequence itself.
    pub fn sequence(&self) -> &Tensor {
        &self.sequence
    }
}

impl Collate for Padded {
    type Batch = (Tensor, Vec<usize>);

    fn collate(items: Vec<Self>) -> Result<Self::Batch> {
        let how = items.first().map_or(PadSequence::new(), |item| item.how);
        how.pad(items.into_iter().map(|item| item.sequence).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::with_batch;

    #[test]
    fn sequences_are_filled_up_to_the_longest() {
        let parts = || {
            vec![
                Tensor::ones([2, 3]),
                Tensor::ones([0, 3]),
                Tensor::ones([1, 3]),
            ]
        };
        let (padded, lengths) = PadSequence::new().padding_value(-2.0).pad(parts()).unwrap();
        assert_eq!(padded.shape(), [2, 3, 3]);
        assert_eq!(lengths, [2, 0, 1]);
        let rows: Vec<f32> = padded.select(2, 0).to_vec();
        assert_eq!(rows, [1.0, -2.0, 1.0, 1.0, -2.0, -2.0]);
        let first = PadSequence::new().batch_first(true).padding_value(-2.0);
        let wrapped = parts().into_iter().map(|x| first.of(x)).collect();
        let (other, _) = Collate::collate(wrapped).unwrap();
        assert_eq!(
            other.transpose(0, 1).to_vec::<f32>(),
            padded.to_vec::<f32>()
        );
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let pad = |other: Tensor| {
            let x = vec![Tensor::ones([2, 3]), other];
            with_batch(&[7, 5], || PadSequence::new().pad(x))
                .unwrap_err()
                .to_string()
        };
        assert!(pad(Tensor::ones([2, 4])).contains("sample 7 and sample 5"));
        assert!(pad(Tensor::ones([])).contains("[2, 3] and []"));
        assert!(pad(Tensor::range(2).unsqueeze(1).expand([2, 3])).contains("sample 5 is"));
        assert!(PadSequence::new().pad(vec![]).is_err());
    }
}
