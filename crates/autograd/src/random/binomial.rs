//! Binomial numbers.

use ondol_tensor::{Error, Generator, default_generator, philox};

use super::sample::log_factorial;
use crate::Tensor;
use crate::ops::same_dtype;
use crate::place::{ok, raise};

impl Tensor {
    /// How many of as many tries as each element says succeed with the probability that `prob` gives,
    /// broadcast, `torch.binomial`. No gradient flows.
    ///
    /// # Panics
    /// On integers, on a negative number of tries, and on what is no probability.
    #[track_caller]
    pub fn binomial(&self, prob: &Tensor) -> Tensor {
        self.binomial_with(prob, &default_generator())
    }

    /// [`Tensor::binomial`] from a generator.
    #[track_caller]
    pub fn binomial_with(&self, prob: &Tensor, generator: &Generator) -> Tensor {
        self.floating("binomial");
        same_dtype("binomial", self, prob);
        let shape = ok(self.shape().broadcast(&prob.shape(), "binomial"));
        let numbers = |t: &Tensor| t.detach().expand(&shape).cpu().double().to_vec::<f64>();
        let (tries, chances) = (numbers(self), numbers(prob));
        let bad = |n: &f64, p: &f64| n.is_nan() || *n < 0.0 || !(0.0..=1.0).contains(p);
        if tries.iter().zip(&chances).any(|(n, p)| bad(n, p)) {
            raise(Error::value(
                "binomial",
                "expected counts that are not negative and probabilities between 0 and 1",
            ));
        }
        let key = generator.next_u64();
        let pairs = tries.iter().zip(&chances);
        let drawn = (0u64..)
            .zip(pairs)
            .map(|(i, (&n, &p))| draw(n.floor(), p, key, i));
        Tensor::from_vec(drawn.collect(), &shape).to((self.dtype(), &self.device()))
    }
}

/// One draw: element `i` has a stream of its own.
fn draw(n: f64, p: f64, key: u64, i: u64) -> f64 {
    if p > 0.5 {
        return n - draw(n, 1.0 - p, key, i);
    }
    if n == 0.0 || p == 0.0 {
        return 0.0;
    }
    let mut next = i << 20;
    let mut pair = || {
        let w = philox::block(key, next);
        next += 1;
        (
            philox::uniform_f64(w[0], w[1]),
            philox::uniform_f64(w[2], w[3]),
        )
    };
    let odds = p / (1.0 - p);
    if n * p < 10.0 {
        // Up the distribution from 0, until it passes a uniform number.
        let (u, _) = pair();
        let (mut k, mut part) = (0.0, (n * (-p).ln_1p()).exp());
        let mut sum = part;
        while sum < u && k < n {
            part *= odds * (n - k) / (k + 1.0);
            k += 1.0;
            sum += part;
        }
        return k;
    }
    // Hörmann, "The generation of binomial random variates" (1993): transformed rejection.
    let spread = (n * p * (1.0 - p)).sqrt();
    let b = 1.15 + 2.53 * spread;
    let a = -0.0873 + 0.0248 * b + 0.01 * p;
    let centre = n * p + 0.5;
    let fast = 0.92 - 4.2 / b;
    let alpha = (2.83 + 5.1 / b) * spread;
    let mode = ((n + 1.0) * p).floor();
    let weight = |k: f64| k * odds.ln() - log_factorial(k) - log_factorial(n - k);
    loop {
        let (u, v) = pair();
        let u = u - 0.5;
        let s = 0.5 - u.abs();
        let k = ((2.0 * a / s + b) * u + centre).floor();
        if s >= 0.07 && v <= fast {
            return k;
        }
        if k < 0.0 || k > n {
            continue;
        }
        if (v * alpha / (a / (s * s) + b)).ln() <= weight(k) - weight(mode) {
            return k;
        }
    }
}
