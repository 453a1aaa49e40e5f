//! Sorting, ranks, searching and counting.

use ondol::{Interpolation, Tensor};

use super::{one, two};
use crate::torch_cases::call::Call;

pub(super) fn run(op: &str, call: &Call<'_>) -> Option<Vec<Tensor>> {
    sorting(op, call)
        .or_else(|| ranks(op, call))
        .or_else(|| counts(op, call))
}

fn sorting(op: &str, call: &Call<'_>) -> Option<Vec<Tensor>> {
    let x = || call.x();
    let dim = || call.int_or("dim", -1);
    let descending = || call.bool_or("descending", false);
    match op {
        "sort" => {
            // It always is.
            call.bool_or("stable", true);
            two(x().sort(dim(), descending()))
        }
        "argsort" => {
            call.bool_or("stable", true);
            one(x().argsort(dim(), descending()))
        }
        "msort" => one(x().msort()),
        "topk" => {
            call.bool_or("sorted", true);
            let k = call.size("k").expect("k");
            two(x().topk(k, dim(), call.bool_or("largest", true)))
        }
        "kthvalue" => two(x().kthvalue(call.size("k").expect("k"), dim(), call.keepdim())),
        _ => None,
    }
}

fn ranks(op: &str, call: &Call<'_>) -> Option<Vec<Tensor>> {
    const NAMES: [&str; 5] = ["median", "nanmedian", "mode", "quantile", "nanquantile"];
    if !NAMES.contains(&op) {
        return None;
    }
    let x = || call.x();
    match (op, call.int("dim")) {
        ("median", None) => one(x().median()),
        ("median", Some(dim)) => two(x().median_dim(dim, call.keepdim())),
        ("nanmedian", None) => one(x().nanmedian()),
        ("nanmedian", Some(dim)) => two(x().nanmedian_dim(dim, call.keepdim())),
        ("mode", dim) => two(x().mode(dim.unwrap_or(-1), call.keepdim())),
        ("quantile" | "nanquantile", dim) => {
            let interpolation = match call.text("interpolation").unwrap_or("linear") {
                "linear" => Interpolation::Linear,
                "lower" => Interpolation::Lower,
                "higher" => Interpolation::Higher,
                "midpoint" => Interpolation::Midpoint,
                "nearest" => Interpolation::Nearest,
                other => panic!("interpolation {other}"),
            };
            let (q, keep) = (call.operand("q"), call.keepdim());
            one(if op == "quantile" {
                x().quantile(q, dim, keep, interpolation)
            } else {
                x().nanquantile(q, dim, keep, interpolation)
            })
        }
        _ => None,
    }
}

fn counts(op: &str, call: &Call<'_>) -> Option<Vec<Tensor>> {
    let x = || call.x();
    match op {
        "unique" | "unique_consecutive" => {
            call.bool_or("sorted", true);
            let inverse = call.bool_or("return_inverse", false);
            let count = call.bool_or("return_counts", false);
            let dim = call.int("dim");
            let (values, places, counts) = if op == "unique" {
                x().unique(dim)
            } else {
                x().unique_consecutive(dim)
            };
            let wanted = [(values, true), (places, inverse), (counts, count)];
            Some(
                wanted
                    .into_iter()
                    .filter_map(|(t, w)| w.then_some(t))
                    .collect(),
            )
        }
        "searchsorted" => {
            let right = right(call);
            one(x().searchsorted(call.at(1), right))
        }
        "bucketize" => one(x().bucketize(&call.at(1), right(call))),
        "isin" => one(x().isin(call.operand("test_elements"), call.bool_or("invert", false))),
        "bincount" => {
            let weights = call.optional("weights");
            one(x().bincount(weights.as_ref(), call.size_or("minlength", 0)))
        }
        "histc" => one(x().histc(
            call.size_or("bins", 100),
            call.float_or("min", 0.0),
            call.float_or("max", 0.0),
        )),
        "one_hot" => one(x().one_hot(call.int_or("num_classes", -1))),
        "nonzero" => {
            assert!(
                !call.bool_or("as_tuple", false),
                "columns have their own name"
            );
            one(x().nonzero())
        }
        "argwhere" => one(x().argwhere()),
        _ => None,
    }
}

fn right(call: &Call<'_>) -> bool {
    assert!(!call.bool_or("out_int32", false), "positions are i64");
    match call.text("side") {
        Some(side) => side == "right",
        None => call.bool_or("right", false),
    }
}
