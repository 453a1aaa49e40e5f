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

/// A standard normal number.
fn normal() -> f64 {
    // 1 - u lies in (0, 1], so that the logarithm is finite.
    (-2.0 * (1.0 - unit()).ln()).sqrt() * (std::f64::consts::TAU * unit()).cos()
}

/// The logarithm of a number of the Gamma distribution (Marsaglia and Tsang, 2000): for small `shape`
/// the number itself may be too small for an `f64`.
fn log_gamma(shape: f64) -> f64 {
    if shape < 1.0 {
        return log_gamma(shape + 1.0) + (1.0 - unit()).ln() / shape;
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = normal();
        let v = (1.0 + c * x).powi(3);
        if v > 0.0 && (1.0 - unit()).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return d.ln() + v.ln();
        }
    }
}

/// `n` weights of sum 1, of the symmetric Dirichlet distribution.
pub(crate) fn dirichlet(alpha: f64, n: usize) -> Vec<f64> {
    let logs: Vec<f64> = (0..n).map(|_| log_gamma(alpha)).collect();
    let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let parts: Vec<f64> = logs.iter().map(|log| (log - most).exp()).collect();
    let sum: f64 = parts.iter().sum();
    parts.into_iter().map(|part| part / sum).collect()
}

/// A number of the distribution Beta(α, α).
pub(crate) fn beta(alpha: f64) -> f64 {
    dirichlet(alpha, 2)[0]
}
