//! Losses and normalisation, which live beside the layers.

use ondol::nn::functional::{
    self as f, ClassOptions, Reduction, RunningStats, binary_cross_entropy, cross_entropy, l1_loss,
    mse_loss, nll_loss,
};
use ondol_autograd::Tensor;

use super::CONSTANT;
use crate::line::{Line, any, between, line, positions};

const REDUCTIONS: [(Reduction, &str); 3] = [
    (Reduction::None, "none"),
    (Reduction::Mean, "mean"),
    (Reduction::Sum, "sum"),
];

pub(super) fn lines() -> Vec<Line> {
    [
        differences(),
        probabilities(),
        classes(),
        norms(),
        dropout(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn differences() -> Vec<Line> {
    let two = || [any([3, 4]), between(3.0, 4.0, [3, 4])];
    let mut lines = Vec::new();
    for (reduction, case) in REDUCTIONS {
        let out: &[usize] = if reduction == Reduction::None {
            &[0, 4]
        } else {
            &[]
        };
        let edges = |line: Line| {
            line.case(case)
                .fused()
                .empty([&[0, 4], &[0, 4]], out)
                .scalar([&[], &[]], &[])
        };
        lines.push(edges(line("mse_loss", two(), move |t| {
            mse_loss(&t[0], &t[1], reduction)
        })));
        lines.push(edges(
            line("l1_loss", two(), move |t| l1_loss(&t[0], &t[1], reduction)).first_only(CONSTANT),
        ));
    }
    lines
}

fn probabilities() -> Vec<Line> {
    let two = || [between(0.1, 0.9, [3, 4]), between(0.1, 0.9, [3, 4])];
    let logits = || [any([3, 4]), between(0.1, 0.9, [3, 4])];
    let weight = |t: &Tensor| {
        Tensor::linspace(0.5, 2.0, 4)
            .to_dtype(t.dtype())
            .to(t.device())
    };
    let mut lines = Vec::new();
    for (reduction, case) in REDUCTIONS {
        let out: &[usize] = if reduction == Reduction::None {
            &[0, 4]
        } else {
            &[]
        };
        let edges = |line: Line| {
            line.case(case)
                .empty([&[0, 4], &[0, 4]], out)
                .scalar([&[], &[]], &[])
        };
        lines.push(edges(line("binary_cross_entropy", two(), move |t| {
            binary_cross_entropy(&t[0], &t[1], None, reduction)
        })));
        lines.push(edges(line(
            "binary_cross_entropy_with_logits",
            logits(),
            move |t| f::binary_cross_entropy_with_logits(&t[0], &t[1], None, None, reduction),
        )));
    }
    lines.push(
        line("binary_cross_entropy", [between(0.1, 0.9, [3, 4])], |t| {
            let truths = t[0].detach().ge(0.5).to_dtype(t[0].dtype());
            binary_cross_entropy(&t[0], &truths, None, Reduction::Mean)
        })
        .case("truths without a gradient")
        .fused()
        .no_edges("as with one"),
    );
    lines.push(
        line("binary_cross_entropy", two(), move |t| {
            binary_cross_entropy(&t[0], &t[1], Some(&weight(&t[0])), Reduction::Mean)
        })
        .case("weighted")
        .no_edges("as without weights"),
    );
    lines.push(
        line("binary_cross_entropy_with_logits", logits(), move |t| {
            let w = weight(&t[0]);
            f::binary_cross_entropy_with_logits(&t[0], &t[1], Some(&w), Some(&w), Reduction::Mean)
        })
        .case("weighted")
        .no_edges("as without weights"),
    );
    lines
}

fn classes() -> Vec<Line> {
    let target = |t: &[Tensor]| positions(&t[0], &[2, 0, -100], [3]);
    let weight = |t: &[Tensor]| {
        Tensor::linspace(0.5, 2.0, 4)
            .to_dtype(t[0].dtype())
            .to(t[0].device())
    };
    let one = || [any([3, 4])];
    let mut lines = Vec::new();
    for (reduction, case) in REDUCTIONS {
        let options = move || ClassOptions {
            reduction,
            ..ClassOptions::default()
        };
        lines.push(
            line("nll_loss", one(), move |t| {
                nll_loss(&t[0], &target(t), &options())
            })
            .case(case),
        );
        lines.push(
            line("cross_entropy", one(), move |t| {
                cross_entropy(&t[0], &target(t), &options())
            })
            .case(case)
            .fused(),
        );
    }
    for (smoothing, case) in [(0.0, "weighted"), (0.2, "weighted and smooth")] {
        lines.push(
            line("cross_entropy", one(), move |t| {
                let w = weight(t);
                let options = ClassOptions {
                    weight: Some(&w),
                    label_smoothing: smoothing,
                    ..ClassOptions::default()
                };
                cross_entropy(&t[0], &target(t), &options)
            })
            .case(case),
        );
    }
    lines.push(
        line("cross_entropy", [any([2, 3, 2])], |t| {
            let target = positions(&t[0], &[2, 0, 1, 1], [2, 2]);
            cross_entropy(&t[0], &target, &ClassOptions::default())
        })
        .case("in space"),
    );
    // The target's size is fixed: other inputs do not go with it.
    lines = lines
        .into_iter()
        .map(|l| l.empty_fails([&[0, 4]]).scalar_fails())
        .collect();
    lines.push(
        line(
            "cross_entropy",
            [any([3, 4]), between(0.1, 0.9, [3, 4])],
            |t| cross_entropy(&t[0], &t[1], &ClassOptions::default()),
        )
        .case("probabilities")
        .empty([&[0, 4], &[0, 4]], &[])
        .scalar_fails(),
    );
    lines
}

fn norms() -> Vec<Line> {
    vec![
        line("batch_norm", [any([4, 3, 2]), any([3]), any([3])], |t| {
            f::batch_norm(&t[0], None, Some(&t[1]), Some(&t[2]), true, 1e-5)
        })
        .case("training")
        .fused()
        .empty([&[0, 3, 2], &[3], &[3]], &[0, 3, 2])
        .scalar_fails(),
        line("batch_norm", [any([4, 3, 2])], |t| {
            let fixed = |low, high| {
                Tensor::linspace(low, high, 3)
                    .to_dtype(t[0].dtype())
                    .to(t[0].device())
            };
            let (mean, var) = (fixed(-0.5, 0.5), fixed(0.5, 2.0));
            let running = RunningStats {
                mean: &mean,
                var: &var,
                momentum: 0.1,
            };
            f::batch_norm(&t[0], Some(running), None, None, false, 1e-5)
        })
        .case("evaluation")
        .empty([&[0, 3, 2]], &[0, 3, 2])
        .scalar_fails(),
    ]
}

fn dropout() -> Vec<Line> {
    vec![
        line("dropout", [any([3, 4])], |t| {
            f::dropout(&t[0], 0.5, false).square()
        })
        .case("evaluation")
        .elementwise(),
        line("dropout", [any([3, 4])], |t| f::dropout(&t[0], 1.0, true))
            .case("all")
            .elementwise()
            .first_only(CONSTANT),
    ]
}
