//! The transformer.

use ondol_nn::{
    DType, DecoderMasks, EncoderMasks, Forward, LayerNorm, Module, Tensor, Transformer,
    TransformerDecoder, TransformerDecoderLayer, TransformerEncoder, TransformerEncoderLayer,
    TransformerMasks, fork_rng_guard, functional, manual_seed,
};

use crate::cases::Case;
use crate::refused;
use crate::run::{Outputs, prepare};

fn gelu(x: &Tensor) -> Tensor {
    functional::gelu(x, functional::Gelu::Exact)
}

macro_rules! configured {
    ($case:ident, $layer:expr) => {
        $layer
            .dim_feedforward($case.size("dim_feedforward").unwrap())
            .dropout($case.number("dropout").unwrap())
            .activation(match $case.arg("activation").as_str() {
                Some("gelu") => gelu,
                _ => Tensor::relu,
            })
            .batch_first($case.flag("batch_first", false))
            .norm_first($case.flag("norm_first", false))
            .bias($case.flag("bias", true))
    };
}

pub(crate) fn run(case: &Case, op: &str) -> (Vec<(String, Tensor)>, Outputs) {
    let (d, heads) = (case.size("d_model").unwrap(), case.size("nhead").unwrap());
    let encoder_masks = EncoderMasks {
        mask: case.optional("mask").or(case.optional("src_mask")),
        key_padding_mask: case.optional("src_key_padding_mask"),
        is_causal: false,
    };
    let decoder_masks = DecoderMasks {
        tgt_mask: case.optional("tgt_mask"),
        memory_key_padding_mask: case.optional("memory_key_padding_mask"),
        ..DecoderMasks::default()
    };
    let (src, tgt, memory) = (
        case.optional("src"),
        case.optional("tgt"),
        case.optional("memory"),
    );
    let layers = case.size("num_layers").unwrap_or(0);
    macro_rules! of {
        ($module:expr, |$m:ident| $y:expr) => {{
            let $m = $module;
            prepare(case, &$m);
            ($m.named_parameters(), vec![("output", $y)])
        }};
    }
    let encoder = || configured!(case, TransformerEncoderLayer::new(d, heads));
    let decoder = || configured!(case, TransformerDecoderLayer::new(d, heads));
    match op {
        "TransformerEncoderLayer" => {
            of!(encoder(), |m| m.forward_with(src.unwrap(), &encoder_masks))
        }
        "TransformerDecoderLayer" => {
            of!(decoder(), |m| m.forward_with(
                tgt.unwrap(),
                memory.unwrap(),
                &decoder_masks
            ))
        }
        "TransformerEncoder" => {
            let module = TransformerEncoder::new(&encoder(), layers).norm(LayerNorm::new(d));
            of!(module, |m| m.forward_with(src.unwrap(), &encoder_masks))
        }
        "TransformerDecoder" => {
            let module = TransformerDecoder::new(&decoder(), layers).norm(LayerNorm::new(d));
            of!(module, |m| m.forward_with(
                tgt.unwrap(),
                memory.unwrap(),
                &decoder_masks
            ))
        }
        "Transformer" => {
            let (e, d_) = (
                case.size("num_encoder_layers"),
                case.size("num_decoder_layers"),
            );
            let module = configured!(case, Transformer::new(d, heads, e.unwrap(), d_.unwrap()));
            let masks = TransformerMasks {
                tgt_mask: case.optional("tgt_mask"),
                src_key_padding_mask: case.optional("src_key_padding_mask"),
                memory_key_padding_mask: case.optional("memory_key_padding_mask"),
                ..TransformerMasks::default()
            };
            of!(module, |m| m.forward_with(
                src.unwrap(),
                tgt.unwrap(),
                &masks
            ))
        }
        other => panic!("{}: no test runs {other}", case.id()),
    }
}

#[test]
fn an_encoder_is_made_of_copies() {
    let layer = TransformerEncoderLayer::new(4, 2).dim_feedforward(6);
    let encoder = TransformerEncoder::new(&layer, 2);
    let weight = |i: usize| &encoder.layers[i].linear1.weight;
    assert_eq!(
        weight(0).to_vec::<f32>(),
        layer.linear1.weight.to_vec::<f32>()
    );
    assert!(!weight(0).same(weight(1)) && !weight(0).same(&layer.linear1.weight));
    assert_eq!(encoder.parameters().len(), 2 * layer.parameters().len());
}

#[test]
fn settings_keep_the_numbers_unless_sizes_change() {
    let layer = TransformerEncoderLayer::new(4, 2)
        .dim_feedforward(6)
        .dtype(DType::F64);
    let before = layer.state_dict();
    let layer = layer.norm_first(true).batch_first(true).dropout(0.3);
    let same = before
        .iter()
        .zip(layer.state_dict().iter().collect::<Vec<_>>())
        .all(|(a, b)| a.0 == b.0 && a.1.to_vec::<f64>().unwrap() == b.1.to_vec::<f64>().unwrap());
    assert!(same);
    let wider = layer.dim_feedforward(8);
    assert_eq!(wider.linear1.weight.shape(), [8, 4]);
    assert_eq!(wider.linear1.weight.dtype(), DType::F64);
}

#[test]
fn the_matrices_of_a_transformer_begin_xavier_uniform() {
    let _own = fork_rng_guard();
    manual_seed(8);
    let model = Transformer::new(32, 4, 1, 1).dim_feedforward(96);
    let weight = model.decoder.layers[0].linear1.weight.detach();
    let bound = (6.0f64 / 128.0).sqrt();
    let (low, high) = (weight.min().item(), weight.max().item());
    assert!(low >= -bound && low < -0.95 * bound && high <= bound && high > 0.95 * bound);
}

#[test]
fn wrong_shapes_are_refused_by_name_and_line() {
    let model = Transformer::new(4, 2, 1, 1).dim_feedforward(6);
    let x = Tensor::zeros([3, 2, 4]);
    let batch = refused(|| model.forward(&x, &Tensor::zeros([3, 3, 4])));
    assert!(
        batch.contains("the batch number of src and tgt must be equal"),
        "{batch}"
    );
    let size = refused(|| model.forward(&x, &Tensor::zeros([3, 2, 5])));
    assert!(size.contains("must be equal to d_model"), "{size}");
    let layer = TransformerEncoderLayer::new(4, 2).dim_feedforward(6);
    let line = line!() + 1;
    let message = refused(|| layer.forward(&Tensor::zeros([3, 2, 5])));
    assert!(
        message.contains("in TransformerEncoderLayer(4, 2) > MultiheadAttention(4, 2)"),
        "{message}"
    );
    assert!(
        message.contains(&format!("transformer.rs:{line}:")),
        "{message}"
    );
}
