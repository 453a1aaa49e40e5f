//! `ondol-bench`: times the work list and prints one JSON line for each case.
//!
//! `cargo run --release -p ondol-bench -- --threads 2 --filter train`
#![forbid(unsafe_code)]

mod cases;
mod measure;

use clap::Parser;

/// Times Ondol's work list; one JSON line for each case.
#[derive(Parser)]
struct Args {
    /// Threads of the kernels; 0 means all cores
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Only cases whose name contains this
    #[arg(long, default_value = "")]
    filter: String,
    /// Seconds to spend on each case
    #[arg(long, default_value_t = 2.0)]
    budget: f64,
    /// Prints the names of the cases and stops
    #[arg(long)]
    list: bool,
}

fn main() {
    let args = Args::parse();
    ondol_tensor::set_num_threads(args.threads);
    let threads = ondol_tensor::num_threads();
    for case in cases::all()
        .into_iter()
        .filter(|c| c.name.contains(&args.filter))
    {
        if args.list {
            println!("{}", case.name);
            continue;
        }
        ondol_tensor::manual_seed(0);
        let work = (case.prepare)();
        let timing = measure::time(work, args.budget);
        println!(
            "{}",
            measure::line(
                &format!("{}/t{threads}", case.name),
                &case,
                &timing,
                threads
            )
        );
    }
}
