//! What the heads compute.

use ondol_autograd::{DType, Error, Scope, Tensor, functional, raise};

use super::MultiheadAttention;
use crate::Forward;
use crate::functional::{
    AttentionOptions, additive, dropout, scaled_dot_product_attention, scores,
};

/// The choices of [`MultiheadAttention::forward_with`].
#[derive(Clone, Copy, Debug)]
pub struct MultiheadOptions<'a> {
    /// `[N, S]`, or `[S]` without a batch: `true` where a key is to be ignored, or a number that is
    /// added to its scores.
    pub key_padding_mask: Option<&'a Tensor>,
    /// `[L, S]`, or `[N·heads, L, S]`: `true` where a query may **not** look, or a number that is
    /// added to the score.
    pub attn_mask: Option<&'a Tensor>,
    /// Whether the weights are returned; without, queries that may look at nothing get zeros, not NaN.
    pub need_weights: bool,
    /// Whether the weights returned are the heads' mean `[N, L, S]`, not each head's `[N, heads, L, S]`.
    pub average_attn_weights: bool,
    /// A promise that `attn_mask` is the causal one.
    pub is_causal: bool,
}

impl Default for MultiheadOptions<'_> {
    /// No masks; the heads' mean weights are returned.
    fn default() -> Self {
        MultiheadOptions {
            key_padding_mask: None,
            attn_mask: None,
            need_weights: true,
            average_attn_weights: true,
            is_causal: false,
        }
    }
}

impl MultiheadAttention {
    /// What the queries find, and the heads' mean weights `[N, L, S]`.
    ///
    /// # Panics
    /// Where shapes do not go together.
    #[track_caller]
    pub fn forward(
        &self,
        query: &Tensor,
        key: &Tensor,
        value: &Tensor,
    ) -> (Tensor, Option<Tensor>) {
        self.forward_with(query, key, value, &MultiheadOptions::default())
    }

    /// As [`MultiheadAttention::forward`], with masks and a choice of what is returned.
    ///
    /// ```
    /// use ondol_nn::{MultiheadAttention, MultiheadOptions, Tensor, Transformer};
    /// let attention = MultiheadAttention::new(8, 2);
    /// let x = Tensor::randn([5, 3, 8]);
    /// let mask = Transformer::generate_square_subsequent_mask(5);
    /// let options = MultiheadOptions { attn_mask: Some(&mask), ..MultiheadOptions::default() };
    /// let (_, weights) = attention.forward_with(&x, &x, &x, &options);
    /// assert_eq!(weights.unwrap().i((0, 0)).to_vec::<f32>(), [1.0, 0.0, 0.0, 0.0, 0.0]);
    /// ```
    #[track_caller]
    pub fn forward_with(
        &self,
        query: &Tensor,
        key: &Tensor,
        value: &Tensor,
        options: &MultiheadOptions<'_>,
    ) -> (Tensor, Option<Tensor>) {
        let sizes = [self.settings.embed_dim, self.settings.num_heads];
        let mut scope = Scope::enter("MultiheadAttention({}, {})", &sizes).of(self);
        self.check(query, key, value, options);
        let (y, weights) = self.attend(query, key, value, options);
        scope.gives(&y);
        (y, weights)
    }

    #[track_caller]
    fn attend(
        &self,
        query: &Tensor,
        key: &Tensor,
        value: &Tensor,
        options: &MultiheadOptions<'_>,
    ) -> (Tensor, Option<Tensor>) {
        if query.ndim() == 2 {
            let n = if self.settings.batch_first { 0 } else { 1 };
            // The same tensor must stay the same: it is projected in one product.
            let q = query.unsqueeze(n);
            let k = if key.same(query) {
                q.clone()
            } else {
                key.unsqueeze(n)
            };
            let v = if value.same(key) {
                k.clone()
            } else {
                value.unsqueeze(n)
            };
            let (y, weights) = self.batched(&q, &k, &v, options);
            let weights = weights.map(|weights| weights.squeeze_dim(0));
            return (y.squeeze_dim(n), weights);
        }
        self.batched(query, key, value, options)
    }

    #[track_caller]
    fn batched(
        &self,
        query: &Tensor,
        key: &Tensor,
        value: &Tensor,
        options: &MultiheadOptions<'_>,
    ) -> (Tensor, Option<Tensor>) {
        let s = &self.settings;
        let (q, mut k, mut v) = self.project(query, key, value);
        let n = q.size(0);
        if let (Some(bias_k), Some(bias_v)) = (&self.bias_k, &self.bias_v) {
            let one = [n, 1, s.embed_dim];
            k = Tensor::cat(&[k, bias_k.expand(one)], 1);
            v = Tensor::cat(&[v, bias_v.expand(one)], 1);
        }
        let (q, mut k, mut v) = (self.heads(&q), self.heads(&k), self.heads(&v));
        if s.add_zero_attn {
            let one = [n, s.num_heads, 1, s.embed_dim / s.num_heads];
            let zeros = Tensor::zeros_with(one, (k.dtype(), &k.device()));
            k = Tensor::cat(&[&k, &zeros], 2);
            v = Tensor::cat(&[&v, &zeros], 2);
        }
        let mask = self.mask(n, q.dtype(), options);
        let p = if self.training.get() { s.dropout } else { 0.0 };
        let (y, weights) = if options.need_weights {
            let scores = scores(&q, &k, None);
            let scores = match &mask {
                Some(mask) => scores.add(mask),
                None => scores,
            };
            let weights = dropout(&scores.softmax(-1), p, true);
            (weights.matmul(&v), Some(weights))
        } else {
            let options = AttentionOptions {
                attn_mask: mask.as_ref(),
                dropout_p: p,
                ..AttentionOptions::default()
            };
            (scaled_dot_product_attention(&q, &k, &v, &options), None)
        };
        let y = y.transpose(1, 2).flatten(2, 3);
        let y = self.out_proj.forward(&y);
        let weights = match weights {
            Some(weights) if options.average_attn_weights => Some(weights.mean_dim(1, false)),
            other => other,
        };
        (self.swapped(&y), weights)
    }

    /// `[N, L, E]` from the layout of the inputs, and back.
    #[track_caller]
    fn swapped(&self, x: &Tensor) -> Tensor {
        match self.settings.batch_first {
            true => x.clone(),
            false => x.transpose(0, 1),
        }
    }

    /// Queries, keys and values `[N, ·, E]`.
    #[track_caller]
    fn project(&self, query: &Tensor, key: &Tensor, value: &Tensor) -> (Tensor, Tensor, Tensor) {
        let e = self.settings.embed_dim;
        let (q, k, v) = (self.swapped(query), self.swapped(key), self.swapped(value));
        let bias = self.in_proj_bias.as_deref();
        if let Some(weight) = &self.in_proj_weight
            && key.same(query)
            && value.same(query)
        {
            let all = functional::linear(&q, weight, bias);
            let part = |i: usize| all.narrow(-1, i * e, e);
            return (part(0), part(1), part(2));
        }
        let parts = [
            (&q, &self.q_proj_weight),
            (&k, &self.k_proj_weight),
            (&v, &self.v_proj_weight),
        ];
        let mut projected = Vec::with_capacity(3);
        for (i, (x, own)) in parts.into_iter().enumerate() {
            let bias = bias.map(|bias| bias.narrow(0, i * e, e));
            projected.push(match (own, &self.in_proj_weight) {
                (Some(weight), _) => functional::linear(x, weight, bias.as_ref()),
                (None, Some(all)) => functional::linear(x, &all.narrow(0, i * e, e), bias.as_ref()),
                (None, None) => unreachable!("there are either three weights or one"),
            });
        }
        let [q, k, v] = projected.try_into().expect("three were made");
        (q, k, v)
    }

    /// `[N, ·, E]` → `[N, heads, ·, E/heads]`.
    #[track_caller]
    fn heads(&self, x: &Tensor) -> Tensor {
        let (heads, e) = (self.settings.num_heads, self.settings.embed_dim);
        let shape = [x.size(0), x.size(1), heads, e / heads];
        x.reshape(shape).transpose(1, 2)
    }

    /// Both masks as numbers to add to `[N, heads, L, S]`, with columns of 0 for added keys.
    #[track_caller]
    fn mask(&self, n: usize, dtype: DType, options: &MultiheadOptions<'_>) -> Option<Tensor> {
        let s = &self.settings;
        let added = usize::from(s.add_bias_kv) + usize::from(s.add_zero_attn);
        let attn = match options.attn_mask {
            Some(mask) => {
                let mask = additive(mask, false, dtype).pad(&[(0, added)], 0.0);
                Some(match mask.ndim() {
                    3 => mask.reshape([n, s.num_heads, mask.size(1), mask.size(2)]),
                    _ => mask,
                })
            }
            None => None,
        };
        let padding = match options.key_padding_mask {
            Some(mask) => {
                let mask = additive(mask, false, dtype).pad(&[(0, added)], 0.0);
                let keys = mask.size(-1);
                Some(mask.reshape([n, 1, 1, keys]))
            }
            None => None,
        };
        match (attn, padding) {
            (Some(attn), Some(padding)) => Some(attn.add(padding)),
            (attn, padding) => attn.or(padding),
        }
    }

    #[track_caller]
    fn check(&self, query: &Tensor, key: &Tensor, value: &Tensor, options: &MultiheadOptions<'_>) {
        const OP: &str = "MultiheadAttention";
        let s = &self.settings;
        let (q, k, v) = (query.shape(), key.shape(), value.shape());
        let refuse = |rhs: &[usize], rule: String| Error::Shape {
            op: OP,
            lhs: q.to_vec(),
            rhs: rhs.to_vec(),
            rule,
        };
        let n = q.ndim();
        if n != 2 && n != 3 {
            let rule = format!(
                "query should be unbatched 2D or batched 3D tensor but received {n}-D query tensor"
            );
            raise(refuse(&k, rule));
        }
        let kind = ["unbatched (2-D)", "batched (3-D)"][n - 2];
        if k.ndim() != n || v.ndim() != n {
            let (a, b) = (k.ndim(), v.ndim());
            let rule = format!(
                "For {kind} `query`, expected `key` and `value` to be {n}-D but found {a}-D and {b}-D tensors respectively"
            );
            raise(refuse(&k, rule));
        }
        for (shape, size, what) in [
            (&q, s.embed_dim, "embedding dimension"),
            (&k, s.kdim, "key dimension"),
            (&v, s.vdim, "value dimension"),
        ] {
            if shape[n - 1] != size {
                let rule = format!("was expecting {what} of {size}, but got {}", shape[n - 1]);
                raise(refuse(shape, rule));
            }
        }
        if k[..n - 1] != v[..n - 1] {
            let rule = format!("key shape {k} does not match value shape {v}");
            raise(refuse(&k, rule));
        }
        // Where the sequence stands, and the batch.
        let (seq, batch) = if s.batch_first && n == 3 {
            (1, 0)
        } else {
            (0, 1)
        };
        let batches = if n == 3 { q[batch] } else { 1 };
        if n == 3 && k[batch] != batches {
            let rule = format!("{batches} sequences of queries, but {} of keys", k[batch]);
            raise(refuse(&k, rule));
        }
        let masks = [
            ("attn_mask", options.attn_mask),
            ("key_padding_mask", options.key_padding_mask),
        ];
        for (name, mask) in masks {
            if let Some(mask) = mask
                && mask.dtype() != DType::Bool
                && !mask.dtype().is_floating_point()
            {
                raise(Error::DType {
                    op: OP,
                    got: format!("{name} of {}", mask.dtype()),
                    expected: "bool, or a floating-point dtype".into(),
                });
            }
        }
        let (rows, keys) = (q[seq], k[seq]);
        if let Some(mask) = options.attn_mask {
            let shape = mask.shape();
            let stacked = [batches * s.num_heads, rows, keys];
            let rule = match shape.ndim() {
                2 if shape == [rows, keys] => None,
                3 if shape == stacked => None,
                2 => Some(format!(
                    "The shape of the 2D attn_mask is {shape}, but should be ({rows}, {keys})."
                )),
                3 => Some(format!(
                    "The shape of the 3D attn_mask is {shape}, but should be ({}, {rows}, {keys}).",
                    stacked[0]
                )),
                other => Some(format!(
                    "For {kind} `query`, expected `attn_mask` to be `None`, 2-D or 3-D but found {other}-D tensor instead"
                )),
            };
            if let Some(rule) = rule {
                raise(refuse(&shape, rule));
            }
        } else if options.is_causal {
            let message = "Need attn_mask if specifying the is_causal hint. You may use the Transformer module \
                           method `generate_square_subsequent_mask` to create this mask.";
            raise(Error::value(OP, message));
        }
        if let Some(mask) = options.key_padding_mask {
            let shape = mask.shape();
            let right = match n {
                2 => shape == [keys],
                _ => shape == [batches, keys],
            };
            if !right {
                let want = if n == 2 {
                    vec![keys]
                } else {
                    vec![batches, keys]
                };
                let rule = format!("Expected key_padding_mask of shape {want:?}, but got {shape}");
                raise(refuse(&shape, rule));
            }
        }
    }
}
