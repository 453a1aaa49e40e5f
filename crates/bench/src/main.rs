//! `ondol-bench`: times the work list and prints one JSON line for each case.
//!
//! `cargo run --release -p ondol-bench -- --threads 2 --filter train`, or beside PyTorch in the same
//! call: `… -- --against pytorch --python python3`.
#![forbid(unsafe_code)]

mod against;
mod cases;
mod measure;
mod record;

use std::error::Error;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// Times Ondol's work list; one JSON line for each case.
#[derive(Parser)]
struct Args {
    /// Threads of the kernels; 0 means all cores
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Only cases whose name contains this
    #[arg(long, default_value = "")]
    filter: String,
    /// Only the case of exactly this name
    #[arg(long)]
    case: Option<String>,
    /// Seconds to spend on each case
    #[arg(long, default_value_t = 2.0)]
    budget: f64,
    /// Runs each case so often without timing it, for tools that count instructions
    #[arg(long)]
    runs: Option<u64>,
    /// Prints the names of the cases and stops
    #[arg(long)]
    list: bool,
    /// Runs another framework's program too, in turn with ours, each in a fresh process
    #[arg(long)]
    against: Option<Peer>,
    /// The Python that has PyTorch
    #[arg(long, default_value = "python3")]
    python: String,
    /// How often the two take turns
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How PyTorch runs: as it comes, or tuned (channels last, fused SGD)
    #[arg(long, default_value = "eager")]
    mode: String,
    /// What is measured; `cpu` suits a machine that does other work too, and needs `--threads 1`
    #[arg(long, value_enum, default_value_t = measure::Clock::Wall)]
    clock: measure::Clock,
    /// Writes the lines to this file too
    #[arg(long)]
    save: Option<PathBuf>,
    /// Adds the ratio to an earlier run's file, made by `--save`
    #[arg(long)]
    compare: Option<PathBuf>,
}

/// Who to run against.
#[derive(Clone, Copy, ValueEnum)]
enum Peer {
    Pytorch,
}

impl Args {
    fn wants(&self, name: &str) -> bool {
        match &self.case {
            Some(case) => name == case,
            None => name.contains(&self.filter),
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    ondol_tensor::set_num_threads(args.threads);
    let threads = ondol_tensor::num_threads();
    if args.clock == measure::Clock::Cpu && threads != 1 {
        return Err("--clock cpu is the time of one thread: add --threads 1".into());
    }
    let mut record = record::Record::new(args.save.as_deref(), args.compare.as_deref())?;
    for case in cases::all().into_iter().filter(|c| args.wants(&c.name)) {
        if args.list {
            println!("{}", case.name);
            continue;
        }
        if let Some(Peer::Pytorch) = args.against {
            record.write(against::pytorch(&args, &case, threads)?)?;
            continue;
        }
        ondol_tensor::manual_seed(0);
        let mut work = (case.prepare)();
        if let Some(runs) = args.runs {
            (0..runs).for_each(|_| work());
            continue;
        }
        record.write(measure::case(&case, work, &args, threads)?)?;
    }
    Ok(())
}
