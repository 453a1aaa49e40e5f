//! Stable sorting along a dimension.

use std::cmp::Ordering;

use super::number::Number;
use super::parallel::{self, PARALLEL_COMPUTE};
use super::staging::{self, Disjoint};
use crate::{Layout, Result, View, ViewMut, with_dtype};

/// Values in order along `dim`, and where each came from; NaN counts as greatest.
pub(super) fn sort(
    src: View<'_>,
    dim: usize,
    descending: bool,
    values: ViewMut<'_>,
    indices: ViewMut<'_>,
) -> Result<()> {
    // With the dimension last, each row is sorted where it lies.
    let mut order: Vec<usize> = (0..src.layout.ndim()).filter(|&d| d != dim).collect();
    order.push(dim);
    let last = |layout: &Layout| layout.permute(&order);
    let (from, to_values, to_indices) =
        (last(src.layout), last(values.layout), last(indices.layout));
    let length = src.layout.shape()[dim];
    with_dtype!(src.dtype, T => {
        let data = staging::read::<T>(View { layout: &from, ..src });
        staging::write::<T, _>(ViewMut { layout: &to_values, ..values }, |values| {
            staging::write::<i64, _>(ViewMut { layout: &to_indices, ..indices }, |indices| {
                rows(&data, length, descending, values, indices);
            });
        });
    });
    Ok(())
}

/// The order in which NaN is above all.
fn ascending<T: Number>(a: T, b: T) -> Ordering {
    a.partial_cmp(&b)
        .unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

fn rows<T: Number>(
    data: &[T],
    length: usize,
    descending: bool,
    values: &mut [T],
    indices: &mut [i64],
) {
    if length == 0 {
        return;
    }
    let per_task = (4096 / length).max(1);
    let n = data.len() / length;
    let (values, indices) = (Disjoint::new(values), Disjoint::new(indices));
    parallel::tasks(
        n.div_ceil(per_task),
        data.len() >= PARALLEL_COMPUTE,
        |task| {
            let mut pairs: Vec<(T, i64)> = Vec::with_capacity(length);
            for row in task * per_task..n.min((task + 1) * per_task) {
                pairs.clear();
                pairs.extend(data[row * length..][..length].iter().copied().zip(0..));
                // `sort_by` is stable; the descending order swaps the operands, so equals stay in order.
                if descending {
                    pairs.sort_by(|a, b| ascending(b.0, a.0));
                } else {
                    pairs.sort_by(|a, b| ascending(a.0, b.0));
                }
                // SAFETY: each row belongs to one task.
                let (values, indices) = unsafe {
                    (
                        values.part(row * length, length),
                        indices.part(row * length, length),
                    )
                };
                for ((pair, value), index) in pairs.iter().zip(values).zip(indices) {
                    (*value, *index) = *pair;
                }
            }
        },
    );
}
