//! Attention.

use ondol_autograd::{DType, Error, Tensor, no_grad_guard, raise};

use super::{check_probability, dropout};

/// The choices of [`scaled_dot_product_attention`].
#[derive(Clone, Copy, Debug, Default)]
pub struct AttentionOptions<'a> {
    /// What each query may look at, broadcast to `[.., L, S]`: `true` where it may, or a number that
    /// is added to the score, `−∞` for never.
    pub attn_mask: Option<&'a Tensor>,
    /// What share of the weights is dropped. It is dropped in evaluation too: pass 0 there.
    pub dropout_p: f64,
    /// Query `i` looks at keys `0 ..= i` only.
    pub is_causal: bool,
    /// What scores are multiplied by; `1/√E` where not given.
    pub scale: Option<f64>,
    /// Whether keys and values may have fewer heads (dimension −3) than queries, each for several.
    pub enable_gqa: bool,
}

/// `softmax(q·kᵀ·scale + mask)·v`, `torch.nn.functional.scaled_dot_product_attention`:
/// `q [.., L, E]`, `k [.., S, E]`, `v [.., S, Eᵥ]` → `[.., L, Eᵥ]`; leading dimensions broadcast.
///
/// A query that may look at nothing gets zeros.
///
/// ```
/// use ondol_nn::functional::{AttentionOptions, scaled_dot_product_attention};
/// use ondol_nn::{Tensor, tensor};
/// let (q, k) = (Tensor::zeros([2, 1]), Tensor::zeros([2, 1]));
/// let v = tensor!([[1.0], [3.0]]);
/// let options = AttentionOptions { is_causal: true, ..AttentionOptions::default() };
/// let y = scaled_dot_product_attention(&q, &k, &v, &options);
/// assert_eq!(y.to_vec::<f32>(), [1.0, 2.0]);
/// ```
///
/// # Panics
/// On shapes that do not go together; on a mask with `is_causal`; on a mask that is neither `bool`
/// nor floating point.
#[track_caller]
pub fn scaled_dot_product_attention(
    query: &Tensor,
    key: &Tensor,
    value: &Tensor,
    options: &AttentionOptions<'_>,
) -> Tensor {
    check(query, key, value, options);
    let (key, value) = match options.enable_gqa {
        true => (
            for_each_head(key, query.size(-3)),
            for_each_head(value, query.size(-3)),
        ),
        false => (key.clone(), value.clone()),
    };
    let scores = scores(query, &key, options.scale);
    let weights = match (options.attn_mask, options.is_causal) {
        (Some(mask), _) => softmax_or_zero(&scores, &additive(mask, true, query.dtype())),
        (None, true) => {
            let mask = causal_mask(scores.size(-2), scores.size(-1), &scores);
            scores.add(mask).softmax(-1)
        }
        (None, false) => scores.softmax(-1),
    };
    dropout(&weights, options.dropout_p, true).matmul(&value)
}

/// `q·kᵀ·scale`.
#[track_caller]
pub(crate) fn scores(query: &Tensor, key: &Tensor, scale: Option<f64>) -> Tensor {
    let scale = scale.unwrap_or_else(|| 1.0 / (query.size(-1) as f64).sqrt());
    query.mul(scale).matmul(&key.transpose(-2, -1))
}

/// A mask of truths as numbers to add: 0 where it is `allowed`, `−∞` elsewhere. Numbers stay.
#[track_caller]
pub(crate) fn additive(mask: &Tensor, allowed: bool, dtype: DType) -> Tensor {
    if mask.dtype() != DType::Bool {
        return mask.to_dtype(dtype);
    }
    let forbidden = match allowed {
        true => mask.logical_not(),
        false => mask.clone(),
    };
    let zeros = Tensor::zeros_with(mask.shape(), (dtype, &mask.device()));
    zeros.masked_fill(&forbidden, f64::NEG_INFINITY)
}

/// `−∞` above the diagonal of `[rows, columns]`, else 0.
#[track_caller]
pub(crate) fn causal_mask(rows: usize, columns: usize, like: &Tensor) -> Tensor {
    let device = like.device();
    let row = Tensor::range(rows).to(&device).unsqueeze(1);
    let later = Tensor::range(columns).to(&device).gt(&row);
    additive(&later, false, like.dtype())
}

/// `softmax(scores + mask)`, with zeros where a whole row of the mask is `−∞`: the plain formula
/// would give `0/0`. NaN among the scores stays NaN.
#[track_caller]
fn softmax_or_zero(scores: &Tensor, mask: &Tensor) -> Tensor {
    let mask = match mask.ndim() {
        0 => mask.unsqueeze(0),
        _ => mask.clone(),
    };
    let dead = {
        let _guard = no_grad_guard();
        mask.detach().eq(f64::NEG_INFINITY).all_dim(-1, true)
    };
    let alive = dead.logical_not().to_dtype(scores.dtype());
    let weights = scores.add(mask.masked_fill(&dead, 0.0)).softmax(-1);
    weights.mul(alive)
}

/// Heads repeated until there are so many.
#[track_caller]
fn for_each_head(x: &Tensor, heads: usize) -> Tensor {
    let own = x.size(-3);
    if own == heads {
        return x.clone();
    }
    let wide = x.unsqueeze(-3);
    let mut shape = wide.shape();
    let at = shape.ndim() - 3;
    shape[at] = heads / own;
    wide.expand(&shape).flatten(-4, -3)
}

#[track_caller]
fn check(query: &Tensor, key: &Tensor, value: &Tensor, options: &AttentionOptions<'_>) {
    const OP: &str = "scaled_dot_product_attention";
    let (q, k, v) = (query.shape(), key.shape(), value.shape());
    let (nq, nk, nv) = (q.ndim(), k.ndim(), v.ndim());
    let mismatch = |other: &[usize], rule: String| Error::Shape {
        op: OP,
        lhs: q.to_vec(),
        rhs: other.to_vec(),
        rule,
    };
    if nq < 2 || nk < 2 || nv < 2 {
        let rule = format!(
            "Expected query, key, and value to all be at least 2 dimensional, but got query.dim: {nq} key.dim: {nk} and value.dim: {nv} instead."
        );
        raise(mismatch(&k, rule));
    }
    if q[nq - 1] != k[nk - 1] {
        let rule = format!(
            "query and key must have the same last size, but they have {} and {}",
            q[nq - 1],
            k[nk - 1]
        );
        raise(mismatch(&k, rule));
    }
    if k[nk - 2] != v[nv - 2] {
        let rule = format!(
            "there must be one value for each key, but there are {} keys and {} values",
            k[nk - 2],
            v[nv - 2]
        );
        raise(mismatch(&v, rule));
    }
    if options.enable_gqa {
        let heads = |shape: &[usize]| shape.len().checked_sub(3).map_or(0, |at| shape[at]);
        let count = heads(&q);
        for other in [&k, &v] {
            if heads(other) == 0 || count % heads(other) != 0 {
                let rule =
                    "Number of heads in key and value must divide the number of heads in query"
                        .to_owned();
                raise(mismatch(other, rule));
            }
        }
    }
    check_probability(options.dropout_p);
    let Some(mask) = options.attn_mask else {
        return;
    };
    if options.is_causal {
        let message = "Explicit attn_mask should not be set when is_causal=True";
        raise(Error::value(OP, message));
    }
    if mask.dtype() != DType::Bool && !mask.dtype().is_floating_point() {
        raise(Error::DType {
            op: OP,
            got: format!("an attn_mask of {}", mask.dtype()),
            expected: "bool, or a floating-point dtype".into(),
        });
    }
}
