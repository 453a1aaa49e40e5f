//! Picking and placing.

use ondol::{Index, ScatterReduce, Tensor};

use super::one;
use crate::torch_cases::call::Call;

pub(super) fn run(op: &str, call: &Call<'_>) -> Option<Vec<Tensor>> {
    picks(op, call)
        .or_else(|| places(op, call))
        .or_else(|| masks(op, call))
}

/// `[start, stop, step]` of each leading dimension, `None` for a default.
fn slices(call: &Call<'_>) -> Vec<Index> {
    let list = call
        .arg("slices")
        .and_then(|s| s.as_array())
        .expect("slices");
    let slice = |s: &serde_json::Value| {
        let part = |i: usize| s[i].as_i64().map(|v| v as isize);
        Index::Slice {
            start: part(0).unwrap_or(0),
            end: part(1),
            step: part(2).unwrap_or(1) as usize,
        }
    };
    list.iter().map(slice).collect()
}

fn picks(op: &str, call: &Call<'_>) -> Option<Vec<Tensor>> {
    let x = || call.x();
    let dim = || call.int("dim").expect("dim");
    one(match op {
        "slice" => x().i(slices(call)),
        "index" | "getitem" | "__getitem__" => {
            let parts = call.rest(1).into_iter().map(Index::from);
            x().i(parts.collect::<Vec<_>>())
        }
        "index_select" => x().index_select(dim(), &call.at(1)),
        "gather" => {
            call.bool_or("sparse_grad", false);
            x().gather(dim(), &call.at(1))
        }
        "take" => x().take(&call.at(1)),
        "take_along_dim" => x().take_along_dim(&call.at(1), call.int("dim")),
        _ => return None,
    })
}

fn places(op: &str, call: &Call<'_>) -> Option<Vec<Tensor>> {
    let x = || call.x();
    let dim = || call.int("dim").expect("dim");
    let accumulate = || call.bool_or("accumulate", false);
    let reduce = || match call.text("reduce").expect("reduce") {
        "sum" => ScatterReduce::Sum,
        "prod" => ScatterReduce::Prod,
        "mean" => ScatterReduce::Mean,
        "amax" => ScatterReduce::Amax,
        "amin" => ScatterReduce::Amin,
        other => panic!("reduce {other}"),
    };
    let own = || call.bool_or("include_self", true);
    one(match op {
        "scatter" => match call.number("value") {
            Some(value) => x().scatter(dim(), &call.at(1), value),
            None => x().scatter(dim(), &call.at(1), call.at(2)),
        },
        "scatter_add" => x().scatter_add(dim(), &call.at(1), &call.at(2)),
        "scatter_reduce" => x().scatter_reduce(dim(), &call.at(1), &call.at(2), reduce(), own()),
        "index_add" => {
            let alpha = call.number("alpha").unwrap_or(1i64.into());
            x().index_add_alpha(dim(), &call.at(1), &call.at(2), alpha)
        }
        "index_copy" => x().index_copy(dim(), &call.at(1), &call.at(2)),
        "index_reduce" => x().index_reduce(dim(), &call.at(1), &call.at(2), reduce(), own()),
        "index_fill" => match call.number("value") {
            Some(value) => x().index_fill(dim(), &call.at(1), value),
            None => x().index_fill(dim(), &call.at(1), call.at(2)),
        },
        "index_put" => {
            let mut parts = call.rest(1);
            let values = match call.number("values") {
                Some(number) => ondol::Operand::from(number),
                None => parts.pop().expect("values").into(),
            };
            let index: Vec<Index> = parts.into_iter().map(Index::from).collect();
            x().index_put(index, values, accumulate())
        }
        "put" => x().put(&call.at(1), &call.at(2), accumulate()),
        "select_scatter" => {
            x().select_scatter(&call.at(1), dim(), call.int("index").expect("index"))
        }
        "slice_scatter" => x().slice_scatter(
            &call.at(1),
            call.int_or("dim", 0),
            call.int_or("start", 0),
            call.int_or("end", isize::MAX),
            call.size_or("step", 1),
        ),
        _ => return None,
    })
}

fn masks(op: &str, call: &Call<'_>) -> Option<Vec<Tensor>> {
    let x = || call.x();
    one(match op {
        "masked_fill" => match call.number("value") {
            Some(value) => x().masked_fill(&call.at(1), value),
            None => x().masked_fill(&call.at(1), call.at(2)),
        },
        "masked_select" => x().masked_select(&call.at(1)),
        "masked_scatter" => x().masked_scatter(&call.at(1), &call.at(2)),
        _ => return None,
    })
}
