//! The encoder.

use ondol_autograd::{DType, Device, Scope, Tensor, ok};

use super::settings::{Settings, options, rebuilt, settings, take_over};
use crate::module::repr::shown;
use crate::{
    Dropout, Forward, LayerNorm, Linear, Module, MultiheadAttention, MultiheadOptions, Visitor,
};

/// What the positions of an encoder may look at.
#[derive(Clone, Copy, Debug, Default)]
pub struct EncoderMasks<'a> {
    /// `[T, T]` or `[N·heads, T, T]`: `true` where a position may **not** look, or a number to add.
    pub mask: Option<&'a Tensor>,
    /// `[N, T]`: `true` where a position is filling.
    pub key_padding_mask: Option<&'a Tensor>,
    /// A promise that `mask` is the causal one.
    pub is_causal: bool,
}

impl<'a> EncoderMasks<'a> {
    fn attention(&self) -> MultiheadOptions<'a> {
        MultiheadOptions {
            attn_mask: self.mask,
            key_padding_mask: self.key_padding_mask,
            is_causal: self.is_causal,
            need_weights: false,
            ..MultiheadOptions::default()
        }
    }
}

/// Self-attention and feed-forward, each added to its input and normalised,
/// `torch.nn.TransformerEncoderLayer`: `x [T, N, E]`, or `[N, T, E]` with `batch_first`, → the same.
///
/// `x = norm1(x + attention(x))`, `x = norm2(x + linear2(relu(linear1(x))))`; with `norm_first`
/// `x = x + attention(norm1(x))`, `x = x + linear2(relu(linear1(norm2(x))))`.
///
/// ```
/// use ondol_nn::{EncoderMasks, Forward, Tensor, Transformer, TransformerEncoderLayer};
/// let layer = TransformerEncoderLayer::new(8, 2).dim_feedforward(16).batch_first(true);
/// let x = Tensor::randn([3, 5, 8]);
/// assert_eq!(layer.forward(&x).shape(), [3, 5, 8]);
/// let mask = Transformer::generate_square_subsequent_mask(5);
/// let masks = EncoderMasks { mask: Some(&mask), ..EncoderMasks::default() };
/// assert_eq!(layer.forward_with(&x, &masks).shape(), [3, 5, 8]);
/// ```
pub struct TransformerEncoderLayer {
    /// The attention.
    pub self_attn: MultiheadAttention,
    /// Into the wide middle.
    pub linear1: Linear,
    dropout: Dropout,
    /// Back from it.
    pub linear2: Linear,
    /// The attention's norm.
    pub norm1: LayerNorm,
    /// The feed-forward's norm.
    pub norm2: LayerNorm,
    dropout1: Dropout,
    dropout2: Dropout,
    settings: Settings,
}

impl TransformerEncoderLayer {
    /// `d_model` features, `nhead` heads; 2048 wide, dropout 0.1, ReLU, norms last.
    ///
    /// # Panics
    /// Where `nhead` does not divide `d_model`.
    #[track_caller]
    pub fn new(d_model: usize, nhead: usize) -> TransformerEncoderLayer {
        TransformerEncoderLayer::build(Settings::new(d_model, nhead))
    }

    #[track_caller]
    pub(super) fn build(settings: Settings) -> TransformerEncoderLayer {
        let s = &settings;
        TransformerEncoderLayer {
            self_attn: s.attention(),
            linear1: s.linear(s.d_model, s.dim_feedforward),
            dropout: s.drop(),
            linear2: s.linear(s.dim_feedforward, s.d_model),
            norm1: s.norm(),
            norm2: s.norm(),
            dropout1: s.drop(),
            dropout2: s.drop(),
            settings,
        }
    }

    /// As `forward`, with masks.
    ///
    /// # Panics
    /// Where shapes do not go together.
    #[track_caller]
    pub fn forward_with(&self, x: &Tensor, masks: &EncoderMasks<'_>) -> Tensor {
        let sizes = [self.settings.d_model, self.settings.nhead];
        let _scope = Scope::enter("TransformerEncoderLayer({}, {})", &sizes).of(self);
        if self.settings.norm_first {
            let x = x.add(self.attend(&self.norm1.forward(x), masks));
            x.add(self.feed(&self.norm2.forward(&x)))
        } else {
            let x = self.norm1.forward(&x.add(self.attend(x, masks)));
            self.norm2.forward(&x.add(self.feed(&x)))
        }
    }

    #[track_caller]
    fn attend(&self, x: &Tensor, masks: &EncoderMasks<'_>) -> Tensor {
        let (y, _) = self.self_attn.forward_with(x, x, x, &masks.attention());
        self.dropout1.forward(&y)
    }

    #[track_caller]
    fn feed(&self, x: &Tensor) -> Tensor {
        let y = self
            .settings
            .feed_forward(x, &self.linear1, &self.dropout, &self.linear2);
        self.dropout2.forward(&y)
    }
}
rebuilt!(TransformerEncoderLayer);
settings!(TransformerEncoderLayer);

impl Module for TransformerEncoderLayer {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        visitor.field("self_attn", &self.self_attn);
        visitor.field("linear1", &self.linear1);
        visitor.field("dropout", &self.dropout);
        visitor.field("linear2", &self.linear2);
        visitor.field("norm1", &self.norm1);
        visitor.field("norm2", &self.norm2);
        visitor.field("dropout1", &self.dropout1);
        visitor.field("dropout2", &self.dropout2);
    }
}
shown!(TransformerEncoderLayer);

impl Forward for TransformerEncoderLayer {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        self.forward_with(x, &EncoderMasks::default())
    }
}

/// Encoder layers one after another, `torch.nn.TransformerEncoder`.
///
/// ```
/// use ondol_nn::{Forward, Module, Tensor, TransformerEncoder, TransformerEncoderLayer};
/// let layer = TransformerEncoderLayer::new(8, 2).dim_feedforward(16);
/// let encoder = TransformerEncoder::new(&layer, 3);
/// assert_eq!(encoder.forward(&Tensor::randn([5, 3, 8])).shape(), [5, 3, 8]);
/// assert_eq!(encoder.named_parameters()[0].0, "layers.0.self_attn.in_proj_weight");
/// ```
pub struct TransformerEncoder {
    /// The layers.
    pub layers: Vec<TransformerEncoderLayer>,
    /// What follows the last one.
    pub norm: Option<LayerNorm>,
}

impl TransformerEncoder {
    /// Copies of a layer: they begin with its numbers, as PyTorch's do.
    #[track_caller]
    pub fn new(layer: &TransformerEncoderLayer, num_layers: usize) -> TransformerEncoder {
        let mut layers = Vec::with_capacity(num_layers);
        for _ in 0..num_layers {
            layers.push(layer.copied());
        }
        TransformerEncoder { layers, norm: None }
    }

    /// With a norm after the last layer.
    pub fn norm(mut self, norm: LayerNorm) -> TransformerEncoder {
        self.norm = Some(norm);
        self
    }

    /// As `forward`, with masks.
    ///
    /// # Panics
    /// Where shapes do not go together.
    #[track_caller]
    pub fn forward_with(&self, x: &Tensor, masks: &EncoderMasks<'_>) -> Tensor {
        let _scope = Scope::enter("TransformerEncoder", &[]).of(self);
        let mut x = x.clone();
        for layer in &self.layers {
            x = layer.forward_with(&x, masks);
        }
        match &self.norm {
            Some(norm) => norm.forward(&x),
            None => x,
        }
    }
}

impl Module for TransformerEncoder {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        visitor.field("layers", &self.layers);
        visitor.field("norm", &self.norm);
    }
}
shown!(TransformerEncoder);

impl Forward for TransformerEncoder {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        self.forward_with(x, &EncoderMasks::default())
    }
}
