//! What moves over space: convolutions of other ranks and their transposes, pools, patches, resizing.

use ondol::nn::functional as f;
use ondol::nn::functional::{GridOptions, Interpolate, InterpolateMode};
use ondol_autograd::{AvgPoolOptions, ConvOptions, ConvTransposeOptions, Padding, PoolOptions};

use super::CONSTANT;
use crate::line::{Line, any, between, distinct, line};

pub(super) fn lines() -> Vec<Line> {
    [
        convolutions(),
        transposes(),
        patches(),
        greatest(),
        means(),
        resizes(),
        shuffles(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn convolutions() -> Vec<Line> {
    let o1 = ConvOptions::<1>::new().stride(2).padding(1);
    let o3 = ConvOptions::<3>::new()
        .padding((1, 0, 1))
        .dilation((2, 1, 1));
    vec![
        line(
            "conv1d",
            [any([2, 2, 5]), any([3, 2, 3]), any([3])],
            move |t| f::conv1d(&t[0], &t[1], Some(&t[2]), o1),
        )
        .fused()
        .empty([&[0, 2, 5], &[3, 2, 3], &[3]], &[0, 3, 3])
        .scalar_fails(),
        line("conv1d", [any([2, 6]), any([2, 1, 2])], |t| {
            let options = ConvOptions::new().padding(Padding::Same).groups(2);
            f::conv1d(&t[0], &t[1], None, options)
        })
        .case("same, groups, no batch")
        .fused()
        .empty_fails([&[2, 0], &[2, 2, 2]])
        .scalar_fails(),
        line(
            "conv3d",
            [any([1, 2, 3, 3, 2]), any([2, 2, 2, 2, 1]), any([2])],
            move |t| f::conv3d(&t[0], &t[1], Some(&t[2]), o3),
        )
        .fused()
        .empty([&[0, 2, 3, 3, 2], &[2, 2, 2, 2, 1], &[2]], &[0, 2, 3, 2, 4])
        .scalar_fails(),
        line("conv3d", [any([2, 2, 2, 2]), any([2, 1, 2, 1, 2])], |t| {
            f::conv3d(&t[0], &t[1], None, ConvOptions::new().groups(2))
        })
        .case("groups, no batch")
        .fused()
        .empty_fails([&[2, 0, 2, 2], &[2, 1, 2, 1, 2]])
        .scalar_fails(),
    ]
}

fn transposes() -> Vec<Line> {
    let o1 = ConvTransposeOptions::<1>::new()
        .stride(2)
        .padding(1)
        .output_padding(1);
    let o2 = ConvTransposeOptions::<2>::new().stride((2, 1)).groups(2);
    let o3 = ConvTransposeOptions::<3>::new()
        .stride(2)
        .padding((1, 0, 0));
    vec![
        line(
            "conv_transpose1d",
            [any([2, 2, 3]), any([2, 3, 3]), any([3])],
            move |t| f::conv_transpose1d(&t[0], &t[1], Some(&t[2]), o1),
        )
        .fused()
        .empty_fails([&[2, 2, 0], &[2, 3, 3], &[3]])
        .scalar_fails(),
        line("conv_transpose1d", [any([2, 3]), any([2, 1, 2])], |t| {
            let options = ConvTransposeOptions::new().dilation(2).output_padding(1);
            f::conv_transpose1d(&t[0], &t[1], None, options)
        })
        .case("more at the end than a stride, no batch")
        .fused()
        .empty_fails([&[2, 0], &[2, 1, 2]])
        .scalar_fails(),
        line(
            "conv_transpose2d",
            [any([1, 2, 2, 3]), any([2, 2, 2, 2])],
            move |t| f::conv_transpose2d(&t[0], &t[1], None, o2),
        )
        .fused()
        .empty([&[0, 2, 2, 3], &[2, 2, 2, 2]], &[0, 4, 4, 4])
        .scalar_fails(),
        line(
            "conv_transpose3d",
            [any([1, 2, 2, 2, 1]), any([2, 2, 3, 1, 2]), any([2])],
            move |t| f::conv_transpose3d(&t[0], &t[1], Some(&t[2]), o3),
        )
        .fused()
        .empty_fails([&[1, 2, 0, 2, 1], &[2, 2, 3, 1, 2], &[2]])
        .scalar_fails(),
    ]
}

fn patches() -> Vec<Line> {
    let options = ConvOptions::<2>::new().stride((1, 2)).padding((1, 0));
    vec![
        line("unfold", [any([2, 2, 3, 4])], move |t| {
            f::unfold(&t[0], (2, 2), options)
        })
        .case("patches")
        .empty([&[0, 2, 3, 4]], &[0, 8, 8])
        .scalar_fails(),
        line("fold", [any([2, 8, 8])], move |t| {
            f::fold(&t[0], (3, 4), (2, 2), options)
        })
        .empty([&[0, 8, 8]], &[0, 2, 3, 4])
        .scalar_fails(),
    ]
}

fn greatest() -> Vec<Line> {
    let over = PoolOptions::<1>::new(3)
        .stride(2)
        .padding(1)
        .ceil_mode(true);
    let o3 = PoolOptions::<3>::new(2).stride(1).padding((1, 0, 0));
    let (planes, volumes) = (|| distinct([2, 2, 4, 5]), || distinct([2, 3, 3, 2]));
    let lines = vec![
        line("max_pool1d", [distinct([2, 2, 6])], |t| {
            f::max_pool1d(&t[0], 2)
        })
        .fused()
        .empty([&[0, 2, 6]], &[0, 2, 3]),
        line("max_pool1d_with_indices", [distinct([2, 6])], move |t| {
            f::max_pool1d_with_indices(&t[0], over)
        })
        .case("over the end, no batch")
        .fused()
        .empty_fails([&[2, 0]]),
        line("max_pool2d", [planes()], |t| {
            f::max_pool2d(&t[0], PoolOptions::new(2).ceil_mode(true))
        })
        .case("over the end")
        .fused()
        .empty([&[0, 2, 4, 5]], &[0, 2, 2, 3]),
        line("max_pool3d", [volumes()], move |t| f::max_pool3d(&t[0], o3))
            .empty_fails([&[2, 0, 3, 2]]),
        line("max_pool3d_with_indices", [volumes()], |t| {
            f::max_pool3d_with_indices(&t[0], PoolOptions::new(2).ceil_mode(true))
        })
        .empty_fails([&[2, 0, 3, 2]]),
        line("adaptive_max_pool1d", [distinct([2, 5])], |t| {
            f::adaptive_max_pool1d(&t[0], 3)
        })
        .empty_fails([&[2, 0]]),
        line(
            "adaptive_max_pool1d_with_indices",
            [distinct([2, 6])],
            |t| f::adaptive_max_pool1d_with_indices(&t[0], 3),
        )
        .empty_fails([&[2, 0]]),
        line("adaptive_max_pool2d", [planes()], |t| {
            f::adaptive_max_pool2d(&t[0], (3, 2))
        })
        .empty([&[0, 2, 4, 5]], &[0, 2, 3, 2]),
        line("adaptive_max_pool2d_with_indices", [planes()], |t| {
            f::adaptive_max_pool2d_with_indices(&t[0], [None, Some(3)])
        })
        .empty([&[0, 2, 4, 5]], &[0, 2, 4, 3]),
        line("adaptive_max_pool3d", [volumes()], |t| {
            f::adaptive_max_pool3d(&t[0], (2, 3, 1))
        })
        .empty_fails([&[2, 0, 3, 2]]),
        line("adaptive_max_pool3d_with_indices", [volumes()], |t| {
            f::adaptive_max_pool3d_with_indices(&t[0], 2)
        })
        .empty_fails([&[2, 0, 3, 2]]),
    ];
    let linear = |line: Line| line.first_only(CONSTANT).scalar_fails();
    let mut lines: Vec<Line> = lines.into_iter().map(linear).collect();
    lines.extend([
        line("max_unpool1d", [any([2, 3])], |t| {
            let at = crate::line::positions(&t[0], &[1, 2, 4, 0, 3, 5], [2, 3]);
            f::max_unpool1d(&t[0], &at, 2, None).square()
        })
        .empty_fails([&[2, 0]])
        .scalar_fails(),
        line("max_unpool2d", [any([1, 2, 1])], |t| {
            let at = crate::line::positions(&t[0], &[3, 4], [1, 2, 1]);
            f::max_unpool2d(&t[0], &at, 2, Some([4, 3])).square()
        })
        .empty_fails([&[1, 0, 1]])
        .scalar_fails(),
        line("max_unpool3d", [any([1, 1, 1, 2])], |t| {
            let at = crate::line::positions(&t[0], &[5, 14], [1, 1, 1, 2]);
            f::max_unpool3d(&t[0], &at, 2, None).square()
        })
        .empty_fails([&[1, 1, 0, 2]])
        .scalar_fails(),
    ]);
    lines
}

fn means() -> Vec<Line> {
    let half = AvgPoolOptions::<2>::new(3)
        .stride(2)
        .padding(1)
        .count_include_pad(false);
    let positive = || between(0.5, 2.0, [2, 2, 4, 4]);
    let lines = vec![
        line("avg_pool1d", [any([2, 2, 6])], |t| {
            f::avg_pool1d(&t[0], 2).square()
        })
        .empty([&[0, 2, 6]], &[0, 2, 3]),
        line("avg_pool2d", [any([2, 2, 4, 4])], |t| {
            f::avg_pool2d(&t[0], 2).square()
        })
        .empty([&[0, 2, 4, 4]], &[0, 2, 2, 2]),
        line("avg_pool2d", [any([2, 4, 5])], move |t| {
            f::avg_pool2d(&t[0], half.ceil_mode(true)).square()
        })
        .case("uneven windows, no batch")
        .empty_fails([&[2, 0, 0]]),
        line("avg_pool3d", [any([2, 3, 2, 4])], |t| {
            f::avg_pool3d(&t[0], AvgPoolOptions::new(2).stride(1).divisor_override(3)).square()
        })
        .empty_fails([&[2, 0, 2, 4]]),
        line("adaptive_avg_pool1d", [any([2, 5])], |t| {
            f::adaptive_avg_pool1d(&t[0], 3).square()
        })
        .empty_fails([&[2, 0]]),
        line("adaptive_avg_pool2d", [any([2, 2, 4, 5])], |t| {
            f::adaptive_avg_pool2d(&t[0], (2, 3)).square()
        })
        .empty([&[0, 2, 4, 5]], &[0, 2, 2, 3]),
        line("adaptive_avg_pool2d", [any([2, 2, 4, 5])], |t| {
            f::adaptive_avg_pool2d(&t[0], 1).square()
        })
        .case("to one")
        .empty([&[0, 2, 4, 5]], &[0, 2, 1, 1]),
        line("adaptive_avg_pool3d", [any([2, 3, 2, 4])], |t| {
            f::adaptive_avg_pool3d(&t[0], (2, 1, 3)).square()
        })
        .empty_fails([&[2, 0, 2, 4]]),
        line("lp_pool1d", [between(0.5, 2.0, [2, 6])], |t| {
            f::lp_pool1d(&t[0], 3.0, 2)
        })
        .empty_fails([&[2, 0]]),
        line("lp_pool2d", [positive()], |t| f::lp_pool2d(&t[0], 2.0, 2))
            .empty([&[0, 2, 4, 4]], &[0, 2, 2, 2]),
        line("lp_pool3d", [positive()], |t| f::lp_pool3d(&t[0], 2.0, 2))
            .empty_fails([&[2, 0, 4, 4]]),
    ];
    lines.into_iter().map(Line::scalar_fails).collect()
}

fn resizes() -> Vec<Line> {
    use InterpolateMode as M;
    let resize = |case, mode, shape: &[usize], to: &'static [usize]| {
        let input = crate::input::Input {
            shape: shape.to_vec(),
            ..any([1])
        };
        line("interpolate", [input], move |t| {
            f::interpolate(&t[0], &Interpolate::size(to.to_vec()).mode(mode)).square()
        })
        .case(case)
        .no_empty("a size of 0 is refused below")
        .scalar_fails()
    };
    vec![
        resize("nearest", M::Nearest, &[1, 2, 5], &[7]),
        resize("nearest exactly", M::NearestExact, &[1, 2, 5], &[3]),
        resize("lines", M::Linear, &[1, 2, 5], &[7]),
        resize("in the plane", M::Bilinear, &[1, 2, 3, 4], &[5, 2]),
        resize("curves", M::Bicubic, &[1, 1, 3, 4], &[5, 2]),
        resize("in space", M::Trilinear, &[1, 1, 2, 3, 2], &[3, 2, 4]),
        resize("means", M::Area, &[1, 2, 3, 4], &[2, 3]),
        line("upsample", [any([1, 2, 3, 2])], |t| {
            let options = Interpolate::scale_factor(2.0).mode(InterpolateMode::Bilinear);
            f::upsample(&t[0], &options.align_corners(true)).square()
        })
        .empty_fails([&[1, 2, 0, 2]])
        .scalar_fails(),
        line(
            "grid_sample",
            [any([2, 2, 3, 4]), between(-0.6, 0.9, [2, 2, 2, 2])],
            |t| f::grid_sample(&t[0], &t[1], GridOptions::default()),
        )
        .empty([&[2, 0, 3, 4], &[2, 2, 2, 2]], &[2, 0, 2, 2])
        .double_only("which elements are beside a place is counted in the grid's precision")
        .scalar_fails(),
        line("affine_grid", [any([2, 2, 3])], |t| {
            f::affine_grid(&t[0], [2, 1, 2, 3], false).square()
        })
        .empty_fails([&[0, 2, 3]])
        .scalar_fails(),
    ]
}

fn shuffles() -> Vec<Line> {
    vec![
        line("pixel_shuffle", [any([2, 4, 2, 3])], |t| {
            f::pixel_shuffle(&t[0], 2).square()
        })
        .empty([&[0, 4, 2, 3]], &[0, 1, 4, 6])
        .scalar_fails(),
        line("pixel_unshuffle", [any([2, 1, 4, 6])], |t| {
            f::pixel_unshuffle(&t[0], 2).square()
        })
        .empty([&[0, 1, 4, 6]], &[0, 4, 2, 3])
        .scalar_fails(),
        line("channel_shuffle", [any([2, 4, 3])], |t| {
            f::channel_shuffle(&t[0], 2).square()
        })
        .empty([&[0, 4, 3]], &[0, 4, 3])
        .scalar_fails(),
    ]
}
