//! What moves elements without computing.

use ondol::nn::functional as f;
use ondol::{Axes, Indexing, PadMode, Sections, Shape, Tensor};

use super::one;
use crate::torch_cases::call::Call;

pub(super) fn run(op: &str, call: &Call<'_>) -> Option<Vec<Tensor>> {
    views(op, call)
        .or_else(|| copies(op, call))
        .or_else(|| pieces(op, call))
        .or_else(|| joined(op, call))
        .or_else(|| diagonals(op, call))
}

fn dims(call: &Call<'_>, name: &str) -> Vec<isize> {
    call.ints(name)
        .unwrap_or_else(|| panic!("{name} is not given"))
}

fn views(op: &str, call: &Call<'_>) -> Option<Vec<Tensor>> {
    let x = || call.x();
    let int = |name: &str| {
        call.int(name)
            .unwrap_or_else(|| panic!("{name} is not given"))
    };
    one(match op {
        "view" => x().view(&dims(call, "shape")[..]),
        "reshape" => x().reshape(&dims(call, "shape")[..]),
        "permute" => x().permute(&dims(call, "dims")[..]),
        "transpose" | "swapdims" => x().transpose(int("dim0"), int("dim1")),
        "swapaxes" => x().swapaxes(int("axis0"), int("axis1")),
        "t" => x().t(),
        "adjoint" => x().adjoint(),
        "movedim" | "moveaxis" => {
            x().movedim(&dims(call, "source")[..], &dims(call, "destination")[..])
        }
        "squeeze" => x().squeeze_dim(call.axes("dim")),
        "unsqueeze" => x().unsqueeze(int("dim")),
        "flatten" => x().flatten(call.int_or("start_dim", 0), call.int_or("end_dim", -1)),
        "unflatten" => x().unflatten(int("dim"), &dims(call, "sizes")[..]),
        "ravel" => x().ravel(),
        "expand" | "broadcast_to" => {
            let name = if call.raw("size").is_some() {
                "size"
            } else {
                "shape"
            };
            x().expand(&dims(call, name)[..])
        }
        "narrow" => x().narrow(
            int("dim"),
            call.size("start").expect("start"),
            call.size("length").expect("length"),
        ),
        "select" => x().select(int("dim"), int("index")),
        // nn.functional's has a kernel.
        "unfold" if call.has("dimension") => x().unfold(
            int("dimension"),
            call.size("size").expect("size"),
            call.size("step").expect("step"),
        ),
        "atleast_1d" => x().atleast_1d(),
        "atleast_2d" => x().atleast_2d(),
        "atleast_3d" => x().atleast_3d(),
        "clone" | "contiguous" => x().clone_data(),
        "detach" => x().detach(),
        _ => return None,
    })
}

fn copies(op: &str, call: &Call<'_>) -> Option<Vec<Tensor>> {
    let x = || call.x();
    let sizes = |name: &str| {
        let list = dims(call, name);
        list.iter().map(|&d| d as usize).collect::<Shape>()
    };
    one(match op {
        "repeat" => x().repeat(sizes("repeats")),
        "tile" => x().tile(sizes("dims")),
        "repeat_interleave" => {
            let dim = call.int("dim");
            let repeats = call.operand("repeats");
            x().repeat_interleave(repeats, dim)
        }
        "flip" => x().flip(&dims(call, "dims")[..]),
        "fliplr" => x().fliplr(),
        "flipud" => x().flipud(),
        "roll" => {
            let dims: Axes = call.axes("dims");
            x().roll(&self::dims(call, "shifts")[..], dims)
        }
        "rot90" => {
            let dims = call.ints("dims").unwrap_or(vec![0, 1]);
            x().rot90(call.int_or("k", 1), [dims[0], dims[1]])
        }
        "tril" => x().tril(call.int_or("diagonal", 0)),
        "triu" => x().triu(call.int_or("diagonal", 0)),
        "pad" => {
            let value = call.float_or("value", 0.0);
            let mode = match call.text("mode").unwrap_or("constant") {
                "constant" => PadMode::Constant(value),
                "reflect" => PadMode::Reflect,
                "replicate" => PadMode::Replicate,
                "circular" => PadMode::Circular,
                other => panic!("mode {other}"),
            };
            f::pad(&x(), &dims(call, "pad"), mode)
        }
        "combinations" => x().combinations(
            call.size_or("r", 2),
            call.bool_or("with_replacement", false),
        ),
        "vander" => x().vander(call.size("N"), call.bool_or("increasing", false)),
        _ => return None,
    })
}

fn sections(call: &Call<'_>, name: &str) -> Sections {
    match call.arg(name) {
        Some(serde_json::Value::Number(n)) => {
            Sections::Count(n.as_u64().expect("a count") as usize)
        }
        _ => Sections::At(dims(call, name)),
    }
}

fn pieces(op: &str, call: &Call<'_>) -> Option<Vec<Tensor>> {
    let x = || call.x();
    let dim = || call.int_or("dim", 0);
    Some(match op {
        "split" | "split_with_sizes" => {
            let name = ["split_size_or_sections", "split_size", "split_sizes"]
                .into_iter()
                .find(|n| call.raw(n).is_some())
                .expect("sizes");
            match call.arg(name) {
                Some(serde_json::Value::Array(_)) => {
                    let sizes: Vec<usize> = dims(call, name).iter().map(|&s| s as usize).collect();
                    x().split_with_sizes(&sizes, dim())
                }
                _ => x().split(call.size(name).expect("a size"), dim()),
            }
        }
        "chunk" => x().chunk(call.size("chunks").expect("chunks"), dim()),
        "tensor_split" => {
            let name = ["indices_or_sections", "sections", "indices"]
                .into_iter()
                .find(|n| call.raw(n).is_some())
                .expect("sections");
            x().tensor_split(sections(call, name), dim())
        }
        "hsplit" => x().hsplit(sections(call, "indices_or_sections")),
        "vsplit" => x().vsplit(sections(call, "indices_or_sections")),
        "dsplit" => x().dsplit(sections(call, "indices_or_sections")),
        "unbind" => x().unbind(dim()),
        "meshgrid" => {
            let indexing = match call.text("indexing").unwrap_or("ij") {
                "ij" => Indexing::Ij,
                "xy" => Indexing::Xy,
                other => panic!("indexing {other}"),
            };
            Tensor::meshgrid(&call.rest(0), indexing)
        }
        "broadcast_tensors" => Tensor::broadcast_tensors(&call.rest(0)),
        _ => return None,
    })
}

fn joined(op: &str, call: &Call<'_>) -> Option<Vec<Tensor>> {
    let all = || call.rest(0);
    one(match op {
        "cat" | "concat" | "concatenate" => Tensor::cat(&all(), call.int_or("dim", 0)),
        "stack" => Tensor::stack(&all(), call.int_or("dim", 0)),
        "hstack" => Tensor::hstack(&all()),
        "vstack" | "row_stack" => Tensor::vstack(&all()),
        "dstack" => Tensor::dstack(&all()),
        "column_stack" => Tensor::column_stack(&all()),
        "block_diag" => Tensor::block_diag(&all()),
        "cartesian_prod" => Tensor::cartesian_prod(&all()),
        _ => return None,
    })
}

fn diagonals(op: &str, call: &Call<'_>) -> Option<Vec<Tensor>> {
    let x = || call.x();
    let int = |name: &str, default: isize| call.int_or(name, default);
    one(match op {
        "diag" => x().diag(int("diagonal", 0)),
        "diagonal" => x().diagonal(int("offset", 0), int("dim1", 0), int("dim2", 1)),
        "diag_embed" => x().diag_embed(int("offset", 0), int("dim1", -2), int("dim2", -1)),
        "diagflat" => x().diagflat(int("offset", 0)),
        "diagonal_scatter" => x().diagonal_scatter(
            &call.at(1),
            int("offset", 0),
            int("dim1", 0),
            int("dim2", 1),
        ),
        _ => return None,
    })
}
