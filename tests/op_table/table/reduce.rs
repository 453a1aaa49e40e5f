//! Many elements to one.

use super::WHOLE;
use crate::line::{Line, any, between, distinct, int, line, zeros};

pub(super) fn lines() -> Vec<Line> {
    [sums(), products(), extremes(), positions(), scans()]
        .into_iter()
        .flatten()
        .collect()
}

fn sums() -> Vec<Line> {
    let one = || [any([3, 4])];
    vec![
        line("sum", one(), |t| t[0].sum())
            .empty([&[0, 4]], &[])
            .scalar([&[]], &[]),
        line("sum_dim", one(), |t| t[0].sum_dim(0, false))
            .empty([&[0, 4]], &[4])
            .scalar([&[]], &[]),
        line("sum_dim", one(), |t| t[0].sum_dim(-1, true))
            .case("kept")
            .empty([&[0, 4]], &[0, 1])
            .scalar([&[]], &[]),
        line("sum_dim", [any([2, 3, 4])], |t| {
            t[0].sum_dim([0, -1], false)
        })
        .case("several")
        .empty([&[2, 3, 0]], &[3])
        .scalar_fails(),
        line("sum_dim", [any([2, 3, 4])], |t| t[0].sum_dim(.., true))
            .case("all, kept")
            .empty([&[2, 0, 4]], &[1, 1, 1])
            .scalar([&[]], &[]),
        line("sum_dim", [any([2, 3, 4])], |t| t[0].sum_dim(1, false))
            .case("middle")
            .empty([&[2, 0, 4]], &[2, 4])
            .scalar_fails(),
        line("mean", one(), |t| t[0].mean())
            .empty([&[0, 4]], &[])
            .scalar([&[]], &[]),
        line("mean_dim", one(), |t| t[0].mean_dim(0, false))
            .empty([&[3, 0]], &[0])
            .scalar([&[]], &[]),
        line("mean_dim", [any([2, 3, 4])], |t| {
            t[0].mean_dim([-1, 0], true)
        })
        .case("several, kept")
        .empty([&[0, 3, 4]], &[1, 3, 1])
        .scalar_fails(),
    ]
}

fn products() -> Vec<Line> {
    let one = || [any([3, 4])];
    vec![
        line("prod", one(), |t| t[0].prod())
            .empty([&[0, 4]], &[])
            .scalar([&[]], &[]),
        line("prod", [zeros([4])], |t| t[0].prod())
            .case("with a zero")
            .no_edges("as without a zero"),
        line("prod", [zeros([2, 4])], |t| t[0].prod())
            .case("with two zeros")
            .no_edges("as without zeros"),
        line("prod_dim", one(), |t| t[0].prod_dim(1, false))
            .empty([&[3, 0]], &[3])
            .scalar_fails(),
        line("prod_dim", [zeros([2, 3, 2])], |t| {
            t[0].prod_dim([0, 2], true)
        })
        .case("several, kept, with zeros")
        .empty([&[0, 3, 2]], &[1, 3, 1])
        .scalar_fails(),
        line("prod_dim", [zeros([3, 4])], |t| t[0].prod_dim(0, false))
            .case("first, with zeros")
            .empty([&[0, 4]], &[4])
            .scalar([&[]], &[]),
    ]
}

fn extremes() -> Vec<Line> {
    let one = || [distinct([3, 4])];
    vec![
        line("max", one(), |t| t[0].max())
            .empty_fails([&[0, 4]])
            .scalar([&[]], &[]),
        line("min", one(), |t| t[0].min())
            .empty_fails([&[0, 4]])
            .scalar([&[]], &[]),
        line("amax", one(), |t| t[0].amax(0, false))
            .empty_fails([&[0, 4]])
            .scalar([&[]], &[]),
        line("amax", [distinct([2, 3, 4])], |t| t[0].amax([0, 2], true))
            .case("several, kept")
            .empty([&[2, 0, 4]], &[1, 0, 1])
            .scalar_fails(),
        line("amin", one(), |t| t[0].amin(1, true))
            .empty([&[0, 4]], &[0, 1])
            .scalar_fails(),
        line("amin", [distinct([2, 3, 4])], |t| t[0].amin(.., false))
            .case("all")
            .empty_fails([&[2, 0, 4]])
            .scalar([&[]], &[]),
        line("max_dim", one(), |t| t[0].max_dim(0, false))
            .empty_fails([&[0, 4]])
            .scalar([&[]], &[]),
        line("max_dim", one(), |t| t[0].max_dim(-1, true))
            .case("kept")
            .empty([&[0, 4]], &[0, 1])
            .scalar([&[]], &[]),
        line("min_dim", one(), |t| t[0].min_dim(1, false))
            .empty([&[0, 4]], &[0])
            .scalar_fails(),
        line("min_dim", one(), |t| t[0].min_dim(0, true))
            .case("kept")
            .empty_fails([&[0, 4]])
            .scalar([&[]], &[]),
    ]
}

fn positions() -> Vec<Line> {
    let (one, truths) = (|| [distinct([3, 4])], || [int(2, [3, 4])]);
    let lines = vec![
        line("argmax", one(), |t| t[0].argmax(0, false))
            .empty_fails([&[0, 4]])
            .scalar([&[]], &[]),
        line("argmax", one(), |t| t[0].argmax(-1, true))
            .case("kept")
            .empty([&[0, 4]], &[0, 1])
            .scalar([&[]], &[]),
        line("argmin", one(), |t| t[0].argmin(1, false))
            .empty([&[0, 4]], &[0])
            .scalar_fails(),
        line("any", truths(), |t| t[0].any())
            .empty([&[0, 4]], &[])
            .scalar([&[]], &[]),
        line("any_dim", truths(), |t| t[0].any_dim(1, false))
            .empty([&[3, 0]], &[3])
            .scalar_fails(),
        line("all", truths(), |t| t[0].all())
            .empty([&[0, 4]], &[])
            .scalar([&[]], &[]),
        line("all_dim", truths(), |t| t[0].all_dim([0], true))
            .empty([&[0, 4]], &[1, 4])
            .scalar([&[]], &[]),
        line("all_dim", [zeros([3, 4])], |t| t[0].all_dim(-1, false))
            .case("of floats")
            .empty([&[3, 0]], &[3])
            .scalar([&[]], &[]),
    ];
    lines.into_iter().map(|line| line.stops(WHOLE)).collect()
}

fn scans() -> Vec<Line> {
    vec![
        line("cumsum", [any([3, 4])], |t| t[0].cumsum(0))
            .empty([&[0, 4]], &[0, 4])
            .scalar([&[]], &[]),
        line("cumsum", [any([2, 3, 4])], |t| t[0].cumsum(-2))
            .case("middle")
            .empty([&[2, 3, 0]], &[2, 3, 0])
            .scalar_fails(),
        line("cumsum", [between(0.0, 1.0, [5])], |t| t[0].cumsum(-1))
            .case("1-D")
            .empty([&[0]], &[0])
            .scalar([&[]], &[]),
    ]
}
