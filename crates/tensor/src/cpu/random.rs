//! Random numbers: the words of the stream become elements as [`philox`] documents.

use std::hint::select_unpredictable;

use super::parallel::{CHUNK_COMPUTE, PARALLEL_COMPUTE, Tier, split_mut};
use super::strided::{contiguous_mut, view_mut};
use crate::{DType, Distribution, Element, ViewMut, philox, with_dtype};

/// Blocks that are computed at once, side by side in vector registers.
const LANES: usize = 16;

/// Philox's multipliers and key steps, as in [`philox::block`].
const MULTIPLIERS: [u64; 2] = [0xD251_1F53, 0xCD9E_8D57];
const KEY_STEPS: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

/// Writes a draw of the stream of `seed` that starts at block `offset`.
pub(super) fn random(distribution: Distribution, seed: u64, offset: u64, dst: ViewMut<'_>) {
    let stream = Stream { seed, offset };
    with_dtype!(dst.dtype, T => match (distribution, T::DTYPE) {
        (Distribution::Uniform { low, high }, DType::F64) => {
            let limit = below::<T>(low, high);
            let element = move |a, b| limit.apply(low + (high - low) * philox::uniform_f64(a, b));
            stream.draw(dst, #[inline(always)] |w| [element(w[0], w[1]), element(w[2], w[3])]);
        }
        (Distribution::Uniform { low, high }, _) => {
            let limit = below::<T>(low, high);
            let (start, span) = (low as f32, (high - low) as f32);
            let element = move |w| limit.apply(f64::from(start + span * philox::uniform_f32(w)));
            stream.draw(dst, #[inline(always)] |w| w.map(element));
        }
        (Distribution::Normal { mean, std }, DType::F64) => {
            let element = move |z| T::from_f64(mean + std * z);
            stream.draw(dst, #[inline(always)] |w| philox::normal_f64(w).map(element));
        }
        (Distribution::Normal { mean, std }, _) => {
            let (mean, std) = (mean as f32, std as f32);
            let element = move |z: f32| T::from_f64(f64::from(mean + std * z));
            stream.draw(dst, #[inline(always)] |w| {
                let ([a, b], [c, d]) = (philox::normal_f32(w[0], w[1]), philox::normal_f32(w[2], w[3]));
                [a, b, c, d].map(element)
            });
        }
        (Distribution::Bernoulli { p }, _) => {
            let (no, yes) = (T::from_i64(0), T::from_i64(1));
            let element = move |w| if f64::from(philox::uniform_f32(w)) < p { yes } else { no };
            stream.draw(dst, #[inline(always)] |w| w.map(element));
        }
        (Distribution::Integers { low, high }, _) => {
            let element = move |a, b| T::from_i64(philox::integer(a, b, low, high));
            stream.draw(dst, #[inline(always)] |w| [element(w[0], w[1]), element(w[2], w[3])]);
        }
    });
}

/// The greatest element below a bound, since rounding may carry a number up to the bound itself.
#[derive(Clone, Copy)]
struct Below<T> {
    bound: f64,
    greatest: T,
}

impl<T: Element> Below<T> {
    #[inline(always)]
    fn apply(self, x: f64) -> T {
        let element = T::from_f64(x);
        if element.to_f64() < self.bound {
            element
        } else {
            self.greatest
        }
    }
}

/// The limit of a uniform draw on `[low, high)`; on an empty interval the draw is `low`.
fn below<T: Element>(low: f64, high: f64) -> Below<T> {
    // Approaches `high` by ever smaller steps, until one is lost in rounding.
    let lowest = T::from_f64(low);
    if lowest.to_f64() >= high || !(high - low).is_finite() {
        return Below {
            bound: f64::INFINITY,
            greatest: lowest,
        };
    }
    let mut greatest = lowest.to_f64();
    let mut step = high - greatest;
    loop {
        let next = T::from_f64(greatest + step).to_f64();
        if next == greatest {
            return Below {
                bound: high,
                greatest: T::from_f64(greatest),
            };
        }
        if next < high {
            greatest = next;
        } else {
            step /= 2.0;
        }
    }
}

#[derive(Clone, Copy)]
struct Stream {
    seed: u64,
    offset: u64,
}

impl Stream {
    /// Writes the `N` elements that `elements` makes of each block.
    fn draw<T: Element, const N: usize>(
        self,
        mut dst: ViewMut<'_>,
        elements: impl Fn([u32; 4]) -> [T; N] + Sync,
    ) {
        let Some(all) = contiguous_mut::<T>(&mut dst) else {
            let blocks = (0..).map(|i| philox::block(self.seed, self.offset.wrapping_add(i)));
            view_mut::<T>(dst)
                .iter_mut()
                .zip(blocks.flat_map(elements))
                .for_each(|(d, e)| *d = e);
            return;
        };
        let (parallel, tier) = (all.len() >= PARALLEL_COMPUTE, Tier::best());
        split_mut(all, CHUNK_COMPUTE, parallel, |start, part| {
            tier.run(
                #[inline(always)]
                || self.draw_from(start / N, part, &elements),
            );
        });
    }

    #[inline(always)]
    fn draw_from<T: Element, const N: usize>(
        self,
        first: usize,
        part: &mut [T],
        elements: impl Fn([u32; 4]) -> [T; N],
    ) {
        let make = |group: usize| -> [[T; N]; LANES] {
            let words = self.blocks((first + group * LANES) as u64);
            std::array::from_fn(
                #[inline(always)]
                |l| elements([words[0][l], words[1][l], words[2][l], words[3][l]]),
            )
        };
        let (groups, _) = part.as_chunks_mut::<N>().0.as_chunks_mut::<LANES>();
        for (i, group) in groups.iter_mut().enumerate() {
            *group = make(i);
        }
        let done = groups.len() * LANES * N;
        for (to, from) in part[done..]
            .iter_mut()
            .zip(make(done / (LANES * N)).as_flattened())
        {
            *to = *from;
        }
    }

    /// [`philox::block`] for `LANES` blocks at once; word `w` of block `l` is `[w][l]`.
    #[inline(always)]
    fn blocks(self, first: u64) -> [[u32; LANES]; 4] {
        let first = self.offset.wrapping_add(first);
        let counter = |l: usize| first.wrapping_add(l as u64);
        let mut c = [
            std::array::from_fn(|l| counter(l) as u32),
            std::array::from_fn(|l| (counter(l) >> 32) as u32),
            [0; LANES],
            [0; LANES],
        ];
        let mut k = [self.seed as u32, (self.seed >> 32) as u32];
        for round in 0..10 {
            if round > 0 {
                k = [
                    k[0].wrapping_add(KEY_STEPS[0]),
                    k[1].wrapping_add(KEY_STEPS[1]),
                ];
            }
            for l in 0..LANES {
                let (p0, p1) = (
                    MULTIPLIERS[0] * u64::from(c[0][l]),
                    MULTIPLIERS[1] * u64::from(c[2][l]),
                );
                (c[0][l], c[1][l], c[2][l], c[3][l]) = (
                    (p1 >> 32) as u32 ^ c[1][l] ^ k[0],
                    p1 as u32,
                    (p0 >> 32) as u32 ^ c[3][l] ^ k[1],
                    p0 as u32,
                );
            }
        }
        c
    }
}

#[cfg(test)]
mod tests {
    use super::super::parallel::with_threads;
    use super::*;
    use crate::cpu::{from_vec, typed};
    use crate::{Layout, Shape, bf16, f16};

    fn drawn<T: Element>(
        distribution: Distribution,
        seed: u64,
        offset: u64,
        layout: &Layout,
        room: usize,
    ) -> Vec<T> {
        let mut buffer = from_vec(vec![T::default(); room]);
        let view = ViewMut {
            buffer: std::sync::Arc::get_mut(&mut buffer).unwrap(),
            layout,
            dtype: T::DTYPE,
        };
        random(distribution, seed, offset, view);
        let all = typed::<T>(&*buffer).unwrap();
        layout.positions().map(|p| all[p]).collect()
    }

    fn draw<T: Element>(distribution: Distribution, seed: u64, offset: u64, n: usize) -> Vec<T> {
        drawn(
            distribution,
            seed,
            offset,
            &Layout::contiguous(Shape::new(&[n])),
            n,
        )
    }

    const UNIT: Distribution = Distribution::Uniform {
        low: 0.0,
        high: 1.0,
    };
    const NORMAL: Distribution = Distribution::Normal {
        mean: 1.0,
        std: 2.0,
    };

    #[test]
    fn elements_come_from_the_documented_words() {
        let seed = 0x1234_5678_9abc_def0;
        for n in [0usize, 1, 3, 4, 5, 63, 64, 65, 1000] {
            // An offset whose low word overflows on the way.
            let offset = u64::from(u32::MAX) - 3;
            let word = |i: usize, per: usize| philox::block(seed, offset + (i / per) as u64);
            let u = draw::<f32>(UNIT, seed, offset, n);
            let d = draw::<f64>(UNIT, seed, offset, n);
            let z = draw::<f32>(NORMAL, seed, offset, n);
            let y = draw::<f64>(NORMAL, seed, offset, n);
            let k = draw::<i64>(
                Distribution::Integers {
                    low: -5,
                    high: 1000,
                },
                seed,
                offset,
                n,
            );
            let b = draw::<bool>(Distribution::Bernoulli { p: 0.3 }, seed, offset, n);
            for i in 0..n {
                let (w, v) = (word(i, 4), word(i, 2));
                let (high, low) = (v[2 * (i % 2)], v[2 * (i % 2) + 1]);
                assert_eq!(u[i], philox::uniform_f32(w[i % 4]));
                assert_eq!(d[i], philox::uniform_f64(high, low));
                assert_eq!(
                    z[i],
                    1.0 + 2.0 * philox::normal_f32(w[i % 4 / 2 * 2], w[i % 4 / 2 * 2 + 1])[i % 2]
                );
                assert_eq!(y[i], 1.0 + 2.0 * philox::normal_f64(v)[i % 2]);
                assert_eq!(k[i], philox::integer(high, low, -5, 1000));
                assert_eq!(b[i], philox::uniform_f32(w[i % 4]) < 0.3);
            }
        }
    }

    #[test]
    fn the_same_bits_for_any_threads_and_layout() {
        let n = 150_001;
        for distribution in [UNIT, NORMAL, Distribution::Bernoulli { p: 0.5 }] {
            let one = with_threads(1, || draw::<f32>(distribution, 3, 5, n));
            for threads in [2, 3] {
                assert_eq!(
                    one,
                    with_threads(threads, || draw::<f32>(distribution, 3, 5, n))
                );
            }
            let strided = Layout::contiguous(Shape::new(&[50, 40]))
                .transpose(0, 1)
                .flip(0);
            assert_eq!(
                one[..2000],
                drawn::<f32>(distribution, 3, 5, &strided, 2000)
            );
        }
        let scalar = Layout::contiguous(Shape::new(&[]));
        assert_eq!(
            drawn::<f64>(NORMAL, 3, 5, &scalar, 1),
            draw::<f64>(NORMAL, 3, 5, 1)
        );
    }

    #[test]
    fn moments_are_right() {
        let n = 100_000;
        let mean = |v: &[f32]| v.iter().map(|&x| f64::from(x)).sum::<f64>() / v.len() as f64;
        let z = draw::<f32>(NORMAL, 1, 0, n);
        let m = mean(&z);
        let variance = z.iter().map(|&x| (f64::from(x) - m).powi(2)).sum::<f64>() / n as f64;
        assert!(
            (m - 1.0).abs() < 0.03 && (variance - 4.0).abs() < 0.06,
            "{m} {variance}"
        );
        assert!((mean(&draw::<f32>(UNIT, 1, 0, n)) - 0.5).abs() < 0.005);
        assert!(
            (mean(&draw::<f32>(Distribution::Bernoulli { p: 0.2 }, 1, 0, n)) - 0.2).abs() < 0.005
        );
        assert!(
            draw::<u8>(Distribution::Bernoulli { p: 1.0 }, 1, 0, n)
                .iter()
                .all(|&x| x == 1)
        );
        assert!(
            draw::<i32>(Distribution::Bernoulli { p: 0.0 }, 1, 0, n)
                .iter()
                .all(|&x| x == 0)
        );
    }

    #[test]
    fn uniforms_stay_below_the_bound_in_every_dtype() {
        fn check<T: Element>(low: f64, high: f64) {
            let x = draw::<T>(Distribution::Uniform { low, high }, 9, 0, 50_000);
            assert!(
                x.iter().all(|x| (low..high).contains(&x.to_f64())),
                "{} {low} {high}",
                T::DTYPE
            );
            let limit = below::<T>(low, high);
            assert!(limit.apply(high).to_f64() < high);
        }
        for (low, high) in [
            (0.0, 1.0),
            (1.0, 2.0),
            (-1.0, 1.0),
            (-2.0, -1.0),
            (0.0, 6.0e-5),
            (-1000.0, 0.5),
        ] {
            check::<f16>(low, high);
            check::<bf16>(low, high);
            check::<f32>(low, high);
            check::<f64>(low, high);
        }
        assert_eq!(below::<f32>(0.0, 1.0).greatest, 1.0f32.next_down());
        assert_eq!(below::<f64>(1.0, 2.0).greatest, 2.0f64.next_down());
        assert_eq!(below::<bf16>(0.0, 1.0).greatest.to_f64(), 1.0 - 1.0 / 256.0);
        assert_eq!(
            below::<f16>(-3.0, 1.0).greatest.to_f64(),
            1.0 - 1.0 / 2048.0
        );
        assert_eq!(
            draw::<f32>(
                Distribution::Uniform {
                    low: 2.0,
                    high: 2.0
                },
                9,
                0,
                5
            ),
            [2.0; 5]
        );
    }
}
