//! Rows of a table by their numbers.

use ondol_autograd::{DType, Error, Op, Tensor, no_grad, raise};

/// What [`embedding`] can be told.
#[derive(Clone, Copy, Debug)]
pub struct EmbeddingOptions {
    /// A row that gets no gradient.
    pub padding_idx: Option<usize>,
    /// Rows that are used and longer than this are first shortened to it, in the table itself.
    pub max_norm: Option<f64>,
    /// Which norm that length is. Default: 2.
    pub norm_type: f64,
    /// Whether gradients are divided by how often their row is used. Default: no.
    pub scale_grad_by_freq: bool,
}

impl Default for EmbeddingOptions {
    fn default() -> Self {
        EmbeddingOptions {
            padding_idx: None,
            max_norm: None,
            norm_type: 2.0,
            scale_grad_by_freq: false,
        }
    }
}

/// The rows of `weight [V, D]` at integer places of any shape: `input [..]` → `[.., D]`;
/// `torch.nn.functional.embedding`, `torch.embedding`.
///
/// ```
/// use ondol_nn::{functional::{EmbeddingOptions, embedding}, tensor};
/// let table = tensor!([[1.0, 2.0], [3.0, 4.0]]);
/// let y = embedding(&tensor!([1, 0, 1]), &table, EmbeddingOptions::default());
/// assert_eq!(y.to_vec::<f32>(), [3.0, 4.0, 1.0, 2.0, 3.0, 4.0]);
/// ```
///
/// # Panics
/// On a place outside of the table, or one that is no whole number.
#[track_caller]
pub fn embedding(input: &Tensor, weight: &Tensor, o: EmbeddingOptions) -> Tensor {
    let index = places("embedding", input, weight, o.padding_idx);
    shorten(weight, &index, &o);
    let rows = weight.index_select(0, &index);
    let rows = counted(rows, &index, weight, &o);
    let mut shape = input.shape().to_vec();
    shape.push(weight.size(1));
    rows.reshape(&shape[..])
}

/// The places in one dimension, checked.
#[track_caller]
fn places(op: &'static str, input: &Tensor, weight: &Tensor, padding: Option<usize>) -> Tensor {
    if weight.ndim() != 2 {
        raise(Error::Input {
            op,
            shape: weight.shape().to_vec(),
            rule: "'weight' must be 2-D".into(),
        });
    }
    if !matches!(input.dtype(), DType::I64 | DType::I32) {
        raise(Error::DType {
            op,
            got: input.dtype().to_string(),
            expected: "places of an integer dtype, i64 or i32".into(),
        });
    }
    if padding.is_some_and(|row| row >= weight.size(0)) {
        raise(Error::value(
            op,
            "Padding_idx must be within num_embeddings",
        ));
    }
    input.long().reshape(-1)
}

/// Shortens the used rows of a table in place.
#[track_caller]
fn shorten(weight: &Tensor, index: &Tensor, o: &EmbeddingOptions) {
    let Some(max) = o.max_norm else { return };
    no_grad(|| {
        let rows = weight.detach().index_select(0, index);
        let lengths = rows.vector_norm(o.norm_type, 1, true);
        let factor = lengths.add(1e-7).reciprocal().mul(max);
        let factor = factor.masked_fill(&lengths.le(max), 1.0);
        let at = index.unsqueeze(1).expand(rows.shape());
        let shorter = weight.detach().scatter(0, &at, rows.mul(factor));
        weight.set_data(shorter.value());
    });
}

/// Rows whose gradients are divided by their row's count, and dropped at the padding.
#[track_caller]
fn counted(rows: Tensor, index: &Tensor, weight: &Tensor, o: &EmbeddingOptions) -> Tensor {
    if o.padding_idx.is_none() && !o.scale_grad_by_freq {
        return rows;
    }
    let share = no_grad(|| {
        let one = index.ones_like().to_dtype(rows.dtype());
        let share = if o.scale_grad_by_freq {
            let counts = Tensor::zeros_with([weight.size(0)], (rows.dtype(), &rows.device()));
            let counts = counts.index_add(0, index, &one);
            counts.index_select(0, index).reciprocal()
        } else {
            one
        };
        match o.padding_idx {
            Some(row) => share.masked_fill(&index.eq(row as i64), 0.0),
            None => share,
        }
    });
    let share = share.unsqueeze(1);
    Op::new("embedding", [&rows])
        .rule(0, move |g| g.mul(&share))
        .output(rows.value())
}

/// What an [`embedding_bag`] makes of its rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bag {
    /// Their sum.
    Sum,
    /// Their mean.
    #[default]
    Mean,
    /// The greatest of each column.
    Max,
}

/// What [`embedding_bag`] can be told.
#[derive(Clone, Copy, Debug, Default)]
pub struct EmbeddingBagOptions<'a> {
    /// What becomes of a bag's rows. Default: their mean.
    pub mode: Bag,
    /// Where each bag begins in a one-dimensional input, `[B]`.
    pub offsets: Option<&'a Tensor>,
    /// Whether the last offset is the input's end and no bag of its own. Default: no.
    pub include_last_offset: bool,
    /// A factor for each place, of the input's shape; only for sums.
    pub per_sample_weights: Option<&'a Tensor>,
    /// As [`embedding`]'s. The padding row does not belong to its bag.
    pub rows: EmbeddingOptions,
}

/// The sum, mean or maximum of each bag of rows of `weight [V, D]`: `input [B, K]`, or one dimension
/// with offsets, → `[B, D]`; `torch.nn.functional.embedding_bag`, `torch.embedding_bag`. An empty
/// bag gives 0.
///
/// ```
/// use ondol_nn::{functional::{EmbeddingBagOptions, embedding_bag}, tensor};
/// let table = tensor!([[1.0], [3.0], [8.0]]);
/// let options = EmbeddingBagOptions { offsets: Some(&tensor!([0, 2])), ..Default::default() };
/// let y = embedding_bag(&tensor!([0, 1, 2]), &table, options);
/// assert_eq!(y.to_vec::<f32>(), [2.0, 8.0]);
/// ```
///
/// # Panics
/// On a place outside of the table, offsets that do not go with the input, or weights beside another
/// mode than the sum.
#[track_caller]
pub fn embedding_bag(input: &Tensor, weight: &Tensor, o: EmbeddingBagOptions<'_>) -> Tensor {
    const OP: &str = "embedding_bag";
    let index = places(OP, input, weight, o.rows.padding_idx);
    let (bag_of, bags) = bags(input, &o);
    if o.per_sample_weights.is_some() && o.mode != Bag::Sum {
        raise(Error::value(
            OP,
            "embedding_bag: per_sample_weights only supports mode='sum'",
        ));
    }
    if let Some(weights) = o.per_sample_weights
        && weights.shape() != input.shape()
    {
        raise(Error::Shape {
            op: OP,
            lhs: input.shape().to_vec(),
            rhs: weights.shape().to_vec(),
            rule: "per_sample_weights must have the input's shape".into(),
        });
    }
    shorten(weight, &index, &o.rows);
    let mut rows = counted(weight.index_select(0, &index), &index, weight, &o.rows);
    if let Some(weights) = o.per_sample_weights {
        rows = rows.mul(weights.reshape(-1).unsqueeze(1));
    }
    let width = weight.size(1);
    let like = (rows.dtype(), &rows.device());
    let bag_of = Tensor::from_vec(bag_of, index.numel()).to(rows.device());
    let padding = o.rows.padding_idx.map(|row| index.eq(row as i64));
    if o.mode == Bag::Max {
        return most(&rows, &bag_of, bags, padding);
    }
    let mut held = Tensor::ones_with([index.numel()], like);
    if let Some(padding) = padding {
        held = held.masked_fill(&padding, 0.0);
        rows = rows.masked_fill(&padding.unsqueeze(1), 0.0);
    }
    let sums = Tensor::zeros_with([bags, width], like).index_add(0, &bag_of, &rows);
    if o.mode == Bag::Sum {
        return sums;
    }
    let counts = Tensor::zeros_with([bags], like).index_add(0, &bag_of, &held);
    sums.div(counts.clamp_min(1.0).unsqueeze(1))
}

/// The bag of each place, and how many bags there are.
#[track_caller]
fn bags(input: &Tensor, o: &EmbeddingBagOptions<'_>) -> (Vec<i64>, usize) {
    let wrong = |rule: &str| Error::Input {
        op: "embedding_bag",
        shape: input.shape().to_vec(),
        rule: rule.into(),
    };
    match (input.ndim(), o.offsets) {
        (2, None) => {
            let (bags, each) = (input.size(0), input.size(1));
            ((0..bags * each).map(|i| (i / each) as i64).collect(), bags)
        }
        (1, Some(offsets)) => {
            let mut starts = offsets.long().to_vec::<i64>();
            let count = input.numel() as i64;
            let ordered = starts.windows(2).all(|pair| pair[0] <= pair[1]);
            if starts.first().is_some_and(|&first| first != 0) {
                raise(wrong(
                    "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0",
                ));
            }
            if !ordered || starts.last().is_some_and(|&last| last > count) {
                raise(wrong(
                    "offsets must not fall, nor go beyond the input's end",
                ));
            }
            if o.include_last_offset {
                starts.pop();
            }
            let mut bag_of = vec![0i64; input.numel()];
            for (bag, &start) in starts.iter().enumerate() {
                bag_of[start as usize..].fill(bag as i64);
            }
            (bag_of, starts.len())
        }
        (2, Some(_)) => raise(wrong(
            "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length sequences",
        )),
        (1, None) => raise(wrong("offsets has to be a 1D Tensor, as input is 1D")),
        _ => raise(wrong("input has to be 1D or 2D Tensor")),
    }
}

/// The greatest of each column of each bag, by a table of places with as many columns as the
/// greatest bag has rows.
#[track_caller]
fn most(rows: &Tensor, bag_of: &Tensor, bags: usize, padding: Option<Tensor>) -> Tensor {
    let mut members: Vec<Vec<i64>> = vec![Vec::new(); bags];
    let dropped = padding.map(|padding| padding.to_vec::<bool>());
    for (i, &bag) in bag_of.to_vec::<i64>().iter().enumerate() {
        if dropped.as_ref().is_none_or(|dropped| !dropped[i]) {
            members[bag as usize].push(i as i64);
        }
    }
    let width = members.iter().map(Vec::len).max().unwrap_or(0);
    let columns = rows.size(1);
    if width == 0 {
        return Tensor::zeros_with([bags, columns], (rows.dtype(), &rows.device()));
    }
    let (mut at, mut outside) = (Vec::new(), Vec::new());
    for bag in &members {
        at.extend((0..width).map(|k| bag.get(k).copied().unwrap_or(0)));
        outside.extend((0..width).map(|k| k >= bag.len()));
    }
    let empty: Vec<bool> = members.iter().map(Vec::is_empty).collect();
    let device = rows.device();
    let at = Tensor::from_vec(at, bags * width).to(&device);
    let outside = Tensor::from_vec(outside, [bags, width, 1]).to(&device);
    let empty = Tensor::from_vec(empty, [bags, 1]).to(&device);
    rows.index_select(0, &at)
        .reshape(&[bags, width, columns][..])
        .masked_fill(&outside, f64::NEG_INFINITY)
        .max_dim(1, false)
        .0
        .masked_fill(&empty, 0.0)
}
