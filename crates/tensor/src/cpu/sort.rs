//! Stable sorting along a dimension.

use super::parallel::{self, PARALLEL_COMPUTE};
use super::staging::{self, Disjoint};
use crate::{Element, Kind, Layout, Result, View, ViewMut, with_dtype};

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

/// A number with the order of the element: below 0 before above, NaN after all, both zeros one.
///
/// Sorting these is faster than comparing floats, and one loop serves every dtype.
fn key<T: Element>(x: T) -> u64 {
    const SIGN: u64 = 1 << 63;
    if T::DTYPE.kind() < Kind::Float {
        return x.to_i64() as u64 ^ SIGN;
    }
    let x = x.to_f64();
    match (x + 0.0).to_bits() {
        _ if x.is_nan() => u64::MAX,
        bits if bits & SIGN != 0 => !bits,
        bits => bits | SIGN,
    }
}

fn rows<T: Element>(
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
    // Turned round, the keys descend; equals keep their order either way.
    let turn = if descending { u64::MAX } else { 0 };
    let (values, indices) = (Disjoint::new(values), Disjoint::new(indices));
    parallel::tasks(
        n.div_ceil(per_task),
        data.len() >= PARALLEL_COMPUTE / 4,
        |task| {
            let mut keys: Vec<(u64, usize)> = Vec::with_capacity(length);
            for row in task * per_task..n.min((task + 1) * per_task) {
                let data = &data[row * length..][..length];
                keys.clear();
                keys.extend(data.iter().map(|&x| key(x) ^ turn).zip(0..));
                keys.sort_unstable();
                // SAFETY: each row belongs to one task.
                let (values, indices) = unsafe {
                    (
                        values.part(row * length, length),
                        indices.part(row * length, length),
                    )
                };
                for ((&(_, at), value), index) in keys.iter().zip(values).zip(indices) {
                    (*value, *index) = (data[at], at as i64);
                }
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::key;
    use crate::f16;

    #[test]
    fn keys_have_the_elements_order() {
        let ascending = [
            f64::NEG_INFINITY,
            -2.0,
            -1e-300,
            0.0,
            1e-300,
            0.5,
            f64::MAX,
            f64::INFINITY,
            f64::NAN,
        ];
        assert!(ascending.windows(2).all(|w| key(w[0]) < key(w[1])));
        assert_eq!(key(-0.0f32), key(0.0f32));
        assert_eq!(key(-f32::NAN), key(f32::NAN));
        assert!(key(f16::from_f32(-1.0)) < key(f16::from_f32(-0.5)));
        assert!(key(i64::MIN) < key(-1i64) && key(-1i64) < key(0i64) && key(0i64) < key(i64::MAX));
        assert!(key(false) < key(true));
    }
}
