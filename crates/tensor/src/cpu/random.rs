//! Random numbers: the words of the stream become elements as [`philox`] documents.

use std::hint::select_unpredictable;

use super::parallel::{CHUNK_COMPUTE, PARALLEL_COMPUTE, Tier, split_mut};
use super::strided::{contiguous_mut, view_mut};
use crate::{DType, Distribution, Element, ViewMut, philox, with_dtype};

/// Blocks that are computed at once, side by side in vector registers.
const LANES: usize = 16;

/// Writes a draw of the stream of `seed` that starts at block `offset`.
pub(super) fn random(distribution: Distribution, seed: u64, offset: u64, dst: ViewMut<'_>) {
    let stream = Stream { seed, offset };
    match (distribution, dst.dtype) {
        (Distribution::Uniform { low, high }, DType::F64) => {
            let (limit, span) = (below::<f64>(low, high), high - low);
            write(dst, &|at, out| stream.doubles(at, out), |u| {
                limit.apply(low + span * u)
            });
        }
        (Distribution::Uniform { low, high }, dtype) => with_dtype!(dtype, T => {
            let limit = below::<T>(low, high);
            let (low, span) = (low as f32, (high - low) as f32);
            write(dst, &|at, out| stream.singles(at, out), |u| limit.apply(f64::from(low + span * u)));
        }),
        (Distribution::Normal { mean, std }, DType::F64) => {
            write(dst, &|at, out| stream.normal_doubles(at, out), |z| {
                mean + std * z
            });
        }
        (Distribution::Normal { mean, std }, dtype) => with_dtype!(dtype, T => {
            let (mean, std) = (mean as f32, std as f32);
            write(dst, &|at, out| stream.normal_singles(at, out), |z| T::from_f64(f64::from(mean + std * z)));
        }),
        (Distribution::Bernoulli { p }, dtype) => with_dtype!(dtype, T => {
            let (no, yes) = (T::from_i64(0), T::from_i64(1));
            write(dst, &|at, out| stream.singles(at, out), |u| select_unpredictable(f64::from(u) < p, yes, no));
        }),
        (Distribution::Integers { low, high }, dtype) => with_dtype!(dtype, T => {
            write(dst, &|at, out| stream.integers(at, out, low, high), T::from_i64);
        }),
    }
}

/// Elements that are drawn before they are converted and written.
const BATCH: usize = 512;

/// Writes `convert` of what `draw` puts out for the elements from a place in the draw on. Drawing
/// is the work; it is compiled once for all dtypes.
fn write<B: Element, T: Element>(
    mut dst: ViewMut<'_>,
    draw: &(dyn Fn(usize, &mut [B]) + Sync),
    convert: impl Fn(B) -> T + Sync,
) {
    if let Some(all) = contiguous_mut::<T>(&mut dst) {
        let parallel = all.len() >= PARALLEL_COMPUTE;
        return split_mut(all, CHUNK_COMPUTE, parallel, |start, part| {
            let mut drawn = [B::default(); BATCH];
            for (i, batch) in part.chunks_mut(BATCH).enumerate() {
                let drawn = &mut drawn[..batch.len()];
                draw(start + i * BATCH, drawn);
                batch
                    .iter_mut()
                    .zip(drawn)
                    .for_each(|(to, from)| *to = convert(*from));
            }
        });
    }
    let (n, mut all) = (dst.layout.numel(), view_mut::<T>(dst));
    let mut all = all.iter_mut();
    let mut drawn = [B::default(); BATCH];
    for start in (0..n).step_by(BATCH) {
        let drawn = &mut drawn[..BATCH.min(n - start)];
        draw(start, drawn);
        drawn
            .iter()
            .zip(&mut all)
            .for_each(|(from, to)| *to = convert(*from));
    }
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
    /// Uniform on `[0, 1)` with 24 bits, for the elements from `at` on.
    fn singles(self, at: usize, out: &mut [f32]) {
        self.draw(
            at,
            out,
            #[inline(always)]
            |w| w.map(philox::uniform_f32),
        );
    }

    /// Uniform on `[0, 1)` with 53 bits.
    fn doubles(self, at: usize, out: &mut [f64]) {
        self.draw(
            at,
            out,
            #[inline(always)]
            |w| {
                [
                    philox::uniform_f64(w[0], w[1]),
                    philox::uniform_f64(w[2], w[3]),
                ]
            },
        );
    }

    fn normal_singles(self, at: usize, out: &mut [f32]) {
        self.draw(
            at,
            out,
            #[inline(always)]
            |w| {
                let ([a, b], [c, d]) = (
                    philox::normal_f32(w[0], w[1]),
                    philox::normal_f32(w[2], w[3]),
                );
                [a, b, c, d]
            },
        );
    }

    fn normal_doubles(self, at: usize, out: &mut [f64]) {
        self.draw(at, out, philox::normal_f64);
    }

    fn integers(self, at: usize, out: &mut [i64], low: i64, high: i64) {
        self.draw(
            at,
            out,
            #[inline(always)]
            |w| {
                [
                    philox::integer(w[0], w[1], low, high),
                    philox::integer(w[2], w[3], low, high),
                ]
            },
        );
    }

    /// Writes the `N` elements that `elements` makes of each block; `at` is a multiple of `N`.
    #[inline(always)]
    fn draw<T: Element, const N: usize>(
        self,
        at: usize,
        out: &mut [T],
        elements: impl Fn([u32; 4]) -> [T; N],
    ) {
        Tier::best().run(
            #[inline(always)]
            || {
                let mut block = (at / N) as u64;
                let (blocks, _) = out.as_chunks_mut::<N>();
                let (groups, _) = blocks.as_chunks_mut::<LANES>();
                let done = groups.len() * LANES * N;
                for group in groups {
                    *group = self.group(block, &elements);
                    block += LANES as u64;
                }
                for rest in out[done..].chunks_mut(N) {
                    let words = philox::block(self.seed, self.offset.wrapping_add(block));
                    rest.copy_from_slice(&elements(words)[..rest.len()]);
                    block += 1;
                }
            },
        );
    }

    /// The elements of `LANES` blocks.
    #[inline(always)]
    fn group<T: Element, const N: usize>(
        self,
        first: u64,
        elements: &impl Fn([u32; 4]) -> [T; N],
    ) -> [[T; N]; LANES] {
        let words = self.blocks(first);
        std::array::from_fn(
            #[inline(always)]
            |l| elements([words[0][l], words[1][l], words[2][l], words[3][l]]),
        )
    }

    /// `LANES` blocks; word `w` of block `l` is `[w][l]`, so that the loop is vectorised over blocks.
    #[inline(always)]
    fn blocks(self, first: u64) -> [[u32; LANES]; 4] {
        let first = self.offset.wrapping_add(first);
        let mut words = [[0; LANES]; 4];
        for l in 0..LANES {
            let block = philox::block(self.seed, first.wrapping_add(l as u64));
            for (word, value) in words.iter_mut().zip(block) {
                word[l] = value;
            }
        }
        words
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
