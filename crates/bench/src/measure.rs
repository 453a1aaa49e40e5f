//! Timing: repetitions long enough for the clock, medians over samples.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::cases::Case;

/// Seconds of one repetition.
pub(crate) struct Timing {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) samples: usize,
}

/// Runs `work` for about `budget` seconds, at least five samples of at least 20 ms or one run each.
pub(crate) fn time(mut work: Box<dyn FnMut()>, budget: f64) -> Timing {
    for _ in 0..3 {
        work();
    }
    let start = Instant::now();
    let mut runs = 0u32;
    while runs == 0 || start.elapsed() < Duration::from_millis(100) {
        work();
        runs += 1;
    }
    let each = start.elapsed().as_secs_f64() / f64::from(runs);
    let inner = ((0.02 / each) as usize).max(1);
    let mut samples = Vec::new();
    let start = Instant::now();
    while samples.len() < 5 || (samples.len() < 25 && start.elapsed().as_secs_f64() < budget) {
        let begin = Instant::now();
        for _ in 0..inner {
            work();
        }
        samples.push(begin.elapsed().as_secs_f64() / inner as f64);
    }
    samples.sort_by(f64::total_cmp);
    let n = samples.len();
    Timing {
        median: (samples[n / 2] + samples[(n - 1) / 2]) / 2.0,
        least: samples[0],
        samples: n,
    }
}

/// The line of one case, in the form the peers' programs print too.
pub(crate) fn line(name: &str, case: &Case, timing: &Timing, threads: usize) -> Value {
    let mut extra =
        json!({ "threads": threads, "samples": timing.samples, "simd": ondol_tensor::simd_tier() });
    if case.flops > 0.0 {
        extra["gflops"] = json!(case.flops / timing.median / 1e9);
    }
    if case.bytes > 0.0 {
        extra["GBps"] = json!(case.bytes / timing.median / 1e9);
    }
    json!({ "peer": "ondol", "case": name, "median_s": timing.median, "min_s": timing.least, "extra": extra })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_lies_among_the_samples() {
        let timing = time(
            Box::new(|| std::thread::sleep(Duration::from_millis(2))),
            0.05,
        );
        assert!(timing.samples >= 5);
        assert!(timing.least >= 0.002 && timing.median >= timing.least);
    }
}
