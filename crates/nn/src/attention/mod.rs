//! Attention with several heads.

mod forward;

use std::ops::Deref;

use ondol_autograd::{DType, Device, Error, Scope, Tensor, ok, raise};

pub use self::forward::MultiheadOptions;

use crate::functional::check_probability;
use crate::module::repr::shown;
use crate::{Forward, Linear, Module, Parameter, Training, Visitor, init};

/// Attention with several heads, each on a part of the features, `torch.nn.MultiheadAttention`:
/// `softmax(Qₕ·Kₕᵀ/√d)·Vₕ` for each head `h`, side by side, through `out_proj`.
///
/// `query [L, N, E]`, `key [S, N, kdim]`, `value [S, N, vdim]` → `[L, N, E]`; with `batch_first` N
/// comes first; without a batch there is no N.
///
/// Parameters: `in_proj_weight [3E, E]` (rows of Q, K, V) and `in_proj_bias [3E]`, Xavier-uniform and
/// 0, or `q_proj_weight`, `k_proj_weight`, `v_proj_weight` where `kdim` or `vdim` differ;
/// `out_proj.weight [E, E]`, `out_proj.bias [E]` (0).
///
/// ```
/// use ondol_nn::{Module, MultiheadAttention, Tensor};
/// let attention = MultiheadAttention::new(8, 2).batch_first(true);
/// let x = Tensor::randn([3, 5, 8]);
/// let (y, weights) = attention.forward(&x, &x, &x);
/// assert_eq!((y.shape().to_vec(), weights.unwrap().shape().to_vec()), (vec![3, 5, 8], vec![3, 5, 5]));
/// assert_eq!(attention.named_parameters()[0].0, "in_proj_weight");
/// ```
pub struct MultiheadAttention {
    /// `[3E, E]`, where keys and values have the queries' size.
    pub in_proj_weight: Option<Parameter>,
    /// `[E, E]`, where they do not.
    pub q_proj_weight: Option<Parameter>,
    /// `[E, kdim]`, where they do not.
    pub k_proj_weight: Option<Parameter>,
    /// `[E, vdim]`, where they do not.
    pub v_proj_weight: Option<Parameter>,
    /// `[3E]`; none without `bias`.
    pub in_proj_bias: Option<Parameter>,
    /// `[1, 1, E]`: one more key, with `add_bias_kv`.
    pub bias_k: Option<Parameter>,
    /// `[1, 1, E]`: its value.
    pub bias_v: Option<Parameter>,
    /// What follows the heads.
    pub out_proj: NonDynamicallyQuantizableLinear,
    settings: Settings,
    training: Training,
}

#[derive(Clone, Copy)]
struct Settings {
    embed_dim: usize,
    num_heads: usize,
    dropout: f64,
    bias: bool,
    add_bias_kv: bool,
    add_zero_attn: bool,
    kdim: usize,
    vdim: usize,
    batch_first: bool,
}

impl MultiheadAttention {
    /// `embed_dim` features in `num_heads` equal parts; with biases, without dropout, sequences first.
    ///
    /// # Panics
    /// Where `num_heads` does not divide `embed_dim`, or one of them is 0.
    #[track_caller]
    pub fn new(embed_dim: usize, num_heads: usize) -> MultiheadAttention {
        let wrong = if embed_dim == 0 || num_heads == 0 {
            Some(format!(
                "embed_dim and num_heads must be greater than 0, got embed_dim={embed_dim} and num_heads={num_heads} instead"
            ))
        } else if !embed_dim.is_multiple_of(num_heads) {
            Some(format!(
                "embed_dim must be divisible by num_heads: {embed_dim} by {num_heads}"
            ))
        } else {
            None
        };
        if let Some(wrong) = wrong {
            raise(Error::value("MultiheadAttention", wrong));
        }
        MultiheadAttention::build(Settings {
            embed_dim,
            num_heads,
            dropout: 0.0,
            bias: true,
            add_bias_kv: false,
            add_zero_attn: false,
            kdim: embed_dim,
            vdim: embed_dim,
            batch_first: false,
        })
    }

    fn build(settings: Settings) -> MultiheadAttention {
        let Settings {
            embed_dim: e,
            kdim,
            vdim,
            bias,
            add_bias_kv,
            ..
        } = settings;
        let same = kdim == e && vdim == e;
        let weight = |rows: usize, columns: usize| {
            let parameter = Parameter::new(Tensor::zeros([rows, columns]));
            init::xavier_uniform_(&parameter, 1.0);
            parameter
        };
        let extra = || {
            let parameter = Parameter::new(Tensor::zeros([1, 1, e]));
            init::xavier_normal_(&parameter, 1.0);
            parameter
        };
        let out_proj = Linear::new(e, e).bias(bias);
        if let Some(bias) = &out_proj.bias {
            init::zeros_(bias);
        }
        MultiheadAttention {
            in_proj_weight: same.then(|| weight(3 * e, e)),
            q_proj_weight: (!same).then(|| weight(e, e)),
            k_proj_weight: (!same).then(|| weight(e, kdim)),
            v_proj_weight: (!same).then(|| weight(e, vdim)),
            in_proj_bias: bias.then(|| Parameter::new(Tensor::zeros([3 * e]))),
            bias_k: add_bias_kv.then(extra),
            bias_v: add_bias_kv.then(extra),
            out_proj: NonDynamicallyQuantizableLinear(out_proj),
            settings,
            training: Training::new(),
        }
    }

    fn rebuild(self, change: impl FnOnce(&mut Settings)) -> MultiheadAttention {
        let mut settings = self.settings;
        change(&mut settings);
        let (dtype, device) = (self.out_proj.weight.dtype(), self.out_proj.weight.device());
        MultiheadAttention::build(settings)
            .dtype(dtype)
            .device(&device)
    }

    /// What share of the attention weights is dropped while training.
    ///
    /// # Panics
    /// Where `p` is not on `[0, 1]`.
    #[track_caller]
    pub fn dropout(mut self, p: f64) -> MultiheadAttention {
        check_probability(p);
        self.settings.dropout = p;
        self
    }

    /// Whether the projections have biases; they have unless said otherwise. Draws all anew.
    pub fn bias(self, bias: bool) -> MultiheadAttention {
        self.rebuild(|s| s.bias = bias)
    }

    /// Whether a learned key and value stand behind the others. Draws all anew.
    pub fn add_bias_kv(self, add_bias_kv: bool) -> MultiheadAttention {
        self.rebuild(|s| s.add_bias_kv = add_bias_kv)
    }

    /// Whether a key and value of zeros stand behind the others.
    pub fn add_zero_attn(mut self, add_zero_attn: bool) -> MultiheadAttention {
        self.settings.add_zero_attn = add_zero_attn;
        self
    }

    /// The size of keys; `embed_dim` unless said otherwise. Draws all anew.
    pub fn kdim(self, kdim: usize) -> MultiheadAttention {
        self.rebuild(|s| s.kdim = kdim)
    }

    /// The size of values; `embed_dim` unless said otherwise. Draws all anew.
    pub fn vdim(self, vdim: usize) -> MultiheadAttention {
        self.rebuild(|s| s.vdim = vdim)
    }

    /// Whether batches are `[N, L, E]`; they are `[L, N, E]` unless said otherwise.
    pub fn batch_first(mut self, batch_first: bool) -> MultiheadAttention {
        self.settings.batch_first = batch_first;
        self
    }

    /// The layer in another floating-point dtype.
    ///
    /// # Panics
    /// On a dtype that is not floating point.
    #[track_caller]
    pub fn dtype(self, dtype: DType) -> MultiheadAttention {
        ok(self.to_dtype(dtype));
        self
    }

    /// The layer on a device.
    #[track_caller]
    pub fn device(self, device: &Device) -> MultiheadAttention {
        ok(self.to(device));
        self
    }
}

impl Module for MultiheadAttention {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        visitor.field("q_proj_weight", &self.q_proj_weight);
        visitor.field("k_proj_weight", &self.k_proj_weight);
        visitor.field("v_proj_weight", &self.v_proj_weight);
        visitor.field("in_proj_weight", &self.in_proj_weight);
        visitor.field("in_proj_bias", &self.in_proj_bias);
        visitor.field("bias_k", &self.bias_k);
        visitor.field("bias_v", &self.bias_v);
        visitor.field("out_proj", &self.out_proj);
        visitor.training(&self.training);
    }
}
shown!(MultiheadAttention);

/// The [`Linear`] behind the heads, under the name PyTorch prints it with.
pub struct NonDynamicallyQuantizableLinear(Linear);

impl Deref for NonDynamicallyQuantizableLinear {
    type Target = Linear;
    fn deref(&self) -> &Linear {
        &self.0
    }
}

impl Module for NonDynamicallyQuantizableLinear {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        visitor.field("weight", &self.0.weight);
        visitor.field("bias", &self.0.bias);
    }

    fn extra_repr(&self) -> String {
        self.0.extra_repr()
    }
}
shown!(NonDynamicallyQuantizableLinear);

impl Forward for NonDynamicallyQuantizableLinear {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let _scope = Scope::here().of(self);
        self.0.forward(x)
    }
}
