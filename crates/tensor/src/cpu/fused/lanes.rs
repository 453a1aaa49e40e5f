//! Sums and greatest values of a row, in lanes: the tree depends on the row's length alone.

use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::cpu::elementwise::Real;
use crate::cpu::number::Number;

/// Accumulators that do not wait for each other.
pub(super) const LANES: usize = 32;

/// What these kernels compute in: halves are widened to `f32` first.
pub(super) trait Float:
    Number
    + Real
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    fn root(self) -> Self;
    fn logarithm(self) -> Self;
    fn log_of_one_more(self) -> Self;
}

macro_rules! float {
    ($($t:ty),*) => {$(
        impl Float for $t {
            #[inline(always)]
            fn root(self) -> Self {
                self.sqrt()
            }
            #[inline(always)]
            fn logarithm(self) -> Self {
                self.ln()
            }
            #[inline(always)]
            fn log_of_one_more(self) -> Self {
                self.ln_1p()
            }
        }
    )*};
}
float!(f32, f64);

/// The next elements of each slice.
#[inline(always)]
fn run<T, const K: usize>(slices: [&[T]; K], from: usize) -> [&[T; LANES]; K] {
    slices.map(|s| s[from..].first_chunk().expect("a whole run is left"))
}

/// Sums of `M` terms made of the elements of `K` slices of one length.
#[inline(always)]
pub(super) fn sums<T: Float, const K: usize, const M: usize>(
    slices: [&[T]; K],
    term: impl Fn([T; K]) -> [T; M],
) -> [T; M] {
    let n = slices[0].len();
    let mut lanes = [[T::ZERO; LANES]; M];
    let whole = n / LANES * LANES;
    let mut at = 0;
    while at < whole {
        let runs = run(slices, at);
        for i in 0..LANES {
            let terms = term(std::array::from_fn(|k| runs[k][i]));
            for m in 0..M {
                lanes[m][i] = lanes[m][i] + terms[m];
            }
        }
        at += LANES;
    }
    if whole < n {
        // The rest padded: lanes that are indexed by a variable would not stay in registers.
        let mut last = [[T::ZERO; LANES]; K];
        for (last, slice) in last.iter_mut().zip(slices) {
            last[..n - whole].copy_from_slice(&slice[whole..]);
        }
        let mut ends = [[T::ZERO; LANES]; M];
        for i in 0..LANES {
            let terms = term(std::array::from_fn(|k| last[k][i]));
            for m in 0..M {
                ends[m][i] = terms[m];
            }
        }
        for (lanes, ends) in lanes.iter_mut().zip(&ends) {
            for (lane, &end) in lanes[..n - whole].iter_mut().zip(ends) {
                *lane = *lane + end;
            }
        }
    }
    lanes.map(fold)
}

/// Apart from the loops above, which would otherwise be vectorised as narrowly as the last step here.
#[inline(never)]
fn fold<T: Float>(mut lanes: [T; LANES]) -> T {
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] = lanes[i] + lanes[i + width];
        }
        width /= 2;
    }
    lanes[0]
}

#[inline(always)]
fn greater<T: Float>(a: T, b: T) -> T {
    if b > a { b } else { a }
}

/// The greatest of a row; a NaN may be passed over. `-∞` of nothing.
#[inline(always)]
pub(super) fn greatest<T: Float>(row: &[T]) -> T {
    let mut lanes = [T::LEAST; LANES];
    let (runs, rest) = row.as_chunks::<LANES>();
    for run in runs {
        for (lane, &x) in lanes.iter_mut().zip(run) {
            *lane = greater(*lane, x);
        }
    }
    let mut last = [T::LEAST; LANES];
    last[..rest.len()].copy_from_slice(rest);
    for (lane, &x) in lanes.iter_mut().zip(&last) {
        *lane = greater(*lane, x);
    }
    fold_greatest(lanes)
}

#[inline(never)]
fn fold_greatest<T: Float>(lanes: [T; LANES]) -> T {
    lanes.into_iter().fold(T::LEAST, greater)
}

/// `out = map(a)`, and the sum of what `term` makes of the results: one pass, in lanes.
#[inline(always)]
pub(super) fn map_sum<T: Float>(a: &[T], out: &mut [T], map: impl Fn(T) -> T) -> T {
    let mut lanes = [T::ZERO; LANES];
    let (runs, rest) = a.as_chunks::<LANES>();
    let (outs, out_rest) = out.as_chunks_mut::<LANES>();
    for (run, out) in runs.iter().zip(outs) {
        for ((lane, &x), to) in lanes.iter_mut().zip(run).zip(out) {
            let y = map(x);
            *to = y;
            *lane = *lane + y;
        }
    }
    if !rest.is_empty() {
        let mut last = [T::ZERO; LANES];
        last[..rest.len()].copy_from_slice(rest);
        for x in &mut last {
            *x = map(*x);
        }
        out_rest.copy_from_slice(&last[..rest.len()]);
        for (lane, &y) in lanes[..rest.len()].iter_mut().zip(&last) {
            *lane = *lane + y;
        }
    }
    fold(lanes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_every_length_are_summed_whole() {
        for n in [0usize, 1, 7, 31, 32, 33, 100, 1024] {
            let a: Vec<f64> = (0..n).map(|i| (i % 13) as f64 - 4.0).collect();
            let b: Vec<f64> = (0..n).map(|i| (i % 7) as f64).collect();
            let [products, moved] = sums([&a, &b], |[a, b]| [a * b, a + 1.0]);
            assert_eq!(products, a.iter().zip(&b).map(|(a, b)| a * b).sum::<f64>());
            assert_eq!(moved, a.iter().map(|a| a + 1.0).sum::<f64>());
            let mut out = vec![0.0; n];
            assert_eq!(
                map_sum(&a, &mut out, |x| x * 2.0),
                2.0 * a.iter().sum::<f64>()
            );
            assert!(out.iter().zip(&a).all(|(y, x)| *y == 2.0 * x));
            let expected = a.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            assert_eq!(greatest(&a), expected);
        }
    }
}
