//! Losses.

use ondol::Tensor;
use ondol::nn::functional as f;
use ondol::nn::functional::{
    ClassOptions, CtcOptions, GaussianNllOptions, MultiMarginOptions, PoissonNllOptions, Reduction,
    TripletOptions,
};

use super::one;
use crate::torch_cases::call::Call;

fn reduction(call: &Call<'_>) -> Reduction {
    match call.text("reduction").unwrap_or("mean") {
        "none" => Reduction::None,
        "mean" => Reduction::Mean,
        "sum" => Reduction::Sum,
        "batchmean" => Reduction::BatchMean,
        other => panic!("reduction {other}"),
    }
}

pub(super) fn run(op: &str, call: &Call<'_>) -> Option<Vec<Tensor>> {
    let (x, y, r) = (|| call.at(0), || call.at(1), || reduction(call));
    let margin = |default| call.float_or("margin", default);
    let weight = || call.optional("weight");
    let class = |f: fn(&Tensor, &Tensor, &ClassOptions<'_>) -> Tensor| {
        let weight = weight();
        let options = ClassOptions {
            weight: weight.as_ref(),
            ignore_index: call.int_or("ignore_index", -100) as i64,
            label_smoothing: call.float_or("label_smoothing", 0.0),
            reduction: r(),
        };
        f(&x(), &y(), &options)
    };
    one(match op {
        "mse_loss" => f::mse_loss(&x(), &y(), r()),
        "l1_loss" => f::l1_loss(&x(), &y(), r()),
        "smooth_l1_loss" => f::smooth_l1_loss(&x(), &y(), call.float_or("beta", 1.0), r()),
        "huber_loss" => f::huber_loss(&x(), &y(), call.float_or("delta", 1.0), r()),
        "binary_cross_entropy" => f::binary_cross_entropy(&x(), &y(), weight().as_ref(), r()),
        "binary_cross_entropy_with_logits" => f::binary_cross_entropy_with_logits(
            &x(),
            &y(),
            weight().as_ref(),
            call.optional("pos_weight").as_ref(),
            r(),
        ),
        "cross_entropy" => class(f::cross_entropy),
        "nll_loss" => class(f::nll_loss),
        "kl_div" => f::kl_div(&x(), &y(), call.bool_or("log_target", false), r()),
        "poisson_nll_loss" => {
            let options = PoissonNllOptions {
                log_input: call.bool_or("log_input", true),
                full: call.bool_or("full", false),
                eps: call.float_or("eps", 1e-8),
                reduction: r(),
            };
            f::poisson_nll_loss(&x(), &y(), options)
        }
        "gaussian_nll_loss" => {
            let options = GaussianNllOptions {
                full: call.bool_or("full", false),
                eps: call.float_or("eps", 1e-6),
                reduction: r(),
            };
            let var = match call.float("var") {
                Some(number) => x().full_like(number).detach(),
                None => call.tensor("var"),
            };
            f::gaussian_nll_loss(&x(), &y(), &var, options)
        }
        "hinge_embedding_loss" => f::hinge_embedding_loss(&x(), &y(), margin(1.0), r()),
        "margin_ranking_loss" => f::margin_ranking_loss(&x(), &y(), &call.at(2), margin(0.0), r()),
        "soft_margin_loss" => f::soft_margin_loss(&x(), &y(), r()),
        "multi_margin_loss" => {
            let weight = weight();
            let options = MultiMarginOptions {
                p: call.int_or("p", 1) as u32,
                margin: margin(1.0),
                weight: weight.as_ref(),
                reduction: r(),
            };
            f::multi_margin_loss(&x(), &y(), options)
        }
        "multilabel_margin_loss" => f::multilabel_margin_loss(&x(), &y(), r()),
        "multilabel_soft_margin_loss" => {
            f::multilabel_soft_margin_loss(&x(), &y(), weight().as_ref(), r())
        }
        "cosine_embedding_loss" => {
            f::cosine_embedding_loss(&x(), &y(), &call.at(2), margin(0.0), r())
        }
        "triplet_margin_loss" => {
            let options = TripletOptions {
                margin: margin(1.0),
                p: call.float_or("p", 2.0),
                eps: call.float_or("eps", 1e-6),
                swap: call.bool_or("swap", false),
                reduction: r(),
            };
            f::triplet_margin_loss(&x(), &y(), &call.at(2), options)
        }
        "triplet_margin_with_distance_loss" => f::triplet_margin_with_distance_loss(
            &x(),
            &y(),
            &call.at(2),
            |a, b| f::pairwise_distance(a, b, 2.0, 1e-6, false),
            margin(1.0),
            call.bool_or("swap", false),
            r(),
        ),
        "ctc_loss" => {
            let options = CtcOptions {
                blank: call.size_or("blank", 0),
                reduction: r(),
                zero_infinity: call.bool_or("zero_infinity", false),
            };
            let lengths = |name: &str| match call.ints(name) {
                Some(list) => Tensor::from(list.iter().map(|&i| i as i64).collect::<Vec<_>>()),
                None => call.tensor(name),
            };
            let (input, target) = (lengths("input_lengths"), lengths("target_lengths"));
            f::ctc_loss(&x(), &y(), &input, &target, options)
        }
        _ => return None,
    })
}
