//! Maximum pooling.

use super::number::Number;
use super::parallel::{self, PARALLEL_COMPUTE};
use super::staging::{self, Disjoint};
use super::strided::reborrow;
use crate::{DType, Pool2dOptions, Result, View, ViewMut, bf16, f16};

/// The greatest of each window and its position `h * W + w`; the first of equals, a NaN wins.
pub(super) fn max_pool2d(
    o: &Pool2dOptions,
    x: View<'_>,
    outputs: &mut [ViewMut<'_>],
) -> Option<Result<()>> {
    let [values, positions] = outputs else {
        return None;
    };
    match x.dtype {
        DType::F32 => run::<f32>(o, x, values, positions),
        DType::F64 => run::<f64>(o, x, values, positions),
        DType::F16 => run::<f16>(o, x, values, positions),
        DType::BF16 => run::<bf16>(o, x, values, positions),
        _ => return None,
    }
    Some(Ok(()))
}

fn run<T: Number>(
    o: &Pool2dOptions,
    x: View<'_>,
    values: &mut ViewMut<'_>,
    positions: &mut ViewMut<'_>,
) {
    let (shape, out) = (x.layout.shape(), values.layout.shape());
    let (input, out) = ([shape[2], shape[3]], [out[2], out[3]]);
    let (plane, area) = (input[0] * input[1], out[0] * out[1]);
    let planes = shape[0] * shape[1];
    let halving =
        o.kernel == [2, 2] && o.stride == [2, 2] && o.padding == [0, 0] && o.dilation == [1, 1];
    let data = staging::read::<T>(x);
    let per_task = (PARALLEL_COMPUTE / 8 / plane.max(1)).max(1);
    staging::write::<T, _>(reborrow(values), |values| {
        staging::write::<i64, _>(reborrow(positions), |positions| {
            let (values, positions) = (Disjoint::new(values), Disjoint::new(positions));
            parallel::tasks(
                planes.div_ceil(per_task),
                data.len() >= PARALLEL_COMPUTE,
                |task| {
                    for p in task * per_task..planes.min((task + 1) * per_task) {
                        // SAFETY: a plane belongs to one task.
                        let (values, positions) = unsafe {
                            (values.part(p * area, area), positions.part(p * area, area))
                        };
                        let data = &data[p * plane..][..plane];
                        if halving {
                            halve(data, input[1], out[1], values, positions);
                        } else {
                            windows(o, data, input, out, values, positions);
                        }
                    }
                },
            );
        });
    });
}

/// Whether `x` takes the place of `best`, which came before it.
#[inline(always)]
fn wins<T: Number>(x: T, best: T) -> bool {
    (x > best) | (x.is_nan() & !best.is_nan())
}

/// Windows of 2x2 that do not overlap.
fn halve<T: Number>(
    data: &[T],
    width: usize,
    out_width: usize,
    values: &mut [T],
    positions: &mut [i64],
) {
    let rows = values
        .chunks_exact_mut(out_width)
        .zip(positions.chunks_exact_mut(out_width));
    for (oh, (values, positions)) in rows.enumerate() {
        let first = 2 * oh * width;
        let (top, bottom) = (&data[first..][..width], &data[first + width..][..width]);
        let pairs = top.as_chunks::<2>().0.iter().zip(bottom.as_chunks::<2>().0);
        for (ow, ((value, position), (top, bottom))) in
            values.iter_mut().zip(positions).zip(pairs).enumerate()
        {
            let corner = first + 2 * ow;
            let (mut best, mut at) = (top[0], corner);
            for (x, place) in [
                (top[1], corner + 1),
                (bottom[0], corner + width),
                (bottom[1], corner + width + 1),
            ] {
                let win = wins(x, best);
                best = if win { x } else { best };
                at = if win { place } else { at };
            }
            (*value, *position) = (best, at as i64);
        }
    }
}

fn windows<T: Number>(
    o: &Pool2dOptions,
    data: &[T],
    [height, width]: [usize; 2],
    out: [usize; 2],
    values: &mut [T],
    positions: &mut [i64],
) {
    // The taps of output `i` that lie inside of an axis, as positions.
    let taps = |axis: usize, i: usize, size: usize| {
        let (start, step) = (i * o.stride[axis], o.dilation[axis]);
        let skip = o.padding[axis].saturating_sub(start).div_ceil(step);
        (skip..o.kernel[axis])
            .map(move |k| start + k * step - o.padding[axis])
            .take_while(move |&p| p < size)
    };
    for oh in 0..out[0] {
        for ow in 0..out[1] {
            let (mut best, mut at) = (T::LEAST, None);
            for h in taps(0, oh, height) {
                for w in taps(1, ow, width) {
                    let x = data[h * width + w];
                    if at.is_none() || wins(x, best) {
                        (best, at) = (x, Some(h * width + w));
                    }
                }
            }
            values[oh * out[1] + ow] = best;
            // A window that lies in the border alone has no position; its value is minus infinity.
            positions[oh * out[1] + ow] = at.unwrap_or(0) as i64;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Array, Fused, Pool2dOptions};

    fn pool(v: Vec<f32>, h: usize, w: usize, o: Pool2dOptions) -> (Vec<f32>, Vec<i64>) {
        let x = Array::from_vec(v, [1, 1, h, w]).unwrap();
        let out = Array::fused(&Fused::MaxPool2d(o), &[&x]).unwrap().unwrap();
        (out[0].to_vec().unwrap(), out[1].to_vec().unwrap())
    }

    const HALF: Pool2dOptions = Pool2dOptions {
        kernel: [2, 2],
        stride: [2, 2],
        padding: [0, 0],
        dilation: [1, 1],
    };

    #[test]
    fn first_of_equals_and_nan() {
        let v = vec![1.0, 1.0, 5.0, 2.0, 9.0, 1.0, 0.0, f32::NAN, 3.0, 7.0];
        // The fifth column has no partner and is left out.
        let (values, at) = pool(v, 2, 5, HALF);
        assert!(values[0] == 1.0 && values[1].is_nan());
        assert_eq!(at, [0, 7]);
    }

    #[test]
    fn padding_never_wins() {
        let o = Pool2dOptions {
            kernel: [3, 3],
            stride: [2, 2],
            padding: [1, 1],
            dilation: [1, 1],
        };
        let (values, at) = pool(vec![-4.0, -3.0, -2.0, -1.0], 2, 2, o);
        assert_eq!((values, at), (vec![-1.0], vec![3]));
        let o = Pool2dOptions {
            dilation: [2, 2],
            kernel: [2, 2],
            stride: [1, 1],
            padding: [0, 0],
        };
        let (values, at) = pool((0..9).map(|i| -(i as f32)).collect(), 3, 3, o);
        assert_eq!((values, at), (vec![0.0], vec![0]));
    }
}
