//! Two-dimensional convolution and its gradients: patches as columns, then a matrix product.
//!
//! One image at a time, a band of output rows at a time, so that the columns stay in the cache and
//! memory does not grow with the batch.

use super::gemm::{self, Gemm, Matrix};
use super::parallel;
use super::patches::{Geometry, add_patches, copy_patches, with_scratch};
use super::staging::{self, Disjoint, Scratch};
use super::strided::reborrow;
use crate::{Conv2dOptions, DType, Result, View, ViewMut};

/// `input [N, C, H, W]`, `weight [O, C/groups, KH, KW]` → `[N, O, OH, OW]`.
pub(super) fn forward(
    o: &Conv2dOptions,
    x: View<'_>,
    w: View<'_>,
    out: &mut ViewMut<'_>,
) -> Option<Result<()>> {
    let geometry = Geometry::new(o, x.layout.shape(), w.layout.shape(), out.layout.shape());
    match x.dtype {
        DType::F32 => forward_as::<f32>(&geometry, x, w, out),
        DType::F64 => forward_as::<f64>(&geometry, x, w, out),
        _ => return None,
    }
    Some(Ok(()))
}

/// The gradient of `forward` by its input, from the gradient `g` of its output.
pub(super) fn input_grad(
    o: &Conv2dOptions,
    g: View<'_>,
    w: View<'_>,
    out: &mut ViewMut<'_>,
) -> Option<Result<()>> {
    let geometry = Geometry::new(o, out.layout.shape(), w.layout.shape(), g.layout.shape());
    match g.dtype {
        DType::F32 => input_grad_as::<f32>(&geometry, g, w, out),
        DType::F64 => input_grad_as::<f64>(&geometry, g, w, out),
        _ => return None,
    }
    Some(Ok(()))
}

/// The gradient of `forward` by its weight, from its input and the gradient `g` of its output.
pub(super) fn weight_grad(
    o: &Conv2dOptions,
    x: View<'_>,
    g: View<'_>,
    out: &mut ViewMut<'_>,
) -> Option<Result<()>> {
    let geometry = Geometry::new(o, x.layout.shape(), out.layout.shape(), g.layout.shape());
    match x.dtype {
        DType::F32 => weight_grad_as::<f32>(&geometry, x, g, out),
        DType::F64 => weight_grad_as::<f64>(&geometry, x, g, out),
        _ => return None,
    }
    Some(Ok(()))
}

/// Runs `f(image, group)` for the whole batch. Few large images share their products between
/// threads instead.
fn each_image(geometry: &Geometry, f: impl Fn(usize, usize) + Send + Sync) {
    let jobs = geometry.images * geometry.groups;
    let spread = jobs >= 4 && geometry.work() >= 1 << 22;
    // A task has about as much work as a fork costs.
    let per_task = ((jobs << 21) / geometry.work().max(1)).clamp(1, jobs.max(1));
    parallel::tasks(jobs.div_ceil(per_task), spread, |task| {
        for job in task * per_task..jobs.min((task + 1) * per_task) {
            f(job / geometry.groups, job % geometry.groups);
        }
    });
}

fn forward_as<T: Gemm>(geometry: &Geometry, x: View<'_>, w: View<'_>, out: &mut ViewMut<'_>) {
    let g = geometry;
    let (x, w) = (staging::read::<T>(x), staging::read::<T>(w));
    let (taps, area) = (g.taps(), g.out[0] * g.out[1]);
    staging::write::<T, _>(reborrow(out), |out| {
        let out = Disjoint::new(out);
        each_image(g, |image, group| {
            // SAFETY: an image's group of channels is one job.
            let out = unsafe { out.part(g.outputs_at(image, group), g.filters() * area) };
            let x = &x[g.inputs_at(image, group)..][..g.channels() * g.input[0] * g.input[1]];
            let w = Matrix::rows(&w[group * g.filters() * taps..][..g.filters() * taps], taps);
            with_scratch::<T, _>(g.scratch(), |columns| {
                for band in g.bands() {
                    let (start, width) = (band.start * g.out[1], band.len() * g.out[1]);
                    let columns = if g.is_pointwise() {
                        x
                    } else {
                        copy_patches(g, x, band, columns);
                        &*columns
                    };
                    let c = Matrix::rows_mut(&mut out[start..], area);
                    // SAFETY: `w` is [filters, taps], the columns [taps, width], `out` [filters, area].
                    unsafe {
                        gemm::multiply(
                            [g.filters(), taps, width],
                            w,
                            Matrix::rows(columns, width),
                            T::ZERO,
                            c,
                        )
                    };
                }
            });
        });
    });
}

fn input_grad_as<T: Gemm>(
    geometry: &Geometry,
    gradient: View<'_>,
    w: View<'_>,
    out: &mut ViewMut<'_>,
) {
    let g = geometry;
    let (gradient, w) = (staging::read::<T>(gradient), staging::read::<T>(w));
    let (taps, area) = (g.taps(), g.out[0] * g.out[1]);
    staging::write::<T, _>(reborrow(out), |out| {
        let out = Disjoint::new(out);
        each_image(g, |image, group| {
            let size = g.channels() * g.input[0] * g.input[1];
            // SAFETY: an image's group of channels is one job.
            let out = unsafe { out.part(g.inputs_at(image, group), size) };
            let gradient = &gradient[g.outputs_at(image, group)..][..g.filters() * area];
            let w = Matrix::rows(&w[group * g.filters() * taps..][..g.filters() * taps], taps)
                .transposed();
            if g.is_pointwise() {
                let c = Matrix::rows_mut(out, area);
                // SAFETY: `wᵀ` is [taps, filters], the gradient [filters, area], `out` [taps, area].
                unsafe {
                    gemm::multiply(
                        [taps, g.filters(), area],
                        w,
                        Matrix::rows(gradient, area),
                        T::ZERO,
                        c,
                    )
                };
                return;
            }
            out.fill(T::ZERO);
            with_scratch::<T, _>(g.scratch(), |columns| {
                for band in g.bands() {
                    let (start, width) = (band.start * g.out[1], band.len() * g.out[1]);
                    let b = Matrix::rows(&gradient[start..], area);
                    let c = Matrix::rows_mut(columns, width);
                    // SAFETY: as above, with a band of the gradient's columns.
                    unsafe { gemm::multiply([taps, g.filters(), width], w, b, T::ZERO, c) };
                    add_patches(g, columns, band, out);
                }
            });
        });
    });
}

/// Elements that the partial sums of a weight's gradient may take together.
const PARTIAL_SUMS: usize = 1 << 24;

fn weight_grad_as<T: Gemm>(
    geometry: &Geometry,
    x: View<'_>,
    gradient: View<'_>,
    out: &mut ViewMut<'_>,
) {
    let g = geometry;
    let (x, gradient) = (staging::read::<T>(x), staging::read::<T>(gradient));
    let (taps, area) = (g.taps(), g.out[0] * g.out[1]);
    staging::write::<T, _>(reborrow(out), |out| {
        // The batch is summed in a fixed tree: images within a share one by one, shares in pairs.
        let size = out.len();
        let wanted = (PARTIAL_SUMS / size.max(1)).clamp(2, 16).min(g.images);
        let per_share = g.images.div_ceil(wanted.max(1)).max(1);
        let shares = g.images.div_ceil(per_share);
        let mut rest = Scratch::new(size * shares.saturating_sub(1));
        rest.fill(T::ZERO);
        out.fill(T::ZERO);
        let mut sums: Vec<&mut [T]> = std::iter::once(&mut *out)
            .chain(rest.chunks_exact_mut(size.max(1)))
            .collect();
        parallel::split_mut(
            &mut sums,
            1,
            shares >= 2 && g.work() >= 1 << 22,
            |share, sum| {
                let sum = &mut *sum[0];
                for image in share * per_share..g.images.min((share + 1) * per_share) {
                    for group in 0..g.groups {
                        let x = &x[g.inputs_at(image, group)..]
                            [..g.channels() * g.input[0] * g.input[1]];
                        let gradient =
                            &gradient[g.outputs_at(image, group)..][..g.filters() * area];
                        let sum = &mut sum[group * g.filters() * taps..][..g.filters() * taps];
                        with_scratch::<T, _>(g.scratch(), |columns| {
                            for band in g.bands() {
                                let (start, width) = (band.start * g.out[1], band.len() * g.out[1]);
                                let columns = if g.is_pointwise() {
                                    x
                                } else {
                                    copy_patches(g, x, band, columns);
                                    &*columns
                                };
                                let a = Matrix::rows(&gradient[start..], area);
                                let b = Matrix::rows(columns, width).transposed();
                                let c = Matrix::rows_mut(sum, taps);
                                // SAFETY: the gradient is [filters, area], the columns [taps, width].
                                unsafe {
                                    gemm::multiply([g.filters(), width, taps], a, b, T::ONE, c)
                                };
                            }
                        });
                    }
                }
            },
        );
        let mut apart = 1;
        while apart < shares {
            for i in (0..shares - apart).step_by(2 * apart) {
                let (left, right) = sums.split_at_mut(i + apart);
                for (sum, &x) in left[i].iter_mut().zip(right[0].iter()) {
                    *sum = sum.plus(x);
                }
            }
            apart *= 2;
        }
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
