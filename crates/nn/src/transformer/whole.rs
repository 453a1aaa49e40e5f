//! Encoder and decoder together.

use ondol_autograd::{DType, Device, Error, Scope, Tensor, ok, raise};

use super::settings::{Settings, options, settings, take_over};
use super::{
    DecoderMasks, EncoderMasks, TransformerDecoder, TransformerDecoderLayer, TransformerEncoder,
    TransformerEncoderLayer,
};
use crate::functional::causal_mask;
use crate::module::repr::shown;
use crate::{Module, Visitor, init};

/// What the positions of both sides may look at; see [`EncoderMasks`] and [`DecoderMasks`].
#[derive(Clone, Copy, Debug, Default)]
pub struct TransformerMasks<'a> {
    /// Among the sources.
    pub src_mask: Option<&'a Tensor>,
    /// Among the targets.
    pub tgt_mask: Option<&'a Tensor>,
    /// From the targets into the encoder's output.
    pub memory_mask: Option<&'a Tensor>,
    /// Which sources are filling, for the encoder.
    pub src_key_padding_mask: Option<&'a Tensor>,
    /// Which targets are filling.
    pub tgt_key_padding_mask: Option<&'a Tensor>,
    /// Which sources are filling, for the decoder.
    pub memory_key_padding_mask: Option<&'a Tensor>,
    /// A promise that `src_mask` is the causal one.
    pub src_is_causal: bool,
    /// A promise that `tgt_mask` is the causal one.
    pub tgt_is_causal: bool,
    /// A promise that `memory_mask` is the causal one.
    pub memory_is_causal: bool,
}

/// An encoder and a decoder, each with a norm at its end, `torch.nn.Transformer`:
/// `src [S, N, E]`, `tgt [T, N, E]` → `[T, N, E]`. Matrices begin Xavier-uniform.
///
/// ```
/// use ondol_nn::{Tensor, Transformer, TransformerMasks};
/// let model = Transformer::new(8, 2, 1, 1).dim_feedforward(16).batch_first(true);
/// let mask = Transformer::generate_square_subsequent_mask(5);
/// let masks = TransformerMasks { tgt_mask: Some(&mask), ..TransformerMasks::default() };
/// let y = model.forward_with(&Tensor::randn([3, 7, 8]), &Tensor::randn([3, 5, 8]), &masks);
/// assert_eq!(y.shape(), [3, 5, 8]);
/// ```
pub struct Transformer {
    /// The encoder.
    pub encoder: TransformerEncoder,
    /// The decoder.
    pub decoder: TransformerDecoder,
    settings: Settings,
}

impl Transformer {
    /// `d_model` features, `nhead` heads, and so many layers on each side (PyTorch's defaults: 512, 8,
    /// 6, 6); 2048 wide, dropout 0.1, ReLU, norms last.
    ///
    /// # Panics
    /// Where `nhead` does not divide `d_model`.
    #[track_caller]
    pub fn new(
        d_model: usize,
        nhead: usize,
        num_encoder_layers: usize,
        num_decoder_layers: usize,
    ) -> Transformer {
        let settings = Settings::new(d_model, nhead);
        Transformer::build(settings, num_encoder_layers, num_decoder_layers)
    }

    #[track_caller]
    fn build(settings: Settings, encoders: usize, decoders: usize) -> Transformer {
        let encoder = TransformerEncoderLayer::build(settings);
        let decoder = TransformerDecoderLayer::build(settings);
        let model = Transformer {
            encoder: TransformerEncoder::new(&encoder, encoders).norm(settings.norm()),
            decoder: TransformerDecoder::new(&decoder, decoders).norm(settings.norm()),
            settings,
        };
        for parameter in model.parameters() {
            if parameter.ndim() > 1 {
                init::xavier_uniform_(&parameter, 1.0);
            }
        }
        model
    }

    #[track_caller]
    fn with(self, anew: bool, change: impl FnOnce(&mut Settings)) -> Transformer {
        let mut settings = self.settings;
        change(&mut settings);
        let (encoders, decoders) = (self.encoder.layers.len(), self.decoder.layers.len());
        let new = Transformer::build(settings, encoders, decoders);
        if anew {
            let (dtype, device) = options(&self);
            return new.dtype(dtype).device(&device);
        }
        take_over(&new, &self);
        new
    }

    /// `[size, size]` with `−∞` above the diagonal: position `i` may look at `0 ..= i`,
    /// `torch.nn.Transformer.generate_square_subsequent_mask`.
    ///
    /// ```
    /// use ondol_nn::Transformer;
    /// let mask = Transformer::generate_square_subsequent_mask(2);
    /// assert_eq!(mask.to_vec::<f32>(), [0.0, f32::NEG_INFINITY, 0.0, 0.0]);
    /// ```
    #[track_caller]
    pub fn generate_square_subsequent_mask(size: usize) -> Tensor {
        causal_mask(size, size, &Tensor::zeros(()))
    }

    /// The decoder's output for sources and targets.
    ///
    /// # Panics
    /// Where shapes do not go together.
    #[track_caller]
    pub fn forward(&self, src: &Tensor, tgt: &Tensor) -> Tensor {
        self.forward_with(src, tgt, &TransformerMasks::default())
    }

    /// As [`Transformer::forward`], with masks.
    #[track_caller]
    pub fn forward_with(&self, src: &Tensor, tgt: &Tensor, masks: &TransformerMasks<'_>) -> Tensor {
        let sizes = [self.settings.d_model, self.settings.nhead];
        let _scope = Scope::enter("Transformer({}, {})", &sizes).of(self);
        self.check(src, tgt);
        let memory = self.encoder.forward_with(
            src,
            &EncoderMasks {
                mask: masks.src_mask,
                key_padding_mask: masks.src_key_padding_mask,
                is_causal: masks.src_is_causal,
            },
        );
        self.decoder.forward_with(
            tgt,
            &memory,
            &DecoderMasks {
                tgt_mask: masks.tgt_mask,
                memory_mask: masks.memory_mask,
                tgt_key_padding_mask: masks.tgt_key_padding_mask,
                memory_key_padding_mask: masks.memory_key_padding_mask,
                tgt_is_causal: masks.tgt_is_causal,
                memory_is_causal: masks.memory_is_causal,
            },
        )
    }

    #[track_caller]
    fn check(&self, src: &Tensor, tgt: &Tensor) {
        let (s, t) = (src.shape(), tgt.shape());
        let batch = if self.settings.batch_first { 0 } else { 1 };
        let d_model = Some(&self.settings.d_model);
        let rule = if s.last() != d_model || t.last() != d_model {
            "the feature number of src and tgt must be equal to d_model"
        } else if s.ndim() != t.ndim() {
            "src and tgt must both have a batch, or neither"
        } else if s.ndim() == 3 && s[batch] != t[batch] {
            "the batch number of src and tgt must be equal"
        } else {
            return;
        };
        raise(Error::Shape {
            op: "Transformer",
            lhs: s.to_vec(),
            rhs: t.to_vec(),
            rule: rule.into(),
        });
    }
}
settings!(Transformer);

impl Module for Transformer {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        visitor.field("encoder", &self.encoder);
        visitor.field("decoder", &self.decoder);
    }
}
shown!(Transformer);
