//! Attention.

use ondol::nn::functional::{AttentionOptions, scaled_dot_product_attention};
use ondol_autograd::Tensor;

use crate::line::{Line, any, line, mask};

fn attend(t: &[Tensor], options: &AttentionOptions<'_>) -> Tensor {
    scaled_dot_product_attention(&t[0], &t[1], &t[2], options)
}

pub(super) fn lines() -> Vec<Line> {
    const NAME: &str = "scaled_dot_product_attention";
    let plain = AttentionOptions::default;
    let three = || [any([2, 3, 4]), any([2, 5, 4]), any([2, 5, 2])];
    vec![
        line(NAME, three(), move |t| attend(t, &plain()))
            .empty([&[0, 3, 4], &[0, 5, 4], &[0, 5, 2]], &[0, 3, 2])
            .scalar_fails(),
        line(NAME, three(), move |t| {
            let options = AttentionOptions {
                is_causal: true,
                scale: Some(0.3),
                ..plain()
            };
            attend(t, &options)
        })
        .case("causal")
        .empty([&[0, 3, 4], &[0, 5, 4], &[0, 5, 2]], &[0, 3, 2])
        .scalar_fails(),
        line(NAME, three(), move |t| {
            let allowed = mask(&t[0], &[3, 5]);
            let options = AttentionOptions {
                attn_mask: Some(&allowed),
                ..plain()
            };
            attend(t, &options)
        })
        .case("truths")
        .empty([&[0, 3, 4], &[0, 5, 4], &[0, 5, 2]], &[0, 3, 2])
        .scalar_fails(),
        line(
            NAME,
            [any([2, 3, 4]), any([2, 5, 4]), any([2, 5, 2]), any([3, 5])],
            move |t| {
                let options = AttentionOptions {
                    attn_mask: Some(&t[3]),
                    ..plain()
                };
                attend(t, &options)
            },
        )
        .case("bias")
        .no_edges("as with truths"),
        line(
            NAME,
            [any([4, 3, 2]), any([2, 5, 2]), any([2, 5, 2])],
            move |t| {
                let options = AttentionOptions {
                    enable_gqa: true,
                    ..plain()
                };
                attend(t, &options)
            },
        )
        .case("shared heads")
        .no_edges("as without"),
    ]
}
