//! Windows: weights that fade a stretch of a signal in and out, `torch.signal.windows`.

use std::f64::consts::TAU;

use ondol_tensor::Array;

use super::Options;
use crate::Tensor;
use crate::place::ok;

/// `n` weights of `f`, which gets a place between 0 and 1. A periodic window is one place longer,
/// without its last weight, so that windows in a row join.
#[track_caller]
fn window(n: usize, periodic: bool, f: impl Fn(f64) -> f64) -> Tensor {
    let o = Options::default();
    let last = if periodic { n } else { n.saturating_sub(1) };
    let weight = |i: usize| {
        if n == 1 {
            1.0
        } else {
            f(i as f64 / last as f64)
        }
    };
    let weights: Vec<f64> = (0..n).map(weight).collect();
    Tensor::from(ok(Array::from_vec(weights, n).and_then(|a| a.cast(o.dtype))))
}

/// `Σ aₖ (-1)ᵏ cos(2πk t)`
fn cosines(t: f64, amounts: &[f64]) -> f64 {
    let part = |(k, a): (usize, &f64)| {
        let sign = if k % 2 == 0 { 1.0 } else { -1.0 };
        sign * a * (TAU * k as f64 * t).cos()
    };
    amounts.iter().enumerate().map(part).sum()
}

impl Tensor {
    /// Hann's window of `n` weights, `torch.hann_window`.
    ///
    /// ```
    /// use ondol_autograd::{Tensor, tensor};
    /// let w = Tensor::hann_window(4, true);
    /// assert!(w.allclose(&tensor!([0.0, 0.5, 1.0, 0.5]), 1e-5, 1e-6, false));
    /// ```
    #[track_caller]
    pub fn hann_window(n: usize, periodic: bool) -> Tensor {
        window(n, periodic, |t| cosines(t, &[0.5, 0.5]))
    }

    /// Hamming's window of `n` weights, `torch.hamming_window`.
    #[track_caller]
    pub fn hamming_window(n: usize, periodic: bool) -> Tensor {
        window(n, periodic, |t| cosines(t, &[0.54, 0.46]))
    }

    /// Blackman's window of `n` weights, `torch.blackman_window`.
    #[track_caller]
    pub fn blackman_window(n: usize, periodic: bool) -> Tensor {
        window(n, periodic, |t| cosines(t, &[0.42, 0.5, 0.08]))
    }

    /// Bartlett's window of `n` weights, a triangle, `torch.bartlett_window`.
    #[track_caller]
    pub fn bartlett_window(n: usize, periodic: bool) -> Tensor {
        window(n, periodic, |t| 1.0 - (2.0 * t - 1.0).abs())
    }

    /// Kaiser's window of `n` weights, `torch.kaiser_window`: the greater `beta` (12 in PyTorch where
    /// not given), the narrower.
    #[track_caller]
    pub fn kaiser_window(n: usize, periodic: bool, beta: f64) -> Tensor {
        // I₀ by its power series, whose terms are all positive.
        let bessel = |x: f64| {
            let (mut term, mut sum, mut k) = (1.0, 1.0, 1.0);
            while term > sum * 1e-17 {
                term *= (x / (2.0 * k)).powi(2);
                sum += term;
                k += 1.0;
            }
            sum
        };
        let most = bessel(beta);
        window(n, periodic, |t| {
            bessel(beta * (1.0 - (2.0 * t - 1.0).powi(2)).max(0.0).sqrt()) / most
        })
    }
}
