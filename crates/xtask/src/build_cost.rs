//! `cargo xtask build-cost`: what depending on Ondol costs a program's build.

use std::path::{Path, PathBuf};

use crate::scratch::{Cost, Scratch};
use crate::tree;

/// A crate people depend on and what it may cost them.
struct Budget {
    package: &'static str,
    /// Below the workspace's root.
    folder: &'static str,
    crates: usize,
    /// Of the peer's build time.
    ratio: f64,
}

const BUDGETS: [Budget; 2] = [
    Budget {
        package: "ondol-nn",
        folder: "crates/nn",
        crates: 75,
        ratio: 0.5,
    },
    Budget {
        package: "ondol",
        folder: "",
        crates: 120,
        ratio: 0.85,
    },
];

const PEER: (&str, &str) = ("candle-nn", "candle-nn = \"0.11\"");

/// Counts, and with `--time` builds; with `--peer` builds the peer too and compares.
/// False when something is over its limit.
pub(crate) fn run(arguments: &[String]) -> Result<bool, String> {
    let (mut time, mut peer) = (false, false);
    for argument in arguments {
        match argument.as_str() {
            "--time" => time = true,
            // A peer's time alone would say nothing.
            "--peer" => (time, peer) = (true, true),
            other => {
                return Err(format!(
                    "unknown option {other:?}; there is --time and --peer"
                ));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .ok_or("no workspace")?;

    println!("crates built for a program that depends on (the program itself not counted):");
    let mut ok = true;
    for budget in &BUDGETS {
        let count = tree::crates(root, budget.package)?.len();
        ok &= count <= budget.crates;
        println!("{}", count_line(budget, count));
    }
    if time {
        ok &= timed(root, peer)?;
    }
    Ok(ok)
}

fn timed(root: &Path, peer: bool) -> Result<bool, String> {
    println!("cold `cargo build --release`, one after the other:");
    let lock = root.join("Cargo.lock");
    let mut costs = Vec::new();
    for budget in &BUDGETS {
        let path = toml_path(root.join(budget.folder));
        let dependency = format!("{} = {{ path = \"{path}\" }}", budget.package);
        costs.push(build(budget.package, &dependency, Some(&lock))?);
    }
    if !peer {
        return Ok(true);
    }
    let other = build(PEER.0, PEER.1, None)?;
    let mut ok = true;
    for (budget, cost) in BUDGETS.iter().zip(&costs) {
        let ratio = cost.time.as_secs_f64() / other.time.as_secs_f64();
        ok &= ratio <= budget.ratio;
        println!("{}", ratio_line(budget, ratio));
    }
    Ok(ok)
}

fn build(name: &str, dependency: &str, lock: Option<&Path>) -> Result<Cost, String> {
    let scratch = Scratch::new(dependency, lock)?;
    // Ours must build from what is locked and fetched; the peer is resolved afresh.
    scratch.prepare(lock.is_some())?;
    let cost = scratch.measure()?;
    println!(
        "  {name:<10} {:6.1} s  {:3} crates",
        cost.time.as_secs_f64(),
        cost.crates
    );
    Ok(cost)
}

/// A path as a TOML string takes it: Windows' separators would be escapes.
fn toml_path(path: PathBuf) -> String {
    path.display()
        .to_string()
        .replace('\\', "/")
        .trim_end_matches('/')
        .to_owned()
}

fn count_line(budget: &Budget, count: usize) -> String {
    let Budget {
        package, crates, ..
    } = budget;
    let verdict = if count > *crates { "  OVER" } else { "" };
    format!("  {package:<10} {count:3}  (limit {crates}){verdict}")
}

fn ratio_line(budget: &Budget, ratio: f64) -> String {
    let Budget {
        package,
        ratio: limit,
        ..
    } = budget;
    let verdict = if ratio > *limit { "  OVER" } else { "" };
    format!(
        "  {package:<10} {ratio:.2} of {}'s time  (limit {limit}){verdict}",
        PEER.0
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_its_limit_is_marked() {
        let [nn, _] = &BUDGETS;
        assert_eq!(count_line(nn, 75), "  ondol-nn    75  (limit 75)");
        assert_eq!(count_line(nn, 76), "  ondol-nn    76  (limit 75)  OVER");
        assert_eq!(
            ratio_line(nn, 0.5),
            "  ondol-nn   0.50 of candle-nn's time  (limit 0.5)"
        );
        assert!(ratio_line(nn, 0.51).ends_with("OVER"));
    }

    #[test]
    fn an_unknown_option_is_refused_before_anything_runs() {
        let error = run(&["--times".to_owned()]).unwrap_err();
        assert!(error.contains("--times"), "{error}");
    }

    #[test]
    fn each_budget_names_a_package_of_the_workspace() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .ancestors()
            .nth(2)
            .unwrap();
        for budget in &BUDGETS {
            let manifest = root.join(budget.folder).join("Cargo.toml");
            let text = std::fs::read_to_string(&manifest).unwrap();
            assert!(text.contains(&format!("name = \"{}\"\n", budget.package)));
        }
    }
}
