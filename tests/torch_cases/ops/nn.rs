//! Activations, norms, embeddings, dropout, resizing, attention.

use ondol::nn::functional as f;
use ondol::nn::functional::{
    AttentionOptions, Bag, EmbeddingBagOptions, EmbeddingOptions, Gelu, GridMode, GridOptions,
    GridPadding, Interpolate, InterpolateMode, PerDim, RunningStats,
};
use ondol::{Shape, Tensor};

use super::one;
use crate::torch_cases::call::Call;

pub(super) fn run(op: &str, call: &Call<'_>) -> Option<Vec<Tensor>> {
    activation(op, call)
        .map(|y| vec![y])
        .or_else(|| norm(op, call))
        .or_else(|| other(op, call))
}

fn activation(op: &str, call: &Call<'_>) -> Option<Tensor> {
    let x = || call.x();
    let number = |name: &str, default: f64| call.float_or(name, default);
    let dim = |default: isize| call.int_or("dim", default);
    Some(match op {
        "relu6" => f::relu6(&x()),
        "leaky_relu" => f::leaky_relu(&x(), number("negative_slope", 0.01)),
        "prelu" => f::prelu(&x(), &call.tensor("weight")),
        "rrelu" => f::rrelu(
            &x(),
            number("lower", 1.0 / 8.0),
            number("upper", 1.0 / 3.0),
            call.bool_or("training", false),
        ),
        "elu" => f::elu(&x(), number("alpha", 1.0)),
        "selu" => f::selu(&x()),
        "celu" => f::celu(&x(), number("alpha", 1.0)),
        "gelu" => match call.text("approximate").unwrap_or("none") {
            "none" => f::gelu(&x(), Gelu::Exact),
            "tanh" => f::gelu(&x(), Gelu::Tanh),
            other => panic!("approximate {other}"),
        },
        "silu" | "swish" => f::silu(&x()),
        "mish" => f::mish(&x()),
        "softplus" => f::softplus(&x(), number("beta", 1.0), number("threshold", 20.0)),
        "softsign" => f::softsign(&x()),
        "softshrink" => f::softshrink(&x(), number("lambd", 0.5)),
        "hardshrink" => f::hardshrink(&x(), number("lambd", 0.5)),
        "tanhshrink" => f::tanhshrink(&x()),
        "hardtanh" => f::hardtanh(&x(), number("min_val", -1.0), number("max_val", 1.0)),
        "hardsigmoid" => f::hardsigmoid(&x()),
        "hardswish" => f::hardswish(&x()),
        "logsigmoid" | "log_sigmoid" => f::logsigmoid(&x()),
        "softmin" => f::softmin(&x(), call.int("dim").expect("dim")),
        "glu" => f::glu(&x(), dim(-1)),
        _ => return None,
    })
}

fn norm(op: &str, call: &Call<'_>) -> Option<Vec<Tensor>> {
    let (weight, bias) = (|| call.optional("weight"), || call.optional("bias"));
    let eps = |default| call.float_or("eps", default);
    let shape = || {
        let sizes = call.ints("normalized_shape").expect("normalized_shape");
        sizes.iter().map(|&s| s as usize).collect::<Shape>()
    };
    match op {
        "batch_norm" | "instance_norm" => {
            let (mean, var) = (call.optional("running_mean"), call.optional("running_var"));
            let momentum = call.float_or("momentum", 0.1);
            let running = mean
                .as_ref()
                .zip(var.as_ref())
                .map(|(mean, var)| RunningStats {
                    mean,
                    var,
                    momentum,
                });
            let (w, b) = (weight(), bias());
            let y = if op == "batch_norm" {
                let training = call.bool_or("training", false);
                f::batch_norm(
                    &call.x(),
                    running,
                    w.as_ref(),
                    b.as_ref(),
                    training,
                    eps(1e-5),
                )
            } else {
                let own = call.bool_or("use_input_stats", true);
                f::instance_norm(&call.x(), running, w.as_ref(), b.as_ref(), own, eps(1e-5))
            };
            Some([Some(y), mean, var].into_iter().flatten().collect())
        }
        "layer_norm" => one(f::layer_norm(
            &call.x(),
            shape(),
            weight().as_ref(),
            bias().as_ref(),
            eps(1e-5),
        )),
        "rms_norm" => one(f::rms_norm(
            &call.x(),
            shape(),
            weight().as_ref(),
            call.float("eps"),
        )),
        "group_norm" => one(f::group_norm(
            &call.x(),
            call.size("num_groups").expect("num_groups"),
            weight().as_ref(),
            bias().as_ref(),
            eps(1e-5),
        )),
        "local_response_norm" => one(f::local_response_norm(
            &call.x(),
            call.size("size").expect("size"),
            call.float_or("alpha", 1e-4),
            call.float_or("beta", 0.75),
            call.float_or("k", 1.0),
        )),
        _ => None,
    }
}

fn rows(call: &Call<'_>, count: usize) -> EmbeddingOptions {
    // PyTorch counts a negative row from the end.
    let padding = call.int("padding_idx").map(|i| {
        let i = if i < 0 { i + count as isize } else { i };
        usize::try_from(i).expect("a row")
    });
    EmbeddingOptions {
        padding_idx: padding,
        max_norm: call.float("max_norm"),
        norm_type: call.float_or("norm_type", 2.0),
        scale_grad_by_freq: call.bool_or("scale_grad_by_freq", false),
    }
}

fn other(op: &str, call: &Call<'_>) -> Option<Vec<Tensor>> {
    let x = || call.x();
    let dropout = |f: fn(&Tensor, f64, bool) -> Tensor| {
        f(
            &x(),
            call.float_or("p", 0.5),
            call.bool_or("training", true),
        )
    };
    one(match op {
        "dropout" => dropout(f::dropout),
        "dropout1d" => dropout(f::dropout1d),
        "dropout2d" => dropout(f::dropout2d),
        "dropout3d" => dropout(f::dropout3d),
        "alpha_dropout" => f::alpha_dropout(
            &x(),
            call.float_or("p", 0.5),
            call.bool_or("training", false),
        ),
        "feature_alpha_dropout" => f::feature_alpha_dropout(
            &x(),
            call.float_or("p", 0.5),
            call.bool_or("training", false),
        ),
        "embedding" => {
            call.bool_or("sparse", false);
            let weight = call.tensor("weight");
            let options = rows(call, weight.size(0));
            f::embedding(&x(), &weight, options)
        }
        "embedding_bag" => {
            call.bool_or("sparse", false);
            let (offsets, scale) = (
                call.optional("offsets"),
                call.optional("per_sample_weights"),
            );
            let weight = call.tensor("weight");
            let options = EmbeddingBagOptions {
                mode: match call.text("mode").unwrap_or("mean") {
                    "sum" => Bag::Sum,
                    "mean" => Bag::Mean,
                    "max" => Bag::Max,
                    other => panic!("mode {other}"),
                },
                offsets: offsets.as_ref(),
                include_last_offset: call.bool_or("include_last_offset", false),
                per_sample_weights: scale.as_ref(),
                rows: rows(call, weight.size(0)),
            };
            f::embedding_bag(&x(), &weight, options)
        }
        "scaled_dot_product_attention" => {
            let mask = call.optional("attn_mask");
            let options = AttentionOptions {
                attn_mask: mask.as_ref(),
                dropout_p: call.float_or("dropout_p", 0.0),
                is_causal: call.bool_or("is_causal", false),
                scale: call.float("scale"),
                enable_gqa: call.bool_or("enable_gqa", false),
            };
            f::scaled_dot_product_attention(&x(), &call.at(1), &call.at(2), &options)
        }
        "pixel_shuffle" => f::pixel_shuffle(&x(), call.size("upscale_factor").expect("factor")),
        "pixel_unshuffle" => {
            f::pixel_unshuffle(&x(), call.size("downscale_factor").expect("factor"))
        }
        "channel_shuffle" => f::channel_shuffle(&x(), call.size("groups").expect("groups")),
        "interpolate" | "upsample" => f::interpolate(&x(), &resize(call)),
        "grid_sample" => {
            let options = GridOptions {
                mode: match call.text("mode").unwrap_or("bilinear") {
                    "bilinear" => GridMode::Bilinear,
                    "nearest" => GridMode::Nearest,
                    other => panic!("mode {other}"),
                },
                padding_mode: match call.text("padding_mode").unwrap_or("zeros") {
                    "zeros" => GridPadding::Zeros,
                    "border" => GridPadding::Border,
                    "reflection" => GridPadding::Reflection,
                    other => panic!("padding_mode {other}"),
                },
                align_corners: call.bool_or("align_corners", false),
            };
            f::grid_sample(&x(), &call.at(1), options)
        }
        "affine_grid" => {
            let size = call.sizes::<4>("size").expect("size");
            call.bool_or("align_corners", false);
            f::affine_grid(&x(), size, call.bool_or("align_corners", false))
        }
        _ => return None,
    })
}

fn resize(call: &Call<'_>) -> Interpolate {
    let each = |list: Vec<f64>| match list[..] {
        [all] => PerDim::All(all),
        _ => PerDim::Each(list),
    };
    let mode = match call.text("mode").unwrap_or("nearest") {
        "nearest" => InterpolateMode::Nearest,
        "nearest-exact" => InterpolateMode::NearestExact,
        "linear" => InterpolateMode::Linear,
        "bilinear" => InterpolateMode::Bilinear,
        "bicubic" => InterpolateMode::Bicubic,
        "trilinear" => InterpolateMode::Trilinear,
        "area" => InterpolateMode::Area,
        other => panic!("mode {other}"),
    };
    let size = call.floats("size").map(|list| match each(list) {
        PerDim::All(s) => PerDim::All(s as usize),
        PerDim::Each(list) => PerDim::Each(list.iter().map(|&s| s as usize).collect()),
    });
    Interpolate {
        size,
        scale_factor: call.floats("scale_factor").map(each),
        mode,
        align_corners: call.bool_or("align_corners", false),
        recompute_scale_factor: call.bool_or("recompute_scale_factor", false),
    }
}
