//! The same case here and in PyTorch, in turn, each time in a fresh process.

use std::error::Error;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::Args;
use crate::cases::{Case, Unit};
use crate::measure::process;

/// One case against `peers/pytorch_bench.py`: the ratio of the medians over all rounds, and each
/// round's own ratio, which says how far the machine can be trusted.
///
/// # Errors
/// Where a program cannot be started, fails, or prints no time.
pub(crate) fn pytorch(args: &Args, case: &Case, threads: usize) -> Result<Value, Box<dyn Error>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/pytorch_bench.py");
    let (threads, budget) = (threads.to_string(), args.budget.to_string());
    let name = &*case.name;
    let clock = args.clock.name();
    let mut shared = vec!["--threads", &*threads, "--budget", &*budget, "--case", name];
    shared.extend(["--clock", clock]);
    if case.unit == Unit::Process {
        shared.extend(["--runs", "1"]);
    }
    let measure = |command: &mut Command| match case.unit {
        Unit::Process => process(command),
        _ => run(command),
    };
    let (mut ours, mut theirs) = (vec![], vec![]);
    for _ in 0..args.rounds.max(1) {
        ours.push(measure(
            Command::new(std::env::current_exe()?).args(&shared),
        )?);
        theirs.push(measure(
            Command::new(&args.python)
                .arg(&script)
                .args(["--mode", &args.mode])
                .args(&shared),
        )?);
    }
    let ratios: Vec<f64> = ours.iter().zip(&theirs).map(|(a, b)| a / b).collect();
    let (ours, theirs) = (median(&ours), median(&theirs));
    let [mine, peers] = match case.unit {
        Unit::PeakBytes => ["peak_bytes", "peer_peak_bytes"],
        _ => ["median_s", "peer_median_s"],
    };
    Ok(json!({
        "case": format!("{name}/t{threads}"),
        "peer": format!("pytorch-{}", args.mode),
        "clock": clock,
        mine: ours,
        peers: theirs,
        "ratio": ours / theirs,
        "rounds": ratios,
    }))
}

/// The median, or the memory, that a program prints as its only JSON line.
fn run(command: &mut Command) -> Result<f64, Box<dyn Error>> {
    let output = command
        .output()
        .map_err(|e| format!("starting {:?}: {e}", command.get_program()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text
        .lines()
        .filter_map(|l| serde_json::from_str::<Value>(l).ok())
        .find_map(|l| l["median_s"].as_f64().or_else(|| l["peak_bytes"].as_f64()));
    line.ok_or_else(|| {
        let error = String::from_utf8_lossy(&output.stderr);
        format!("{command:?} printed no time: {error}").into()
    })
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    (sorted[n / 2] + sorted[(n - 1) / 2]) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_of_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
    }

    #[test]
    fn a_program_that_prints_no_time_is_an_error() {
        assert!(run(&mut Command::new("no-such-program-of-ours")).is_err());
        let error = run(Command::new(std::env::current_exe().unwrap()).arg("--list"));
        assert!(error.unwrap_err().to_string().contains("printed no time"));
    }
}
