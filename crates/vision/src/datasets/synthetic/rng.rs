//! The synthetic set's own random numbers: a counter hashed with SplitMix64.
//!
//! A stream is named by (seed, split, index), so that an image never depends on how many were drawn
//! before it; only integer and exactly rounded operations are used, so every platform draws the same.

/// SplitMix64's finaliser: every input bit reaches every output bit.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// One stream of random numbers.
#[derive(Clone, Debug)]
pub(super) struct Rng {
    state: u64,
}

impl Rng {
    /// The stream of one thing: `purpose` keeps labels and images of the same index apart.
    pub(super) fn new(seed: u64, train: bool, purpose: u64, index: u64) -> Self {
        let mut state = mix(seed.wrapping_add(GOLDEN));
        state = mix(state ^ (purpose << 1 | u64::from(train)).wrapping_mul(GOLDEN));
        state = mix(state ^ index.wrapping_mul(0xd134_2543_de82_ef95));
        Rng { state }
    }

    pub(super) fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        mix(self.state)
    }

    /// Uniform in `[0, 1)`.
    pub(super) fn unit(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1u32 << 24) as f32
    }

    /// Uniform in `[low, high)`.
    pub(super) fn range(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Around the middle of `[low, high)`: the mean of three uniforms.
    pub(super) fn around(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * (self.unit() + self.unit() + self.unit()) / 3.0
    }

    pub(super) fn chance(&mut self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// Uniform in `0..n`.
    pub(super) fn below(&mut self, n: usize) -> usize {
        (((self.bits() >> 32) * n as u64) >> 32) as usize
    }

    /// Near normal, mean 0 and standard deviation 1: four uniforms of one draw, summed.
    pub(super) fn normal(&mut self) -> f32 {
        let bits = self.bits();
        let sum = (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48);
        (sum as f32 / 65536.0 - 2.0) * 1.732_050_8
    }
}
