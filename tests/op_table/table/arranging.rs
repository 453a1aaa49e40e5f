//! Rolled, turned, repeated, in pieces, joined; dimensions moved; triangles, diagonals, padding.

use ondol_autograd::functional::pad;
use ondol_autograd::{Indexing, PadMode, Tensor};

use super::WHOLE;
use crate::line::{Line, any, line};

pub(super) fn lines() -> Vec<Line> {
    [
        orders(),
        repeats(),
        pieces(),
        joins(),
        dims(),
        diagonals(),
        pads(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn orders() -> Vec<Line> {
    let one = || [any([3, 4])];
    vec![
        line("roll", one(), |t| t[0].roll([1, -2], [0, 1]))
            .empty([&[0, 4]], &[0, 4])
            .scalar_fails(),
        line("roll", one(), |t| t[0].roll(5, ..))
            .case("as one line")
            .empty([&[0, 4]], &[0, 4])
            .scalar([&[]], &[]),
        line("rot90", one(), |t| t[0].rot90(1, [0, 1]))
            .empty([&[0, 4]], &[4, 0])
            .scalar_fails(),
        line("rot90", one(), |t| t[0].rot90(-1, [0, 1]))
            .case("back")
            .empty([&[0, 4]], &[4, 0])
            .scalar_fails(),
        line("fliplr", one(), |t| t[0].fliplr())
            .empty([&[0, 4]], &[0, 4])
            .scalar_fails(),
        line("flipud", one(), |t| t[0].flipud())
            .empty([&[0, 4]], &[0, 4])
            .scalar_fails(),
        line("as_strided", [any([9])], |t| {
            t[0].contiguous().clone_data().as_strided([3, 3], [2, 1], 1)
        })
        .empty_fails([&[0]])
        .scalar_fails(),
    ]
}

fn repeats() -> Vec<Line> {
    vec![
        line("tile", [any([2, 3])], |t| t[0].tile(2))
            .empty([&[0, 3]], &[0, 6])
            .scalar([&[]], &[2]),
        line("repeat_interleave", [any([2, 3])], |t| {
            t[0].repeat_interleave(2, 1)
        })
        .empty([&[0, 3]], &[0, 6])
        .scalar_fails(),
        line("repeat_interleave", [any([2, 3])], |t| {
            let times = Tensor::from_slice(&[1i64, 0, 3], 3).to(t[0].device());
            t[0].repeat_interleave(&times, -1)
        })
        .case("a number for each")
        .empty([&[0, 3]], &[0, 4])
        .scalar_fails(),
        line("repeat_interleave", [any([2, 3])], |t| {
            t[0].repeat_interleave(2, None)
        })
        .case("all")
        .empty([&[0, 3]], &[0])
        .scalar([&[]], &[2]),
    ]
}

fn pieces() -> Vec<Line> {
    vec![
        line("split_with_sizes", [any([2, 5])], |t| {
            t[0].split_with_sizes(&[1, 0, 4], 1)
        })
        .empty([&[0, 5]], &[0, 1])
        .scalar_fails(),
        line("tensor_split", [any([5, 2])], |t| t[0].tensor_split(3, 0))
            .empty([&[0, 2]], &[0, 2])
            .scalar_fails(),
        line("tensor_split", [any([2, 5])], |t| {
            t[0].tensor_split([1, -1], 1)
        })
        .case("at positions")
        .empty([&[0, 5]], &[0, 1])
        .scalar_fails(),
        line("hsplit", [any([2, 4])], |t| t[0].hsplit(2))
            .empty([&[0, 4]], &[0, 2])
            .scalar_fails(),
        line("vsplit", [any([4, 2])], |t| t[0].vsplit([1]))
            .empty([&[0, 2]], &[0, 2])
            .scalar_fails(),
        line("dsplit", [any([2, 1, 4])], |t| t[0].dsplit(2))
            .empty([&[0, 1, 4]], &[0, 1, 2])
            .scalar_fails(),
        line("unbind", [any([3, 2])], |t| t[0].unbind(0))
            .empty([&[3, 0]], &[0])
            .scalar_fails(),
    ]
}

fn joins() -> Vec<Line> {
    let two = || [any([2, 3]), any([2, 3])];
    let lines = || [any([3]), any([3])];
    vec![
        line("concat", two(), |t| Tensor::concat(t, 1))
            .empty([&[0, 3], &[0, 3]], &[0, 6])
            .scalar_fails(),
        line("hstack", two(), |t| Tensor::hstack(t))
            .empty([&[0, 3], &[0, 3]], &[0, 6])
            .scalar([&[], &[]], &[2]),
        line("hstack", lines(), |t| Tensor::hstack(t))
            .case("vectors")
            .empty([&[0], &[0]], &[0])
            .scalar([&[], &[]], &[2]),
        line("vstack", lines(), |t| Tensor::vstack(t))
            .empty([&[0], &[0]], &[2, 0])
            .scalar([&[], &[]], &[2, 1]),
        line("row_stack", two(), |t| Tensor::row_stack(t))
            .empty([&[0, 3], &[0, 3]], &[0, 3])
            .scalar([&[], &[]], &[2, 1]),
        line("dstack", two(), |t| Tensor::dstack(t))
            .empty([&[0, 3], &[0, 3]], &[0, 3, 2])
            .scalar([&[], &[]], &[1, 1, 2]),
        line("column_stack", [any([3]), any([3, 2])], |t| {
            Tensor::column_stack(t)
        })
        .empty([&[0], &[0, 2]], &[0, 3])
        .scalar([&[], &[]], &[1, 2]),
        line("block_diag", [any([2, 1]), any([3])], |t| {
            Tensor::block_diag(t)
        })
        .empty([&[0, 1], &[0]], &[1, 1])
        .scalar([&[], &[]], &[2, 2]),
        line("meshgrid", [any([2]), any([3])], |t| {
            Tensor::meshgrid(t, Indexing::Ij)
        })
        .empty([&[0], &[3]], &[0, 3])
        .scalar([&[], &[]], &[1, 1]),
        line("meshgrid", [any([2]), any([3])], |t| {
            Tensor::meshgrid(t, Indexing::Xy)
        })
        .case("Cartesian")
        .empty([&[0], &[3]], &[3, 0])
        .scalar([&[], &[]], &[1, 1]),
        line("broadcast_tensors", [any([2, 1]), any([3])], |t| {
            Tensor::broadcast_tensors(t)
        })
        .empty([&[0, 1], &[3]], &[0, 3])
        .scalar([&[], &[]], &[]),
        line("vander", [any([3])], |t| t[0].vander(4, true))
            .empty([&[0]], &[0, 4])
            .scalar_fails(),
    ]
}

fn dims() -> Vec<Line> {
    let three = || [any([2, 3, 4])];
    vec![
        line("movedim", three(), |t| t[0].movedim([0, 1], [2, 0]))
            .empty([&[0, 3, 4]], &[3, 4, 0])
            .scalar_fails(),
        line("moveaxis", three(), |t| t[0].moveaxis(-1, 0))
            .empty([&[0, 3, 4]], &[4, 0, 3])
            .scalar([&[]], &[]),
        line("swapaxes", three(), |t| t[0].swapaxes(0, 2))
            .empty([&[0, 3, 4]], &[4, 3, 0])
            .scalar_fails(),
        line("swapdims", three(), |t| t[0].swapdims(0, 1))
            .empty([&[0, 3, 4]], &[3, 0, 4])
            .scalar_fails(),
        line("mt", three(), |t| t[0].mt())
            .empty([&[0, 3, 4]], &[0, 4, 3])
            .scalar([&[]], &[]),
        line("mh", three(), |t| t[0].mh())
            .empty([&[0, 3, 4]], &[0, 4, 3])
            .scalar([&[]], &[]),
        line("adjoint", three(), |t| t[0].adjoint())
            .empty([&[0, 3, 4]], &[0, 4, 3])
            .scalar([&[]], &[]),
        line("h", [any([3, 4])], |t| t[0].h())
            .empty([&[0, 4]], &[4, 0])
            .scalar([&[]], &[]),
        line("unflatten", [any([6, 2])], |t| t[0].unflatten(0, (2, -1)))
            .empty([&[0, 2]], &[2, 0, 2])
            .scalar_fails(),
        line("ravel", [any([3, 4])], |t| t[0].ravel())
            .empty([&[0, 4]], &[0])
            .scalar([&[]], &[1]),
        line("reshape_as", [any([3, 4]), any([2, 6])], |t| {
            t[0].reshape_as(&t[1])
        })
        .empty([&[0, 4], &[2, 0]], &[2, 0])
        .scalar([&[], &[]], &[]),
        line("broadcast_to", [any([3, 1])], |t| {
            t[0].broadcast_to([2, 3, 4])
        })
        .empty_fails([&[0, 1]])
        .scalar([&[]], &[2, 3, 4]),
        line("atleast_1d", [any([])], |t| t[0].atleast_1d().mul(2.0))
            .empty([&[0]], &[0])
            .scalar([&[]], &[1]),
        line("atleast_2d", [any([3])], |t| t[0].atleast_2d().mul(2.0))
            .empty([&[0]], &[1, 0])
            .scalar([&[]], &[1, 1]),
        line("atleast_3d", [any([3])], |t| t[0].atleast_3d().mul(2.0))
            .empty([&[0]], &[1, 0, 1])
            .scalar([&[]], &[1, 1, 1]),
        line("atleast_3d", [any([3, 2])], |t| t[0].atleast_3d().mul(2.0))
            .case("a matrix")
            .empty([&[0, 2]], &[0, 2, 1])
            .scalar([&[]], &[1, 1, 1]),
    ]
}

fn diagonals() -> Vec<Line> {
    let square = || [any([2, 3, 3])];
    vec![
        line("tril", square(), |t| t[0].tril(1))
            .empty([&[0, 3, 3]], &[0, 3, 3])
            .scalar_fails(),
        line("triu", square(), |t| t[0].triu(-1))
            .empty([&[2, 0, 3]], &[2, 0, 3])
            .scalar_fails(),
        line("tril_", square(), |t| t[0].mul(2.0).tril_(0))
            .empty([&[0, 3, 3]], &[0, 3, 3])
            .scalar_fails(),
        line("triu_", square(), |t| t[0].mul(2.0).triu_(0))
            .empty([&[0, 3, 3]], &[0, 3, 3])
            .scalar_fails(),
        line("fill_diagonal_", [any([3, 4])], |t| {
            t[0].mul(2.0).fill_diagonal_(5.0)
        })
        .empty([&[0, 4]], &[0, 4])
        .scalar_fails(),
        line("tril_indices", [any([3])], |t| {
            Tensor::tril_indices(3, 4, 1).to(t[0].device())
        })
        .no_edges("it takes no tensor")
        .stops(WHOLE),
        line("triu_indices", [any([3])], |t| {
            Tensor::triu_indices(3, 4, 1).to(t[0].device())
        })
        .no_edges("it takes no tensor")
        .stops(WHOLE),
        line("diagonal", [any([3, 2, 4])], |t| t[0].diagonal(1, 0, -1))
            .empty([&[0, 2, 4]], &[2, 0])
            .scalar_fails(),
        line("diagonal", [any([3, 4])], |t| t[0].diagonal(-9, 0, 1))
            .case("outside")
            .empty([&[0, 4]], &[0])
            .scalar_fails(),
        line("diag_embed", [any([2, 3])], |t| t[0].diag_embed(-1, 2, 0))
            .empty([&[2, 0]], &[1, 2, 1])
            .scalar_fails(),
        line("diag", [any([3])], |t| t[0].diag(1))
            .empty([&[0]], &[1, 1])
            .scalar_fails(),
        line("diag", [any([3, 4])], |t| t[0].diag(-1))
            .case("of a matrix")
            .empty([&[0, 4]], &[0])
            .scalar_fails(),
        line("diagflat", [any([2, 2])], |t| t[0].diagflat(0))
            .empty([&[0, 2]], &[0, 0])
            .scalar([&[]], &[1, 1]),
        line("trace", [any([3, 4])], |t| t[0].trace())
            .empty([&[0, 4]], &[])
            .scalar_fails(),
    ]
}

fn pads() -> Vec<Line> {
    let modes = [
        (PadMode::Constant(0.5), "constant"),
        (PadMode::Reflect, "reflect"),
        (PadMode::Replicate, "replicate"),
        (PadMode::Circular, "circular"),
    ];
    let mut lines = Vec::new();
    for (mode, name) in modes {
        lines.push(
            line("pad", [any([2, 3, 4])], move |t| {
                pad(&t[0], &[2, -1, 1, 2], mode)
            })
            .case(name)
            .empty([&[0, 3, 4]], &[0, 6, 5])
            .scalar_fails(),
        );
    }
    lines
}
