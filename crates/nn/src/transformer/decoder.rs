//! The decoder.

use ondol_autograd::{DType, Device, Scope, Tensor, ok};

use super::settings::{Settings, options, rebuilt, settings, take_over};
use crate::module::repr::shown;
use crate::{
    Dropout, Forward, LayerNorm, Linear, Module, MultiheadAttention, MultiheadOptions, Visitor,
};

/// What the positions of a decoder may look at: among themselves, and in the encoder's output.
#[derive(Clone, Copy, Debug, Default)]
pub struct DecoderMasks<'a> {
    /// `[T, T]` or `[N·heads, T, T]`: `true` where a position may **not** look, or a number to add.
    pub tgt_mask: Option<&'a Tensor>,
    /// `[T, S]` or `[N·heads, T, S]`, into the encoder's output.
    pub memory_mask: Option<&'a Tensor>,
    /// `[N, T]`: `true` where a position is filling.
    pub tgt_key_padding_mask: Option<&'a Tensor>,
    /// `[N, S]`, of the encoder's output.
    pub memory_key_padding_mask: Option<&'a Tensor>,
    /// A promise that `tgt_mask` is the causal one.
    pub tgt_is_causal: bool,
    /// A promise that `memory_mask` is the causal one.
    pub memory_is_causal: bool,
}

/// Self-attention, attention to the encoder's output, and feed-forward, each added to its input and
/// normalised, `torch.nn.TransformerDecoderLayer`: `tgt [T, N, E]`, `memory [S, N, E]` → `[T, N, E]`.
///
/// ```
/// use ondol_nn::{Tensor, TransformerDecoderLayer};
/// let layer = TransformerDecoderLayer::new(8, 2).dim_feedforward(16);
/// let y = layer.forward(&Tensor::randn([5, 3, 8]), &Tensor::randn([7, 3, 8]));
/// assert_eq!(y.shape(), [5, 3, 8]);
/// ```
pub struct TransformerDecoderLayer {
    /// The attention among the targets.
    pub self_attn: MultiheadAttention,
    /// The attention to the encoder's output.
    pub multihead_attn: MultiheadAttention,
    /// Into the wide middle.
    pub linear1: Linear,
    dropout: Dropout,
    /// Back from it.
    pub linear2: Linear,
    /// The self-attention's norm.
    pub norm1: LayerNorm,
    /// The other attention's norm.
    pub norm2: LayerNorm,
    /// The feed-forward's norm.
    pub norm3: LayerNorm,
    dropout1: Dropout,
    dropout2: Dropout,
    dropout3: Dropout,
    settings: Settings,
}

impl TransformerDecoderLayer {
    /// `d_model` features, `nhead` heads; 2048 wide, dropout 0.1, ReLU, norms last.
    ///
    /// # Panics
    /// Where `nhead` does not divide `d_model`.
    #[track_caller]
    pub fn new(d_model: usize, nhead: usize) -> TransformerDecoderLayer {
        TransformerDecoderLayer::build(Settings::new(d_model, nhead))
    }

    #[track_caller]
    pub(super) fn build(settings: Settings) -> TransformerDecoderLayer {
        let s = &settings;
        TransformerDecoderLayer {
            self_attn: s.attention(),
            multihead_attn: s.attention(),
            linear1: s.linear(s.d_model, s.dim_feedforward),
            dropout: s.drop(),
            linear2: s.linear(s.dim_feedforward, s.d_model),
            norm1: s.norm(),
            norm2: s.norm(),
            norm3: s.norm(),
            dropout1: s.drop(),
            dropout2: s.drop(),
            dropout3: s.drop(),
            settings,
        }
    }

    /// The layer's output for targets and the encoder's output.
    ///
    /// # Panics
    /// Where shapes do not go together.
    #[track_caller]
    pub fn forward(&self, tgt: &Tensor, memory: &Tensor) -> Tensor {
        self.forward_with(tgt, memory, &DecoderMasks::default())
    }

    /// As [`TransformerDecoderLayer::forward`], with masks.
    #[track_caller]
    pub fn forward_with(&self, tgt: &Tensor, memory: &Tensor, masks: &DecoderMasks<'_>) -> Tensor {
        let sizes = [self.settings.d_model, self.settings.nhead];
        let _scope = Scope::enter("TransformerDecoderLayer({}, {})", &sizes).of(self);
        if self.settings.norm_first {
            let x = tgt.add(self.attend(&self.norm1.forward(tgt), masks));
            let x = x.add(self.look(&self.norm2.forward(&x), memory, masks));
            x.add(self.feed(&self.norm3.forward(&x)))
        } else {
            let x = self.norm1.forward(&tgt.add(self.attend(tgt, masks)));
            let x = self.norm2.forward(&x.add(self.look(&x, memory, masks)));
            self.norm3.forward(&x.add(self.feed(&x)))
        }
    }

    #[track_caller]
    fn attend(&self, x: &Tensor, masks: &DecoderMasks<'_>) -> Tensor {
        let options = MultiheadOptions {
            attn_mask: masks.tgt_mask,
            key_padding_mask: masks.tgt_key_padding_mask,
            is_causal: masks.tgt_is_causal,
            need_weights: false,
            ..MultiheadOptions::default()
        };
        let (y, _) = self.self_attn.forward_with(x, x, x, &options);
        self.dropout1.forward(&y)
    }

    #[track_caller]
    fn look(&self, x: &Tensor, memory: &Tensor, masks: &DecoderMasks<'_>) -> Tensor {
        let options = MultiheadOptions {
            attn_mask: masks.memory_mask,
            key_padding_mask: masks.memory_key_padding_mask,
            is_causal: masks.memory_is_causal,
            need_weights: false,
            ..MultiheadOptions::default()
        };
        let (y, _) = self
            .multihead_attn
            .forward_with(x, memory, memory, &options);
        self.dropout2.forward(&y)
    }

    #[track_caller]
    fn feed(&self, x: &Tensor) -> Tensor {
        let y = self
            .settings
            .feed_forward(x, &self.linear1, &self.dropout, &self.linear2);
        self.dropout3.forward(&y)
    }
}
rebuilt!(TransformerDecoderLayer);
settings!(TransformerDecoderLayer);

impl Module for TransformerDecoderLayer {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        visitor.field("self_attn", &self.self_attn);
        visitor.field("multihead_attn", &self.multihead_attn);
        visitor.field("linear1", &self.linear1);
        visitor.field("dropout", &self.dropout);
        visitor.field("linear2", &self.linear2);
        visitor.field("norm1", &self.norm1);
        visitor.field("norm2", &self.norm2);
        visitor.field("norm3", &self.norm3);
        visitor.field("dropout1", &self.dropout1);
        visitor.field("dropout2", &self.dropout2);
        visitor.field("dropout3", &self.dropout3);
    }
}
shown!(TransformerDecoderLayer);

/// Decoder layers one after another, `torch.nn.TransformerDecoder`.
///
/// ```
/// use ondol_nn::{Tensor, TransformerDecoder, TransformerDecoderLayer};
/// let decoder = TransformerDecoder::new(&TransformerDecoderLayer::new(8, 2).dim_feedforward(16), 2);
/// let y = decoder.forward(&Tensor::randn([5, 3, 8]), &Tensor::randn([7, 3, 8]));
/// assert_eq!(y.shape(), [5, 3, 8]);
/// ```
pub struct TransformerDecoder {
    /// The layers.
    pub layers: Vec<TransformerDecoderLayer>,
    /// What follows the last one.
    pub norm: Option<LayerNorm>,
}

impl TransformerDecoder {
    /// Copies of a layer: they begin with its numbers, as PyTorch's do.
    #[track_caller]
    pub fn new(layer: &TransformerDecoderLayer, num_layers: usize) -> TransformerDecoder {
        let mut layers = Vec::with_capacity(num_layers);
        for _ in 0..num_layers {
            layers.push(layer.copied());
        }
        TransformerDecoder { layers, norm: None }
    }

    /// With a norm after the last layer.
    pub fn norm(mut self, norm: LayerNorm) -> TransformerDecoder {
        self.norm = Some(norm);
        self
    }

    /// The last layer's output for targets and the encoder's output.
    ///
    /// # Panics
    /// Where shapes do not go together.
    #[track_caller]
    pub fn forward(&self, tgt: &Tensor, memory: &Tensor) -> Tensor {
        self.forward_with(tgt, memory, &DecoderMasks::default())
    }

    /// As [`TransformerDecoder::forward`], with masks.
    #[track_caller]
    pub fn forward_with(&self, tgt: &Tensor, memory: &Tensor, masks: &DecoderMasks<'_>) -> Tensor {
        let _scope = Scope::enter("TransformerDecoder", &[]).of(self);
        let mut x = tgt.clone();
        for layer in &self.layers {
            x = layer.forward_with(&x, memory, masks);
        }
        match &self.norm {
            Some(norm) => norm.forward(&x),
            None => x,
        }
    }
}

impl Module for TransformerDecoder {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        visitor.field("layers", &self.layers);
        visitor.field("norm", &self.norm);
    }
}
shown!(TransformerDecoder);
