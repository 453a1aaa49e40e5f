//! Compositions: softmax and its relatives, statistics, `linear`, convolution and pooling.

use ondol_autograd::functional::{conv2d, linear, max_pool2d, max_pool2d_with_indices};
use ondol_autograd::{Conv2dOptions, Pool2dOptions};

use crate::line::{Line, any, distinct, line, zeros};

pub(super) fn lines() -> Vec<Line> {
    [softmax(), stats(), affine(), convolutions(), pooling()]
        .into_iter()
        .flatten()
        .collect()
}

fn softmax() -> Vec<Line> {
    let one = || [any([3, 4])];
    vec![
        line("softmax", one(), |t| t[0].softmax(-1))
            .fused()
            .empty([&[0, 4]], &[0, 4])
            .scalar([&[]], &[]),
        line("softmax", one(), |t| t[0].softmax(0))
            .fused()
            .case("first")
            .empty([&[0, 4]], &[0, 4])
            .scalar([&[]], &[]),
        line("log_softmax", one(), |t| t[0].log_softmax(-1))
            .fused()
            .empty([&[3, 0]], &[3, 0])
            .scalar([&[]], &[]),
        line("log_softmax", [any([2, 3, 2])], |t| t[0].log_softmax(1))
            .fused()
            .case("middle")
            .empty([&[2, 3, 0]], &[2, 3, 0])
            .scalar_fails(),
        line("logsumexp", one(), |t| t[0].logsumexp(1, false))
            .empty([&[0, 4]], &[0])
            .scalar_fails(),
        line("logsumexp", one(), |t| t[0].logsumexp(0, true))
            .case("kept")
            .empty([&[3, 0]], &[1, 0])
            .scalar([&[]], &[]),
    ]
}

fn stats() -> Vec<Line> {
    let one = || [any([3, 4])];
    vec![
        line("var", one(), |t| t[0].var(0, 1.0, false))
            .empty([&[3, 0]], &[0])
            .scalar([&[]], &[]),
        line("var", one(), |t| t[0].var(.., 0.0, true))
            .case("biased, all, kept")
            .empty([&[0, 4]], &[1, 1])
            .scalar([&[]], &[]),
        line("std", one(), |t| t[0].std(-1, 1.0, true))
            .empty([&[0, 4]], &[0, 1])
            .scalar([&[]], &[]),
        line("norm", one(), |t| t[0].norm())
            .empty([&[0, 4]], &[])
            .scalar([&[]], &[]),
        line("norm", [zeros([3, 4])], |t| t[0].norm())
            .case("with zeros")
            .no_edges("as without zeros"),
    ]
}

fn affine() -> Vec<Line> {
    vec![
        line("linear", [any([3, 4]), any([2, 4]), any([2])], |t| {
            linear(&t[0], &t[1], Some(&t[2]))
        })
        .fused()
        .empty([&[0, 4], &[2, 4], &[2]], &[0, 2])
        .scalar_fails(),
        line("linear", [any([4]), any([2, 4])], |t| {
            linear(&t[0], &t[1], None)
        })
        .case("1-D, no bias")
        .fused()
        .empty([&[0], &[2, 0]], &[2])
        .scalar_fails(),
        line("linear", [any([2, 3, 4]), any([2, 4]), any([2])], |t| {
            linear(&t[0], &t[1], Some(&t[2]))
        })
        .case("3-D")
        .fused()
        .empty([&[2, 0, 4], &[2, 4], &[2]], &[2, 0, 2])
        .scalar_fails(),
    ]
}

fn convolutions() -> Vec<Line> {
    let options = Conv2dOptions::default();
    let conv = move |x, w, o: Conv2dOptions| {
        line("conv2d", [x, w], move |t| conv2d(&t[0], &t[1], None, o))
            .fused()
            .scalar_fails()
    };
    vec![
        line(
            "conv2d",
            [any([2, 2, 4, 4]), any([3, 2, 3, 3]), any([3])],
            move |t| conv2d(&t[0], &t[1], Some(&t[2]), options),
        )
        .fused()
        .empty([&[0, 2, 4, 4], &[3, 2, 3, 3], &[3]], &[0, 3, 2, 2])
        .scalar_fails(),
        conv(any([2, 4, 3]), any([2, 2, 2, 2]), options)
            .case("no batch")
            .empty_fails([&[2, 0, 3], &[2, 2, 2, 2]]),
        conv(
            any([1, 2, 5, 4]),
            any([2, 2, 3, 2]),
            Conv2dOptions {
                stride: [2, 1],
                ..options
            },
        )
        .case("strides")
        .empty_fails([&[1, 2, 0, 4], &[2, 2, 3, 2]]),
        conv(
            any([1, 1, 3, 4]),
            any([2, 1, 3, 3]),
            Conv2dOptions {
                padding: [1, 2],
                ..options
            },
        )
        .case("padding")
        .empty([&[0, 1, 3, 4], &[2, 1, 3, 3]], &[0, 2, 3, 6]),
        conv(
            any([1, 1, 5, 4]),
            any([1, 1, 2, 2]),
            Conv2dOptions {
                dilation: [2, 3],
                ..options
            },
        )
        .case("dilation")
        .empty([&[0, 1, 5, 4], &[1, 1, 2, 2]], &[0, 1, 3, 1]),
        conv(
            any([1, 4, 3, 3]),
            any([4, 2, 2, 2]),
            Conv2dOptions {
                groups: 2,
                ..options
            },
        )
        .case("groups")
        .empty([&[0, 4, 3, 3], &[4, 2, 2, 2]], &[0, 4, 2, 2]),
        conv(
            any([2, 3, 3, 3]),
            any([3, 1, 3, 3]),
            Conv2dOptions {
                groups: 3,
                padding: [1, 1],
                ..options
            },
        )
        .case("one channel a group")
        .empty([&[0, 3, 3, 3], &[3, 1, 3, 3]], &[0, 3, 3, 3]),
        conv(
            any([1, 4, 6, 5]),
            any([2, 2, 2, 3]),
            Conv2dOptions {
                stride: [2, 2],
                padding: [1, 2],
                dilation: [3, 1],
                groups: 2,
            },
        )
        .case("all at once")
        .empty([&[0, 4, 6, 5], &[2, 2, 2, 3]], &[0, 2, 3, 4]),
        conv(any([2, 3, 2, 2]), any([4, 3, 1, 1]), options)
            .case("1 by 1")
            .empty([&[0, 3, 2, 2], &[4, 3, 1, 1]], &[0, 4, 2, 2]),
    ]
}

fn pooling() -> Vec<Line> {
    let plain = Pool2dOptions {
        kernel: [2, 2],
        stride: [2, 2],
        padding: [0, 0],
        dilation: [1, 1],
    };
    let pool = |x, o: Pool2dOptions| {
        line("max_pool2d", [x], move |t| max_pool2d(&t[0], o))
            .fused()
            .scalar_fails()
    };
    vec![
        pool(distinct([2, 2, 4, 4]), plain).empty([&[0, 2, 4, 4]], &[0, 2, 2, 2]),
        pool(distinct([2, 4, 4]), plain)
            .case("no batch")
            .empty_fails([&[2, 0, 4]]),
        pool(
            distinct([1, 1, 5, 5]),
            Pool2dOptions {
                kernel: [3, 2],
                stride: [1, 2],
                ..plain
            },
        )
        .case("overlapping")
        .empty_fails([&[1, 1, 5, 0]]),
        pool(
            distinct([1, 2, 4, 3]),
            Pool2dOptions {
                padding: [1, 1],
                ..plain
            },
        )
        .case("padding")
        .empty([&[0, 2, 4, 3]], &[0, 2, 3, 2]),
        pool(
            distinct([1, 1, 6, 6]),
            Pool2dOptions {
                dilation: [2, 3],
                stride: [1, 1],
                ..plain
            },
        )
        .case("dilation")
        .empty([&[0, 1, 6, 6]], &[0, 1, 4, 3]),
        line(
            "max_pool2d_with_indices",
            [distinct([2, 1, 4, 5])],
            move |t| {
                max_pool2d_with_indices(
                    &t[0],
                    Pool2dOptions {
                        kernel: [3, 3],
                        padding: [1, 1],
                        ..plain
                    },
                )
            },
        )
        .fused()
        .empty([&[0, 1, 4, 5]], &[0, 1, 2, 3])
        .scalar_fails(),
    ]
}
