//! `ondol-bench-gpu`: times a device on the work list for GPUs, one JSON line for each case.
//!
//! The host waits for the device before and after each sample, so that a sample is what the work
//! took from the first call to the last result. `--info` says what device there is and stops, with
//! exit code 3 where there is none.
#![forbid(unsafe_code)]

mod cases;

use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use ondol_tensor::Device;
use serde_json::json;

/// Times a device; one JSON line for each case.
#[derive(Parser)]
struct Args {
    /// The device: cuda, cuda:1 … or cpu
    #[arg(long, default_value = "cuda")]
    device: String,
    /// Only cases whose name contains this
    #[arg(long, default_value = "")]
    filter: String,
    /// Seconds to spend on each case
    #[arg(long, default_value_t = 1.0)]
    budget: f64,
    /// Says what device there is and stops
    #[arg(long)]
    info: bool,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let args = Args::parse();
    if args.device.starts_with("cuda")
        && let Some(reason) = ondol_cuda::why_unavailable()
    {
        eprintln!("no GPU: {reason}");
        return Ok(ExitCode::from(3));
    }
    let device: Device = args.device.parse()?;
    if args.info {
        for ordinal in 0..ondol_cuda::device_count() {
            println!("cuda:{ordinal} {}", ondol_cuda::device_name(ordinal)?);
        }
        let version = ondol_cuda::driver_version();
        println!("driver for CUDA {version:?}");
        return Ok(ExitCode::SUCCESS);
    }
    for case in cases::all(&device) {
        if case.name.contains(&args.filter) {
            let line = time(case, &device, args.budget)?;
            println!("{line}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Medians over samples of at least 5 ms, each waited for.
fn time(
    mut case: cases::Case,
    device: &Device,
    budget: f64,
) -> Result<serde_json::Value, Box<dyn Error>> {
    let mut sample = |runs: usize| -> Result<f64, ondol_tensor::Error> {
        device.synchronize()?;
        let start = Instant::now();
        (0..runs).for_each(|_| (case.work)());
        device.synchronize()?;
        Ok(start.elapsed().as_secs_f64() / runs as f64)
    };
    sample(3)?;
    let once = sample(1)?;
    let runs = ((0.005 / once) as usize).max(1);
    let mut samples = Vec::new();
    let start = Instant::now();
    while samples.len() < 5 || (samples.len() < 51 && start.elapsed().as_secs_f64() < budget) {
        samples.push(sample(runs)?);
    }
    samples.sort_by(f64::total_cmp);
    let median = samples[samples.len() / 2];
    let mut line = json!({
        "case": case.name, "device": device.name(), "median_s": median, "min_s": samples[0],
        "samples": samples.len(), "runs": runs,
    });
    if case.flops > 0.0 {
        line["gflops"] = json!(case.flops / median / 1e9);
    }
    if case.bytes > 0.0 {
        line["GBps"] = json!(case.bytes / median / 1e9);
    }
    Ok(line)
}
