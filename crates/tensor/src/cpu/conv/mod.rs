//! Two-dimensional convolution and its gradients.
//!
//! Products of `f32` with a step of one read the image where it lies ([`direct`], [`weight`]), where
//! the machine has AVX2. All others gather patches as columns for a matrix product ([`columns`]).

mod columns;
#[cfg(target_arch = "x86_64")]
mod direct;
mod patches;
#[cfg(target_arch = "x86_64")]
mod tile;
#[cfg(target_arch = "x86_64")]
mod weight;
#[cfg(target_arch = "x86_64")]
mod wide;

use self::patches::Geometry;
use super::gemm::Gemm;
use super::parallel::Tier;
use super::staging;
use super::strided::reborrow;
use crate::{Conv2dOptions, DType, Result, View, ViewMut};

/// Elements that the partial sums of a weight's gradient may take together.
const PARTIAL_SUMS: usize = 1 << 24;
/// The most shares a batch is cut into, whose sums are added in pairs.
const SHARES: usize = 16;

/// A type with its ways to convolve; each says whether it did.
trait Convolve: Gemm {
    fn direct(_: &Geometry, _: &[Self], _: &[Self], _: Option<&[Self]>, _: &mut [Self]) -> bool {
        false
    }
    fn direct_input_grad(_: &Geometry, _: &[Self], _: &[Self], _: &mut [Self]) -> bool {
        false
    }
    fn direct_grads(
        _: &Geometry,
        _: &[Self],
        _: &[Self],
        _: &mut [Self],
        _: Option<&mut [Self]>,
    ) -> bool {
        false
    }
}

impl Convolve for f64 {}

#[cfg(not(target_arch = "x86_64"))]
impl Convolve for f32 {}

#[cfg(target_arch = "x86_64")]
impl Convolve for f32 {
    fn direct(g: &Geometry, x: &[f32], w: &[f32], bias: Option<&[f32]>, out: &mut [f32]) -> bool {
        Tier::best() != Tier::Base && direct::forward(g, x, w, bias, out)
    }
    fn direct_input_grad(g: &Geometry, gradient: &[f32], w: &[f32], out: &mut [f32]) -> bool {
        Tier::best() != Tier::Base && direct::input_grad(g, gradient, w, out)
    }
    fn direct_grads(
        g: &Geometry,
        x: &[f32],
        gradient: &[f32],
        out: &mut [f32],
        bias: Option<&mut [f32]>,
    ) -> bool {
        Tier::best() != Tier::Base && weight::grads(g, x, gradient, out, bias)
    }
}

/// `input [N, C, H, W]`, `weight [O, C/groups, KH, KW]`, perhaps `bias [O]` → `[N, O, OH, OW]`.
pub(super) fn forward(
    o: &Conv2dOptions,
    x: View<'_>,
    w: View<'_>,
    bias: Option<View<'_>>,
    out: &mut ViewMut<'_>,
) -> Option<Result<()>> {
    match x.dtype {
        DType::F32 => forward_as::<f32>(o, x, w, bias, out),
        DType::F64 => forward_as::<f64>(o, x, w, bias, out),
        _ => return None,
    }
    Some(Ok(()))
}

fn forward_as<T: Convolve>(
    o: &Conv2dOptions,
    x: View<'_>,
    w: View<'_>,
    bias: Option<View<'_>>,
    out: &mut ViewMut<'_>,
) {
    let g = Geometry::new(o, x.layout.shape(), w.layout.shape(), out.layout.shape());
    let (x, w) = (staging::read::<T>(x), staging::read::<T>(w));
    let bias = bias.map(staging::read::<T>);
    staging::write::<T, _>(reborrow(out), |out| {
        if !T::direct(&g, &x, &w, bias.as_deref(), out) {
            columns::forward(&g, &x, &w, bias.as_deref(), out);
        }
    });
}

/// The gradient of `forward` by its input, from the gradient `g` of its output.
pub(super) fn input_grad(
    o: &Conv2dOptions,
    g: View<'_>,
    w: View<'_>,
    out: &mut ViewMut<'_>,
) -> Option<Result<()>> {
    match g.dtype {
        DType::F32 => input_grad_as::<f32>(o, g, w, out),
        DType::F64 => input_grad_as::<f64>(o, g, w, out),
        _ => return None,
    }
    Some(Ok(()))
}

fn input_grad_as<T: Convolve>(
    o: &Conv2dOptions,
    gradient: View<'_>,
    w: View<'_>,
    out: &mut ViewMut<'_>,
) {
    let (x, y) = (out.layout.shape(), gradient.layout.shape());
    let g = Geometry::new(o, x, w.layout.shape(), y);
    let (gradient, w) = (staging::read::<T>(gradient), staging::read::<T>(w));
    staging::write::<T, _>(reborrow(out), |out| {
        if !T::direct_input_grad(&g, &gradient, &w, out) {
            columns::input_grad(&g, &gradient, &w, out);
        }
    });
}

/// The gradients of `forward` by its weight and, where there are two outputs, by its bias, from its
/// input and the gradient `g` of its output.
pub(super) fn weight_grad(
    o: &Conv2dOptions,
    x: View<'_>,
    g: View<'_>,
    outputs: &mut [ViewMut<'_>],
) -> Option<Result<()>> {
    match x.dtype {
        DType::F32 => weight_grad_as::<f32>(o, x, g, outputs),
        DType::F64 => weight_grad_as::<f64>(o, x, g, outputs),
        _ => return None,
    }
    Some(Ok(()))
}

fn weight_grad_as<T: Convolve>(
    o: &Conv2dOptions,
    x: View<'_>,
    gradient: View<'_>,
    outputs: &mut [ViewMut<'_>],
) {
    let Some((out, bias)) = outputs.split_first_mut() else {
        return;
    };
    let (w, y) = (out.layout.shape(), gradient.layout.shape());
    let g = Geometry::new(o, x.layout.shape(), w, y);
    let (x, gradient) = (staging::read::<T>(x), staging::read::<T>(gradient));
    let run = |out: &mut [T], mut bias: Option<&mut [T]>| {
        if !T::direct_grads(&g, &x, &gradient, out, bias.as_deref_mut()) {
            columns::weight_grad(&g, &x, &gradient, out);
            if let Some(bias) = bias {
                columns::bias_grad(&g, &gradient, bias);
            }
        }
    };
    staging::write::<T, _>(reborrow(out), |out| match bias.first_mut() {
        Some(bias) => staging::write::<T, _>(reborrow(bias), |bias| run(out, Some(bias))),
        None => run(out, None),
    });
}

#[cfg(test)]
mod tests {
    use crate::{Array, Conv2dOptions, Fused};

    fn ramp(shape: [usize; 4]) -> Array {
        let n = shape.iter().product();
        Array::from_vec((0..n).map(|i| (i * 7 % 11) as f64 - 5.0).collect(), shape).unwrap()
    }

    fn run(op: Fused, a: &Array, b: &Array) -> Array {
        Array::fused(&op, &[a, b]).unwrap().unwrap().remove(0)
    }

    fn dot(a: &Array, b: &Array) -> f64 {
        let (a, b) = (a.to_vec::<f64>().unwrap(), b.to_vec::<f64>().unwrap());
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    /// Convolution is linear in both operands: ⟨g, conv(x, w)⟩ = ⟨∂x, x⟩ = ⟨∂w, w⟩.
    #[test]
    fn gradients_are_adjoint_to_the_forward() {
        for (x, w, stride, padding, dilation, groups) in [
            ([2, 3, 6, 5], [4, 3, 3, 2], [1, 1], [0, 0], [1, 1], 1),
            ([5, 4, 7, 9], [6, 2, 3, 3], [2, 1], [1, 2], [1, 2], 2),
            ([1, 3, 4, 4], [3, 1, 3, 3], [1, 1], [1, 1], [1, 1], 3),
            ([3, 5, 3, 3], [2, 5, 1, 1], [1, 1], [0, 0], [1, 1], 1),
            ([3, 2, 8, 8], [2, 2, 2, 2], [3, 3], [0, 0], [1, 1], 1),
            ([1, 1, 200, 90], [3, 1, 5, 5], [1, 1], [4, 4], [1, 1], 1),
        ] {
            let options = Conv2dOptions {
                stride,
                padding,
                dilation,
                groups,
            };
            let (x, w) = (ramp(x), ramp(w));
            let y = run(Fused::Conv2d(options), &x, &w);
            let g = ramp([y.shape()[0], y.shape()[1], y.shape()[2], y.shape()[3]]);
            let dx = run(
                Fused::Conv2dInputGrad {
                    options,
                    input: [x.shape()[2], x.shape()[3]],
                },
                &g,
                &w,
            );
            let dw = run(
                Fused::Conv2dWeightGrad {
                    options,
                    kernel: [w.shape()[2], w.shape()[3]],
                },
                &x,
                &g,
            );
            assert_eq!(dot(&g, &y), dot(&dx, &x), "{options:?}");
            assert_eq!(dot(&g, &y), dot(&dw, &w), "{options:?}");
        }
    }

    #[test]
    fn a_small_case_by_hand() {
        let x = Array::from_vec((1..=9).map(f64::from).collect(), [1, 1, 3, 3]).unwrap();
        let w = Array::from_vec(vec![1.0, 0.0, 0.0, -1.0], [1, 1, 2, 2]).unwrap();
        let y = run(
            Fused::Conv2d(Conv2dOptions {
                padding: [1, 0],
                ..Default::default()
            }),
            &x,
            &w,
        );
        assert_eq!(y.shape(), &[1, 1, 4, 2]);
        assert_eq!(
            y.to_vec::<f64>().unwrap(),
            [-2.0, -3.0, -4.0, -4.0, -4.0, -4.0, 7.0, 8.0]
        );
    }
}
