//! Maximum pooling.

#[cfg(target_arch = "x86_64")]
mod pairs;

use std::any::TypeId;

use super::number::Number;
use super::parallel::{self, CHUNK_MEMORY, PARALLEL_MEMORY, Tier};
use super::staging::{self, Disjoint};
use super::strided::reborrow;
use crate::{DType, Pool2dOptions, Result, View, ViewMut, bf16, f16};

/// Calls a function of this module for the type of a view.
macro_rules! dispatch {
    ($dtype:expr, $run:ident($($argument:expr),*)) => {
        match $dtype {
            DType::F32 => $run::<f32>($($argument),*),
            DType::F64 => $run::<f64>($($argument),*),
            DType::F16 => $run::<f16>($($argument),*),
            DType::BF16 => $run::<bf16>($($argument),*),
            _ => return None,
        }
    };
}

/// The greatest of each window and, where there are two outputs, its position `h * W + w`; the first of
/// equals, a NaN wins.
pub(super) fn max_pool2d(
    o: &Pool2dOptions,
    x: View<'_>,
    outputs: &mut [ViewMut<'_>],
) -> Option<Result<()>> {
    match outputs {
        [values] => dispatch!(x.dtype, values_of(o, x, values)),
        [values, positions] => dispatch!(x.dtype, places_of(o, x, values, positions)),
        _ => return None,
    }
    Some(Ok(()))
}

/// The gradient of [`max_pool2d`] by its input `x`, from that of its values, `g`.
pub(super) fn max_pool2d_grad(
    o: &Pool2dOptions,
    g: View<'_>,
    x: View<'_>,
    out: &mut ViewMut<'_>,
) -> Option<Result<()>> {
    dispatch!(x.dtype, gradient_of(o, g, x, out));
    Some(Ok(()))
}

/// The sizes of a pooling, one plane after another.
struct Planes {
    options: Pool2dOptions,
    input: [usize; 2],
    out: [usize; 2],
    count: usize,
}

impl Planes {
    fn new(options: &Pool2dOptions, x: &[usize], y: &[usize]) -> Planes {
        Planes {
            options: *options,
            input: [x[2], x[3]],
            out: [y[2], y[3]],
            count: x[0] * x[1],
        }
    }

    fn size(&self) -> usize {
        self.input[0] * self.input[1]
    }

    fn area(&self) -> usize {
        self.out[0] * self.out[1]
    }

    /// Whether windows are 2x2 and lie side by side.
    fn halves(&self) -> bool {
        let o = &self.options;
        o.kernel == [2, 2] && o.stride == [2, 2] && o.padding == [0, 0] && o.dilation == [1, 1]
    }

    /// Runs `f` for each plane.
    fn each(&self, f: impl Fn(usize) + Send + Sync) {
        let per_task = (CHUNK_MEMORY / self.size().max(1)).max(1);
        let parallel = self.count * self.size() >= PARALLEL_MEMORY;
        parallel::tasks(self.count.div_ceil(per_task), parallel, |task| {
            (task * per_task..self.count.min((task + 1) * per_task)).for_each(&f);
        });
    }

    /// The taps of output `i` that lie inside of an axis, as positions.
    fn taps(&self, axis: usize, i: usize) -> impl Iterator<Item = usize> + Clone + use<> {
        let (o, size) = (self.options, self.input[axis]);
        let (start, step) = (i * o.stride[axis], o.dilation[axis]);
        let skip = o.padding[axis].saturating_sub(start).div_ceil(step);
        (skip..o.kernel[axis])
            .map(move |k| start + k * step - o.padding[axis])
            .take_while(move |&p| p < size)
    }

    /// Calls `f(output, greatest, place)` for each window of a plane. A window that lies in the border
    /// alone has no place; its value is minus infinity.
    fn windows<T: Number>(&self, data: &[T], mut f: impl FnMut(usize, T, Option<usize>)) {
        let width = self.input[1];
        for oh in 0..self.out[0] {
            for ow in 0..self.out[1] {
                let (mut best, mut at) = (T::LEAST, None);
                let columns = self.taps(1, ow);
                for h in self.taps(0, oh) {
                    for w in columns.clone() {
                        let x = data[h * width + w];
                        if at.is_none() || wins(x, best) {
                            (best, at) = (x, Some(h * width + w));
                        }
                    }
                }
                f(oh * self.out[1] + ow, best, at);
            }
        }
    }
}

fn values_of<T: Number>(o: &Pool2dOptions, x: View<'_>, values: &mut ViewMut<'_>) {
    let planes = Planes::new(o, x.layout.shape(), values.layout.shape());
    let (size, area) = (planes.size(), planes.area());
    let data = staging::read::<T>(x);
    staging::write::<T, _>(reborrow(values), |values| {
        let values = Disjoint::new(values);
        planes.each(|p| {
            // SAFETY: a plane belongs to one task.
            let values = unsafe { values.part(p * area, area) };
            let data = &data[p * size..][..size];
            if !halved(&planes, data, values) {
                planes.windows(data, |i, best, _| values[i] = best);
            }
        });
    });
}

fn places_of<T: Number>(
    o: &Pool2dOptions,
    x: View<'_>,
    values: &mut ViewMut<'_>,
    positions: &mut ViewMut<'_>,
) {
    let planes = Planes::new(o, x.layout.shape(), values.layout.shape());
    let (size, area) = (planes.size(), planes.area());
    let data = staging::read::<T>(x);
    staging::write::<T, _>(reborrow(values), |values| {
        staging::write::<i64, _>(reborrow(positions), |positions| {
            let (values, positions) = (Disjoint::new(values), Disjoint::new(positions));
            planes.each(|p| {
                // SAFETY: a plane belongs to one task.
                let (values, positions) =
                    unsafe { (values.part(p * area, area), positions.part(p * area, area)) };
                let data = &data[p * size..][..size];
                if planes.halves() {
                    halve(data, planes.input[1], planes.out[1], values, positions);
                } else {
                    planes.windows(data, |i, best, at| {
                        (values[i], positions[i]) = (best, at.unwrap_or(0) as i64);
                    });
                }
            });
        });
    });
}

fn gradient_of<T: Number>(o: &Pool2dOptions, g: View<'_>, x: View<'_>, out: &mut ViewMut<'_>) {
    let planes = Planes::new(o, x.layout.shape(), g.layout.shape());
    let (size, area) = (planes.size(), planes.area());
    let (data, gradient) = (staging::read::<T>(x), staging::read::<T>(g));
    staging::write::<T, _>(reborrow(out), |out| {
        let out = Disjoint::new(out);
        planes.each(|p| {
            // SAFETY: a plane belongs to one task.
            let out = unsafe { out.part(p * size, size) };
            let (data, gradient) = (&data[p * size..][..size], &gradient[p * area..][..area]);
            if !halved_grad(&planes, data, gradient, out) {
                out.fill(T::ZERO);
                planes.windows(data, |i, _, at| {
                    let at = at.unwrap_or(0);
                    out[at] = out[at].plus(gradient[i]);
                });
            }
        });
    });
}

/// Windows of 2x2 with vectors; `false`, and nothing done, where there is no such way.
fn halved<T: Number>(planes: &Planes, data: &[T], values: &mut [T]) -> bool {
    #[cfg(target_arch = "x86_64")]
    if Tier::best() != Tier::Base && planes.halves() && planes.out[1] >= pairs::LEAST {
        let (Some(data), Some(values)) = (as_f32(data), as_f32_mut(values)) else {
            return false;
        };
        // SAFETY: any tier above the base has AVX2.
        unsafe { pairs::values(data, planes.input[1], planes.out, values) };
        return true;
    }
    let _ = (planes, data, values, Tier::best());
    false
}

/// As [`halved`], the gradient.
fn halved_grad<T: Number>(planes: &Planes, data: &[T], gradient: &[T], out: &mut [T]) -> bool {
    #[cfg(target_arch = "x86_64")]
    if Tier::best() != Tier::Base && planes.halves() && planes.out[1] >= pairs::LEAST {
        let (Some(data), Some(gradient)) = (as_f32(data), as_f32(gradient)) else {
            return false;
        };
        let Some(out) = as_f32_mut(out) else {
            return false;
        };
        // SAFETY: any tier above the base has AVX2.
        unsafe { pairs::gradient(data, planes.input[1], planes.out, gradient, out) };
        return true;
    }
    let _ = (planes, data, gradient, out);
    false
}

fn as_f32<T: Number>(x: &[T]) -> Option<&[f32]> {
    let same = TypeId::of::<T>() == TypeId::of::<f32>();
    // SAFETY: it is a slice of `f32`.
    same.then(|| unsafe { std::slice::from_raw_parts(x.as_ptr().cast(), x.len()) })
}

fn as_f32_mut<T: Number>(x: &mut [T]) -> Option<&mut [f32]> {
    let same = TypeId::of::<T>() == TypeId::of::<f32>();
    // SAFETY: it is a slice of `f32`.
    same.then(|| unsafe { std::slice::from_raw_parts_mut(x.as_mut_ptr().cast(), x.len()) })
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

#[cfg(test)]
mod tests {
    use crate::{Array, DType, Fused, Pool2dOptions};

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

    /// Widths with and without whole vectors, odd sizes, equals and NaN: the values alone and the
    /// gradient agree with the places.
    #[test]
    fn values_and_gradients_are_those_of_the_places() {
        for dtype in [DType::F32, DType::F64, DType::BF16] {
            for (h, w) in [(2, 8), (4, 14), (5, 15), (6, 28), (3, 37), (8, 6), (2, 66)] {
                let make = |n: usize, of: fn(usize) -> f32, shape: [usize; 4]| {
                    let values: Vec<f32> = (0..n).map(of).collect();
                    Array::from_vec(values, shape).unwrap().cast(dtype).unwrap()
                };
                let value = |i: usize| match i * 7919 % 13 {
                    0 => f32::NAN,
                    k => (k % 4) as f32 - 1.0,
                };
                let x = make(6 * h * w, value, [2, 3, h, w]);
                let fused =
                    |op: Fused, inputs: &[&Array]| Array::fused(&op, inputs).unwrap().unwrap();
                let both = fused(Fused::MaxPool2d(HALF), &[&x]);
                let [oh, ow] = [h / 2, w / 2];
                let g = make(6 * oh * ow, |i| i as f32 + 1.0, [2, 3, oh, ow]);
                let read = |a: &Array| a.cast(DType::F32).unwrap().to_vec::<f32>().unwrap();
                let alone = fused(Fused::MaxPool2dValues(HALF), &[&x]);
                let same = |a: &f32, b: &f32| a == b || a.is_nan() && b.is_nan();
                let (a, b) = (read(&both[0]), read(&alone[0]));
                assert!(a.iter().zip(&b).all(|(a, b)| same(a, b)), "{h} {w}");
                let mut expected = vec![0.0; 6 * h * w];
                let at = both[1].to_vec::<i64>().unwrap();
                for (i, (&at, g)) in at.iter().zip(read(&g)).enumerate() {
                    expected[i / (oh * ow) * h * w + at as usize] += g;
                }
                let got = fused(Fused::MaxPool2dGrad(HALF), &[&g, &x]);
                assert_eq!(read(&got[0]), expected, "{h} {w} {dtype}");
            }
        }
    }
}
