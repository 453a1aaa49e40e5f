//! Attention.

use ondol_nn::functional::{AttentionOptions, scaled_dot_product_attention};
use ondol_nn::{
    Module, MultiheadAttention, MultiheadOptions, Tensor, fork_rng_guard, manual_seed, tensor,
};

use crate::cases::Case;
use crate::refused;
use crate::run::{Outputs, prepare};

pub(crate) fn sdpa(case: &Case) -> Outputs {
    let options = AttentionOptions {
        attn_mask: case.optional("attn_mask"),
        is_causal: case.flag("is_causal", false),
        scale: case.number("scale"),
        enable_gqa: case.flag("enable_gqa", false),
        ..AttentionOptions::default()
    };
    let (q, k, v) = (case.input("query"), case.input("key"), case.input("value"));
    vec![("output", scaled_dot_product_attention(q, k, v, &options))]
}

pub(crate) fn multihead(case: &Case) -> (Vec<(String, Tensor)>, Outputs) {
    let (e, heads) = (
        case.size("embed_dim").unwrap(),
        case.size("num_heads").unwrap(),
    );
    let layer = MultiheadAttention::new(e, heads)
        .bias(case.flag("bias", true))
        .add_bias_kv(case.flag("add_bias_kv", false))
        .add_zero_attn(case.flag("add_zero_attn", false))
        .batch_first(case.flag("batch_first", false))
        .kdim(case.size("kdim").unwrap_or(e))
        .vdim(case.size("vdim").unwrap_or(e));
    prepare(case, &layer);
    let options = MultiheadOptions {
        key_padding_mask: case.optional("key_padding_mask"),
        attn_mask: case.optional("attn_mask"),
        need_weights: case.flag("need_weights", true),
        average_attn_weights: case.flag("average_attn_weights", true),
        is_causal: case.flag("is_causal", false),
    };
    let q = case.input("query");
    let (k, v) = (
        case.optional("key").unwrap_or(q),
        case.optional("value").unwrap_or(q),
    );
    let (y, weights) = layer.forward_with(q, k, v, &options);
    let mut outputs = vec![("output", y)];
    outputs.extend(weights.map(|weights| ("weights", weights)));
    (layer.named_parameters(), outputs)
}

#[test]
fn a_query_that_may_look_at_nothing_gets_zeros_and_nan_stays_nan() {
    let x = tensor!([[1.0, 2.0], [3.0, f32::NAN]]);
    let mask = tensor!([[true, true], [false, false]]);
    let options = AttentionOptions {
        attn_mask: Some(&mask),
        ..AttentionOptions::default()
    };
    let clean = tensor!([[1.0, 2.0], [3.0, 4.0]]);
    let y = scaled_dot_product_attention(&clean, &clean, &clean, &options);
    assert_eq!(y.i(1).to_vec::<f32>(), [0.0, 0.0]);
    let y = scaled_dot_product_attention(&clean, &x, &clean, &options);
    assert!(y.i(0).to_vec::<f32>()[0].is_nan());
}

#[test]
fn dropout_of_weights_keeps_the_mean_and_ends_with_training() {
    let _own = fork_rng_guard();
    manual_seed(6);
    let layer = MultiheadAttention::new(4, 2).dropout(0.5);
    let x = Tensor::randn([8, 64, 4]);
    let weights =
        |layer: &MultiheadAttention| layer.forward(&x, &x, &x).1.unwrap().sum_dim(-1, false);
    let sums = weights(&layer);
    assert!((sums.mean().item() - 1.0).abs() < 0.05, "{}", sums.mean());
    assert!(sums.std(.., 0.0, false).item() > 0.05);
    layer.eval();
    assert!(weights(&layer).sub(1.0).abs().max().item() < 1e-5);
}

#[test]
fn wrong_shapes_are_refused_by_name_and_line() {
    let layer = MultiheadAttention::new(4, 2);
    let x = Tensor::zeros([3, 2, 4]);
    let line = line!() + 1;
    let message = refused(|| layer.forward(&Tensor::zeros([3, 2, 5]), &x, &x));
    assert!(
        message.contains("was expecting embedding dimension of 4, but got 5"),
        "{message}"
    );
    assert!(message.contains("in MultiheadAttention(4, 2)"), "{message}");
    assert!(
        message.contains(&format!("attention.rs:{line}:")),
        "{message}"
    );
    let masked = |mask: &Tensor, padding: &Tensor, which: usize| {
        let options = MultiheadOptions {
            attn_mask: (which == 0).then_some(mask),
            key_padding_mask: (which == 1).then_some(padding),
            is_causal: which == 2,
            ..MultiheadOptions::default()
        };
        refused(|| layer.forward_with(&x, &x, &x, &options))
    };
    let (square, one) = (Tensor::zeros([2, 2]), Tensor::zeros([3]));
    for (message, part) in [
        (
            masked(&square, &one, 0),
            "2D attn_mask is [2, 2], but should be (3, 3)",
        ),
        (
            masked(&Tensor::zeros([2, 3, 3]), &one, 0),
            "but should be (4, 3, 3)",
        ),
        (masked(&one, &one, 0), "2-D or 3-D but found 1-D"),
        (masked(&tensor!([[1, 2]]), &one, 0), "attn_mask of i64"),
        (
            masked(&one, &Tensor::zeros([3, 3]), 1),
            "key_padding_mask of shape [2, 3]",
        ),
        (
            masked(&one, &one, 2),
            "Need attn_mask if specifying the is_causal hint",
        ),
        (
            refused(|| MultiheadAttention::new(5, 2)),
            "embed_dim must be divisible by num_heads",
        ),
        (
            refused(|| MultiheadAttention::new(0, 2)),
            "must be greater than 0",
        ),
        (
            refused(|| layer.forward(&x.i(0), &x, &x)),
            "expected `key` and `value` to be 2-D",
        ),
        (
            refused(|| layer.forward(&x, &Tensor::zeros([5, 2, 4]), &x)),
            "does not match value shape",
        ),
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
    let q = Tensor::zeros([2, 3, 4]);
    let mask = Tensor::zeros([3, 3]);
    let call = |k: &[usize], v: &[usize], o: AttentionOptions<'_>| {
        refused(|| scaled_dot_product_attention(&q, &Tensor::zeros(k), &Tensor::zeros(v), &o))
    };
    let plain = AttentionOptions::default();
    for (message, part) in [
        (
            call(&[2, 3, 5], &[2, 3, 4], plain),
            "same last size, but they have 4 and 5",
        ),
        (call(&[2, 3, 4], &[2, 2, 4], plain), "3 keys and 2 values"),
        (call(&[4], &[2, 2, 4], plain), "at least 2 dimensional"),
        (
            call(
                &[2, 3, 4],
                &[2, 3, 4],
                AttentionOptions {
                    dropout_p: 1.5,
                    ..plain
                },
            ),
            "but got 1.5",
        ),
        (
            call(
                &[2, 3, 4],
                &[2, 3, 4],
                AttentionOptions {
                    attn_mask: Some(&mask),
                    is_causal: true,
                    ..plain
                },
            ),
            "Explicit attn_mask should not be set when is_causal=True",
        ),
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
}
