//! Index tensors and masks, placing along dimensions, parts replaced.

use ondol_autograd::{Index, ScatterReduce, Tensor, tensor};

use super::WHOLE;
use crate::line::{Line, any, int, line, mask, positions};

/// A tensor of its own to write to, that a gradient flows through.
fn own(t: &Tensor) -> Tensor {
    t.mul(1.5)
}

pub(super) fn lines() -> Vec<Line> {
    [
        picked(),
        written(),
        rows(),
        reduced(),
        masked(),
        replaced(),
        in_place(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn picked() -> Vec<Line> {
    vec![
        line("i", [any([3, 4])], |t| t[0].i(tensor!([2, -1, 0])))
            .case("an index tensor")
            .empty([&[3, 0]], &[3, 0])
            .scalar_fails(),
        line("i", [any([3, 4])], |t| {
            t[0].i((positions(&t[0], &[2, 0], [2, 1]), [3, 3, 1]))
        })
        .case("two that broadcast")
        .empty_fails([&[0, 4]])
        .scalar_fails(),
        line("i", [any([3, 2, 4])], |t| t[0].i(([2, 0], .., [3, 3])))
            .case("two apart")
            .empty([&[3, 0, 4]], &[2, 0])
            .scalar_fails(),
        line("i", [any([2, 3, 4])], |t| {
            t[0].i((1, Index::NewAxis, [true, false, true], [1, 3]))
        })
        .case("all kinds")
        .empty_fails([&[2, 3, 0]])
        .scalar_fails(),
        line("i", [any([3, 4])], |t| t[0].i(mask(&t[0], &[3, 4])))
            .case("a mask")
            .empty_fails([&[0, 4]])
            .scalar_fails(),
        line("i", [any([3, 4])], |t| t[0].i(t[0].detach().gt(0.0)))
            .case("a mask of its own shape")
            .empty([&[0, 4]], &[0])
            .scalar([&[]], &[usize::from(scalar_is_positive())]),
        line("i", [any([3, 4])], |t| t[0].i(true))
            .case("a 0-dim mask")
            .empty([&[0, 4]], &[1, 0, 4])
            .scalar([&[]], &[1]),
        line("i", [any([3, 4])], |t| {
            t[0].i((positions(&t[0], &[1], []), [2, 0]))
        })
        .case("one place and several")
        .empty_fails([&[0, 4]])
        .scalar_fails(),
    ]
}

/// Whether the number that a line's first input has without dimensions is above 0.
fn scalar_is_positive() -> bool {
    any([]).make(7).item() > 0.0
}

fn written() -> Vec<Line> {
    let two = || [any([3, 4]), any([2, 4])];
    vec![
        line("index_put", two(), |t| {
            t[0].index_put(positions(&t[0], &[2, 0], [2]), &t[1], false)
        })
        .empty([&[3, 0], &[2, 0]], &[3, 0])
        .scalar_fails(),
        line("index_put", two(), |t| {
            t[0].index_put(positions(&t[0], &[2, 2], [2]), &t[1], true)
        })
        .case("added twice to one place")
        .empty([&[3, 0], &[2, 0]], &[3, 0])
        .scalar_fails(),
        line("index_put", [any([3, 4, 2]), any([])], |t| {
            t[0].index_put((.., mask(&t[0], &[4, 2])), &t[1], false)
        })
        .case("one value, by a mask")
        .empty([&[0, 4, 2], &[]], &[0, 4, 2])
        .scalar_fails(),
        line("index_put", [any([3, 4]), any([])], |t| {
            t[0].index_put(mask(&t[0], &[3, 4]), &t[1], true)
        })
        .case("one value added, by a mask")
        .empty_fails([&[0, 4], &[]])
        .scalar_fails(),
        line("index_put", [any([3, 2, 4]), any([2, 1])], |t| {
            t[0].index_put(([2, 0], .., [1, 3]), &t[1], true)
        })
        .case("apart, a value that stretches")
        .empty([&[3, 0, 4], &[2, 1]], &[3, 0, 4])
        .scalar_fails(),
        line("index_put", [any([3, 4]), any([1, 1, 4])], |t| {
            t[0].index_put([1, 2], &t[1], false)
        })
        .case("a value with sizes of 1 in front")
        .empty([&[3, 0], &[1, 1, 0]], &[3, 0])
        .scalar_fails(),
        line("index_put_", two(), |t| {
            own(&t[0]).index_put_([2, 0], &t[1], true)
        })
        .empty([&[3, 0], &[2, 0]], &[3, 0])
        .scalar_fails(),
    ]
}

fn rows() -> Vec<Line> {
    let two = || [any([3, 4]), any([3, 2])];
    let at = |t: &Tensor| positions(t, &[3, 0], [2]);
    vec![
        line("index_copy", two(), move |t| {
            t[0].index_copy(1, &at(&t[0]), &t[1])
        })
        .empty([&[0, 4], &[0, 2]], &[0, 4])
        .scalar_fails(),
        line("index_copy", [any([]), any([1])], |t| {
            t[0].index_copy(0, &positions(&t[0], &[0], [1]), &t[1])
        })
        .case("0-dim")
        .no_empty("0-dim only")
        .scalar([&[], &[1]], &[]),
        line("index_fill", [any([3, 4]), any([])], |t| {
            t[0].index_fill(0, &positions(&t[0], &[-1, 0], [2]), &t[1])
        })
        .empty([&[3, 0], &[]], &[3, 0])
        .scalar([&[], &[]], &[]),
        line("index_fill", [any([3, 4])], |t| {
            t[0].index_fill(1, &positions(&t[0], &[2], [1]), 7.0)
        })
        .case("number")
        .empty([&[0, 4]], &[0, 4])
        .scalar_fails(),
        line("index_add_alpha", two(), move |t| {
            t[0].index_add_alpha(-1, &at(&t[0]), &t[1], 2.5)
        })
        .empty([&[0, 4], &[0, 2]], &[0, 4])
        .scalar_fails(),
        line("scatter", [any([3, 4])], |t| {
            t[0].scatter(1, &positions(&t[0], &[0, 3, 2], [3, 1]), 7.0)
        })
        .case("number")
        .empty_fails([&[3, 0]])
        .scalar_fails(),
        line("take", [any([3, 4])], |t| {
            t[0].take(&positions(&t[0], &[-1, 0, 5, 5], [2, 2]))
        })
        .empty_fails([&[0, 4]])
        .scalar_fails(),
        line("take", [any([1])], |t| {
            t[0].take(&positions(&t[0], &[0, -1], [2]))
        })
        .case("one")
        .empty_fails([&[0]])
        .scalar([&[]], &[2]),
        line("put", [any([3, 4]), any([2])], |t| {
            t[0].put(&positions(&t[0], &[-1, 3], [2]), &t[1], false)
        })
        .empty_fails([&[0, 4], &[2]])
        .scalar_fails(),
        line("put", [any([3, 4]), any([2, 1])], |t| {
            t[0].put(&positions(&t[0], &[3, 3], [2]), &t[1], true)
        })
        .case("added")
        .empty_fails([&[0, 4], &[2, 1]])
        .scalar_fails(),
        line("take_along_dim", [any([3, 4])], |t| {
            t[0].take_along_dim(&positions(&t[0], &[3, -1], [1, 2]), 1)
        })
        .empty([&[0, 4]], &[0, 2])
        .scalar_fails(),
        line("take_along_dim", [any([3, 4])], |t| {
            t[0].take_along_dim(&positions(&t[0], &[3, 7], [2]), None)
        })
        .case("all")
        .empty_fails([&[0, 4]])
        .scalar_fails(),
    ]
}

const REDUCTIONS: [(ScatterReduce, &str); 5] = [
    (ScatterReduce::Sum, "sum"),
    (ScatterReduce::Prod, "prod"),
    (ScatterReduce::Mean, "mean"),
    (ScatterReduce::Amax, "amax"),
    (ScatterReduce::Amin, "amin"),
];

fn reduced() -> Vec<Line> {
    let two = || [any([3, 4]), any([3, 3])];
    let mut lines = Vec::new();
    for (reduce, name) in REDUCTIONS {
        lines.push(
            line("scatter_reduce", two(), move |t| {
                let at = positions(&t[0], &[0, 0, 2, 1, 1, 1], [3, 2]);
                t[0].scatter_reduce(1, &at, &t[1], reduce, true)
            })
            .case(name)
            .empty_fails([&[3, 0], &[3, 3]])
            .scalar_fails(),
        );
        lines.push(
            line("index_reduce", [any([3, 4]), any([4, 4])], move |t| {
                let at = positions(&t[0], &[0, 2, 0, 2], [4]);
                t[0].index_reduce(0, &at, &t[1], reduce, false)
            })
            .case(name)
            .empty([&[3, 0], &[4, 0]], &[3, 0])
            .scalar_fails(),
        );
    }
    lines.push(
        line("scatter_reduce_", two(), |t| {
            let at = positions(&t[0], &[0, 0, 2, 1, 1, 1], [3, 2]);
            own(&t[0]).scatter_reduce_(1, &at, &t[1], ScatterReduce::Mean, true)
        })
        .empty_fails([&[3, 0], &[3, 3]])
        .scalar_fails(),
    );
    lines.push(
        line("index_reduce_", [any([3, 4]), any([2, 4])], |t| {
            let at = positions(&t[0], &[0, 0], [2]);
            own(&t[0]).index_reduce_(0, &at, &t[1], ScatterReduce::Prod, true)
        })
        .empty([&[3, 0], &[2, 0]], &[3, 0])
        .scalar_fails(),
    );
    lines
}

fn masked() -> Vec<Line> {
    vec![
        line("masked_select", [any([3, 4])], |t| {
            t[0].masked_select(&mask(&t[0], &[4]))
        })
        .empty([&[0, 4]], &[0])
        .scalar([&[]], &[1]),
        line("masked_select", [any([3, 1])], |t| {
            t[0].masked_select(&mask(&t[0], &[3, 4]))
        })
        .case("stretched")
        .empty_fails([&[0, 1]])
        .scalar([&[]], &[4]),
        line("masked_scatter", [any([3, 4]), any([5])], |t| {
            t[0].masked_scatter(&mask(&t[0], &[3, 4]), &t[1])
        })
        .empty_fails([&[3, 4], &[0]])
        .scalar([&[], &[4]], &[3, 4]),
        line("nonzero", [any([3, 4])], |t| t[0].nonzero())
            .empty([&[0, 4]], &[0, 2])
            .scalar([&[]], &[1, 0])
            .stops(WHOLE),
        line("argwhere", [any([3, 4])], |t| t[0].argwhere())
            .empty([&[0, 4]], &[0, 2])
            .scalar([&[]], &[1, 0])
            .stops(WHOLE),
        line("unravel_index", [int(6, [3, 4])], |t| {
            t[0].unravel_index([2, 3])
        })
        .empty([&[0, 4]], &[0, 4])
        .scalar([&[]], &[])
        .stops(WHOLE),
        line("nonzero_columns", [int(2, [3, 4])], |t| {
            t[0].nonzero_columns()
        })
        .empty([&[0, 4]], &[0])
        .scalar([&[]], &[usize::from(int(2, []).make(7).item() > 0.0)])
        .stops(WHOLE),
    ]
}

fn replaced() -> Vec<Line> {
    vec![
        line("select_scatter", [any([3, 4]), any([3])], |t| {
            t[0].select_scatter(&t[1], 1, -2)
        })
        .empty([&[0, 4], &[0]], &[0, 4])
        .scalar_fails(),
        line("slice_scatter", [any([3, 4]), any([3, 2])], |t| {
            t[0].slice_scatter(&t[1], 1, 0, isize::MAX, 2)
        })
        .empty([&[0, 4], &[0, 2]], &[0, 4])
        .scalar_fails(),
        line("diagonal_scatter", [any([3, 4]), any([3])], |t| {
            t[0].diagonal_scatter(&t[1], 1, 0, 1)
        })
        .empty([&[0, 4], &[0]], &[0, 4])
        .scalar_fails(),
        line("narrow_copy", [any([3, 4])], |t| t[0].narrow_copy(1, 1, 2))
            .empty([&[0, 4]], &[0, 2])
            .scalar_fails(),
    ]
}

fn in_place() -> Vec<Line> {
    let two = || [any([3, 4]), any([3, 2])];
    let at = |t: &Tensor| positions(t, &[3, 0], [2]);
    let each = |t: &Tensor| positions(t, &[0, 3, 2, 1, 2, 0], [3, 2]);
    vec![
        line("scatter_", two(), move |t| {
            own(&t[0]).scatter_(1, &each(&t[0]), &t[1])
        })
        .empty_fails([&[3, 0], &[3, 2]])
        .scalar_fails(),
        line("scatter_", [any([3, 4])], move |t| {
            own(&t[0]).scatter_(1, &each(&t[0]), 7.0)
        })
        .case("number")
        .empty_fails([&[3, 0]])
        .scalar_fails(),
        line("scatter_add_", two(), move |t| {
            own(&t[0]).scatter_add_(1, &each(&t[0]), &t[1])
        })
        .empty_fails([&[3, 0], &[3, 2]])
        .scalar_fails(),
        line("index_add_", two(), move |t| {
            own(&t[0]).index_add_(1, &at(&t[0]), &t[1])
        })
        .empty([&[0, 4], &[0, 2]], &[0, 4])
        .scalar_fails(),
        line("index_copy_", two(), move |t| {
            own(&t[0]).index_copy_(1, &at(&t[0]), &t[1])
        })
        .empty([&[0, 4], &[0, 2]], &[0, 4])
        .scalar_fails(),
        line("index_fill_", [any([3, 4]), any([])], move |t| {
            own(&t[0]).index_fill_(1, &at(&t[0]), &t[1])
        })
        .empty([&[0, 4], &[]], &[0, 4])
        .scalar_fails(),
        line("masked_fill_", [any([3, 4]), any([])], |t| {
            own(&t[0]).masked_fill_(&mask(&t[0], &[4]), &t[1])
        })
        .empty([&[0, 4], &[]], &[0, 4])
        .scalar_fails(),
        line("masked_scatter_", [any([3, 4]), any([5])], |t| {
            own(&t[0]).masked_scatter_(&mask(&t[0], &[3, 4]), &t[1])
        })
        .empty_fails([&[3, 4], &[0]])
        .scalar_fails(),
        line("put_", [any([3, 4]), any([2])], |t| {
            own(&t[0]).put_(&positions(&t[0], &[-1, 3], [2]), &t[1], true)
        })
        .empty_fails([&[0, 4], &[2]])
        .scalar_fails(),
        line("set", [any([3, 4]), any([2])], |t| {
            let x = own(&t[0]);
            x.set((.., [3, 0]), &t[1]);
            x
        })
        .case("an index tensor")
        .empty([&[0, 4], &[2]], &[0, 4])
        .scalar_fails(),
        line("set", [any([3, 4]), any([])], |t| {
            let x = own(&t[0]);
            x.set(mask(&x, &[3, 4]), &t[1]);
            x
        })
        .case("a mask")
        .empty_fails([&[0, 4], &[]])
        .scalar_fails(),
    ]
}
