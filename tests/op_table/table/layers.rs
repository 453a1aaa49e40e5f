//! Normalisation, tables and the dropouts of channels.

use ondol::nn::functional as f;
use ondol::nn::functional::{Bag, EmbeddingBagOptions, EmbeddingOptions};

use super::CONSTANT;
use crate::line::{Line, any, line, positions};

pub(super) fn lines() -> Vec<Line> {
    [norms(), tables(), dropouts()]
        .into_iter()
        .flatten()
        .collect()
}

fn norms() -> Vec<Line> {
    vec![
        line("layer_norm", [any([2, 3, 4]), any([4]), any([4])], |t| {
            f::layer_norm(&t[0], 4, Some(&t[1]), Some(&t[2]), 1e-2)
        })
        .fused()
        .empty([&[0, 3, 4], &[4], &[4]], &[0, 3, 4])
        .scalar_fails(),
        line("layer_norm", [any([2, 3, 4])], |t| {
            f::layer_norm(&t[0], [3, 4], None, None, 1e-2)
        })
        .case("over two dimensions")
        .fused()
        .empty([&[0, 3, 4]], &[0, 3, 4])
        .scalar_fails(),
        line("rms_norm", [any([2, 3, 4]), any([4])], |t| {
            f::rms_norm(&t[0], 4, Some(&t[1]), Some(1e-2))
        })
        .empty([&[0, 3, 4], &[4]], &[0, 3, 4])
        .scalar_fails(),
        line("group_norm", [any([2, 4, 3]), any([4]), any([4])], |t| {
            f::group_norm(&t[0], 2, Some(&t[1]), Some(&t[2]), 1e-2)
        })
        .empty([&[0, 4, 3], &[4], &[4]], &[0, 4, 3])
        .scalar_fails(),
        line("instance_norm", [any([2, 3, 4]), any([3]), any([3])], |t| {
            f::instance_norm(&t[0], None, Some(&t[1]), Some(&t[2]), true, 1e-2)
        })
        .empty([&[0, 3, 4], &[3], &[3]], &[0, 3, 4])
        .scalar_fails(),
        line("local_response_norm", [any([2, 4, 3])], |t| {
            f::local_response_norm(&t[0], 3, 0.5, 0.75, 1.0)
        })
        .empty([&[0, 4, 3]], &[0, 4, 3])
        .scalar_fails(),
    ]
}

fn tables() -> Vec<Line> {
    const ROWS: &str = "the places are fixed, and go with one table only";
    let bag = |case, mode| {
        line("embedding_bag", [any([5, 3])], move |t| {
            let input = positions(&t[0], &[1, 0, 4, 2, 1, 2], [6]);
            let offsets = positions(&t[0], &[0, 2, 2], [3]);
            let options = EmbeddingBagOptions {
                mode,
                offsets: Some(&offsets),
                ..EmbeddingBagOptions::default()
            };
            f::embedding_bag(&input, &t[0], options).square()
        })
        .case(case)
        .no_edges(ROWS)
    };
    vec![
        line("embedding", [any([5, 3])], |t| {
            let input = positions(&t[0], &[1, 0, 4, 1], [2, 2]);
            f::embedding(&input, &t[0], EmbeddingOptions::default()).square()
        })
        .no_edges(ROWS),
        bag("sum", Bag::Sum),
        bag("mean", Bag::Mean),
        bag("max", Bag::Max),
        line("embedding_bag", [any([5, 3]), any([2, 2])], |t| {
            let input = positions(&t[0], &[1, 0, 4, 1], [2, 2]);
            let options = EmbeddingBagOptions {
                mode: Bag::Sum,
                per_sample_weights: Some(&t[1]),
                ..EmbeddingBagOptions::default()
            };
            f::embedding_bag(&input, &t[0], options)
        })
        .case("weighted")
        .no_edges(ROWS),
    ]
}

fn dropouts() -> Vec<Line> {
    let mut lines = Vec::new();
    macro_rules! dropouts {
        ($($name:ident [$($size:literal),*];)*) => {$(
            lines.push(
                line(stringify!($name), [any([$($size),*])], |t| f::$name(&t[0], 0.5, false).square())
                    .case("evaluation")
                    .no_edges("in evaluation it is the input itself"),
            );
            lines.push(
                line(stringify!($name), [any([$($size),*])], |t| f::$name(&t[0], 1.0, true))
                    .case("all")
                    .no_edges("in evaluation it is the input itself")
                    .first_only(CONSTANT),
            );
        )*};
    }
    dropouts! {
        dropout1d [2, 3, 4];
        dropout2d [2, 3, 2, 2];
        dropout3d [2, 2, 2, 2, 2];
        alpha_dropout [3, 4];
        feature_alpha_dropout [2, 3, 2];
    }
    lines
}
