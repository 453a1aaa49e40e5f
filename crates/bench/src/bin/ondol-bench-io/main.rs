//! `ondol-bench-io`: saves and loads a large state dict beside PyTorch, each time in a fresh process,
//! and prints a table of medians.
//!
//! `cargo run --release -p ondol-bench --bin ondol-bench-io -- --python python3`
//!
//! Rounds are interleaved: each runs every phase of both sides once, so that what else the machine does
//! meets all alike. Files lie in the page cache when they are loaded. Ondol's save ends when the file is
//! on the disk; PyTorch's ends earlier, so its `fsync` is timed apart and added in a column of its own.
//! In a folder in memory, such as /dev/shm, `fsync` costs nothing and the formats' own work is left.
#![forbid(unsafe_code)]

mod phase;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::Parser;
use serde_json::Value;

/// Saves and loads a large state dict, beside PyTorch where a Python is given.
#[derive(Parser)]
struct Args {
    /// How many f32 parameters the state dict has
    #[arg(long, default_value_t = 100_000_000)]
    parameters: usize,
    /// How often each phase runs
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// A Python that has torch, and safetensors for that format
    #[arg(long)]
    python: Option<PathBuf>,
    /// Where the files go; they are removed at the end
    #[arg(long, default_value = "/dev/shm")]
    folder: PathBuf,
    /// Runs one phase and prints it: `save` or `load`
    #[arg(long, hide = true, requires_all = ["form", "file"])]
    phase: Option<String>,
    #[arg(long, hide = true)]
    form: Option<String>,
    #[arg(long, hide = true)]
    file: Option<PathBuf>,
}

/// One line of the table.
struct Phase {
    action: &'static str,
    /// What the program is told.
    form: &'static str,
    /// The file, by its name.
    file: &'static str,
    python: bool,
    title: &'static str,
}

/// In the order of a round: who loads reads what PyTorch wrote, where both can.
const PHASES: [Phase; 13] = [
    phase("save", "pt", "ours.pt", false, "save .pt"),
    phase("save", "pt", "theirs.pt", true, "save .pt"),
    phase(
        "save",
        "safetensors",
        "ours.safetensors",
        false,
        "save .safetensors",
    ),
    phase(
        "save",
        "safetensors",
        "theirs.safetensors",
        true,
        "save .safetensors",
    ),
    phase("save", "ond", "ours.ond", false, "save .ond"),
    phase("load", "pt", "theirs.pt", false, "load .pt"),
    phase("load", "pt", "theirs.pt", true, "load .pt"),
    phase(
        "load",
        "pt-unverified",
        "theirs.pt",
        false,
        "load .pt, no checksums",
    ),
    phase("load", "pt-mmap", "theirs.pt", true, "load .pt, mmap=True"),
    phase(
        "load",
        "safetensors",
        "theirs.safetensors",
        false,
        "load .safetensors",
    ),
    phase(
        "load",
        "safetensors",
        "theirs.safetensors",
        true,
        "load .safetensors",
    ),
    phase("load", "ond", "ours.ond", false, "load .ond"),
    phase("load", "pt", "ours.pt", false, "load .pt of its own"),
];

const fn phase(
    action: &'static str,
    form: &'static str,
    file: &'static str,
    python: bool,
    title: &'static str,
) -> Phase {
    Phase {
        action,
        form,
        file,
        python,
        title,
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    let done = match (&args.phase, &args.form, &args.file) {
        (Some(action), Some(form), Some(file)) => {
            phase::run(action, form, file, args.parameters).map_err(|e| e.to_string())
        }
        _ => compare(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(args: &Args) -> Result<(), String> {
    let folder = args
        .folder
        .join(format!("ondol-bench-io-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let done = rounds(args, &folder);
    let _ = std::fs::remove_dir_all(&folder);
    print(&done?, args);
    Ok(())
}

/// What each phase took, round by round.
fn rounds(args: &Args, folder: &Path) -> Result<BTreeMap<usize, Vec<Value>>, String> {
    let mut taken: BTreeMap<usize, Vec<Value>> = BTreeMap::new();
    let wanted = |phase: &Phase| {
        // Without a Python everything reads its own files.
        args.python.is_some() || !(phase.python || phase.file.starts_with("theirs"))
    };
    // The first round warms the page cache and the allocator's habits, and is not counted.
    for round in 0..=args.rounds {
        for (i, phase) in PHASES.iter().enumerate().filter(|(_, p)| wanted(p)) {
            let file = folder.join(phase.file);
            if phase.action == "load" && !file.exists() {
                continue;
            }
            if phase.action == "save" {
                let _ = std::fs::remove_file(&file);
            }
            let value = run(args, phase, &file)?;
            if round > 0 && value.get("missing").is_none() {
                taken.entry(i).or_default().push(value);
            }
        }
        eprintln!("round {round} of {} done", args.rounds);
    }
    Ok(taken)
}

fn run(args: &Args, phase: &Phase, file: &Path) -> Result<Value, String> {
    let mut command = match (&args.python, phase.python) {
        (Some(python), true) => {
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/pytorch_io.py");
            let mut command = Command::new(python);
            command.arg(script).args([phase.action, phase.form]);
            command.arg(file).arg(args.parameters.to_string());
            command
        }
        _ => {
            let own = std::env::current_exe().map_err(|e| e.to_string())?;
            let mut command = Command::new(own);
            command.args(["--phase", phase.action, "--form", phase.form, "--file"]);
            command
                .arg(file)
                .args(["--parameters", &args.parameters.to_string()]);
            command
        }
    };
    let output = command.output().map_err(|e| format!("{command:?}: {e}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    match serde_json::from_str(text.trim()) {
        Ok(value) if output.status.success() => Ok(value),
        _ => Err(format!(
            "{command:?}: {}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}

fn median(values: &[Value], of: impl Fn(&Value) -> f64) -> f64 {
    let mut numbers: Vec<f64> = values.iter().map(of).collect();
    numbers.sort_by(f64::total_cmp);
    let n = numbers.len();
    (numbers[n / 2] + numbers[(n - 1) / 2]) / 2.0
}

fn print(taken: &BTreeMap<usize, Vec<Value>>, args: &Args) {
    let size = args.parameters as f64 * 4.0;
    println!(
        "{} f32 parameters, {:.0} MB, {} rounds, in {}",
        args.parameters,
        size / 1e6,
        args.rounds,
        args.folder.display()
    );
    println!(
        "| phase | | median | with fsync | and a look at each page | GB/s | extra memory / size |"
    );
    println!("|---|---|---|---|---|---|---|");
    for (i, values) in taken {
        let phase = &PHASES[*i];
        let number = |name: &'static str| move |v: &Value| v[name].as_f64().unwrap_or(f64::NAN);
        let seconds = median(values, number("seconds"));
        let synced = median(values, |v| number("seconds")(v) + number("sync")(v));
        let touched = median(values, |v| number("seconds")(v) + number("touch")(v));
        let extra = values.iter().map(number("extra")).fold(0.0, f64::max);
        println!(
            "| {} | {} | {:.0} ms | {} | {} | {:.2} | {:.3} |",
            phase.title,
            if phase.python { "PyTorch" } else { "Ondol" },
            seconds * 1e3,
            if phase.action == "save" {
                format!("{:.0} ms", synced * 1e3)
            } else {
                "–".to_owned()
            },
            if phase.action == "load" {
                format!("{:.0} ms", touched * 1e3)
            } else {
                "–".to_owned()
            },
            size / seconds / 1e9,
            extra / size
        );
    }
}
