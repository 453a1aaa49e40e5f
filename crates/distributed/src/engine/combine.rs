//! Sums in the order of ranks, so that the same numbers give the same bits.

use std::ops::{Add, Mul};

use bytemuck::Pod;
use half::{bf16, f16};

use crate::transport::ReduceOp;

/// How many elements are worked on at a time: they stay in the nearest cache.
const TILE: usize = 1024;

/// An element as it travels.
pub(super) trait Travels: Pod {
    /// What it is summed in.
    type Wide: Copy + Default;
    /// How an element is read and written: half types by their bits.
    type How: Copy;
    fn widen(self, how: Self::How) -> Self::Wide;
    fn narrow(wide: Self::Wide, how: Self::How) -> Self;
    fn join(op: ReduceOp, a: Self::Wide, b: Self::Wide) -> Self::Wide;
    fn share(sum: Self::Wide, ranks: usize) -> Self::Wide;
}

/// The two half types, which share their bits' type.
#[derive(Clone, Copy)]
pub(super) enum Half {
    F16,
    BF16,
}

macro_rules! travels {
    ($($t:ty, $sum:expr, $product:expr, $share:expr;)*) => {$(
        impl Travels for $t {
            type Wide = $t;
            type How = ();
            #[inline(always)]
            fn widen(self, (): ()) -> $t {
                self
            }
            #[inline(always)]
            fn narrow(wide: $t, (): ()) -> $t {
                wide
            }
            #[inline(always)]
            fn join(op: ReduceOp, a: $t, b: $t) -> $t {
                match op {
                    ReduceOp::Sum | ReduceOp::Avg => $sum(a, b),
                    ReduceOp::Product => $product(a, b),
                    // NaN stays, whoever has it.
                    #[allow(clippy::eq_op)]
                    ReduceOp::Min => if b < a || b != b { b } else { a },
                    #[allow(clippy::eq_op)]
                    ReduceOp::Max => if b > a || b != b { b } else { a },
                }
            }
            #[inline(always)]
            fn share(sum: $t, ranks: usize) -> $t {
                $share(sum, ranks)
            }
        }
    )*};
}

travels! {
    u8, u8::wrapping_add, u8::wrapping_mul, |s: u8, n: usize| (usize::from(s) / n) as u8;
    i32, i32::wrapping_add, i32::wrapping_mul, |s: i32, n: usize| (i64::from(s) / n as i64) as i32;
    i64, i64::wrapping_add, i64::wrapping_mul, |s: i64, n: usize| s / n as i64;
    f32, f32::add, f32::mul, |s: f32, n: usize| s / n as f32;
    f64, f64::add, f64::mul, |s: f64, n: usize| s / n as f64;
}

impl Travels for u16 {
    /// Rounded once, after the last rank.
    type Wide = f32;
    type How = Half;

    #[inline(always)]
    fn widen(self, how: Half) -> f32 {
        match how {
            Half::F16 => f16::from_bits(self).to_f32(),
            Half::BF16 => bf16::from_bits(self).to_f32(),
        }
    }

    #[inline(always)]
    fn narrow(wide: f32, how: Half) -> u16 {
        match how {
            Half::F16 => f16::from_f32(wide).to_bits(),
            Half::BF16 => bf16::from_f32(wide).to_bits(),
        }
    }

    #[inline(always)]
    fn join(op: ReduceOp, a: f32, b: f32) -> f32 {
        f32::join(op, a, b)
    }

    #[inline(always)]
    fn share(sum: f32, ranks: usize) -> f32 {
        f32::share(sum, ranks)
    }
}

/// Leaves in `own`, which is rank `me`'s, what all the parts give together: `parts[r]` is rank `r`'s,
/// and `me`'s own is not looked at. Ranks without a part are passed over; `ranks` is what an average
/// divides by.
pub(super) fn combine<T: Travels>(
    op: ReduceOp,
    own: &mut [T],
    parts: &[&[T]],
    active: &[bool],
    me: usize,
    ranks: usize,
    how: T::How,
) {
    // Chosen once: a choice within the loop would keep it from being vectorised.
    macro_rules! run {
        ($op:ident, $finish:expr) => {
            tiles(
                own,
                parts,
                active,
                me,
                how,
                |a, b| T::join(ReduceOp::$op, a, b),
                $finish,
            )
        };
    }
    match op {
        ReduceOp::Sum => run!(Sum, |s| s),
        ReduceOp::Avg => run!(Sum, |s| T::share(s, ranks)),
        ReduceOp::Product => run!(Product, |s| s),
        ReduceOp::Min => run!(Min, |s| s),
        ReduceOp::Max => run!(Max, |s| s),
    }
}

#[inline(always)]
fn tiles<T: Travels>(
    own: &mut [T],
    parts: &[&[T]],
    active: &[bool],
    me: usize,
    how: T::How,
    join: impl Fn(T::Wide, T::Wide) -> T::Wide,
    finish: impl Fn(T::Wide) -> T::Wide,
) {
    let mut sum = [T::Wide::default(); TILE];
    for (index, tile) in own.chunks_mut(TILE).enumerate() {
        let sum = &mut sum[..tile.len()];
        let mut empty = true;
        for rank in (0..parts.len()).filter(|&r| active[r]) {
            let part = if rank == me {
                &*tile
            } else {
                &parts[rank][index * TILE..][..tile.len()]
            };
            if empty {
                for (sum, &x) in sum.iter_mut().zip(part) {
                    *sum = x.widen(how);
                }
            } else {
                for (sum, &x) in sum.iter_mut().zip(part) {
                    *sum = join(*sum, x.widen(how));
                }
            }
            empty = false;
        }
        for (out, &sum) in tile.iter_mut().zip(&*sum) {
            *out = T::narrow(finish(sum), how);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all<T: Travels>(op: ReduceOp, parts: &[&[T]], me: usize, how: T::How) -> Vec<T> {
        let mut own = parts[me].to_vec();
        let active = vec![true; parts.len()];
        combine(op, &mut own, parts, &active, me, parts.len(), how);
        own
    }

    #[test]
    fn the_order_is_that_of_ranks_whoever_sums() {
        // (1e8 + 1) - 1e8 is 0 in f32 and (1e8 - 1e8) + 1 is 1.
        let parts: [&[f32]; 3] = [&[1e8], &[1.0], &[-1e8]];
        for me in 0..3 {
            assert_eq!(all(ReduceOp::Sum, &parts, me, ()), [0.0]);
        }
        let parts: [&[f32]; 3] = [&[1e8], &[-1e8], &[1.0]];
        assert_eq!(all(ReduceOp::Sum, &parts, 1, ()), [1.0]);
    }

    #[test]
    fn tiles_cover_all_and_averages_divide_once() {
        let n = 3 * TILE + 5;
        let a: Vec<i64> = (0..n as i64).collect();
        let b: Vec<i64> = (0..n as i64).map(|i| 3 * i).collect();
        let got = all(ReduceOp::Avg, &[&a[..], &b[..]], 1, ());
        assert!(got.iter().enumerate().all(|(i, &x)| x == 2 * i as i64));
        let halves = [
            f16::from_f32(2048.0).to_bits(),
            f16::from_f32(1.0).to_bits(),
        ];
        let got = all(
            ReduceOp::Sum,
            &[&halves[..1], &halves[1..], &halves[1..]],
            0,
            Half::F16,
        );
        // 2048 + 1 is 2048 in f16; summed wide it is 2050.
        assert_eq!(f16::from_bits(got[0]).to_f32(), 2050.0);
    }

    #[test]
    fn extremes_keep_nan_and_absent_ranks_do_not_count() {
        let parts: [&[f32]; 3] = [&[1.0, f32::NAN], &[5.0, 0.0], &[-2.0, 7.0]];
        assert_eq!(all(ReduceOp::Max, &parts, 0, ())[0], 5.0);
        assert_eq!(all(ReduceOp::Min, &parts, 2, ())[0], -2.0);
        assert!(all(ReduceOp::Max, &parts, 1, ())[1].is_nan());
        let mut own = [1.0f32];
        combine(
            ReduceOp::Max,
            &mut own,
            &[&[1.0], &[], &[0.5]],
            &[true, false, true],
            0,
            3,
            (),
        );
        assert_eq!(own, [1.0]);
    }
}
