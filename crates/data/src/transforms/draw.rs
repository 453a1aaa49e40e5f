//! What transforms draw at random, all from the stream of the sample.

use crate::sample_generator;

/// A number on `[0, 1)`.
pub(crate) fn unit() -> f64 {
    // The 53 bits that a number of this kind holds.
    (sample_generator().next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

/// A number on `[low, high)`.
pub(crate) fn uniform(low: f64, high: f64) -> f64 {
    low + unit() * (high - low)
}

/// An integer on `[low, high)`; `low` where there is none.
pub(crate) fn integer(low: i64, high: i64) -> i64 {
    let range = high.saturating_sub(low).max(1) as u128;
    low + ((u128::from(sample_generator().next_u64()) * range) >> 64) as i64
}

/// Whether something with probability `p` happens.
pub(crate) fn chance(p: f64) -> bool {
    unit() < p
}

/// A random order of `0..n`.
pub(crate) fn order(n: usize) -> Vec<usize> {
    sample_generator().permutation(n)
}
