//! Counter-based random numbers: Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy
//! as 1, 2, 3", 2011). A number depends on the seed and its place in the stream alone, so that CPU
//! and GPU and any number of threads draw the same.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::{DType, Distribution};

/// The Philox functions that every backend shares, and which words make an element.
///
/// Element `i` of a draw that starts at block `offset`:
/// - `f32`, `f16`, `bf16` and Bernoulli: word `i % 4` of block `offset + i / 4`;
///   normals pair words `(0, 1)` and `(2, 3)` by Box–Muller;
/// - `f64` and integers: words `2 (i % 2)` and the next of block `offset + i / 2`; normals pair
///   the block's two.
pub mod philox {
    /// The four words of block `counter` of stream `seed`.
    #[inline]
    pub fn block(seed: u64, counter: u64) -> [u32; 4] {
        const M0: u64 = 0xD251_1F53;
        const M1: u64 = 0xCD9E_8D57;
        let mut c = [counter as u32, (counter >> 32) as u32, 0, 0];
        let mut k = [seed as u32, (seed >> 32) as u32];
        for round in 0..10 {
            if round > 0 {
                k[0] = k[0].wrapping_add(0x9E37_79B9);
                k[1] = k[1].wrapping_add(0xBB67_AE85);
            }
            let (p0, p1) = (M0 * u64::from(c[0]), M1 * u64::from(c[2]));
            c = [
                (p1 >> 32) as u32 ^ c[1] ^ k[0],
                p1 as u32,
                (p0 >> 32) as u32 ^ c[3] ^ k[1],
                p0 as u32,
            ];
        }
        c
    }

    /// Uniform on `[0, 1)` with 24 bits.
    #[inline]
    pub fn uniform_f32(word: u32) -> f32 {
        (word >> 8) as f32 * (1.0 / 16_777_216.0)
    }

    /// Uniform on `[0, 1)` with 53 bits.
    #[inline]
    pub fn uniform_f64(high: u32, low: u32) -> f64 {
        ((u64::from(high) << 21) | (u64::from(low) >> 11)) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// Two independent standard normals from two words, by Box–Muller.
    #[inline]
    pub fn normal_f32(a: u32, b: u32) -> [f32; 2] {
        // 1 - u lies in (0, 1], so that the logarithm is finite.
        let radius = (-2.0 * (1.0 - uniform_f32(a)).ln()).sqrt();
        let angle = std::f32::consts::TAU * uniform_f32(b);
        [radius * angle.cos(), radius * angle.sin()]
    }

    /// Two independent standard normals from a block.
    #[inline]
    pub fn normal_f64(words: [u32; 4]) -> [f64; 2] {
        let radius = (-2.0 * (1.0 - uniform_f64(words[0], words[1])).ln()).sqrt();
        let angle = std::f64::consts::TAU * uniform_f64(words[2], words[3]);
        [radius * angle.cos(), radius * angle.sin()]
    }

    /// An integer on `[low, high)` from two words, by multiplication (bias below 2⁻⁶⁴ · range).
    #[inline]
    pub fn integer(high_word: u32, low_word: u32, low: i64, high: i64) -> i64 {
        let range = high.wrapping_sub(low) as u64;
        let word = (u64::from(high_word) << 32) | u64::from(low_word);
        low.wrapping_add(((u128::from(word) * u128::from(range)) >> 64) as i64)
    }
}

/// A stream of random numbers whose state can be saved and restored, `torch.Generator`.
///
/// Clones share the stream.
///
/// ```
/// use ondol_tensor::Generator;
/// let g = Generator::new(7);
/// let state = g.state();
/// let first = g.next_u64();
/// g.set_state(state);
/// assert_eq!(g.next_u64(), first);
/// ```
#[derive(Clone, Debug)]
pub struct Generator(Arc<Mutex<GeneratorState>>);

/// Seed and position of a [`Generator`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GeneratorState {
    /// The seed.
    pub seed: u64,
    /// The next unused block.
    pub offset: u64,
}

impl Generator {
    /// The stream of `seed`, from its start.
    pub fn new(seed: u64) -> Self {
        Generator(Arc::new(Mutex::new(GeneratorState { seed, offset: 0 })))
    }

    /// Starts the stream of `seed` anew, `torch.Generator.manual_seed`.
    pub fn manual_seed(&self, seed: u64) {
        self.set_state(GeneratorState { seed, offset: 0 });
    }

    /// The seed of the stream, `torch.Generator.initial_seed`.
    pub fn initial_seed(&self) -> u64 {
        self.state().seed
    }

    /// Starts a stream that nobody can foresee and returns its seed, `torch.Generator.seed`.
    pub fn seed(&self) -> u64 {
        let seed = unforeseen();
        self.manual_seed(seed);
        seed
    }

    /// Seed and position, to be restored later, `torch.Generator.get_state`.
    pub fn state(&self) -> GeneratorState {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Restores a state, `torch.Generator.set_state`.
    pub fn set_state(&self, state: GeneratorState) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// Takes `blocks` blocks; returns the state before.
    pub fn take(&self, blocks: u64) -> GeneratorState {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = *state;
        state.offset = state.offset.wrapping_add(blocks);
        before
    }

    /// 64 random bits.
    pub fn next_u64(&self) -> u64 {
        let GeneratorState { seed, offset } = self.take(1);
        let [a, b, ..] = philox::block(seed, offset);
        (u64::from(a) << 32) | u64::from(b)
    }

    /// A random order of `0..n` (Fisher–Yates), `torch.randperm`.
    pub fn permutation(&self, n: usize) -> Vec<usize> {
        let GeneratorState { seed, offset } = self.take((n as u64).div_ceil(2));
        let mut order: Vec<usize> = (0..n).collect();
        for i in (1..n).rev() {
            let words = philox::block(seed, offset.wrapping_add(i as u64 / 2));
            let w = 2 * (i % 2);
            order.swap(
                i,
                philox::integer(words[w], words[w + 1], 0, i as i64 + 1) as usize,
            );
        }
        order
    }
}

impl Distribution {
    /// How many blocks a draw of `n` elements of `dtype` uses.
    pub fn blocks(&self, n: usize, dtype: DType) -> u64 {
        let per_block = match self {
            Distribution::Bernoulli { .. } => 4,
            Distribution::Integers { .. } => 2,
            _ if dtype == DType::F64 => 2,
            _ => 4,
        };
        (n as u64).div_ceil(per_block)
    }
}

thread_local! {
    /// The generators that [`fork_rng_guard`] gave this thread, the innermost last.
    static FORKS: RefCell<Vec<Generator>> = const { RefCell::new(Vec::new()) };
}

/// The generator used where none is given: one for the whole process, or this thread's own within
/// [`fork_rng`]. `torch.default_generator`.
pub fn default_generator() -> Generator {
    static DEFAULT: OnceLock<Generator> = OnceLock::new();
    if let Some(fork) = FORKS.with_borrow(|forks| forks.last().cloned()) {
        return fork;
    }
    // PyTorch's default seed is fixed too; a run without a seed is still the same each time.
    DEFAULT
        .get_or_init(|| Generator::new(67_280_421_310_721))
        .clone()
}

/// Seeds the default generator, `torch.manual_seed`.
pub fn manual_seed(seed: u64) {
    default_generator().manual_seed(seed);
}

/// A number from the time and from what the system gives hash maps.
fn unforeseen() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let mut hasher = RandomState::new().build_hasher();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    hasher.write_u128(now.map_or(0, |t| t.as_nanos()));
    hasher.finish()
}

/// Seeds the default generator with a number that nobody can foresee, and returns it, `torch.seed`.
pub fn seed() -> u64 {
    default_generator().seed()
}

/// The default generator's seed, `torch.initial_seed`.
pub fn initial_seed() -> u64 {
    default_generator().initial_seed()
}

/// Where the default generator is, `torch.get_rng_state`.
pub fn get_rng_state() -> GeneratorState {
    default_generator().state()
}

/// Puts the default generator back there, `torch.set_rng_state`.
pub fn set_rng_state(state: GeneratorState) {
    default_generator().set_state(state);
}

/// Runs `f` with a default generator of its own, which begins where the outer one stands;
/// `torch.random.fork_rng`.
///
/// Afterwards the outer generator is where it was. The fork belongs to this thread: seeds and draws
/// of other threads meanwhile do not disturb it, nor it them.
///
/// ```
/// use ondol_tensor::{default_generator, fork_rng};
/// let inside = fork_rng(|| default_generator().next_u64());
/// assert_eq!(default_generator().next_u64(), inside);
/// ```
pub fn fork_rng<T>(f: impl FnOnce() -> T) -> T {
    let _fork = fork_rng_guard();
    f()
}

/// [`fork_rng`] until the guard is dropped.
///
/// Tests of one program run side by side; one that seeds begins with it, so that the others cannot
/// draw in between.
///
/// ```
/// use ondol_tensor::{default_generator, fork_rng_guard, manual_seed};
/// let _own = fork_rng_guard();
/// manual_seed(3);
/// let first = default_generator().next_u64();
/// manual_seed(3);
/// assert_eq!(default_generator().next_u64(), first);
/// ```
pub fn fork_rng_guard() -> ForkRngGuard {
    let fork = Generator::new(0);
    fork.set_state(get_rng_state());
    FORKS.with_borrow_mut(|forks| forks.push(fork));
    ForkRngGuard(PhantomData)
}

/// What [`fork_rng_guard`] gives.
#[must_use = "the fork ends when the guard is dropped"]
#[derive(Debug)]
// Not to be sent to another thread: the fork belongs to this one.
pub struct ForkRngGuard(PhantomData<*const ()>);

impl Drop for ForkRngGuard {
    fn drop(&mut self) {
        FORKS.with_borrow_mut(Vec::pop);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn philox_known_answers() {
        // The reference implementation's vectors (Random123 kat_vectors), counter and key all 0.
        assert_eq!(
            philox::block(0, 0),
            [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]
        );
    }

    #[test]
    fn uniforms_stay_below_one() {
        assert!(philox::uniform_f32(u32::MAX) < 1.0);
        assert!(philox::uniform_f64(u32::MAX, u32::MAX) < 1.0);
        assert_eq!(philox::integer(u32::MAX, u32::MAX, -3, 5), 4);
        assert_eq!(philox::integer(0, 0, -3, 5), -3);
    }

    #[test]
    fn an_unforeseen_seed_is_kept_and_repeats() {
        let g = Generator::new(1);
        let seed = g.seed();
        assert_eq!(g.initial_seed(), seed);
        assert_ne!(Generator::new(0).seed(), seed);
        let first = g.next_u64();
        assert_eq!(Generator::new(seed).next_u64(), first);
    }

    #[test]
    fn permutation_holds_each_once() {
        let g = Generator::new(1);
        let mut p = g.permutation(100);
        assert_ne!(p, (0..100).collect::<Vec<_>>());
        assert_ne!(p, g.permutation(100));
        p.sort_unstable();
        assert_eq!(p, (0..100).collect::<Vec<_>>());
    }
}
