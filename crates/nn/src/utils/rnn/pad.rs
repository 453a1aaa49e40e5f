//! Padding, without packing.

use ondol_autograd::{Error, Tensor, raise};

/// Where short sequences are filled up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PaddingSide {
    /// After their end.
    #[default]
    Right,
    /// Before their beginning.
    Left,
}

/// The lengths of sequences that agree in all other sizes.
#[track_caller]
pub(super) fn lengths(op: &'static str, sequences: &[Tensor]) -> Vec<usize> {
    let Some(first) = sequences.first() else {
        raise(Error::value(op, "received an empty list of sequences"));
    };
    let shape = first.shape();
    let mut lengths = Vec::with_capacity(sequences.len());
    for sequence in sequences {
        let other = sequence.shape();
        if other.ndim() == 0 || shape.get(1..) != other.get(1..) {
            raise(Error::Shape {
                op,
                lhs: shape.to_vec(),
                rhs: other.to_vec(),
                rule: "sequences [L, *] may differ in their length only".into(),
            });
        }
        lengths.push(other[0]);
    }
    lengths
}

/// Sequences `[Lᵢ, *]` as one batch `[T, N, *]`, or `[N, T, *]` with `batch_first`, filled up to the
/// longest, `torch.nn.utils.rnn.pad_sequence`.
///
/// ```
/// use ondol_nn::{tensor, utils::rnn::{PaddingSide, pad_sequence}};
/// let batch = pad_sequence(&[tensor!([1, 2]), tensor!([3])], true, 0.0, PaddingSide::Right);
/// assert_eq!(batch.to_vec::<i64>(), [1, 2, 3, 0]);
/// ```
///
/// # Panics
/// Without sequences, or where they differ in more than their length.
#[track_caller]
pub fn pad_sequence(
    sequences: &[Tensor],
    batch_first: bool,
    padding_value: f64,
    padding_side: PaddingSide,
) -> Tensor {
    let lengths = lengths("pad_sequence", sequences);
    let longest = lengths.iter().copied().max().unwrap_or(0);
    let mut padded = Vec::with_capacity(sequences.len());
    for (sequence, length) in sequences.iter().zip(lengths) {
        let mut amounts = vec![(0, 0); sequence.ndim()];
        amounts[sequence.ndim() - 1] = match padding_side {
            PaddingSide::Right => (0, longest - length),
            PaddingSide::Left => (longest - length, 0),
        };
        padded.push(sequence.pad(&amounts, padding_value));
    }
    Tensor::stack(&padded, if batch_first { 0 } else { 1 })
}

/// The sequences of a padded batch, each cut to its length, `torch.nn.utils.rnn.unpad_sequence`.
///
/// # Panics
/// Where there are not as many lengths as sequences, or one is above T.
#[track_caller]
pub fn unpad_sequence(padded: &Tensor, lengths: &[usize], batch_first: bool) -> Vec<Tensor> {
    let shape = padded.shape();
    let batch = if batch_first { 0 } else { 1 };
    if shape.ndim() < 2 || shape[batch] != lengths.len() {
        raise(Error::Input {
            op: "unpad_sequence",
            shape: shape.to_vec(),
            rule: format!("expected a padded batch of {} sequences", lengths.len()),
        });
    }
    let mut sequences = Vec::with_capacity(lengths.len());
    for (i, &length) in lengths.iter().enumerate() {
        let sequence = padded.select(batch as isize, i as isize);
        sequences.push(sequence.narrow(0, 0, length));
    }
    sequences
}
