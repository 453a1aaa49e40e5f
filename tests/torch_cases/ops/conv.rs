//! Convolutions and pools.

use ondol::nn::functional as f;
use ondol::{
    AvgPoolOptions, ConvOptions, ConvTransposeOptions, OutputSize, Padding, PoolOptions, Tensor,
};

use super::{one, two};
use crate::torch_cases::call::Call;

fn conv<const N: usize>(call: &Call<'_>) -> (Tensor, Tensor, Option<Tensor>, ConvOptions<N>) {
    // A word stands where sizes may.
    let padding = match call.raw("padding").and_then(|v| v.as_str()) {
        Some("same") => Padding::Same,
        Some("valid") => Padding::Valid,
        Some(other) => panic!("padding {other}"),
        None => Padding::By(call.sizes_or("padding", 0)),
    };
    let options = ConvOptions {
        stride: call.sizes_or("stride", 1),
        padding,
        dilation: call.sizes_or("dilation", 1),
        groups: call.size_or("groups", 1),
    };
    (
        call.x(),
        call.tensor("weight"),
        call.optional("bias"),
        options,
    )
}

fn transposed<const N: usize>(
    call: &Call<'_>,
) -> (Tensor, Tensor, Option<Tensor>, ConvTransposeOptions<N>) {
    let options = ConvTransposeOptions {
        stride: call.sizes_or("stride", 1),
        padding: call.sizes_or("padding", 0),
        output_padding: call.sizes_or("output_padding", 0),
        dilation: call.sizes_or("dilation", 1),
        groups: call.size_or("groups", 1),
    };
    (
        call.x(),
        call.tensor("weight"),
        call.optional("bias"),
        options,
    )
}

fn window<const N: usize>(call: &Call<'_>) -> PoolOptions<N> {
    let kernel = call.sizes::<N>("kernel_size").expect("kernel_size");
    PoolOptions::new(kernel)
        .stride(call.sizes::<N>("stride").unwrap_or(kernel))
        .padding(call.sizes_or::<N>("padding", 0))
        .dilation(call.sizes_or::<N>("dilation", 1))
        .ceil_mode(call.bool_or("ceil_mode", false))
}

fn average<const N: usize>(call: &Call<'_>) -> AvgPoolOptions<N> {
    let kernel = call.sizes::<N>("kernel_size").expect("kernel_size");
    AvgPoolOptions::new(kernel)
        .stride(call.sizes::<N>("stride").unwrap_or(kernel))
        .padding(call.sizes_or::<N>("padding", 0))
        .ceil_mode(call.bool_or("ceil_mode", false))
        .count_include_pad(call.bool_or("count_include_pad", true))
        .divisor_override(call.size("divisor_override"))
}

/// Sizes, where `None` keeps the input's.
fn output<const N: usize>(call: &Call<'_>) -> OutputSize<N> {
    let sizes = call.optional_ints("output_size").expect("output_size");
    let size = |i: Option<isize>| i.map(|i| usize::try_from(i).expect("a size"));
    match sizes[..] {
        [all] => OutputSize([size(all); N]),
        _ => OutputSize(std::array::from_fn(|d| size(sizes[d]))),
    }
}

pub(super) fn run(op: &str, call: &Call<'_>) -> Option<Vec<Tensor>> {
    let x = || call.x();
    let indices = |values: fn(&Call<'_>) -> Tensor, both: fn(&Call<'_>) -> (Tensor, Tensor)| {
        if call.bool_or("return_indices", false) {
            two(both(call))
        } else {
            one(values(call))
        }
    };
    match op {
        "conv1d" => {
            let (x, w, b, o) = conv::<1>(call);
            one(f::conv1d(&x, &w, b.as_ref(), o))
        }
        "conv2d" => {
            let (x, w, b, o) = conv::<2>(call);
            one(f::conv2d(&x, &w, b.as_ref(), o))
        }
        "conv3d" => {
            let (x, w, b, o) = conv::<3>(call);
            one(f::conv3d(&x, &w, b.as_ref(), o))
        }
        "conv_transpose1d" => {
            let (x, w, b, o) = transposed::<1>(call);
            one(f::conv_transpose1d(&x, &w, b.as_ref(), o))
        }
        "conv_transpose2d" => {
            let (x, w, b, o) = transposed::<2>(call);
            one(f::conv_transpose2d(&x, &w, b.as_ref(), o))
        }
        "conv_transpose3d" => {
            let (x, w, b, o) = transposed::<3>(call);
            one(f::conv_transpose3d(&x, &w, b.as_ref(), o))
        }
        // nn.functional's, over images; torch.Tensor.unfold takes a dimension.
        "unfold" if call.has("kernel_size") => one(f::unfold(
            &x(),
            call.sizes::<2>("kernel_size").expect("kernel_size"),
            conv_options(call),
        )),
        "fold" => one(f::fold(
            &x(),
            call.sizes::<2>("output_size").expect("output_size"),
            call.sizes::<2>("kernel_size").expect("kernel_size"),
            conv_options(call),
        )),
        "max_pool1d" => indices(
            |c| f::max_pool1d(&c.x(), window::<1>(c)),
            |c| f::max_pool1d_with_indices(&c.x(), window::<1>(c)),
        ),
        "max_pool2d" => indices(
            |c| f::max_pool2d(&c.x(), window::<2>(c)),
            |c| f::max_pool2d_with_indices(&c.x(), window::<2>(c)),
        ),
        "max_pool3d" => indices(
            |c| f::max_pool3d(&c.x(), window::<3>(c)),
            |c| f::max_pool3d_with_indices(&c.x(), window::<3>(c)),
        ),
        "max_pool1d_with_indices" => {
            call.bool_or("return_indices", true);
            two(f::max_pool1d_with_indices(&x(), window::<1>(call)))
        }
        "max_pool2d_with_indices" => {
            call.bool_or("return_indices", true);
            two(f::max_pool2d_with_indices(&x(), window::<2>(call)))
        }
        "max_pool3d_with_indices" => {
            call.bool_or("return_indices", true);
            two(f::max_pool3d_with_indices(&x(), window::<3>(call)))
        }
        "avg_pool1d" => one(f::avg_pool1d(&x(), average::<1>(call))),
        "avg_pool2d" => one(f::avg_pool2d(&x(), average::<2>(call))),
        "avg_pool3d" => one(f::avg_pool3d(&x(), average::<3>(call))),
        "adaptive_avg_pool1d" => one(f::adaptive_avg_pool1d(&x(), output::<1>(call))),
        "adaptive_avg_pool2d" => one(f::adaptive_avg_pool2d(&x(), output::<2>(call))),
        "adaptive_avg_pool3d" => one(f::adaptive_avg_pool3d(&x(), output::<3>(call))),
        "adaptive_max_pool1d" => indices(
            |c| f::adaptive_max_pool1d(&c.x(), output::<1>(c)),
            |c| f::adaptive_max_pool1d_with_indices(&c.x(), output::<1>(c)),
        ),
        "adaptive_max_pool2d" => indices(
            |c| f::adaptive_max_pool2d(&c.x(), output::<2>(c)),
            |c| f::adaptive_max_pool2d_with_indices(&c.x(), output::<2>(c)),
        ),
        "adaptive_max_pool3d" => indices(
            |c| f::adaptive_max_pool3d(&c.x(), output::<3>(c)),
            |c| f::adaptive_max_pool3d_with_indices(&c.x(), output::<3>(c)),
        ),
        "max_unpool1d" => one(f::max_unpool1d(
            &x(),
            &call.at(1),
            window::<1>(call),
            call.sizes("output_size"),
        )),
        "max_unpool2d" => one(f::max_unpool2d(
            &x(),
            &call.at(1),
            window::<2>(call),
            call.sizes("output_size"),
        )),
        "max_unpool3d" => one(f::max_unpool3d(
            &x(),
            &call.at(1),
            window::<3>(call),
            call.sizes("output_size"),
        )),
        "lp_pool1d" => one(f::lp_pool1d(&x(), norm_type(call), window::<1>(call))),
        "lp_pool2d" => one(f::lp_pool2d(&x(), norm_type(call), window::<2>(call))),
        "lp_pool3d" => one(f::lp_pool3d(&x(), norm_type(call), window::<3>(call))),
        _ => None,
    }
}

fn norm_type(call: &Call<'_>) -> f64 {
    call.float("norm_type").expect("norm_type")
}

fn conv_options(call: &Call<'_>) -> ConvOptions<2> {
    ConvOptions {
        stride: call.sizes_or("stride", 1),
        padding: Padding::By(call.sizes_or("padding", 0)),
        dilation: call.sizes_or("dilation", 1),
        groups: 1,
    }
}
