//! Sequences of different lengths in one batch, `torch.nn.utils.rnn`.
//!
//! A batch is either *padded* (`[T, N, *]`, every sequence filled up to the longest) or *packed*: all
//! first steps, then all second ones, without the filling. Recurrent layers take both.
//!
//! ```
//! use ondol_nn::utils::rnn::{pack_sequence, pad_packed_sequence};
//! use ondol_nn::{GRU, Tensor};
//! let (short, long) = (Tensor::randn([2, 3]), Tensor::randn([5, 3]));
//! let packed = pack_sequence(&[short, long], false);
//! let (output, last) = GRU::new(3, 4).forward_packed(&packed, None);
//! let (padded, lengths) = pad_packed_sequence(&output, true, 0.0, None);
//! assert_eq!((padded.shape().to_vec(), lengths), (vec![2, 5, 4], vec![2, 5]));
//! assert_eq!(last.shape(), [1, 2, 4]);
//! ```

mod pad;

use ondol_autograd::{Error, Tensor, raise};

pub use self::pad::{PaddingSide, pad_sequence, unpad_sequence};

/// A batch of sequences of different lengths without filling, `torch.nn.utils.rnn.PackedSequence`.
///
/// `data` holds the first steps of all sequences, longest first, then the second steps of those that
/// have one, and so on; `batch_sizes[t]` says how many those were.
///
/// ```
/// use ondol_nn::{tensor, utils::rnn::pack_sequence};
/// let packed = pack_sequence(&[tensor!([1.0, 2.0]), tensor!([3.0])], true);
/// assert_eq!(packed.data.to_vec::<f32>(), [1.0, 3.0, 2.0]);
/// ```
#[derive(Clone, Debug)]
pub struct PackedSequence {
    /// `[Σ lengths, *]`.
    pub data: Tensor,
    /// How many sequences have a step `t`; never rising.
    pub batch_sizes: Vec<usize>,
    /// Which sequence of the batch stands where, where they were sorted: `i64 [N]`.
    pub sorted_indices: Option<Tensor>,
    /// Where each sequence of the batch stands now: `i64 [N]`.
    pub unsorted_indices: Option<Tensor>,
}

impl PackedSequence {
    /// The same packing of other numbers, one row for each.
    pub(crate) fn with(&self, data: Tensor) -> PackedSequence {
        PackedSequence {
            data,
            ..self.clone()
        }
    }

    /// How many sequences there are.
    pub fn batch_size(&self) -> usize {
        self.batch_sizes.first().copied().unwrap_or(0)
    }

    /// The length of each sequence, in the batch's own order.
    #[track_caller]
    pub fn lengths(&self) -> Vec<usize> {
        let n = self.batch_size();
        let length = |place: usize| self.batch_sizes.iter().filter(|&&b| b > place).count();
        match &self.unsorted_indices {
            Some(places) => {
                let places = places.to_vec::<i64>().into_iter();
                places.map(|place| length(place as usize)).collect()
            }
            None => (0..n).map(length).collect(),
        }
    }
}

/// Where each index stands in a permutation, `torch.nn.utils.rnn.invert_permutation`.
///
/// # Panics
/// Where it is not a permutation of `0..n` in `i64`.
///
/// ```
/// use ondol_nn::{tensor, utils::rnn::invert_permutation};
/// assert_eq!(invert_permutation(&tensor!([2, 0, 1])).to_vec::<i64>(), [1, 2, 0]);
/// ```
#[track_caller]
pub fn invert_permutation(permutation: &Tensor) -> Tensor {
    let order = Tensor::range(permutation.numel()).to(permutation.device());
    permutation.zeros_like().scatter(0, permutation, &order)
}

/// Leaves the filling of a padded batch out, `torch.nn.utils.rnn.pack_padded_sequence`:
/// `input [T, N, *]`, or `[N, T, *]` with `batch_first`, and the length of each of the N sequences.
/// Gradients flow into what was kept.
///
/// With `enforce_sorted` the lengths must not rise; without, the sequences are sorted here, and the
/// recurrent layers undo it.
///
/// # Panics
/// Where a length is 0, above T or missing; where lengths rise with `enforce_sorted`. PyTorch takes
/// lengths above T and returns a broken batch.
#[track_caller]
pub fn pack_padded_sequence(
    input: &Tensor,
    lengths: &[usize],
    batch_first: bool,
    enforce_sorted: bool,
) -> PackedSequence {
    const OP: &str = "pack_padded_sequence";
    let shape = input.shape();
    if shape.ndim() < 2 {
        raise(Error::Input {
            op: OP,
            shape: shape.to_vec(),
            rule: "expected a padded batch [T, N, *], or [N, T, *] with batch_first".into(),
        });
    }
    let (steps, n) = match batch_first {
        true => (shape[1], shape[0]),
        false => (shape[0], shape[1]),
    };
    check_lengths(OP, steps, n, lengths);
    let mut order: Vec<usize> = (0..n).collect();
    if enforce_sorted {
        if lengths.windows(2).any(|pair| pair[0] < pair[1]) {
            let message = "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. \
                           You can pass `enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this requirement";
            raise(Error::value(OP, message));
        }
    } else {
        order.sort_by_key(|&i| std::cmp::Reverse(lengths[i]));
    }
    let longest = lengths[order[0]];
    let mut batch_sizes = Vec::with_capacity(longest);
    let mut rows: Vec<i64> = Vec::with_capacity(lengths.iter().sum());
    for t in 0..longest {
        let alive = order.iter().filter(|&&i| lengths[i] > t);
        let before = rows.len();
        rows.extend(alive.map(|&i| if batch_first { i * steps + t } else { t * n + i } as i64));
        batch_sizes.push(rows.len() - before);
    }
    let rows = Tensor::from(rows).to(input.device());
    let sorted = (!enforce_sorted).then(|| {
        let order = order.iter().map(|&i| i as i64).collect::<Vec<_>>();
        Tensor::from(order).to(input.device())
    });
    PackedSequence {
        data: input.flatten(0, 1).index_select(0, &rows),
        batch_sizes,
        unsorted_indices: sorted.as_ref().map(invert_permutation),
        sorted_indices: sorted,
    }
}

#[track_caller]
fn check_lengths(op: &'static str, steps: usize, n: usize, lengths: &[usize]) {
    let message = if lengths.len() != n {
        format!(
            "Expected `len(lengths)` to be equal to batch_size, but got {} (batch_size={n})",
            lengths.len()
        )
    } else if n == 0 {
        "Cannot pack empty tensors.".to_owned()
    } else if lengths.contains(&0) {
        "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0"
            .to_owned()
    } else if let Some(long) = lengths.iter().find(|&&length| length > steps) {
        format!("a length of {long} in a batch that was padded to {steps} steps")
    } else {
        return;
    };
    raise(Error::value(op, message));
}

/// Fills a packed batch up again, `torch.nn.utils.rnn.pad_packed_sequence`: `[T, N, *]`, or
/// `[N, T, *]` with `batch_first`, in the batch's own order, and the sequences' lengths. `T` is the
/// longest length, or `total_length`.
///
/// # Panics
/// Where `total_length` is below the longest length.
#[track_caller]
pub fn pad_packed_sequence(
    packed: &PackedSequence,
    batch_first: bool,
    padding_value: f64,
    total_length: Option<usize>,
) -> (Tensor, Vec<usize>) {
    let (n, longest) = (packed.batch_size(), packed.batch_sizes.len());
    let total = total_length.unwrap_or(longest);
    if total < longest {
        raise(Error::value(
            "pad_packed_sequence",
            format!(
                "Expected total_length to be at least the length of the longest sequence in input, \
                 but got total_length={total} and max sequence length being {longest}"
            ),
        ));
    }
    let lengths = packed.lengths();
    let places: Vec<usize> = match &packed.unsorted_indices {
        Some(places) => places.to_vec::<i64>().iter().map(|&p| p as usize).collect(),
        None => (0..n).collect(),
    };
    // One more row after all others is what the filling is taken from.
    let data = &packed.data;
    let filling = data.size(0);
    let mut row = data.shape();
    row[0] = 1;
    let fill = Tensor::full_with(&row, padding_value, (data.dtype(), &data.device()));
    let mut rows = vec![filling as i64; total * n];
    let mut start = 0;
    for (t, &alive) in packed.batch_sizes.iter().enumerate() {
        for (i, &place) in places.iter().enumerate() {
            if place < alive {
                let to = if batch_first {
                    i * total + t
                } else {
                    t * n + i
                };
                rows[to] = (start + place) as i64;
            }
        }
        start += alive;
    }
    let rows = Tensor::from(rows).to(data.device());
    let mut shape = data.shape();
    shape[0] = if batch_first { n } else { total };
    shape.insert(1, if batch_first { total } else { n });
    let padded = Tensor::cat(&[data, &fill], 0).index_select(0, &rows);
    (padded.reshape(&shape), lengths)
}

/// Packs sequences `[Lᵢ, *]`, `torch.nn.utils.rnn.pack_sequence`; see [`pack_padded_sequence`].
#[track_caller]
pub fn pack_sequence(sequences: &[Tensor], enforce_sorted: bool) -> PackedSequence {
    let lengths = pad::lengths("pack_sequence", sequences);
    let padded = pad_sequence(sequences, false, 0.0, PaddingSide::Right);
    pack_padded_sequence(&padded, &lengths, false, enforce_sorted)
}

/// The sequences of a packed batch, `torch.nn.utils.rnn.unpack_sequence`.
#[track_caller]
pub fn unpack_sequence(packed: &PackedSequence) -> Vec<Tensor> {
    let (padded, lengths) = pad_packed_sequence(packed, true, 0.0, None);
    unpad_sequence(&padded, &lengths, true)
}
