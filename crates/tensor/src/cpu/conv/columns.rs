//! Convolution of any kind: patches as columns, then a matrix product.
//!
//! One image at a time, a band of output rows at a time, so that the columns stay in the cache and
//! memory does not grow with the batch.

use super::patches::{Geometry, add_patches, copy_patches, with_scratch};
use super::{PARTIAL_SUMS, SHARES};
use crate::cpu::gemm::{self, Gemm, Matrix};
use crate::cpu::parallel;
use crate::cpu::staging::{Disjoint, Scratch};

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

/// Runs `f(first place, places, patches as columns [taps, places])` for the bands of an image's group.
fn each_band<T: Gemm>(g: &Geometry, x: &[T], mut f: impl FnMut(usize, usize, Matrix<*const T>)) {
    with_scratch::<T, _>(g.scratch(), |columns| {
        for band in g.bands() {
            let (start, width) = (band.start * g.out[1], band.len() * g.out[1]);
            let columns = if g.is_pointwise() {
                x
            } else {
                copy_patches(g, x, band, columns);
                &*columns
            };
            f(start, width, Matrix::rows(columns, width));
        }
    });
}

pub(super) fn forward<T: Gemm>(g: &Geometry, x: &[T], w: &[T], bias: Option<&[T]>, out: &mut [T]) {
    let (taps, area) = (g.taps(), g.out[0] * g.out[1]);
    let out = Disjoint::new(out);
    let beta = if bias.is_some() { T::ONE } else { T::ZERO };
    each_image(g, |image, group| {
        // SAFETY: an image's group of channels is one job.
        let out = unsafe { out.part(g.outputs_at(image, group), g.filters() * area) };
        let x = &x[g.inputs_at(image, group)..][..g.channels() * g.input[0] * g.input[1]];
        let w = Matrix::rows(&w[group * g.filters() * taps..][..g.filters() * taps], taps);
        if let Some(bias) = bias {
            let planes = out.chunks_exact_mut(area.max(1));
            let bias = &bias[group * g.filters()..];
            planes.zip(bias).for_each(|(plane, &bias)| plane.fill(bias));
        }
        each_band(g, x, |start, width, columns| {
            let c = Matrix::rows_mut(&mut out[start..], area);
            // SAFETY: `w` is [filters, taps], the columns [taps, width], `out` [filters, area].
            unsafe { gemm::multiply([g.filters(), taps, width], w, columns, beta, c) };
        });
    });
}

pub(super) fn input_grad<T: Gemm>(g: &Geometry, gradient: &[T], w: &[T], out: &mut [T]) {
    let (taps, area) = (g.taps(), g.out[0] * g.out[1]);
    let out = Disjoint::new(out);
    each_image(g, |image, group| {
        let size = g.channels() * g.input[0] * g.input[1];
        // SAFETY: an image's group of channels is one job.
        let out = unsafe { out.part(g.inputs_at(image, group), size) };
        let gradient = &gradient[g.outputs_at(image, group)..][..g.filters() * area];
        let w =
            Matrix::rows(&w[group * g.filters() * taps..][..g.filters() * taps], taps).transposed();
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
}

pub(super) fn weight_grad<T: Gemm>(g: &Geometry, x: &[T], gradient: &[T], out: &mut [T]) {
    let (taps, area) = (g.taps(), g.out[0] * g.out[1]);
    // The batch is summed in a fixed tree: images within a share one by one, shares in pairs.
    let size = out.len();
    let wanted = (PARTIAL_SUMS / size.max(1)).clamp(2, SHARES).min(g.images);
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
                    let x =
                        &x[g.inputs_at(image, group)..][..g.channels() * g.input[0] * g.input[1]];
                    let gradient = &gradient[g.outputs_at(image, group)..][..g.filters() * area];
                    let sum = &mut sum[group * g.filters() * taps..][..g.filters() * taps];
                    each_band(g, x, |start, width, columns| {
                        let a = Matrix::rows(&gradient[start..], area);
                        let (b, c) = (columns.transposed(), Matrix::rows_mut(sum, taps));
                        // SAFETY: the gradient is [filters, area], the columns [taps, width].
                        unsafe { gemm::multiply([g.filters(), width, taps], a, b, T::ONE, c) };
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
}

/// The sums of the output's gradient over images and places, image after image.
pub(super) fn bias_grad<T: Gemm>(g: &Geometry, gradient: &[T], out: &mut [T]) {
    let (filters, area) = (out.len(), g.out[0] * g.out[1]);
    parallel::split_mut(out, 1, gradient.len() >= 1 << 16, |filter, sum| {
        let planes = gradient
            .chunks_exact(area.max(1))
            .skip(filter)
            .step_by(filters);
        sum[0] = planes.fold(T::ZERO, |sum, plane| {
            // Eight running sums: a long chain of additions is slow and less exact.
            let (eights, rest) = plane.as_chunks::<8>();
            let mut lanes = [T::ZERO; 8];
            for eight in eights {
                lanes
                    .iter_mut()
                    .zip(eight)
                    .for_each(|(a, &b)| *a = a.plus(b));
            }
            let each = lanes.iter().chain(rest);
            sum.plus(each.fold(T::ZERO, |sum, &x| sum.plus(x)))
        });
    });
}
