//! Ranks, search, counts and combinations.

use ondol_autograd::{Interpolation, Tensor};

use super::WHOLE;
use crate::line::{Line, any, between, distinct, int, line};

pub(super) fn lines() -> Vec<Line> {
    [
        ranks(),
        quantiles(),
        sets(),
        searches(),
        counts(),
        combined(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn ranks() -> Vec<Line> {
    let one = || [distinct([3, 4])];
    vec![
        line("msort", one(), |t| t[0].msort())
            .empty([&[0, 4]], &[0, 4])
            .scalar([&[]], &[]),
        line("kthvalue", one(), |t| t[0].kthvalue(2, 1, false))
            .empty([&[0, 4]], &[0])
            .scalar_fails(),
        line("kthvalue", one(), |t| t[0].kthvalue(1, 0, true))
            .case("kept")
            .empty_fails([&[0, 4]])
            .scalar([&[]], &[]),
        line("median", one(), |t| t[0].median())
            .empty([&[0, 4]], &[])
            .scalar([&[]], &[]),
        line("nanmedian", one(), |t| t[0].nanmedian())
            .empty([&[0, 4]], &[])
            .scalar([&[]], &[]),
        line("median_dim", one(), |t| t[0].median_dim(-1, false))
            .empty([&[0, 4]], &[0])
            .scalar([&[]], &[]),
        line("median_dim", one(), |t| t[0].median_dim(0, true))
            .case("kept")
            .empty_fails([&[0, 4]])
            .scalar([&[]], &[]),
        line("nanmedian_dim", one(), |t| t[0].nanmedian_dim(1, false))
            .empty([&[0, 4]], &[0])
            .scalar_fails(),
        line("mode", one(), |t| t[0].mode(1, false))
            .empty([&[0, 4]], &[0])
            .scalar_fails(),
        line("mode", one(), |t| t[0].mode(0, true))
            .case("kept")
            .empty_fails([&[0, 4]])
            .scalar([&[]], &[]),
    ]
}

fn quantiles() -> Vec<Line> {
    const DTYPE: &str = "quantiles are for f32 and f64 only, as PyTorch's";
    let ways = [
        (Interpolation::Linear, "linear"),
        (Interpolation::Lower, "lower"),
        (Interpolation::Higher, "higher"),
        (Interpolation::Midpoint, "midpoint"),
        (Interpolation::Nearest, "nearest"),
    ];
    let mut lines = Vec::new();
    for (way, name) in ways {
        lines.push(
            line("quantile", [distinct([3, 5])], move |t| {
                t[0].quantile(0.3, 1, false, way)
            })
            .case(name)
            .double_only(DTYPE)
            .empty_fails([&[0, 5]])
            .scalar_fails(),
        );
    }
    lines.push(
        line("quantile", [distinct([3, 5])], |t| {
            let q = Tensor::from_slice(&[0.2f64, 0.9], 2).to(t[0].device());
            t[0].quantile(&q, None, true, Interpolation::Linear)
        })
        .case("several of all")
        .double_only(DTYPE)
        .empty_fails([&[0, 5]])
        .scalar([&[]], &[2]),
    );
    lines.push(
        line("nanquantile", [distinct([3, 5])], |t| {
            t[0].nanquantile(0.3, 0, true, Interpolation::Linear)
        })
        .double_only(DTYPE)
        .empty_fails([&[0, 5]])
        .scalar([&[]], &[]),
    );
    lines
}

fn sets() -> Vec<Line> {
    let all = |(a, b, c): (Tensor, Tensor, Tensor)| vec![a, b, c];
    vec![
        line(
            "unique",
            [distinct([3, 4])],
            move |t| all(t[0].unique(None)),
        )
        .empty([&[0, 4]], &[0])
        .scalar([&[]], &[1])
        .stops(WHOLE),
        line("unique", [distinct([3, 4])], move |t| all(t[0].unique(1)))
            .case("columns")
            .empty_fails([&[0, 4]])
            .scalar_fails()
            .stops(WHOLE),
        line("unique_consecutive", [distinct([3, 4])], move |t| {
            all(t[0].unique_consecutive(None))
        })
        .empty([&[0, 4]], &[0])
        .scalar([&[]], &[1])
        .stops(WHOLE),
        line("unique_consecutive", [distinct([3, 4])], move |t| {
            all(t[0].unique_consecutive(0))
        })
        .case("rows")
        .empty([&[0, 4]], &[0, 4])
        .scalar([&[]], &[1])
        .stops(WHOLE),
        line("isin", [int(5, [3, 4]), int(5, [2])], |t| {
            t[0].isin(&t[1], false)
        })
        .empty([&[0, 4], &[2]], &[0, 4])
        .scalar([&[], &[]], &[])
        .stops(WHOLE),
        line("isin", [int(5, [3, 4])], |t| t[0].isin(2, true))
            .case("number")
            .empty([&[0, 4]], &[0, 4])
            .scalar([&[]], &[])
            .stops(WHOLE),
    ]
}

fn searches() -> Vec<Line> {
    vec![
        line("searchsorted", [distinct([4]), any([3, 2])], |t| {
            t[0].msort().searchsorted(&t[1], false)
        })
        .empty([&[0], &[3, 2]], &[3, 2])
        .scalar_fails()
        .stops(WHOLE),
        line("searchsorted", [distinct([3, 4]), any([3, 2])], |t| {
            t[0].sort(1, false).0.searchsorted(&t[1], true)
        })
        .case("rows")
        .empty([&[0, 4], &[0, 2]], &[0, 2])
        .scalar_fails()
        .stops(WHOLE),
        line("bucketize", [any([3, 2]), distinct([4])], |t| {
            t[0].bucketize(&t[1].msort(), true)
        })
        .empty([&[0, 2], &[4]], &[0, 2])
        .scalar([&[], &[4]], &[])
        .stops(WHOLE),
    ]
}

fn counts() -> Vec<Line> {
    vec![
        line("bincount", [int(4, [6])], |t| t[0].bincount(None, 5))
            .empty([&[0]], &[5])
            .scalar_fails()
            .stops(WHOLE),
        line("bincount", [int(4, [6]), any([6])], |t| {
            t[0].bincount(Some(&t[1]), 5)
        })
        .case("weights")
        .empty([&[0], &[0]], &[5])
        .scalar_fails()
        .stops("it counts; PyTorch gives weights no gradient either"),
        line("histc", [between(0.0, 4.0, [3, 4])], |t| {
            t[0].histc(4, 0.0, 4.0)
        })
        .empty([&[0, 4]], &[4])
        .scalar([&[]], &[4])
        .stops(WHOLE),
        line("histogram", [between(0.0, 4.0, [3, 4])], |t| {
            t[0].histogram(4, Some((0.0, 4.0)), None, false)
        })
        .empty([&[0, 4]], &[4])
        .scalar([&[]], &[4])
        .stops(WHOLE),
        line(
            "histogram_edges",
            [between(0.0, 4.0, [3, 4]), any([3, 4])],
            |t| {
                let edges = Tensor::from_slice(&[0.0f64, 1.0, 4.0], 3);
                let edges = edges.to(t[0].device()).to_dtype(t[0].dtype());
                t[0].histogram_edges(&edges, Some(&t[1]), false)
            },
        )
        .empty([&[0, 4], &[0, 4]], &[2])
        .scalar([&[], &[]], &[2])
        .stops("it counts; PyTorch gives weights no gradient either"),
    ]
}

fn combined() -> Vec<Line> {
    vec![
        line("cartesian_prod", [any([2]), any([3])], |t| {
            Tensor::cartesian_prod(t)
        })
        .empty([&[0], &[3]], &[0, 2])
        .scalar_fails(),
        line("cartesian_prod", [any([3])], |t| Tensor::cartesian_prod(t))
            .case("one")
            .empty([&[0]], &[0])
            .scalar_fails(),
        line("combinations", [any([4])], |t| t[0].combinations(2, false))
            .empty([&[0]], &[0, 2])
            .scalar_fails(),
        line("combinations", [any([3])], |t| t[0].combinations(3, true))
            .case("with replacement")
            .empty([&[0]], &[0, 3])
            .scalar_fails(),
        line("one_hot", [int(3, [2, 4])], |t| t[0].one_hot(-1))
            .case("counted")
            .empty_fails([&[0, 4]])
            .scalar([&[]], &[int(3, []).make(7).item() as usize + 1])
            .stops(WHOLE),
    ]
}
