//! Losses of all kinds but those of `functional`.

use ondol::nn::functional as f;
use ondol::nn::functional::{
    CtcOptions, GaussianNllOptions, MultiMarginOptions, PoissonNllOptions, Reduction,
    TripletOptions,
};
use ondol_autograd::Tensor;

use super::CONSTANT;
use crate::line::{Line, any, between, line, positions};

const SAME: &str = "edges are those of the sums and means that it is made of";

/// Numbers of both signs, of the tensor's kind.
fn signs(like: &Tensor, values: &[f64]) -> Tensor {
    Tensor::from_slice(values, values.len())
        .to_dtype(like.dtype())
        .to(like.device())
}

pub(super) fn lines() -> Vec<Line> {
    [differences(), margins(), likelihoods(), distances()]
        .into_iter()
        .flatten()
        .map(|line| line.no_edges(SAME))
        .chain(edges())
        .collect()
}

fn edges() -> Vec<Line> {
    vec![
        line(
            "huber_loss",
            [any([3, 4]), between(3.0, 4.0, [3, 4])],
            |t| f::huber_loss(&t[0], &t[1], 0.5, Reduction::None),
        )
        .case("edges")
        .elementwise()
        .first_only(CONSTANT),
        line("soft_margin_loss", [any([3, 4])], |t| {
            f::soft_margin_loss(&t[0], &t[0].ones_like(), Reduction::None)
        })
        .case("edges")
        .elementwise(),
    ]
}

fn differences() -> Vec<Line> {
    let near = || [between(0.0, 0.4, [3, 4]), between(0.0, 0.4, [3, 4])];
    let apart = || [any([3, 4]), between(3.0, 4.0, [3, 4])];
    vec![
        line("smooth_l1_loss", near(), |t| {
            f::smooth_l1_loss(&t[0], &t[1], 0.9, Reduction::Mean)
        })
        .case("near"),
        line("smooth_l1_loss", apart(), |t| {
            f::smooth_l1_loss(&t[0], &t[1], 0.5, Reduction::Sum)
        })
        .case("apart")
        .first_only(CONSTANT),
        line("huber_loss", near(), |t| {
            f::huber_loss(&t[0], &t[1], 0.9, Reduction::Mean)
        })
        .case("near"),
    ]
}

fn margins() -> Vec<Line> {
    const Y: [f64; 3] = [1.0, -1.0, 1.0];
    let one = || [any([3])];
    vec![
        line("hinge_embedding_loss", one(), |t| {
            f::hinge_embedding_loss(&t[0], &signs(&t[0], &Y), 1.0, Reduction::Mean).square()
        }),
        line("margin_ranking_loss", [any([3]), any([3])], |t| {
            f::margin_ranking_loss(&t[0], &t[1], &signs(&t[0], &Y), 0.3, Reduction::None).square()
        }),
        line("soft_margin_loss", one(), |t| {
            f::soft_margin_loss(&t[0], &signs(&t[0], &Y), Reduction::Mean)
        }),
        line("multi_margin_loss", [any([3, 4])], |t| {
            let options = MultiMarginOptions {
                p: 2,
                ..MultiMarginOptions::default()
            };
            f::multi_margin_loss(&t[0], &positions(&t[0], &[2, 0, 3], [3]), options)
        }),
        line("multilabel_margin_loss", [any([2, 4])], |t| {
            let target = positions(&t[0], &[3, 0, -1, 1, 2, -1, 0, 0], [2, 4]);
            f::multilabel_margin_loss(&t[0], &target, Reduction::None).square()
        }),
        line(
            "multilabel_soft_margin_loss",
            [any([2, 3]), between(0.0, 1.0, [2, 3])],
            |t| f::multilabel_soft_margin_loss(&t[0], &t[1], None, Reduction::Mean),
        ),
    ]
}

fn likelihoods() -> Vec<Line> {
    vec![
        line("kl_div", [any([3, 4]), between(0.1, 0.9, [3, 4])], |t| {
            f::kl_div(&t[0], &t[1], false, Reduction::BatchMean)
        }),
        line("kl_div", [any([3, 4]), any([3, 4])], |t| {
            f::kl_div(&t[0], &t[1], true, Reduction::Mean)
        })
        .case("of logarithms"),
        line(
            "poisson_nll_loss",
            [any([4]), between(1.5, 4.0, [4])],
            |t| {
                let options = PoissonNllOptions {
                    full: true,
                    ..PoissonNllOptions::default()
                };
                f::poisson_nll_loss(&t[0], &t[1], options)
            },
        ),
        line(
            "poisson_nll_loss",
            [between(0.5, 2.0, [4]), between(1.5, 4.0, [4])],
            |t| {
                let options = PoissonNllOptions {
                    log_input: false,
                    ..PoissonNllOptions::default()
                };
                f::poisson_nll_loss(&t[0], &t[1], options)
            },
        )
        .case("of rates"),
        line(
            "gaussian_nll_loss",
            [any([3, 2]), any([3, 2]), between(0.5, 2.0, [3])],
            |t| f::gaussian_nll_loss(&t[0], &t[1], &t[2], GaussianNllOptions::default()),
        ),
        line("ctc_loss", [any([4, 2, 3])], |t| {
            let targets = positions(&t[0], &[1, 2, 1, 1], [2, 2]);
            let lengths = |values: &[i64]| positions(&t[0], values, [2]);
            let options = CtcOptions::default();
            f::ctc_loss(
                &t[0].log_softmax(2),
                &targets,
                &lengths(&[4, 3]),
                &lengths(&[2, 1]),
                options,
            )
        }),
    ]
}

fn distances() -> Vec<Line> {
    const Y: [f64; 3] = [1.0, -1.0, 1.0];
    let two = || [any([3, 4]), any([3, 4])];
    let three = || [any([3, 4]), any([3, 4]), between(0.0, 1.0, [3, 4])];
    vec![
        line("cosine_embedding_loss", two(), |t| {
            f::cosine_embedding_loss(&t[0], &t[1], &signs(&t[0], &Y), -0.9, Reduction::Mean)
        }),
        line("triplet_margin_loss", three(), |t| {
            let options = TripletOptions {
                margin: 5.0,
                ..TripletOptions::default()
            };
            f::triplet_margin_loss(&t[0], &t[1], &t[2], options)
        }),
        line("triplet_margin_with_distance_loss", three(), |t| {
            let distance = |a: &Tensor, b: &Tensor| a.sub(b).square().sum_dim(-1, false);
            f::triplet_margin_with_distance_loss(
                &t[0],
                &t[1],
                &t[2],
                distance,
                40.0,
                false,
                Reduction::Mean,
            )
        }),
    ]
}
