//! Many elements to one, and running ones.

use ondol::Tensor;

use super::{one, two};
use crate::torch_cases::call::Call;

pub(super) fn run(op: &str, call: &Call<'_>) -> Option<Vec<Tensor>> {
    sums(op, call)
        .or_else(|| extremes(op, call))
        .or_else(|| running(op, call))
        .or_else(|| spread(op, call))
}

fn sums(op: &str, call: &Call<'_>) -> Option<Vec<Tensor>> {
    let (x, dims, keep) = (|| call.x(), || call.axes("dim"), || call.keepdim());
    let dtype = call.dtype("dtype");
    one(match (op, dtype) {
        ("sum", None) => x().sum_dim(dims(), keep()),
        ("sum", Some(d)) => x().sum_with(dims(), keep(), d),
        ("mean", None) => x().mean_dim(dims(), keep()),
        ("mean", Some(d)) => x().mean_with(dims(), keep(), d),
        ("prod", None) => x().prod_dim(dims(), keep()),
        ("prod", Some(d)) => x().prod_with(dims(), keep(), d),
        ("nansum", None) => x().nansum(dims(), keep()),
        ("nanmean", None) => x().nanmean(dims(), keep()),
        ("logsumexp", None) => x().logsumexp(dims(), keep()),
        ("any", None) => x().any_dim(dims(), keep()),
        ("all", None) => x().all_dim(dims(), keep()),
        ("count_nonzero", None) => x().count_nonzero(dims()),
        ("trace", None) => x().trace(),
        ("softmax", None) => x().softmax(call.int("dim").expect("dim")),
        ("softmax", Some(d)) => x().softmax_with(call.int("dim").expect("dim"), d),
        ("log_softmax", None) => x().log_softmax(call.int("dim").expect("dim")),
        ("log_softmax", Some(d)) => x().log_softmax_with(call.int("dim").expect("dim"), d),
        ("softmin", None) => x().softmin(call.int("dim").expect("dim")),
        _ => return None,
    })
}

fn extremes(op: &str, call: &Call<'_>) -> Option<Vec<Tensor>> {
    let x = || call.x();
    match op {
        "amax" => one(x().amax(call.axes("dim"), call.keepdim())),
        "amin" => one(x().amin(call.axes("dim"), call.keepdim())),
        "aminmax" => two(x().aminmax(call.axes("dim"), call.keepdim())),
        "max" | "min" => {
            let greatest = op == "max";
            if let Some(other) = call.optional("other") {
                return one(if greatest {
                    x().maximum(other)
                } else {
                    x().minimum(other)
                });
            }
            match (call.int("dim"), greatest) {
                (Some(dim), true) => two(x().max_dim(dim, call.keepdim())),
                (Some(dim), false) => two(x().min_dim(dim, call.keepdim())),
                (None, true) => one(x().max()),
                (None, false) => one(x().min()),
            }
        }
        "argmax" => one(x().argmax(call.axes("dim"), call.keepdim())),
        "argmin" => one(x().argmin(call.axes("dim"), call.keepdim())),
        _ => None,
    }
}

fn running(op: &str, call: &Call<'_>) -> Option<Vec<Tensor>> {
    let (x, dim) = (|| call.x(), || call.int("dim").expect("dim"));
    let dtype = call.dtype("dtype");
    match (op, dtype) {
        ("cumsum", None) => one(x().cumsum(dim())),
        ("cumsum", Some(d)) => one(x().cumsum_with(dim(), d)),
        ("cumprod", None) => one(x().cumprod(dim())),
        ("cumprod", Some(d)) => one(x().cumprod_with(dim(), d)),
        ("logcumsumexp", None) => one(x().logcumsumexp(dim())),
        ("cummax", None) => two(x().cummax(dim())),
        ("cummin", None) => two(x().cummin(dim())),
        ("diff", None) => one(x().diff(call.size_or("n", 1), call.int_or("dim", -1))),
        ("trapezoid" | "trapz" | "cumulative_trapezoid", None) => {
            let spacing = match call.optional("x") {
                Some(places) => ondol::Operand::from(places),
                None => call.float_or("dx", 1.0).into(),
            };
            let dim = call.int_or("dim", -1);
            one(if op == "cumulative_trapezoid" {
                x().cumulative_trapezoid(spacing, dim)
            } else {
                x().trapezoid(spacing, dim)
            })
        }
        _ => None,
    }
}

/// `correction`, or what older calls say in its place.
fn correction(call: &Call<'_>) -> f64 {
    let unbiased = call.bool_or("unbiased", true);
    call.float_or("correction", f64::from(u8::from(unbiased)))
}

fn spread(op: &str, call: &Call<'_>) -> Option<Vec<Tensor>> {
    let (x, dims, keep) = (|| call.x(), || call.axes("dim"), || call.keepdim());
    match op {
        "var" => one(x().var(dims(), correction(call), keep())),
        "std" => one(x().std(dims(), correction(call), keep())),
        "var_mean" => two(x().var_mean(dims(), correction(call), keep())),
        "std_mean" => two(x().std_mean(dims(), correction(call), keep())),
        "norm" => {
            let p = match call.raw("p").and_then(|p| p.as_str()) {
                Some("fro") => 2.0,
                _ => call.float_or("p", 2.0),
            };
            one(x().vector_norm(p, dims(), keep()))
        }
        "renorm" => one(x().renorm(
            call.float("p").expect("p"),
            call.int("dim").expect("dim"),
            call.float("maxnorm").expect("maxnorm"),
        )),
        "cov" => one(x().cov(call.float_or("correction", 1.0))),
        "corrcoef" => one(x().corrcoef()),
        _ => None,
    }
}
