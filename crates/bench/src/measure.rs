//! Timing: repetitions long enough for the clock, medians over samples.

use std::error::Error;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::Instant;

use clap::ValueEnum;

use serde_json::{Value, json};

use crate::Args;
use crate::cases::{Case, Unit};

/// Seconds of one repetition.
pub(crate) struct Timing {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) samples: usize,
}

/// What the seconds are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Clock {
    /// The clock on the wall
    Wall,
    /// The time this thread had a processor, which other work does not lengthen; on Linux, for one
    /// thread
    Cpu,
}

impl Clock {
    fn now(self) -> f64 {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        if self == Clock::Cpu {
            // The system brings the figure up to date when a thread offers its processor.
            std::thread::yield_now();
            let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
            let nanoseconds = text.split(' ').next().and_then(|n| n.parse::<f64>().ok());
            return nanoseconds.expect("Linux tells each thread's processor time") * 1e-9;
        }
        START.elapsed().as_secs_f64()
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Clock::Wall => "wall",
            Clock::Cpu => "cpu",
        }
    }
}

/// Runs `work` for about `budget` seconds, at least five samples of at least 20 ms or one run each.
pub(crate) fn time(mut work: Box<dyn FnMut()>, budget: f64, clock: Clock) -> Timing {
    for _ in 0..3 {
        work();
    }
    let start = clock.now();
    let mut runs = 0u32;
    while runs == 0 || clock.now() - start < 0.1 {
        work();
        runs += 1;
    }
    let each = (clock.now() - start) / f64::from(runs);
    let inner = ((0.02 / each) as usize).max(1);
    let mut samples = Vec::new();
    let start = clock.now();
    while samples.len() < 5 || (samples.len() < 25 && clock.now() - start < budget) {
        let begin = clock.now();
        for _ in 0..inner {
            work();
        }
        samples.push((clock.now() - begin) / inner as f64);
    }
    samples.sort_by(f64::total_cmp);
    let n = samples.len();
    Timing {
        median: (samples[n / 2] + samples[(n - 1) / 2]) / 2.0,
        least: samples[0],
        samples: n,
    }
}

/// Measures a case in its unit; the line of it.
///
/// # Errors
/// Where the system does not say how much memory was used, or a process cannot be started.
pub(crate) fn case(
    case: &Case,
    mut work: Box<dyn FnMut()>,
    args: &Args,
    threads: usize,
) -> Result<Value, Box<dyn Error>> {
    let name = format!("{}/t{threads}", case.name);
    let timing = match case.unit {
        Unit::Seconds => time(work, args.budget, args.clock),
        Unit::Once => once(work, args.clock),
        Unit::Process => {
            let threads = threads.to_string();
            let arguments = ["--threads", &threads, "--case", &case.name, "--runs", "1"];
            let seconds = process(Command::new(std::env::current_exe()?).args(arguments))?;
            Timing {
                median: seconds,
                least: seconds,
                samples: 1,
            }
        }
        Unit::PeakBytes => {
            work();
            return Ok(json!({
                "peer": "ondol", "case": name, "peak_bytes": peak_bytes()?, "extra": { "threads": threads },
            }));
        }
    };
    Ok(line(&name, case, &timing, threads))
}

/// One run of what takes seconds.
fn once(mut work: Box<dyn FnMut()>, clock: Clock) -> Timing {
    let start = clock.now();
    work();
    let seconds = clock.now() - start;
    Timing {
        median: seconds,
        least: seconds,
        samples: 1,
    }
}

/// How long a program runs, in seconds.
///
/// # Errors
/// Where it cannot be started or fails.
pub(crate) fn process(command: &mut Command) -> Result<f64, Box<dyn Error>> {
    command.stdout(Stdio::null());
    let start = Instant::now();
    let status = command
        .status()
        .map_err(|e| format!("starting {:?}: {e}", command.get_program()))?;
    let seconds = start.elapsed().as_secs_f64();
    if !status.success() {
        return Err(format!("{command:?} failed: {status}").into());
    }
    Ok(seconds)
}

/// The most memory this process held at once.
fn peak_bytes() -> Result<u64, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/self/status")
        .map_err(|e| format!("reading /proc/self/status, which only Linux has: {e}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes =
        line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    Ok(kilobytes.ok_or("no VmHWM in /proc/self/status")? * 1024)
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
    #[cfg(target_os = "linux")]
    fn a_process_has_a_peak() {
        assert!(peak_bytes().unwrap() > 1 << 20);
        assert!(process(&mut Command::new("true")).unwrap() > 0.0);
        assert!(process(&mut Command::new("false")).is_err());
    }

    #[test]
    fn the_median_lies_among_the_samples() {
        let timing = time(
            Box::new(|| std::thread::sleep(std::time::Duration::from_millis(2))),
            0.05,
            Clock::Wall,
        );
        assert!(timing.samples >= 5);
        assert!(timing.least >= 0.002 && timing.median >= timing.least);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_processors_time_does_not_run_while_a_thread_sleeps() {
        let start = Clock::Cpu.now();
        std::thread::sleep(std::time::Duration::from_millis(300));
        let slept = Clock::Cpu.now() - start;
        assert!((0.0..0.1).contains(&slept), "{slept}");
        let mut sum = 0u64;
        while Clock::Cpu.now() == start + slept {
            sum = std::hint::black_box(sum.wrapping_mul(3) + 1);
        }
    }
}
