//! Matrix products and what is near them.

use ondol::nn::functional as f;
use ondol::{ContractDims, Tensor};

use super::one;
use crate::torch_cases::call::Call;

pub(super) fn run(op: &str, call: &Call<'_>) -> Option<Vec<Tensor>> {
    let (x, y) = (|| call.at(0), || call.at(1));
    let (beta, alpha) = (
        || call.float_or("beta", 1.0),
        || call.float_or("alpha", 1.0),
    );
    one(match op {
        "mm" => x().mm(&y()),
        "matmul" => x().matmul(&y()),
        "bmm" => x().bmm(&y()),
        "mv" => x().mv(&y()),
        "dot" => x().dot(&y()),
        "vdot" => x().vdot(&y()),
        "inner" => x().inner(&y()),
        "outer" | "ger" => x().outer(&y()),
        "addmm" => x().addmm_with(&y(), &call.at(2), beta(), alpha()),
        "addmv" => x().addmv_with(&y(), &call.at(2), beta(), alpha()),
        "addr" => x().addr_with(&y(), &call.at(2), beta(), alpha()),
        "addbmm" => x().addbmm_with(&y(), &call.at(2), beta(), alpha()),
        "baddbmm" => x().baddbmm_with(&y(), &call.at(2), beta(), alpha()),
        "linear" => f::linear(&x(), &call.tensor("weight"), call.optional("bias").as_ref()),
        "bilinear" => f::bilinear(
            &x(),
            &y(),
            &call.tensor("weight"),
            call.optional("bias").as_ref(),
        ),
        "tensordot" => x().tensordot(&y(), contracted(call)),
        "kron" => x().kron(&y()),
        "cross" => x().cross(&y(), call.int("dim")),
        "chain_matmul" | "multi_dot" => Tensor::chain_matmul(&call.rest(0)),
        "matrix_power" => x().matrix_power(call.int("n").expect("n") as i64),
        "einsum" => {
            let equation = call.text("equation").expect("equation");
            Tensor::einsum(equation, &call.rest(0))
        }
        "cosine_similarity" => f::cosine_similarity(
            &x(),
            &y(),
            call.int_or("dim", 1),
            call.float_or("eps", 1e-8),
        ),
        "pairwise_distance" => f::pairwise_distance(
            &x(),
            &y(),
            call.float_or("p", 2.0),
            call.float_or("eps", 1e-6),
            call.keepdim(),
        ),
        "normalize" => f::normalize(
            &x(),
            call.float_or("p", 2.0),
            call.int_or("dim", 1),
            call.float_or("eps", 1e-12),
        ),
        "cdist" => x().cdist(&y(), call.float_or("p", 2.0)),
        _ => return None,
    })
}

/// So many of the last dimensions and the first, or a list of both sides'.
fn contracted(call: &Call<'_>) -> ContractDims {
    match call.arg("dims") {
        None => ContractDims::Count(2),
        Some(serde_json::Value::Array(lists)) => {
            let list = |i: usize| {
                let list = lists[i].as_array().expect("a list of dimensions");
                let dims = list
                    .iter()
                    .map(|d| d.as_i64().expect("a dimension") as isize);
                dims.collect::<Vec<_>>()
            };
            ContractDims::Lists(list(0), list(1))
        }
        Some(n) => ContractDims::Count(n.as_u64().expect("dims") as usize),
    }
}
